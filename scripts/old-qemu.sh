#!/usr/bin/env bash
# Puts a qemu-img 7.2 (Debian 12's own) under .tools/qemu-7.2: tests prove that old QEMU opens our files too.
# It is unpacked, not installed, so the machine's qemu-img stays as it is.
#
# Where this release is not to be had (Ubuntu, newer Debian) the script says so and succeeds: the tests that need it then fail
# by name and point here, which tells more than a setup that stops before the first test.
set -euo pipefail
cd "$(dirname "$0")/.."

TOOLS=.tools/qemu-7.2
QEMU_IMG=$TOOLS/usr/bin/qemu-img
WANTED='qemu-utils=1:7.2*'

main() {
  if runs; then exit 0; fi
  command -v apt-get >/dev/null || give_up "there is no apt-get here"
  rm -rf "$TOOLS"
  mkdir -p "$TOOLS"
  download || { update && download; } || give_up "no package source offers $WANTED"
  dpkg -x "$TOOLS"/qemu-utils_*.deb "$TOOLS"
  rm -f "$TOOLS"/qemu-utils_*.deb
  runs || give_up "it does not run on this machine's libraries: $("$QEMU_IMG" --version 2>&1 | head -1)"
  echo "setup: $("$QEMU_IMG" --version | head -1) in $TOOLS"
}

runs() { [[ -x $QEMU_IMG ]] && [[ $("$QEMU_IMG" --version 2>/dev/null) == "qemu-img version 7.2"* ]]; }

download() { (cd "$TOOLS" && apt-get download "$WANTED" >apt.log 2>&1) && rm "$TOOLS/apt.log"; }

update() {
  if ((EUID)); then sudo apt-get -qq -o DPkg::Lock::Timeout=120 update; else apt-get -o DPkg::Lock::Timeout=120 update; fi
}

give_up() {
  rm -rf "$TOOLS"
  echo "setup: WARNING: no qemu-img 7.2 ($1). Tests that prove 'old QEMU opens our files' will fail on this machine." >&2
  exit 0
}

main
