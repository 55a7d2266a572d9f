#!/usr/bin/env bash
# A small file system with reflinks for tests and benchmarks, as ext4 has none: XFS in a file, mounted through a loop device.
# Usage: scripts/xfs-volume.sh create DIR SIZE    makes DIR/xfs.img (sparse) and mounts it on DIR/mnt, owned by the caller
#        scripts/xfs-volume.sh remove DIR         unmounts and deletes both
set -euo pipefail
export PATH="$PATH:/usr/sbin:/sbin"

main() {
  local action=${1:-} dir=${2:-}
  [[ -d $dir ]] || fail "usage: scripts/xfs-volume.sh create DIR SIZE | remove DIR"
  case "$action" in
    create) create "$dir" "${3:?the size of the volume, such as 512M}" ;;
    remove) remove "$dir" ;;
    *) fail "unknown action '$action'" ;;
  esac
}

create() {
  truncate -s "$2" "$1/xfs.img"
  mkfs.xfs -q -m reflink=1 "$1/xfs.img" || fail "mkfs.xfs failed"
  mkdir -p "$1/mnt"
  privileged mount -o loop,noatime "$1/xfs.img" "$1/mnt" || fail "cannot mount a loop device: this needs root, or sudo, on a real or virtual machine"
  privileged chown "$(id -u):$(id -g)" "$1/mnt"
}

remove() {
  if mountpoint -q "$1/mnt"; then privileged umount "$1/mnt"; fi
  rm -rf "$1/xfs.img" "$1/mnt"
}

privileged() { if ((EUID)); then sudo -n "$@"; else "$@"; fi; }

fail() {
  echo "xfs-volume: error: $*" >&2
  exit 1
}

main "$@"
