# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# host: --append hugepages=64
# Real devices behind the SMMU, driven by bare-metal guests.
vfio_bind 10000000.edu 10300000.edge 10400000.multi 9010000.pl031 a000000.virtio_mmio
edu=vfio-platform,host=10000000.edu
edge=vfio-platform,host=10300000.edge

guest edu-irq 0 edu-irq "n=1000" --device $edu
says edu-irq-summary "10000000.edu" "interrupts"
guest edu-irq-2cpus 0 edu-irq "n=200" --cpus 2 --device $edu
guest edu-dma 0 edu-dma "n=3" --device $edu
guest edu-dma-trapped 0 edu-dma "" --device $edu,mmap=off
guest edu-dma-hugetlb 0 edu-dma "" --device $edu --mem-path /dev/hugepages
guest edu-pinned 0 edu-irq "n=10" --device $edu,gpa=0x20000000,spi=77
guest edu-dma-escape 0 edu-dma-escape "" --device $edu
guest edu-reset 0 edu-reset "n=6" --device $edu
guest edge 0 edge "" --device $edge
guest two-devices 0 two-edu "" --device $edu --device $edge
guest subpage 0 subpage "" --device vfio-platform,host=a000000.virtio_mmio
guest amba-pl031 0 pl031 "" --default-devices no --device pl011 --device vfio-platform,host=9010000.pl031
vfio_unbind 10200000.sata 2>/dev/null
guest multi 0 multi "" --device vfio-platform,host=10400000.multi

# A mapped region costs one exit for each of its pages that is touched, never one for an access; without a mapping each access
# comes to user space, where the trace shows it.
exits()
{
	sed -n "s/.*summary: \([0-9]*\) exits to $1 .*/\1/p" "$out"
}
guest edu-poll 0 edu-poll "n=20000" --device $edu
# There, an irqfd needs the page of the register that acknowledges to trap.
! grep -q "KVM does not resample" "$out" || guest edu-poll-eventfd 0 edu-poll "n=20000" --device $edu,irq-mode=eventfd
if [ "$(exits KVM)" -lt 1000 ] && [ "$(exits "user space")" -lt 50 ]; then
	pass mapped-region-no-exits
else
	fail mapped-region-no-exits "$(exits KVM) exits to KVM, $(exits "user space") to user space"
fi
guest edu-poll-trapped 0 edu-poll "n=1000" --device $edu,mmap=off
if [ "$(exits "user space")" -ge 2000 ]; then
	pass trapped-region-exits
else
	fail trapped-region-exits "$(exits "user space") exits to user space for 2000 accesses"
fi
dais run ${iommu:+--iommu $iommu} --kernel "$job/guest/edu-dma.img" --memory 64M --device test-device --device $edu,mmap=off --trace mmio \
	>"$out" 2>&1 </dev/null
says no-mmap-shows-each-access "10000000.edu"

# kill -9 leaves nothing behind that keeps the next run from the device.
dais run ${iommu:+--iommu $iommu} --kernel "$job/guest/edu-irq.img" --memory 64M --device test-device --device $edu --append n=1000000 >"$out" 2>&1 </dev/null &
dais_pid=$!
sleep 1
kill_run
guest after-kill 0 edu-irq "n=100" --device $edu
kernel_is_quiet passthrough-host-kernel
