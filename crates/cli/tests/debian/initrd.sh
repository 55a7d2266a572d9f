#!/bin/sh
# /init of the Debian guest's initial RAM disk: makes the disk's driver known, and goes on from the second partition.
export PATH=/bin
while read -r module; do insmod "/modules/$module.ko"; done </modules/order
mount -t devtmpfs none /dev
until [ -b /dev/vda2 ]; do sleep 0.1; done
mount -t ext4 -o rw /dev/vda2 /root
mount --move /dev /root/dev
exec switch_root /root /sbin/init
