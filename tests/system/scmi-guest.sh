# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /test of scmi.sh's Linux guest: its drivers ahci and rtc-pl031 have their devices, not, and again. It waits for the host, which looks
# at its own side, to write a line.
reads()
{
	n=0
	until [ -b /dev/sda ] || [ $n = 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	echo "guest: sha256 $(sha256sum /dev/sda | cut -d ' ' -f 1)"
}

now()
{
	echo "guest: $*"
	read -r _
}

platform=/sys/bus/platform/drivers/ahci
amba=/sys/bus/amba/drivers/rtc-pl031
sata=$(basename "$(ls -d $platform/*.sata)")
rtc=$(basename "$(ls -d $amba/*pl031)")
dmesg | grep -E "SCMI Protocol"
reads
now working
echo "$sata" >$platform/unbind
echo "$rtc" >$amba/unbind
now unbound
echo "guest: a register $(devmem "0x${sata%%.*}" 32)"
echo "$sata" >$platform/bind
echo "$rtc" >$amba/bind
reads
now again
