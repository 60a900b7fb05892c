#!/usr/bin/env bash
# Starts a throw-away PostgreSQL on a free port, runs "$@" with RASTRO_TEST_POSTGRES pointing at it,
# and takes it away again. As root it runs the server as the user `postgres`.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [ -z "$bin" ]; then
  echo "PostgreSQL's server is not installed: scripts/setup.sh test" >&2
  exit 1
fi
dir=$(mktemp -d)
run=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$dir"
  run=(runuser -u postgres --)
fi
stop() {
  "${run[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf "$dir"
}
trap stop EXIT
cd "$dir"
# As on a Mexican server, where text does not stand in the order of code points; `scripts/setup.sh test` makes it.
locale=C.UTF-8
if locale -a 2>/dev/null | grep -qix 'es_MX\.utf-\?8'; then
  locale=es_MX.UTF-8
fi
echo "PostgreSQL's locale: $locale" >&2
"${run[@]}" "$bin/initdb" -D "$dir/data" -U rastro -A trust -E UTF8 --locale="$locale" >"$dir/initdb.log"
# A port nobody answers on; somebody may take it before the server does, so it is tried again.
started=
for _ in 1 2 3 4 5; do
  # Below the ports that the system hands out by itself.
  port=$(shuf -i 20000-32000 -n 1)
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then continue; fi
  if "${run[@]}" "$bin/pg_ctl" -D "$dir/data" -w -l "$dir/data/server.log" \
    -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c max_connections=400 ${RASTRO_PG_OPTIONS:-}" \
    start >/dev/null; then
    started=1
    break
  fi
done
if [ -z "$started" ]; then
  cat "$dir/data/server.log" >&2
  exit 1
fi
"${run[@]}" "$bin/createdb" -h 127.0.0.1 -p "$port" -U rastro rastro
cd - >/dev/null
export RASTRO_TEST_POSTGRES="postgres://rastro@127.0.0.1:$port/rastro"
"$@"
