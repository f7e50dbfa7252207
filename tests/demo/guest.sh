# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the Linux guest of "make demo" does.
echo "guest: Linux $(uname -r) on $(nproc) CPUs"
n=0
until [ -b /dev/sda ] || [ $n = 100 ]; do
	n=$((n + 1))
	sleep 0.1
done
for device in /sys/bus/platform/drivers/ahci/*/of_node /sys/bus/amba/drivers/rtc-pl031/*/of_node; do
	echo "guest: $(basename "$(readlink -f "$device")") is driven by $(basename "$(dirname "$(dirname "$device")")")"
done
echo "guest: reading $(($(cat /sys/block/sda/size) / 2048)) MiB from the disk behind the assigned controller"
echo "guest: disk: sha256 $(sha256sum /dev/sda | cut -d ' ' -f 1)"
grep -E 'CPU0|ahci|pl031' /proc/interrupts | sed 's/^/guest: /'
