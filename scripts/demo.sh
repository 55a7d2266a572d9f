#!/usr/bin/env bash
# The main job on a small image: encrypt it under a new key, and let stock qemu-img say that it opens with its key and not without.
# Everything stays in target/demo, which the next run replaces.
set -euo pipefail
cd "$(dirname "$0")/.."

RESEAL=${CARGO_TARGET_DIR:-target}/release/reseal
DEMO=target/demo
PLAIN=$DEMO/plain.qcow2
SEALED=$DEMO/sealed.qcow2
MARKER="this line is the secret of the demo image"
export RESEAL_DATA=$DEMO/data

main() {
  rm -rf "$DEMO"
  mkdir -p "$DEMO"
  step "1. A disk image with something worth hiding"
  make_image
  step "2. A new key, in a throwaway data directory"
  run "$RESEAL" key create --alias demo --description "key of the demo"
  step "3. Encrypt the image under it"
  run "$RESEAL" copy "$PLAIN" "$SEALED" --encrypt --key alias/demo
  step "4. Stock $(qemu-img --version | head -1) does not open it without the key …"
  must_refuse_without_key
  step "… nor with another key …"
  must_refuse_wrong_key
  step "… opens it with the key, and finds the same content"
  must_equal_with_key
  step "5. The plain text is in the source, and nowhere in the result"
  must_hide_marker
  what_next
}

make_image() {
  { printf '%s\n' "$MARKER"; head -c 4194304 /dev/urandom; } >"$DEMO/plain.raw"
  truncate -s 64M "$DEMO/plain.raw"
  run qemu-img convert -f raw -O qcow2 "$DEMO/plain.raw" "$PLAIN"
  rm "$DEMO/plain.raw"
}

must_refuse_without_key() {
  must_refuse "encrypt.key-secret" qemu-img convert -f qcow2 -O raw "$SEALED" "$DEMO/stolen.raw"
}

must_refuse_wrong_key() {
  printf 'not its key' >"$DEMO/wrong-key"
  must_refuse "cannot unlock any keyslot" qemu-img convert --object "secret,id=s0,file=$DEMO/wrong-key" --image-opts \
    "driver=qcow2,file.filename=$SEALED,encrypt.key-secret=s0" -O raw "$DEMO/stolen.raw"
}

must_equal_with_key() {
  run "$RESEAL" exec "$SEALED" -- qemu-img compare --object "secret,id=s0,file={secret}" --image-opts \
    "driver=qcow2,file.filename=$SEALED,encrypt.key-secret=s0" "driver=qcow2,file.filename=$PLAIN"
}

must_hide_marker() {
  grep -q "$MARKER" "$PLAIN" || fail "the marker is not in the source: the demo proves nothing"
  if grep -rq "$MARKER" "$SEALED" "$RESEAL_DATA"; then fail "the marker is readable in $SEALED or the data directory"; fi
  echo "    found in $PLAIN, not in $SEALED"
}

what_next() {
  cat <<END

Done. What to type next:

  export PATH="$(cd "$(dirname "$RESEAL")" && pwd):\$PATH" RESEAL_DATA=$PWD/$DEMO/data
  reseal inspect $SEALED              # what is in the file: key, envelope, warnings
  reseal verify $SEALED               # every byte, against its digest tree
  reseal key create --alias other
  reseal copy $SEALED $DEMO/again.qcow2 --encrypt --key alias/other     # encrypt it again under another key
  reseal copy YOUR.qcow2 YOUR.sealed.qcow2 --encrypt              # your own image, under the service key

Without RESEAL_DATA, keys live in a data directory of your own: see 'reseal --help', and 'reseal root backup --help' for its root key.
END
}

# The command must fail, and for this reason.
must_refuse() {
  local reason=$1 said
  shift
  show "$@"
  if said=$("$@" 2>&1); then fail "qemu-img opened $SEALED without its key"; fi
  echo "    $said"
  [[ $said == *"$reason"* ]] || fail "qemu-img failed for another reason than the key"
}

step() { printf '\n%s\n' "$*"; }

show() {
  printf '  $'
  printf ' %s' "$@"
  printf '\n'
}

run() {
  show "$@"
  "$@" | sed 's/^/    /'
}

fail() {
  echo "demo: error: $*" >&2
  exit 1
}

main
