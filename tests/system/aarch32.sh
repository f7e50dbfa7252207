# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# host: --add "$(tests/testbed/debian-image armhf):/job/zImage"
# host: $(tests/testbed/guest-initramfs --armhf --module ahci_platform --module sd_mod "$logs/aarch32.cpio" tests/system/linux-guest.sh:/test) --add "$logs/aarch32.cpio"
# A 32-bit guest, on a processor that has AArch32 at EL1: Debian's own armmp-lpae kernel reads a disk through the AHCI controller,
# reboots, and does it again. Half of the time it unpacks itself. Each vCPU has a processor of its own: QEMU's
# aarch64_sync_32_to_64() leaves the SPSR of the current mode behind, so that KVM gives it to the next 32-bit vCPU there, which dies of it.
vfio_bind 10200000.sata
debian="--kernel $job/zImage --initrd $job/aarch32.cpio --cpus 2 --cpu-affinity 0:0,1:1"

# shellcheck disable=SC2086 # several words
time_limit=300 expect aarch32-debian 0 dais run $debian --memory 256M --device vfio-platform,host=10200000.sata,compatible=generic-ahci \
	--append "console=ttyAMA0 quiet cryptomgr.notests panic=-1 test=reboot-once"
says aarch32-disk "armv7l with 2 processors, disk: sha256 $disk_sum" "boot 0: sha256"
says aarch32-reboot "boot 1: sha256 $(sed -n 's/^boot 0: sha256 \([0-9a-f]*\).*/\1/p' "$out")" "guest reset" "guest: exit status 0"
kernel_is_quiet aarch32-host-kernel
