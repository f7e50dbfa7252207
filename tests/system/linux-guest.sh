# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /test of the Linux guest: does what test=… on its command line says.
test=$(sed 's/.*test=\([^ ]*\).*/\1/' /proc/cmdline)
disk=/dev/sda
case $test in
*-vda) disk=/dev/vda test=${test%-vda} ;;
esac

disk_ready()
{
	n=0
	until [ -b $disk ] || [ $n = 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	[ -b $disk ]
}

# Past the page cache: what a read gives has come from the disk just now.
checksum()
{
	echo 3 >/proc/sys/vm/drop_caches
	sha256sum $disk | cut -d ' ' -f 1
}

# What the disk's last sector is before and after each guest, so that the next one finds the disk as it was.
clear_last_sector()
{
	dd if=/dev/zero of=$disk bs=512 seek="$last" count=1 conv=fsync 2>/dev/null
}

case $test in
hello)
	uname -r
	;;
read)
	disk_ready && echo "disk: sha256 $(checksum)"
	grep -E 'ahci|sata' /proc/interrupts
	;;
write)
	disk_ready || exit 1
	last=$(($(blockdev --getsz $disk) - 1))
	head -c 512 /dev/urandom >/tmp/new
	dd if=/tmp/new of=$disk bs=512 seek=$last conv=fsync 2>/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	dd if=$disk of=/tmp/back bs=512 skip=$last count=1 2>/dev/null
	cmp /tmp/new /tmp/back && echo "written and read back"
	clear_last_sector
	;;
reboot)
	# The disk's last sector counts the boots. Twice the guest reboots while it reads and writes.
	disk_ready || exit 1
	last=$(($(blockdev --getsz $disk) - 1))
	boots=$(dd if=$disk bs=512 skip=$last count=1 2>/dev/null | sed -n 's/^boots=\([0-9]\).*/\1/p' | head -n 1)
	boots=${boots:-0}
	echo "boot $boots: sha256 $(dd if=$disk bs=512 count=$last 2>/dev/null | sha256sum | cut -d ' ' -f 1)"
	if [ "$boots" = 2 ]; then
		clear_last_sector
		exit 0
	fi
	{ echo "boots=$((boots + 1))"; cat /dev/zero; } | head -c 512 |
		dd of=$disk bs=512 seek=$last conv=fsync 2>/dev/null
	(while :; do echo 3 >/proc/sys/vm/drop_caches; cat $disk >/dev/null; done) &
	sleep 0.3
	reboot -f
	sleep 60
	;;
reboot-once)
	# The same in short: whatever else is to be known of the first boot comes before.
	disk_ready || exit 1
	last=$(($(blockdev --getsz $disk) - 1))
	second=$(dd if=$disk bs=512 skip=$last count=1 2>/dev/null | grep -c '^rebooted$')
	[ "$second" = 1 ] || echo "$(uname -m) with $(nproc) processors, disk: sha256 $(checksum)"
	echo "boot $second: sha256 $(dd if=$disk bs=512 count=$last 2>/dev/null | sha256sum | cut -d ' ' -f 1)"
	if [ "$second" = 1 ]; then
		clear_last_sector
		exit 0
	fi
	{ echo; echo rebooted; cat /dev/zero; } | head -c 512 | dd of=$disk bs=512 seek=$last conv=fsync 2>/dev/null
	reboot -f
	sleep 60
	;;
alarm)
	rtc=$(grep -l pl031 /sys/class/rtc/*/name | while read -r name; do
		[ ! -e "${name%/name}/device/of_node/dma-coherent" ] || echo "${name%/name}"
	done)
	[ -n "$rtc" ] || exit 1
	before=$(awk '/rtc-pl031/ { n += $2 + $3 } END { print n }' /proc/interrupts)
	echo +2 >"$rtc/wakealarm"
	n=0
	while [ -n "$(cat "$rtc/wakealarm")" ] && [ $n -lt 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	after=$(awk '/rtc-pl031/ { n += $2 + $3 } END { print n }' /proc/interrupts)
	[ "$after" -gt "$before" ] && echo "alarm: came"
	;;
features)
	for feature in sve paca pacg; do
		grep -qw $feature /proc/cpuinfo && echo "feature: $feature"
	done
	for pmu in /sys/bus/event_source/devices/*pmuv3*; do
		[ ! -e "$pmu" ] || echo "feature: pmu"
	done
	echo "feature: done"
	;;
ports)
	disk_ready && dmesg | grep 'port mask'
	;;
stand-in)
	node=$(echo /proc/device-tree/grf@*)
	before=$(busybox devmem "0x${node##*@}" 32)
	busybox devmem "0x${node##*@}" 32 0x12345678
	echo "stand-in holds $before, then $(busybox devmem "0x${node##*@}" 32)"
	;;
references)
	# points_at NODE OTHER: the first cell of dmas is the other's phandle
	points_at()
	{
		from=$(echo /proc/device-tree/"$1"@*) to=$(echo /proc/device-tree/"$2"@*)
		[ "$(head -c 4 "$from/dmas" | xxd -p)" = "$(xxd -p "$to/phandle")" ] &&
			echo "$1 points at $2, argument $(($(printf 0x%s "$(tail -c 4 "$from/dmas" | xxd -p)")))"
	}
	points_at edu edge
	points_at edge edu
	;;
voltage)
	consumer=$(dirname /sys/bus/platform/drivers/reg-virt-consumer/*/min_microvolts)
	now()
	{
		echo "guest: the supply is $*"
		read -r _
	}
	# between MICROVOLT MICROVOLT; 0: off
	between()
	{
		echo "$1" >"$consumer/min_microvolts"
		echo "$2" >"$consumer/max_microvolts"
	}
	between 1800000 1800000
	now low
	between 1800000 3300000
	between 3300000 3300000
	now high
	between 2500000 2500000
	dmesg | grep regulator_set_voltage
	echo "guest: nothing between"
	read -r _
	between 0 0
	now off
	between 1800000 1800000
	now low again
	;;
devices)
	for node in /sys/bus/platform/devices/*/of_node /sys/bus/amba/devices/*/of_node; do
		echo "device: $(basename "$(readlink -f "$node")")"
	done
	;;
reserved)
	dmesg | grep 'reserved mem:'
	sed -n 's/^ *\([^ ].*: reserved\)$/iomem: \1/p' /proc/iomem
	# the first region of each device that has one
	for phandles in /proc/device-tree/*/memory-region; do
		for region in /proc/device-tree/reserved-memory/*@*; do
			[ "$(head -c 4 "$phandles" | xxd -p)" != "$(xxd -p "$region/phandle")" ] ||
				echo "$(basename "${phandles%/*}") has memory-region: $(basename "$region")"
		done
	done
	;;
busy)
	disk_ready || exit 1
	echo "guest: reading"
	while :; do
		echo 3 >/proc/sys/vm/drop_caches
		cat $disk >/dev/null
	done
	;;
wait)
	echo "guest: waiting"
	sleep 1000
	;;
esac
