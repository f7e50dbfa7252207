# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # for run and job.sh
#
# xlnx-zcu102 of QEMU 7.2, which has a GIC-400, with the tree of Debian's kernel. The firmware that has its clocks, power domains,
# resets and pins is not modelled: zcu102.dtsi takes it out of the tree. The board's socket is the fourth MAC's.
machine="-M xlnx-zcu102,virtualization=on,secure=off -smp 2 -m 2G -nic user -nic user -nic user"
tree=xilinx/zynqmp-zcu102-rev1.0.dtb
console=ttyPS0
modules="sdhci-of-arasan macb"
guest_modules="sdhci-of-arasan macb"
card=if=sd,index=1 # where QEMU has the SD card that is in the controller

devices="sd ethernet"
sd=ff170000.mmc
sd_driver=sdhci-arasan
ethernet=ff0e0000.ethernet
ethernet_driver=macb
