# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /test of virtio.sh's Linux guest; test=WHAT on its command line is one of these functions.
sum()
{
	echo "guest: $2 $(dd if="$1" bs=64K 2>/dev/null | sha256sum | cut -d ' ' -f 1)"
}

# The whole disk is read, then its second half is its first.
disk()
{
	sum /dev/vda read
	dd if=/dev/vda of=/dev/vda bs=64K count=64 seek=64 conv=fsync 2>/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	sum /dev/vda written
	[ ! -b /dev/sda ] || sum /dev/sda sata
	grep virtio /proc/interrupts
}

# Until the host has had enough
reads()
{
	echo "guest: reading"
	while :; do
		echo 3 >/proc/sys/vm/drop_caches
		dd if=/dev/vda of=/dev/null bs=64K 2>/dev/null || break
	done
	echo "guest: the disk is gone"
}

resets()
{
	sum /dev/vda again
	reboot -f
	sleep 10
}

$(sed 's/.*test=\([a-z]*\).*/\1/' /proc/cmdline)
