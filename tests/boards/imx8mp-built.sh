# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034,SC2154 # for run and job.sh, and of host.sh
#
# The board of imx8mp.sh with a kernel of our making, which has vfio-platform. fec is built in there, and is kept from starting in the
# host (not in the guests); the rates of its clocks, which only a driver makes known, are those that Linux sets by the tree. sdhci-esdhc-imx
# has the card before, and its clocks go off when it is unbound: dais plan warns of that. QEMU's devices work without their clocks.
qemu=$([ -e /job ] || tests/testbed/qemu 10.0.13)
machine="-M imx8mp-evk -smp 2 -m 2G -serial null" # the console is the second UART
tree=freescale/imx8mp-evk.dtb
console=ttymxc1
kernel=built
conf=imx8mp
append="initcall_blacklist=fec_driver_init clk_ignore_unused vfio_platform.reset_required=0"
card=if=sd,bus=2 # where QEMU has the SD card that is in the controller

devices="sd ethernet"
sd=30b60000.mmc
sd_driver=sdhci-esdhc-imx
sd_warns=clk_ignore_unused
ethernet=30be0000.ethernet
ethernet_keys="clock.ipg=266666666 clock.ahb=266666666 clock.enet_out=50000000"

# Of another driver that is built in and cannot be unbound dais says how to boot without it; what it says finds fec's function, too.
more_of_ethernet()
{
	expect built-in-driver 3 dais bind 30200000.gpio
	says built-in-driver-remedy "initcall_blacklist=FUNCTION" "grep -i 'gpio_mxc.*init' /proc/kallsyms"
	grep -i 'fec.*init' /proc/kallsyms >"$out"
	says built-in-driver-function fec_driver_init
}
