#!/bin/sh
# /sbin/init of the Debian guest. Its first boot writes a file and has it brought to the disk; each later one says what it finds there.
# Then it waits for the power button.
export PATH=/bin
exec </dev/ttyS0 >/dev/ttyS0 2>&1
mount -t proc none /proc
mount -t sysfs none /sys
# The button is listened to before anything is said: nobody hears what was pressed before.
for event in /sys/class/input/event*; do
  if [ "$(cat "$event/device/name")" = "Power Button" ]; then exec 3<"/dev/input/${event##*/}"; fi
done
note=/var/note
if [ -e $note ]; then
  word=FOUND
else
  dd if=/dev/urandom of=$note bs=64k count=32 conv=fsync 2>/dev/null
  word=READY
fi
echo "GUEST-$word sha256=$(sha256sum <$note | cut -d ' ' -f 1)"
# One event of the button is 24 bytes.
head -c 24 <&3 >/dev/null
mount -o remount,ro /
echo GUEST-GOODBYE
poweroff -f
