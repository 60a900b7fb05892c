#!/usr/bin/env bash
# Everything: formatter, clippy, unit, property, HTTP on SQLite and PostgreSQL, browser, labels,
# ledger. Nothing is skipped silently: RASTRO_SKIP=browser,postgres,labels,go,node,ipp,nginx,systemd,
# schemathesis names what to leave out.
set -euo pipefail
cd "$(dirname "$0")/.."

skips() { [[ ",${RASTRO_SKIP:-}," == *",$1,"* ]]; }

scripts/setup.sh test
cargo fmt --check
cargo clippy --all-targets -- -D warnings
# axe-core goes to web/node_modules, which is not part of the repository; again only when its lock changed.
if ! skips browser && ! [ web/node_modules/.package-lock.json -nt web/package-lock.json ]; then
  npm ci --prefix web
fi
skips node || node --test web/tests/*.mjs
if skips postgres; then
  scripts/side_by_side.py
else
  scripts/postgres.sh scripts/side_by_side.py
fi
cargo test --doc
