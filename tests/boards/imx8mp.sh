# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154 # for run and job.sh, and of host.sh
#
# imx8mp-evk of QEMU 10.0.13 (earlier ones do not wire the virtual GIC's interrupt), with the tree of Debian's kernel. The driver fec
# cannot be unbound, so that it comes after the guests; what dais says how to get rid of it is then done.
qemu=$([ -e /job ] || tests/testbed/qemu 10.0.13)
machine="-M imx8mp-evk -smp 2 -m 2G -serial null" # the console is the second UART
tree=freescale/imx8mp-evk.dtb
console=ttymxc1
append=iomem=relaxed # for the registers of the clock controller (CCM)
modules="nvmem-imx-ocotp sdhci-esdhc-imx"
late_modules=fec
guest_modules="sdhci-esdhc-imx fec"
card=if=sd,bus=2 # where QEMU has the SD card that is in the controller

devices="sd ethernet"
sd=30b60000.mmc
sd_driver=sdhci-esdhc-imx
ethernet=30be0000.ethernet
ethernet_driver=fec
ethernet_late="rmmod fec"

# What they have of the CCM: a clock, its rate as the host has it, and its gate, bits of a register. The guest has half the rate of the
# first one (imx8mp-DEVICE.dtso), in the divider of the register after that.
sd_clocks="usdhc3_root_clk 24000000 0x303845e0 0x3"
sd_root=0x3038bc80
ethernet_clocks="enet_timer 100000000 0x3038aa00 0x10000000
enet_ref 125000000 0x3038a980 0x10000000
enet_phy_ref 50000000 0x3038aa80 0x10000000
enet1_root_clk 266666666 0x303840a0 0x3
sim_enet_root_clk 266666666 0x30384400 0x3"
ethernet_root=0x3038aa00

# clock_is NAME CLOCK ENABLED RATE: within 20 s, as the host's kernel has it
clock_is()
{
	n=0
	until [ "$(awk -v clock="$2" '$1 == clock { print $2, $5 }' /sys/kernel/debug/clk/clk_summary)" = "$3 $4" ] || [ $n = 200 ]; do
		n=$((n + 1))
		usleep 100000
	done
	awk -v clock="$2" '$1 == clock' /sys/kernel/debug/clk/clk_summary >"$out.clock"
	if [ $n = 200 ]; then
		fail "$1" "not enabled $3, $4 Hz: $(cat "$out.clock")"
	else
		pass "$1"
	fi
}

# clocks_are NAME ENABLED DIVIDER: all of the device's, the rate of the first one divided
clocks_are()
{
	divider=$3
	echo "$clocks" | while read -r clock rate gate mask; do
		clock_is "$1-$clock" "$clock" "$2" $((rate / divider))
		bits "$1-$clock-gate" "$gate" "$mask" $(($2 * mask))
		divider=1
	done
}

# The guest's driver has its clocks on and off, and one of them at another rate, in the CCM. At its end all is as it was.
clocks_of()
{
	eval "clocks=\$$1_clocks root=\$$1_root"
	sed "/^\[device $1\]/a overlay = $PWD/imx8mp-$1.dtbo" "$conf" >/tmp/clocks.conf
	clocks_are "$1-clocks-before" 0 1
	was=$(devmem "$root" 32)
	rm -f /tmp/console
	mkfifo /tmp/console
	exec 9<>/tmp/console
	: >"$out"
	dais run -c /tmp/clocks.conf --use "$1" --kernel Image --initrd guest.cpio \
		--append "console=ttyAMA0 quiet panic=-1 test=clocks" >"$out" 2>&1 <&9 &
	dais_pid=$!
	reached works
	clocks_are "$1-clocks-set" 1 2
	if [ $(($(devmem "$root" 32) & 0x7003f)) != $((was & 0x7003f)) ]; then
		pass "$1-clocks-set-in-ccm"
	else
		fail "$1-clocks-set-in-ccm" "the divider is still that of $was"
	fi
	echo >&9
	reached "has let go"
	clocks_are "$1-clocks-gated" 0 2
	kill_run
	clocks_are "$1-clocks-after" 0 1
	bits "$1-clocks-after-in-ccm" "$root" 0xffffffff "$was"
	# A guest that ends with them off: the device is reset all the same.
	run_guest "$1-clocks-off-at-end" 0 "$1" off --cpus 1
	says "$1-clocks-off-at-end-says" "guest: has let go"
	clocks_are "$1-clocks-after-end" 0 1
}

more_of_sd()
{
	clocks_of sd
}

more_of_ethernet()
{
	clocks_of ethernet
}
