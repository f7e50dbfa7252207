# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the guest of a board does with the devices that it finds; test=WORD on its command line says what beside that. Each line that
# the host looks for begins with "guest: ".
# shellcheck source=/dev/null
. /dmatest.sh
word=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^test=//p')

# wait_for COMMAND…: 20 seconds at most
wait_for()
{
	n=0
	until "$@" || [ $n = 200 ]; do
		n=$((n + 1))
		usleep 100000
	done
}

# The host's alias may give it another number than 0.
find_card()
{
	disk=$(ls /dev/mmcblk? 2>/dev/null)
}

disk()
{
	card=$(sed -n 's/  card$//p' /card.sha256)
	wait_for find_card
	read_sum=$(dd if="$disk" bs=1k count="$kib" 2>/dev/null | sha256sum | cut -d ' ' -f 1)
	[ "$read_sum" = "$card" ] && echo "guest: card is read right"
	echo "written by the guest" | dd of="$disk" bs=512 seek=16384 conv=sync,fsync 2>/dev/null && echo "guest: card is written"
}

# A mark on the card tells the second boot from the first.
reboot_once()
{
	if dd if="$disk" bs=512 skip=16385 count=1 2>/dev/null | grep -q again; then
		echo "guest: was rebooted"
	else
		echo again | dd of="$disk" bs=512 seek=16385 conv=sync,fsync 2>/dev/null
		echo "guest: reboots"
		reboot -f
	fi
}

network()
{
	wait_for test -e /sys/class/net/eth0
	ip link set eth0 up
	ip address add 10.0.2.15/24 dev eth0
	wait_for ping -c 1 -W 1 10.0.2.2 >/dev/null
	ping -c 3 10.0.2.2 >/dev/null && echo "guest: ping is answered"
	tftp -g -r file -l /tmp/file 10.0.2.2
	[ "$(sha256sum /tmp/file | cut -d ' ' -f 1)" = "$(sed -n 's/  file$//p' /card.sha256)" ] && echo "guest: file is loaded right"
}

use()
{
	while :; do
		[ -z "$disk" ] || dd if="$disk" of=/dev/null bs=1k count="$kib" 2>/dev/null
		[ ! -e /sys/class/net/eth0 ] || ping -c 1 10.0.2.2 >/dev/null
		[ ! -e /sys/class/dma/dma0chan0 ] || dmatest >/dev/null
		echo 3 >/proc/sys/vm/drop_caches
	done
}

# The MAC's driver cannot be unbound.
let_go()
{
	driver=/sys/bus/platform/drivers/sdhci-esdhc-imx
	[ -z "$disk" ] || basename "$(ls -d $driver/*.mmc)" >$driver/unbind
	[ ! -e /sys/class/net/eth0 ] || ip link set eth0 down
}

disk='' kib=$(sed -n 's/  kib$//p' /card.sha256)
for driver in /sys/bus/platform/drivers/*/*/of_node; do
	case $(basename "$(readlink -f "$driver")") in
	sdhci@* | mmc@*) disk ;;
	ethernet@*) network ;;
	dma@* | dma-controller@*) echo "guest: dmatest: $(dmatest)" ;;
	esac
done
case $word in
reboot) reboot_once ;;
clocks) # the driver at work, and at rest; the host looks, and writes a line
	use &
	echo "guest: works"
	read -r _
	kill $!
	wait
	let_go
	echo "guest: has let go"
	read -r _
	;;
off)
	let_go
	echo "guest: has let go"
	;;
forever)
	echo "guest: goes on"
	use
	;;
esac
echo "guest: interrupts $(grep -E 'mmc|eth|dma' /proc/interrupts | awk '{ for (i = 2; i <= NF && $i ~ /^[0-9]+$/; i++) n += $i } END { print n + 0 }')"
