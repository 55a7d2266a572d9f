#!/usr/bin/env bash
# Installs the official SDKs that judge the server into .tools/sdks: Python of both generations, and Node.
# They are installed again only when the lists of versions change.
set -euo pipefail
cd "$(dirname "$0")/.."

LISTS=crates/cli/tests/sdk
PLACE=.tools/sdks

main() {
  local wanted
  wanted=$(cat "$LISTS/requirements.txt" "$LISTS/package.json" | sha256sum)
  if [[ -f $PLACE/installed && $(<"$PLACE/installed") == "$wanted" ]]; then return; fi
  echo "setup: installing the SDKs that judge the server into $PLACE"
  rm -rf "$PLACE"
  mkdir -p "$PLACE"
  python3 -m venv "$PLACE/python"
  "$PLACE/python/bin/pip" -q --disable-pip-version-check install -r "$LISTS/requirements.txt"
  cp "$LISTS/package.json" "$PLACE/"
  npm install --prefix "$PLACE" --no-audit --no-fund --silent
  echo "$wanted" >"$PLACE/installed"
}

main
