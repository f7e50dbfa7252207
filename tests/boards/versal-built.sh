# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # for run and job.sh
#
# xlnx-versal-virt of QEMU 7.2 with a kernel of our making, which has vfio-platform, and the driver of a DMA engine that Debian's
# lacks.
machine="-M xlnx-versal-virt -m 2G"
console=ttyAMA0
kernel=built
conf=versal
append="initcall_blacklist=macb_driver_init vfio_platform.reset_required=0" # of the fixed links of the MACs see versal.sh
card=if=sd,index=1

devices="sd dma"
sd=f1050000.sdhci
sd_driver=sdhci-arasan
dma=ffa80000.dma
dma_driver=xilinx-zynqmp-dma
