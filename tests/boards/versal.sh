# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # for run and job.sh
#
# xlnx-versal-virt of QEMU 7.2, with QEMU's own tree. It gives the MACs fixed links: a host with Linux 6.12 does not survive that macb
# lets go of such a one, so that the host's driver comes after the guests.
machine="-M xlnx-versal-virt -m 2G"
console=ttyAMA0
modules=sdhci-of-arasan
late_modules=macb
guest_modules="sdhci-of-arasan macb"
card=if=sd,index=1 # where QEMU has the SD card that is in the controller

devices="sd ethernet"
sd=f1050000.sdhci
sd_driver=sdhci-arasan
ethernet=ff0c0000.ethernet
ethernet_driver=macb
ethernet_late="crashes when it is unbound"
