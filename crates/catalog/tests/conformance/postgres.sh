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
# TLS is spoken over TCP only. An address of our own on the loopback network spares looking for a free port.
address="127.43.$(($$ / 250 % 250)).$(($$ % 250 + 1))"
as_server openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=reseal-test \
  -addext "subjectAltName=IP:$address" -addext basicConstraints=critical,CA:FALSE \
  -keyout "$directory/data/server.key" -out "$directory/data/server.crt" >&2
as_server cp "$directory/data/server.crt" "$directory/server.crt"
as_server pg_ctl -D "$directory/data" -l "$directory/log" -w \
  -o "-c listen_addresses=$address -c ssl=on -c unix_socket_directories=$directory -c shared_buffers=32MB -c max_connections=300" \
  start >&2
echo "$directory $address"
cat >/dev/null
