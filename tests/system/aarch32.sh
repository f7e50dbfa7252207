# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# host: --add "$(tests/testbed/debian-image armhf):/job/zImage"
# host: $(tests/testbed/guest-initramfs --armhf --module ahci_platform --module sd_mod "$logs/aarch32.cpio" tests/system/linux-guest.sh:/test) --add "$logs/aarch32.cpio"
# host: --add "$(tests/system/virtio-initramfs --armhf "$logs"):/job/virtio.cpio"
# host: --add "$(tests/testbed/back-ends):/job/back-ends"
# A 32-bit guest, on a processor that has AArch32 at EL1: Debian's own armmp-lpae kernel reads a disk through the AHCI controller,
# reboots, and does it again. Half of the time it unpacks itself. Each vCPU has a processor of its own: QEMU's
# aarch64_sync_32_to_64() leaves the SPSR of the current mode behind, so that KVM gives it to the next 32-bit vCPU there, which dies of it.
vfio_bind 10200000.sata
debian="--kernel $job/zImage --memory 256M --cpus 2 --cpu-affinity 0:0,1:1"
ahci="--device vfio-platform,host=10200000.sata,compatible=generic-ahci"
words="console=ttyAMA0 quiet cryptomgr.notests panic=-1"

# shellcheck disable=SC2086 # several words
time_limit=300 expect aarch32-debian 0 dais run $debian --initrd "$job/aarch32.cpio" $ahci --append "$words test=reboot-once"
says aarch32-disk "armv7l with 2 processors, disk: sha256 $disk_sum" "boot 0: sha256"
says aarch32-reboot "boot 1: sha256 $(sed -n 's/^boot 0: sha256 \([0-9a-f]*\).*/\1/p' "$out")" "guest reset" "guest: exit status 0"

# A disk that a process of the host serves, whose addresses are 64-bit ones, beside it.
dd if=/dev/urandom of="$work/image" bs=64k count=128 2>/dev/null
before=$(sha256sum <"$work/image" | cut -d ' ' -f 1)
serve_disk "$work/image" "$work/disk.sock"
# shellcheck disable=SC2086 # several words
time_limit=300 expect aarch32-virtio 0 dais run $debian --initrd "$job/virtio.cpio" $ahci --append "$words test=disk" \
	--device "virtio-blk,socket=$work/disk.sock"
says aarch32-virtio-disks "guest: read $before" "guest: written $(sha256sum <"$work/image" | cut -d ' ' -f 1)" "guest: sata $disk_sum"
if [ "$(sha256sum <"$work/image" | cut -d ' ' -f 1)" != "$before" ]; then
	pass aarch32-virtio-written
else
	fail aarch32-virtio-written "the image is as it was"
fi
kernel_is_quiet aarch32-host-kernel
