# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # for run and job.sh
#
# The board of zcu102.sh with a kernel of our making, which has vfio-platform, and the driver of a DMA engine that Debian's lacks.
machine="-M xlnx-zcu102,virtualization=on,secure=off -smp 2 -m 2G -nic user -nic user -nic user"
tree=xilinx/zynqmp-zcu102-rev1.0.dtb
console=ttyPS0
kernel=built
conf=zcu102
append=vfio_platform.reset_required=0
card=if=sd,index=1

devices="sd dma ethernet"
sd=ff170000.mmc
sd_driver=sdhci-arasan
dma=fd500000.dma-controller
dma_driver=xilinx-zynqmp-dma
ethernet=ff0e0000.ethernet
ethernet_driver=macb
