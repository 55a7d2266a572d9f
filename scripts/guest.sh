#!/usr/bin/env bash
# Makes .tools/guest/disk.raw, the Debian guest of the tests: a disk that boots by its BIOS, with Debian's own kernel, and busybox on an
# ext4 root. What the guest does is written in crates/cli/tests/debian. Its packages are unpacked, not installed; nothing is mounted.
#
# Where the packages are not to be had (Ubuntu, other architectures) the script says so and succeeds: the test that needs the guest then
# fails by name and points here.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PATH:/usr/sbin:/sbin"

GUEST=.tools/guest
OURS=crates/cli/tests/debian
# In the order in which they need each other: the disk, then the power button.
MODULES=(virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk button evdev)
APPLETS=(cat cut dd head insmod mount poweroff sh sha256sum sleep switch_root)
# Places of the two partitions, in sectors of 512 bytes.
BOOT_START=2048 BOOT_SECTORS=49152
ROOT_START=51200 ROOT_SECTORS=32768

main() {
  local wanted
  wanted=$(cat scripts/guest.sh "$OURS"/* | sha256sum)
  if [[ -f $GUEST/disk.raw && -f $GUEST/made && $(<"$GUEST/made") == "$wanted" ]]; then return; fi
  mkdir -p "$GUEST/packages"
  if ! has_packages; then
    download || { update && download; } || give_up
  fi
  rm -rf "$GUEST/work"
  mkdir "$GUEST/work"
  (make_disk "$PWD/$GUEST/packages" "$PWD/$OURS")
  mv "$GUEST/work/disk.raw" "$GUEST/"
  rm -rf "$GUEST/work"
  echo "$wanted" >"$GUEST/made"
  echo "setup: a Debian guest in $GUEST/disk.raw"
}

has_packages() { compgen -G "$GUEST/packages/linux-image-*.deb" >/dev/null && compgen -G "$GUEST/packages/busybox-static_*.deb" >/dev/null; }

download() {
  local kernel
  kernel=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image-/ { print $2; exit }')
  [[ $kernel ]] || return 1
  echo "setup: downloading $kernel and busybox-static"
  (cd "$GUEST/packages" && rm -f ./*.deb && apt-get -qq download "$kernel" busybox-static 2>apt.log) || return 1
  rm "$GUEST/packages/apt.log"
}

update() {
  command -v apt-get >/dev/null || return 1
  if ((EUID)); then sudo apt-get -qq -o DPkg::Lock::Timeout=120 update; else apt-get -qq -o DPkg::Lock::Timeout=120 update; fi
}

# make_disk PACKAGES OURS: as `disk.raw` in the directory `work`.
make_disk() {
  cd "$GUEST/work"
  local package
  for package in "$1"/*.deb; do dpkg-deb -x "$package" unpacked; done
  cp "$2/syslinux.cfg" .
  cp unpacked/boot/vmlinuz-* vmlinuz
  make_initrd "$2/initrd.sh"
  make_root "$2/init.sh"
  make_boot
  truncate -s $(((ROOT_START + ROOT_SECTORS) * 512)) disk.raw
  sfdisk -q disk.raw <<END
label: dos
start=$BOOT_START, size=$BOOT_SECTORS, type=e, bootable
start=$ROOT_START, size=$ROOT_SECTORS, type=83
END
  dd if=/usr/lib/syslinux/mbr/mbr.bin of=disk.raw bs=440 count=1 conv=notrunc status=none
  dd if=boot.fat of=disk.raw bs=512 seek=$BOOT_START conv=notrunc,sparse status=none
  dd if=root.ext4 of=disk.raw bs=512 seek=$ROOT_START conv=notrunc,sparse status=none
}

make_initrd() {
  local module
  mkdir -p initrd/{modules,dev,root}
  add_busybox initrd
  install -m 755 "$1" initrd/init
  for module in "${MODULES[@]}"; do find unpacked -name "$module.ko" -exec cp {} initrd/modules \; ; done
  printf '%s\n' "${MODULES[@]}" >initrd/modules/order
  (cd initrd && find . | cpio --quiet -o -H newc -R 0:0 | gzip) >initrd.gz
}

make_root() {
  mkdir -p root/{sbin,dev,proc,sys,var}
  add_busybox root
  install -m 755 "$1" root/sbin/init
  truncate -s $((ROOT_SECTORS * 512)) root.ext4
  mke2fs -q -t ext4 -E root_owner=0:0 -d root root.ext4
}

add_busybox() {
  local applet
  mkdir "$1/bin"
  cp unpacked/bin/busybox "$1/bin/"
  for applet in "${APPLETS[@]}"; do ln -s busybox "$1/bin/$applet"; done
}

make_boot() {
  truncate -s $((BOOT_SECTORS * 512)) boot.fat
  mkfs.fat -F 16 -h $BOOT_START boot.fat >/dev/null
  mcopy -i boot.fat vmlinuz syslinux.cfg ::
  mcopy -i boot.fat initrd.gz ::initrd
  syslinux --install boot.fat
}

give_up() {
  echo "setup: WARNING: no Debian guest: no package source offers Debian's kernel for clouds. The test of that guest will fail on this machine." >&2
  exit 0
}

main
