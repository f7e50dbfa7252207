# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /test of the Linux guest that owns the Ethernet MAC: talks to what QEMU has at its other end.
host=10.0.2.2

echo "guest: $(grep -c ^processor /proc/cpuinfo) CPUs"
ip addr add 10.0.2.15/24 dev eth0
ip link set eth0 up
sleep 1
ping -c 3 -w 20 $host || exit 1
tftp -g -r blob -l /tmp/blob $host
echo "guest: sha256 $(sha256sum </tmp/blob | cut -d ' ' -f 1)"
grep ethernet /proc/interrupts
! grep -q test=reboot /proc/cmdline || reboot -f
