#!/usr/bin/env bash
# Installs what building and testing need on Debian 12. Says what and why; run again, it does nothing.
#   scripts/setup.sh build   only what `make demo` needs
#   scripts/setup.sh test    also what `make test` needs
set -euo pipefail

build=(
  gcc:"compiles the built-in SQLite and libpq"
  libc6-dev:"headers for gcc"
  pkg-config:"finds OpenSSL"
  libssl-dev:"TLS to PostgreSQL"
)
tests=(
  postgresql:"the second database engine"
  chromium:"browser tests"
  chromium-driver:"browser tests"
  nodejs:"tests of the scripts that run in the browser"
  zbar-tools:"reads Code 128 back from labels"
  dmtx-utils:"reads Data Matrix back from labels"
  poppler-utils:"turns label PDFs into pictures, reads printed pages back"
  qpdf:"says whether label PDFs are sound, and what they ask of who prints them"
  librsvg2-bin:"turns label SVGs into pictures"
  zint:"its Code 128 symbols are held against ours"
  python3-venv:"runs the test programs side by side; holds zxing-cpp, which reads all symbols back from labels, SciPy, which judges intervals, and schemathesis, which holds the API to its description"
  golang-go:"checks ledger proofs with code that is not ours"
  golang-golang-x-mod-dev:"the same: Go's sumdb"
  openssl:"checks ledger signatures with code that is not ours"
  zstd:"unpacks events with code that is not ours; makes their dictionary"
  fonts-liberation:"text in browser pictures"
  cups-ipp-utils:"a network printer that is not ours, for the print agent"
  avahi-daemon:"without it that printer does not start"
  dbus:"the same"
  cups-daemon:"queues of CUPS, for the print agent"
  cups-client:"makes those queues"
  cups:"draws pages in those queues"
  printer-driver-cups-pdf:"a printer of those queues that is not ours: its pages are read back"
  nginx-light:"the proxy in front of the server, with packaging/nginx.conf"
  systemd:"says whether the units of packaging/ are sound"
  locales:"makes the locale of a Mexican server, in which PostgreSQL's tests run"
  sqlite3:"tampering tests write to the database behind the program's back"
)
wanted=("${build[@]}")
if [ "${1:-test}" != build ]; then
  wanted+=("${tests[@]}")
  # Only where there is none: other builds of node bring their own, which Debian's package clashes with.
  command -v npm >/dev/null || wanted+=(npm:"fetches axe-core, which checks the pages, and a drawer of ZPL")
fi

as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
missing=()
for entry in "${wanted[@]}"; do
  package=${entry%%:*}
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed'; then
    echo "missing: $package (${entry#*:})"
    missing+=("$package")
  fi
done
if [ ${#missing[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null; then
    echo "This is no Debian system: install the packages above by hand, then run again." >&2
    exit 1
  fi
  $as_root apt-get update
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y --no-install-recommends "${missing[@]}"
fi
# In a language's own order names do not stand as programs compare them: where databases are made so, tests are too.
if [ "${1:-test}" != build ] && ! locale -a | grep -qix 'es_MX\.utf-\?8'; then
  $as_root localedef --no-archive -i es_MX -f UTF-8 /usr/lib/locale/es_MX.utf8
fi
if ! command -v cargo >/dev/null; then
  echo "cargo is missing: install Rust with rustup (https://rustup.rs), then run again." >&2
  exit 1
fi
# What is not in Debian; leaving out the tests that need it leaves it out.
skips() { [[ ",${RASTRO_SKIP:-}," == *",$1,"* ]]; }
if [ "${1:-test}" != build ] && ! { skips labels && skips schemathesis; }; then
  "$(dirname "$0")/outside.sh"
fi
