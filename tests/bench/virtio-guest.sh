# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /test of the guest of tests/bench/virtio: how long a read of its disk takes, then reads for the host to count exits of, and nothing
# else for some seconds before and behind them.
until [ -b /dev/vda ]; do
	sleep 0.1
done
read-disk /dev/vda 500 >/dev/null
for _ in 1 2 3 4 5 6 7 8; do
	echo "guest: ns $(read-disk /dev/vda 1000)"
done
echo "guest: now"
sleep 3
read-disk /dev/vda 1000 >/dev/null
sleep 6
echo "guest: end"
