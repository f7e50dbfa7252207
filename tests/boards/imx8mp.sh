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
card=bus=2 # where QEMU has the SD card that is in the controller

devices="sd ethernet"
sd=30b60000.mmc
sd_driver=sdhci-esdhc-imx
ethernet=30be0000.ethernet
ethernet_driver=fec
ethernet_late="rmmod fec"

# clock_is NAME ENABLED RATE: uSDHC3's own clock, within 20 s; and its gate in the CCM (CCGR94)
clock_is()
{
	n=0
	until [ "$(awk '$1 == "usdhc3_root_clk" { print $2, $5 }' /sys/kernel/debug/clk/clk_summary)" = "$2 $3" ] || [ $n = 200 ]; do
		n=$((n + 1))
		usleep 100000
	done
	awk '$1 == "usdhc3_root_clk"' /sys/kernel/debug/clk/clk_summary >"$out.clock"
	if [ $n = 200 ]; then
		fail "$1" "not enabled $2, $3 Hz: $(cat "$out.clock")"
	else
		bits "$1" 0x303845e0 3 $(($2 * 3))
	fi
}

# The guest's driver sets its clock (imx8mp.dtso) and gates it, in the CCM. At its end all is as it was, and the divider, too.
clocks_of_sd()
{
	sed "/^\[device sd\]/a overlay = $PWD/overlay.dtbo" "$conf" >/tmp/clocks.conf
	clock_is sd-clock-before 0 24000000
	divider=$(devmem 0x3038bc80 32)
	mkfifo /tmp/console
	exec 9<>/tmp/console
	: >"$out"
	dais run -c /tmp/clocks.conf --kernel Image --initrd guest.cpio --append "console=ttyAMA0 quiet panic=-1 test=clocks" \
		>"$out" 2>&1 <&9 &
	dais_pid=$!
	reached works
	clock_is sd-clock-set 1 12000000
	if [ "$(devmem 0x3038bc80 32)" != "$divider" ]; then
		pass sd-clock-set-in-ccm
	else
		fail sd-clock-set-in-ccm "the divider is still $divider"
	fi
	echo >&9
	reached "has let go"
	clock_is sd-clock-gated 0 12000000
	kill_run
	clock_is sd-clock-after 0 24000000
	bits sd-clock-after-in-ccm 0x3038bc80 0xffffffff "$divider"
}
