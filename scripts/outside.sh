#!/usr/bin/env bash
# Fetches the programs that tests need and that are not in Debian: zxing-cpp, which reads labels back, SciPy,
# which judges confidence intervals, and schemathesis, which holds the API to its description, into a virtual environment under target/;
# zpl-renderer-js under tests/independent/node_modules. Neither is part of the program or
# of the repository. Run again, it does nothing until a version changes.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=tests/independent/requirements.txt
py=target/outside/py
if ! cmp -s "$wanted" "$py/requirements.txt"; then
  /usr/bin/python3 -m venv --clear "$py"
  "$py/bin/pip" install --quiet --disable-pip-version-check -r "$wanted"
  cp "$wanted" "$py/requirements.txt"
fi
if ! [ tests/independent/node_modules/.package-lock.json -nt tests/independent/package-lock.json ]; then
  npm ci --no-audit --no-fund --prefix tests/independent
fi
