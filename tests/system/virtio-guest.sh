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

# Guest resets, so many as resets= on the command line says; they are counted on the disk
resets()
{
	n=$(dd if=/dev/vda bs=512 count=1 2>/dev/null | sed -n 's/^resets \([0-9]*\).*/\1/p')
	echo "guest: reset ${n:=0}"
	[ "$n" -lt "$(sed 's/.*resets=\([0-9]*\).*/\1/' /proc/cmdline)" ] || return 0
	printf '%-511s\n' "resets $((n + 1))" | dd of=/dev/vda bs=512 count=1 conv=fsync 2>/dev/null
	reboot -f
	sleep 10
}

# One request after the other
few()
{
	dd if=/dev/vda of=/dev/null bs=4k count=10 iflag=direct 2>/dev/null && echo "guest: has read"
}

many()
{
	dd if=/dev/vda of=/dev/null bs=4k count=200 iflag=direct 2>/dev/null && echo "guest: has read"
}

# What is typed, and many lines
console()
{
	echo "guest: $(cat /proc/cmdline)"
	echo "guest: ready on $(cat /sys/class/tty/console/active)"
	read -r line
	echo "guest: has read '$line'"
	n=0
	while [ $n -lt 300 ]; do
		n=$((n + 1))
		echo "guest: this is line $n of many"
	done
}

what=$(sed 's/.*test=\([a-z]*\).*/\1/' /proc/cmdline)
"$what"
