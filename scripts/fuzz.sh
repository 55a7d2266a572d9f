#!/usr/bin/env bash
# Runs the decoders on foreign bytes. Usage: scripts/fuzz.sh smoke        the kept corpus and fixed mutations of it, under a minute
#                                            scripts/fuzz.sh run SECONDS [TARGET…]  libFuzzer, so many seconds for each target
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO_FUZZ_VERSION=0.13.2
CARGO_FUZZ=.tools/bin/cargo-fuzz

main() {
  case "${1:-}" in
    smoke) smoke ;;
    run) search "${2:?seconds for each target}" "${@:3}" ;;
    *) fail "usage: scripts/fuzz.sh smoke | run SECONDS [TARGET…]" ;;
  esac
}

smoke() {
  cargo test --manifest-path fuzz/Cargo.toml --locked --target-dir "${CARGO_TARGET_DIR:-target}"
}

search() {
  local target failed=() seconds=$1
  shift
  (($#)) || set -- $(targets)
  if [[ ! -x $CARGO_FUZZ ]]; then cargo install cargo-fuzz --version "$CARGO_FUZZ_VERSION" --locked --root .tools; fi
  # cargo-fuzz needs flags that stable rustc only accepts this way; so no second toolchain is needed.
  export RUSTC_BOOTSTRAP=1
  unset CARGO_TARGET_DIR
  for target; do
    "$CARGO_FUZZ" build --features libfuzzer "$target"
    fuzz_target "$target" "$seconds" || failed+=("$target")
  done
  if ((${#failed[@]})); then
    fail "crashes in: ${failed[*]}. The inputs are in fuzz/artifacts/; fix the decoder, then keep the input in fuzz/corpus/TARGET/."
  fi
  echo "fuzz: no crash in: $*"
}

fuzz_target() {
  # New finds go to the first folder, which is not kept; the second only gives seeds.
  mkdir -p "fuzz/target/corpus/$1"
  "$CARGO_FUZZ" run --features libfuzzer "$1" "fuzz/target/corpus/$1" "fuzz/corpus/$1" -- \
    -max_total_time="$2" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=200 -max_len=65536 -verbosity=0 -print_funcs=0 -print_final_stats=1
}

targets() { awk -F '"' '/^\[\[bin\]\]/ { bin = 1 } bin && /^name/ { print $2; bin = 0 }' fuzz/Cargo.toml; }

fail() {
  echo "fuzz: error: $*" >&2
  exit 1
}

main "$@"
