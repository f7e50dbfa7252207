# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# What is in the host's tree more than once: a line in one device, a line in two, registers in two. The tree has shared.dtso.
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci

vfio_bind 10200000.sata
expect repeated-plan 0 dais plan 10200000.sata
says repeated-plan-tells "the same line again" "interrupts = <0 0 4>, <0 0 4>;"
linux repeated-line 0 read --device $sata
says repeated-line-checksum "sha256 $disk_sum"
says repeated-line-once "interrupt 0 (SPI 0, level"
linux repeated-line-eventfd 0 read --device $sata,irq-mode=eventfd
says repeated-line-eventfd-checksum "sha256 $disk_sum"
expect repeated-check 0 dais check --irq 10200000.sata
says repeated-check-tells "interrupt 0" "eventfd"
