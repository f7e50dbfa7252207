# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# Two devices that the IOMMU cannot tell apart: edu and sata, by siblings.dtso. Linux makes no group of two devices with one stream
# ID, and the SMMU's driver takes only one of them; tests/testbed/patches has it do what it does on boards.
vfio_bind 10000000.edu
edu=vfio-platform,host=10000000.edu

# In one group as soon as both had a driver
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci
vfio_bind 10200000.sata
if [ "$(vfio_group 10200000.sata)" = "$(vfio_group 10000000.edu)" ]; then
	pass siblings-are-a-group
else
	fail siblings-are-a-group "two devices with one stream ID have two groups"
fi
guest siblings-both 0 edu-dma "n=3" --device $edu --device $sata
linux siblings-linux 0 read --device $sata --device $edu
says siblings-linux-reads "sha256 $(cut -d ' ' -f 1 "$job/disk.sha256")"
guest siblings-one 0 edu-dma "" --device $edu
vfio_unbind 10200000.sata
guest siblings-other-unbound 0 edu-dma "" --device $edu
echo ahci >/sys/bus/platform/devices/10200000.sata/driver_override
echo 10200000.sata >/sys/bus/platform/drivers_probe
refuses siblings-other-used 3 "10200000.sata (ahci)" "unbind" -- --kernel "$job/guest/hello.img" --device $edu \
	${iommu:+--iommu $iommu}
echo 10200000.sata >/sys/bus/platform/drivers/ahci/unbind
guest siblings-other-given-up 0 edu-dma "" --device $edu
kernel_is_quiet siblings-host-kernel
