# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# For job.sh and guest.sh: a channel of a DMA engine is tested, by the kernel's dmatest, and let go. Prints "20 tests, 0 failures" if
# so it is.
dmatest()
{
	parameters=/sys/module/dmatest/parameters
	echo 20 >$parameters/iterations
	echo dma0chan0 >$parameters/channel
	echo 1 >$parameters/run
	cat $parameters/wait >/dev/null
	echo 0 >$parameters/run
	dmesg | sed -n 's/.*dmatest.* \(20 tests, 0 failures\).*/\1/p' | tail -n 1
}
