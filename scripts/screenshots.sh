#!/usr/bin/env bash
# Pictures of every page of the console in both languages, into screenshots/: a server of its own, with something on each page.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"

place=$(mktemp -d)
server=
trap 'end' EXIT

main() {
  make_disk
  start_server
  rm -rf screenshots
  NODE_PATH=.tools/browser/node_modules NO_PROXY='*' RESEAL_ENDPOINT="http://$(address)" \
    RESEAL_ACCESS_KEY_ID=$(printed id) RESEAL_ACCESS_KEY_SECRET=$(printed secret) \
    node crates/cli/tests/console/judges/screenshots.js screenshots
  find screenshots -name '*.png' | sort
}

# Guest A of the tests: it prints a line on its serial console and stays.
make_disk() {
  mkdir "$place/bucket"
  as --32 --defsym STAY=1 -o "$place/boot.o" crates/ecs/tests/guest/boot.S
  ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$place/bucket/disk.raw" "$place/boot.o"
  truncate -s 2M "$place/bucket/disk.raw"
}

start_server() {
  mkdir "$place/data"
  printf "[instances]\naccelerator = 'tcg'\n" >"$place/data/server.toml"
  target/release/reseal --data "$place/data" serve --listen 127.0.0.1:0 --import-directory "golden=$place/bucket" \
    >"$place/said" 2>"$place/log" &
  server=$!
  until grep -q listening "$place/said"; do
    kill -0 "$server" || { cat "$place/log" >&2; exit 1; }
    sleep 0.1
  done
}

address() { awk -F // '/listening on/ { print $2 }' "$place/said"; }

printed() { awk -v name="$1" '$1 == "access" && $3 == name { print $4 }' "$place/said"; }

# The machine of an instance outlives its server: instances go first.
end() {
  if [[ $server ]]; then
    kill "$server" && wait "$server" || true
    target/release/reseal --data "$place/data" instance delete web-1 --force >/dev/null || true
  fi
  rm -rf "$place"
}

main
