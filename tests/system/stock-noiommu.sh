# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# host: --dt-overlay tests/system/noiommu.dtso
# host: --mem 3G --disk second --add tests/system/noiommu.sh
# host: --append "hugepagesz=1G hugepages=1 hugepagesz=32M hugepages=10"
# Devices without an IOMMU on a kernel that has no mode for them: vfio-dais has, by its parameter. Then all that noiommu.sh does.
allowed=/sys/module/vfio_dais/parameters/allow_dma_without_iommu
expect dais-bind-without-parameter 3 dais bind 10300000.edge
says dais-bind-says-so "dais: cause: no IOMMU" "dais: fix: " "echo Y | sudo tee $allowed"
printf '[vm]\nkernel = %s\niommu = none\nallow-unsafe-dma = yes\nmem-path = /dev/hugepages\n\n[device edge]\ntype = vfio-platform\n' \
	"$job/guest/edu-dma.img" >"$work/vm.conf"
echo "host = 10300000.edge" >>"$work/vm.conf"
expect dais-check-without-parameter 3 dais check -c "$work/vm.conf"
says dais-check-says-so "vfio_dais.allow_dma_without_iommu is off" "echo Y | sudo tee $allowed"
expect dais-plan-without-parameter 0 dais plan a000400.virtio_mmio
says dais-plan-says-so "none: no IOMMU; iommu=none takes" "vfio_dais.allow_dma_without_iommu=Y"
if [ $(($(cat /proc/sys/kernel/tainted) & 64)) = 0 ]; then
	pass dais-not-tainted
else
	fail dais-not-tainted "$(cat /proc/sys/kernel/tainted)"
fi
echo Y >$allowed

vfio_bind 10300000.edge
refuses dais-is-no-iommu 2 "10300000.edge has no IOMMU" "iommu=none" -- --kernel "$job/guest/edu-dma.img" --memory 64M \
	--device vfio-platform,host=10300000.edge
# Who may open the files may not open the device.
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
chmod 666 /dev/vfio/vfio "/dev/vfio/$(vfio_group 10300000.edge)"
expect dais-needs-rawio 1 su -s /bin/sh -c "$job/held 10300000.edge" nobody
says dais-needs-rawio-says-so "Operation not permitted"
vfio_unbind 10300000.edge

edge_compatible=test,edge
# shellcheck source=/dev/null
. "$job/noiommu.sh"

# Opening one taints the kernel as user space that may do anything.
if [ $(($(cat /proc/sys/kernel/tainted) & 64)) = 64 ]; then
	pass dais-tainted
else
	fail dais-tainted "$(cat /proc/sys/kernel/tainted)"
fi
