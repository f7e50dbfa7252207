# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What happens inside the emulated host in "make demo".
# shellcheck source=/dev/null
. /lib/testbed.sh

echo "demo: the host is up: Linux $(uname -r) with $(dmesg | grep -o 'kvm.*VHE mode initialized successfully' || echo KVM)"
vfio_bind 10200000.sata 9010000.pl031 || exit 1
echo "demo: 10200000.sata and 9010000.pl031 are bound to VFIO, groups $(vfio_group 10200000.sata) and $(vfio_group 9010000.pl031)"
echo "demo: dais run -c qemu-virt.conf"
{
	/job/dais run -c /job/qemu-virt.conf </dev/null 2>&1
	echo $? >/tmp/status
} | tee /tmp/out
guest=$(sed -n 's/.*disk: sha256 \([0-9a-f]*\).*/\1/p' /tmp/out)
host=$(cut -d ' ' -f 1 /job/disk.sha256)
echo "demo: the guest read   $guest"
echo "demo: the disk's file  $host"
[ "$guest" = "$host" ] && [ "$(cat /tmp/status)" = 0 ]
