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

# The multi has that line, too: not while a driver of the host has the AHCI controller, nor both in one guest.
multi=vfio-platform,host=10400000.multi
vfio_bind 10400000.multi
refuses line-in-one-guest 2 "/multi@10400000, which is assigned too, has the same line" -- --kernel "$job/guest/hello.img" \
	--device $sata --device $multi
vfio_unbind 10200000.sata
echo ahci >/sys/bus/platform/devices/10200000.sata/driver_override
echo 10200000.sata >/sys/bus/platform/drivers_probe
refuses line-with-driver 2 "interrupt 1: /sata@10200000 has the same line" "echo 10200000.sata | sudo tee" "drivers/ahci/unbind" \
	-- --kernel "$job/guest/multi.img" --device test-device --device $multi
expect line-plan 3 dais plan 10400000.multi
says line-plan-tells "unbind its driver ahci first"
expect line-check 3 dais check 10400000.multi
says line-check-tells "/sata@10200000"
echo 10200000.sata >/sys/bus/platform/drivers/ahci/unbind
expect line-idle-list 0 dais list multi
says line-idle-list-tells "/sata@10200000 has the same line"
expect line-idle-check 0 dais check 10400000.multi
says line-idle-check-tells "/sata@10200000"
guest line-idle 0 multi "" --device $multi

# Registers of what confines it: by nothing, whoever says so. The device keeps its driver, and is not opened.
echo >/sys/bus/platform/devices/10000000.edu/driver_override
for how in "" ,force=on; do
	refuses "iommu-inside$how" 2 "its region 1 has registers of /smmuv3@9050000, an IOMMU" -- --kernel "$job/guest/hello.img" --bind \
		--device vfio-platform,host=10000000.edu$how
	[ ! -e /sys/bus/platform/devices/10000000.edu/driver ] || fail "iommu-inside$how-untouched" "it has a driver"
done
vfio_bind 10000000.edu
refuses iommu-inside-bound 2 "an IOMMU" -- --kernel "$job/guest/hello.img" --device vfio-platform,host=10000000.edu,force=on

# A tree that does not say all of a device: what VFIO maps counts.
tree=/sys/firmware/devicetree/base
vfio_bind 10300000.edge
guest tree-true 0 edge "" --device vfio-platform,host=10300000.edge
cp -r $tree "$work/base"
printf '\0\0\0\0\020\060\0\0\0\0\0\0\0\0\020\0' >"$work/base/edge@10300000/reg"
mount --bind "$work/base" $tree
refuses tree-too-small 2 "VFIO gives its region 0 0x100000 bytes, and the host's tree says 0x1000" -- \
	--kernel "$job/guest/hello.img" --device vfio-platform,host=10300000.edge,force=on
umount $tree
kernel_is_quiet shared-host-kernel
