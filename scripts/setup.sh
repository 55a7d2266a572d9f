#!/usr/bin/env bash
# Installs what one task needs and this machine lacks. Usage: scripts/setup.sh build|demo|test|bench|fuzz|screenshots
#
# A program that is present is never reinstalled: on Debian an innocent `apt-get install qemu-utils` may replace a
# newer qemu-img from backports. What cannot be installed is an error, not a skipped test.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"

# program (or file, maybe with `*`) that shows a package is there : the package that brings it
BUILD=(cc:gcc /usr/include/stdio.h:libc6-dev make:make)
DEMO=("${BUILD[@]}" qemu-img:qemu-utils)
TEST=("${DEMO[@]}" cryptsetup:cryptsetup-bin strace:strace mkfs.xfs:xfsprogs losetup:mount python3:python3
  nbdkit:nbdkit nbdcopy:libnbd-bin '/usr/lib/postgresql/*/bin/initdb:postgresql' setpriv:util-linux
  node:nodejs npm:npm openssl:openssl softhsm2-util:softhsm2 pkcs11-tool:opensc as:binutils
  prlimit:util-linux qemu-system-x86_64:qemu-system-x86 packer:packer ip:iproute2 script:bsdutils
  ssh-keygen:openssh-client gcore:gdb cpio:cpio sfdisk:fdisk mkfs.fat:dosfstools mcopy:mtools mke2fs:e2fsprogs
  syslinux:syslinux /usr/lib/syslinux/mbr/mbr.bin:syslinux-common chromium:chromium
  /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core)
BENCH=("${DEMO[@]}" cryptsetup:cryptsetup-bin mkfs.xfs:xfsprogs losetup:mount python3:python3
  as:binutils prlimit:util-linux setpriv:util-linux qemu-system-x86_64:qemu-system-x86)
SCREENSHOTS=("${DEMO[@]}" node:nodejs npm:npm as:binutils qemu-system-x86_64:qemu-system-x86 prlimit:util-linux setpriv:util-linux
  chromium:chromium /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf:fonts-dejavu-core
  '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc:fonts-noto-cjk')
FUZZ=("${BUILD[@]}" c++:g++)

main() {
  local needs
  case "${1:-}" in
    build) needs=("${BUILD[@]}") ;;
    demo) needs=("${DEMO[@]}") ;;
    test) needs=("${TEST[@]}") ;;
    bench) needs=("${BENCH[@]}") ;;
    fuzz) needs=("${FUZZ[@]}") ;;
    screenshots) needs=("${SCREENSHOTS[@]}") ;;
    *) fail "usage: scripts/setup.sh build|demo|test|bench|fuzz|screenshots" ;;
  esac
  require_cargo
  local missing
  mapfile -t missing < <(missing_packages "${needs[@]}")
  if ((${#missing[@]})); then install_packages "${missing[@]}"; fi
  mapfile -t missing < <(missing_packages "${needs[@]}")
  if ((${#missing[@]})); then fail "still missing after the installation: ${missing[*]}"; fi
  if [[ $1 == test ]]; then
    scripts/old-qemu.sh
    scripts/sdks.sh
    scripts/guest.sh
  fi
  if [[ $1 == screenshots ]]; then scripts/sdks.sh browser; fi
}

require_cargo() {
  command -v cargo >/dev/null ||
    fail "no Rust toolchain: 'cargo' is not on PATH. Install Rust $(rust_version) or newer first, then run this again."
  local have
  have=$(rustc --version | awk '{ print $2 }')
  [[ $(printf '%s\n' "$(rust_version)" "${have%%-*}" | sort -V | head -1) == "$(rust_version)" ]] ||
    fail "rustc $have is too old: Reseal needs $(rust_version) or newer ('rustup update stable' where rustup is used)."
}

rust_version() { awk -F '"' '/^rust-version/ { print $2 }' Cargo.toml; }

missing_packages() {
  local need
  for need in "$@"; do present "${need%%:*}" || echo "${need#*:}"; done
}

present() {
  if [[ $1 == /* ]]; then compgen -G "$1" >/dev/null; else command -v "$1" >/dev/null; fi
}

install_packages() {
  command -v apt-get >/dev/null ||
    fail "missing: $*. This script knows apt (Debian, Ubuntu) only; install these with your package manager."
  local as_root=() package plain=()
  if ((EUID)); then
    command -v sudo >/dev/null || fail "missing: $*. Run this as root, or install sudo."
    as_root=(sudo)
  fi
  for package in "$@"; do
    if [[ $package == qemu-system-x86 ]]; then install_emulator; else plain+=("$package"); fi
  done
  if ((${#plain[@]})); then install_or_update "${plain[@]}"; fi
}

# The emulator has to be of the release of the qemu-img that is here: apt removes a qemu-img from backports in favour of the older
# one that belongs to the plain release's emulator. Where qemu-img is from the release itself (Ubuntu too), there is nothing to choose.
install_emulator() {
  local have release
  have=$(dpkg-query -W -f '${Version}' qemu-utils 2>/dev/null) || have=
  if [[ $have != *~bpo* ]]; then
    install_or_update qemu-system-x86
    return
  fi
  release="$(. /etc/os-release && echo "$VERSION_CODENAME")-backports"
  if [[ -z $(package_source "$release") ]]; then add_source "$release"; fi
  install_or_update -t "$release" qemu-system-x86 qemu-utils
}

add_source() {
  local base
  base=$(package_source "${1%-backports}")
  [[ $base ]] || fail "no package source for ${1%-backports} is known, which $1 would be beside"
  echo "setup: adding $1 to the package sources"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $base $1 main" |
    "${as_root[@]}" tee "/etc/apt/sources.list.d/$1.list" >/dev/null
}

# Where apt gets a release from; nothing if it does not know it. Both forms of source files are apt's to read, not ours.
package_source() {
  apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' |
    awk -v release="$1" '$2 == release && !found++ { print $1 }'
}

install_or_update() {
  # Package lists may be absent or stale on a fresh machine; they are renewed only when they do not know a package or its file.
  apt_install "$@" || {
    "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=120 update || fail "apt-get update failed; missing packages: $*"
    apt_install "$@" || fail "apt-get could not install: $*"
  }
}

apt_install() {
  echo "setup: installing $*"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 install -y --no-install-recommends "$@"
}

fail() {
  echo "setup: error: $*" >&2
  exit 1
}

main "$@"
