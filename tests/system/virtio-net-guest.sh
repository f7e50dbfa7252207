# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /test of virtio-net.sh's Linux guest; test=WHAT,… on its command line are of these functions, net= is the network (of the last byte
# 0) that the card is in.
word()
{
	sed -n "s/.*$1=\([^ ]*\).*/\1/p" /proc/cmdline
}

# Whether its queues are packed (VIRTIO_F_RING_PACKED, the 35th feature): 0 or 1
card()
{
	echo "guest: packed $(cut -c 35 /sys/class/net/eth0/device/features)"
	ip addr add "$(word net).2/24" dev eth0
	ip link set eth0 up
	echo "guest: card $(cat /sys/class/net/eth0/address)"
}

# download FILE
download()
{
	echo "guest: downloaded $(wget -q -O - "http://$(word net).1:8080/$1" | sha256sum | cut -d ' ' -f 1)"
}

# What comes back of a message is the message.
echoes()
{
	head -c 60000 /dev/urandom >/tmp/message
	if vsock send 2 4321 </tmp/message >/tmp/answer && cmp /tmp/message /tmp/answer; then
		echo "guest: vsock echoes"
	fi
}

net()
{
	card
	ping -c 3 -w 20 "$(word net).1" | grep -q "3 packets received" && echo "guest: pings"
	download file
	[ ! -b /dev/sda ] || echo "guest: sata $(sha256sum </dev/sda | cut -d ' ' -f 1)"
	grep virtio /proc/interrupts
}

# So many packets that each queue begins again more than once
echoes_pings()
{
	card
	ping -A -c 600 -s 1000 -w 100 "$(word net).1" | grep -q " 600 packets received" && echo "guest: 600 pings"
}

directory()
{
	mkdir -p /mnt
	mount -t virtiofs files /mnt
}

fs()
{
	directory
	echo "guest: file $(sha256sum </mnt/file | cut -d ' ' -f 1)"
	cp /mnt/file /mnt/copy
	echo "guest: a $(cat /mnt/name)"
}

# Guest resets, counted in the directory, with all at work
resets()
{
	directory
	n=$(cat /mnt/n)
	card
	download small
	echoes
	echo "guest: reset $n"
	[ "$n" -lt "$(word resets)" ] || return 0
	echo $((n + 1)) >/mnt/n
	reboot -f
	sleep 10
}

# Until the host has had enough
busy()
{
	directory
	card
	echo "guest: busy"
	ping "$(word net).1" >/dev/null &
	while :; do
		echo 3 >/proc/sys/vm/drop_caches
		cat /mnt/file >/dev/null
	done &
	wait
}

for what in $(word test | tr , " "); do
	"$what"
done
