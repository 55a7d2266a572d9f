#!/bin/sh
# A PostgreSQL server that lives as long as the test program: prints its socket directory, then waits until the pipe at its
# standard input is closed, which happens however the program ends, and leaves nothing behind.
set -eu
trap '' INT HUP TERM
PATH="$PATH:$(printf '%s:' /usr/lib/postgresql/*/bin)"
directory=$(mktemp -d "${TMPDIR:-/tmp}/reseal-postgres.XXXXXX")

# The server refuses to run as root.
as_server() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --clear-groups env HOME="$directory" LC_ALL=C.UTF-8 "$@"
  else
    env HOME="$directory" LC_ALL=C.UTF-8 "$@"
  fi
}

finish() {
  as_server pg_ctl -D "$directory/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$directory"
}
trap finish EXIT

if [ "$(id -u)" = 0 ]; then chown postgres: "$directory"; fi
as_server initdb -D "$directory/data" -U postgres -A trust --no-sync -E UTF8 --locale=C.UTF-8 >&2
as_server pg_ctl -D "$directory/data" -l "$directory/log" -w \
  -o "-c listen_addresses='' -c unix_socket_directories=$directory -c shared_buffers=32MB -c max_connections=300" \
  start >&2
echo "$directory"
cat >/dev/null
