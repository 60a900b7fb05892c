#!/usr/bin/env bash
# Everything: formatter, clippy, unit, property, HTTP on SQLite and PostgreSQL, browser, labels,
# ledger. Nothing is skipped silently: RASTRO_SKIP=browser,postgres,labels,go,node names what to leave out.
set -euo pipefail
cd "$(dirname "$0")/.."

skips() { [[ ",${RASTRO_SKIP:-}," == *",$1,"* ]]; }

scripts/setup.sh test
cargo fmt --check
cargo clippy --all-targets -- -D warnings
skips node || node --test web/tests/*.mjs
if skips postgres; then
  cargo test --no-fail-fast
else
  scripts/postgres.sh cargo test --no-fail-fast
fi
