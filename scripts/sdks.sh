#!/usr/bin/env bash
# Installs what judges us from Python and Node: into .tools/sdks the official SDKs, Python of both generations and Node, which judge the
# server; into .tools/moto the S3 server that judges the store of blobs; into .tools/browser what drives Chromium and judges the console.
# Each is installed again only when its list of versions changes. Usage: scripts/sdks.sh [browser], for all or that one.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
  install_once .tools/browser browser crates/cli/tests/console/package.json
  if [[ ${1:-} == browser ]]; then return; fi
  install_once .tools/sdks sdks crates/cli/tests/sdk/requirements.txt crates/cli/tests/sdk/package.json
  install_once .tools/moto moto crates/blobs/tests/stores/requirements.txt
}

# install_once PLACE FUNCTION LIST...: runs FUNCTION with PLACE and the lists, unless that was done with the same lists.
install_once() {
  local place=$1 install=$2 wanted
  shift 2
  wanted=$(cat "$@" | sha256sum)
  if [[ -f $place/installed && $(<"$place/installed") == "$wanted" ]]; then return; fi
  echo "setup: installing $install into $place"
  rm -rf "$place"
  mkdir -p "$place"
  "$install" "$place" "$@"
  echo "$wanted" >"$place/installed"
}

sdks() {
  python_packages "$1/python" "$2"
  node_packages "$1" "$3"
}

browser() {
  node_packages "$1" "$2"
}

moto() {
  python_packages "$1/python" "$2"
}

node_packages() {
  cp "$2" "$1/"
  npm install --prefix "$1" --no-audit --no-fund --silent
}

python_packages() {
  python3 -m venv "$1"
  "$1/bin/pip" -q --disable-pip-version-check install -r "$2"
}

main "$@"
