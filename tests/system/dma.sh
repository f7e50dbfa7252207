# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# What devices reach, and what they do not. The host's tree has dma.dtso.
vfio_bind 10000000.edu 10300000.edge
edu=vfio-platform,host=10000000.edu
edge=vfio-platform,host=10300000.edge,drop=memory-region,gpa=0x20000000

# Around what is reserved for one device there are two banks, for all devices.
guest two-banks 0 two-edu "" --device $edu --device $edge --trace vfio
says two-banks-mapped "DMA map iova 0x40000000 size 0x2000000" "DMA map iova 0x42200000 size 0x2000000"
if [ "$(grep -c 'DMA map iova' "$out")" = 2 ]; then
	pass one-address-space
else
	fail one-address-space "the two devices' RAM is not mapped once"
fi

# escapes NAME IOVA: the guest's transfers there fail in the IOMMU, and nowhere else. In 5 seconds, the host's kernel tells of 10
# faults at most, and there is one for each 4 bytes.
escapes()
{
	sleep 5
	dmesg -c >/dev/null
	guest "$1" 0 edu-dma-escape "iova=$2 other=test,edge" --device $edu --device $edge
	dmesg >"$out"
	says "$1-faults" "event 0x10 received" "$(printf '0x%016x' "$2")"
}
if [ -n "$iommu" ]; then
	escapes escape-below 0x3ffff000
	escapes escape-between 0x42000000
	escapes escape-above 0x44200000
	# The edge's registers: where the guest has them, where the host has them
	escapes escape-registers 0x20000000
	escapes escape-host-registers 0x10300000
fi

refuses pinned-ram-collides 2 "0x40000000" "0x42000000 to 0x421fffff" -- --kernel "$job/guest/hello.img" --device $edge \
	--memory-base 0x40000000

# In auto, what keeps iommufd from a device is told, and type1 does.
if [ -z "$iommu" ]; then
	guest auto-iommufd 0 hello "" --device $edu
	says auto-iommufd-is-told "10000000.edu: DMA through iommufd"
	echo N >/sys/module/iommufd/parameters/allow_unsafe_interrupts
	guest auto-type1 0 edu-dma "" --device $edu
	says auto-type1-is-told "DMA through type1, not iommufd" "iommufd.allow_unsafe_interrupts=1"
	refuses iommufd-only 3 "BIND_IOMMUFD" "interrupt remapping" "iommufd.allow_unsafe_interrupts=1" -- \
		--kernel "$job/guest/hello.img" --device $edu --iommu iommufd
	echo Y >/sys/module/iommufd/parameters/allow_unsafe_interrupts
fi
kernel_is_quiet dma-host-kernel
