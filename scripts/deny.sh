#!/usr/bin/env bash
# Checks licences, sources and duplicates of all dependencies against deny.toml. The tool is installed under .tools, once.
# Advisories are left out: their database lives on a host that not every build machine may reach.
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ ! -x .tools/bin/cargo-deny ]]; then
  cargo install cargo-deny --version 0.20.2 --locked --root .tools
fi
.tools/bin/cargo-deny --all-features check --hide-inclusion-graph licenses bans sources
