# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # for run and job.sh
#
# raspi4b of QEMU 10.0.13, which has a GIC-400, with the tree of Debian's kernel. GENET and PCIe are not modelled. The card is put
# where boards have it, in the slot of EMMC2; QEMU's own choice is an older controller. This one has no DMA there, and each access
# of a guest is trapped, as its registers do not fill a page: little is read. The watchdog is what switches the board off.
qemu=$([ -e /job ] || tests/testbed/qemu 10.0.13)
machine="-M raspi4b -serial null -device sd-card,drive=card,bus=/generic-sdhci/sd-bus" # the console is the second UART
tree=broadcom/bcm2711-rpi-4-b.dtb
console=ttyS1
conf=raspberry-pi-4
modules="bcm2835-wdt fixed sdhci-iproc"
guest_modules="fixed sdhci-iproc"
card=if=none,id=card
kib=32

devices=sd
lacks=ethernet
sd=fe340000.mmc
sd_driver=sdhci-iproc
