# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /test of the Linux guest: reads its disk, while its interrupt moves from processor to processor.
until [ -b /dev/sda ]; do
	sleep 0.1
done
irq=$(sed -n 's/^ *\([0-9]*\):.*ahci.*/\1/p' /proc/interrupts)
while :; do
	for mask in 1 2; do
		echo $mask >"/proc/irq/$irq/smp_affinity"
		usleep 1000
	done
done &
mover=$!
echo "disk: sha256 $(sha256sum /dev/sda | cut -d ' ' -f 1)"
kill $mover
