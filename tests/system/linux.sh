# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# A Linux guest with 2 CPUs that owns the AHCI controller and the PL031.
vfio_bind 10200000.sata 9010000.pl031
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci
rtc=vfio-platform,host=9010000.pl031,clocks=fixed # the guest's kernel has no SCMI

linux linux-ahci 0 read --device $sata --device $rtc
says linux-ahci-checksum "sha256 $disk_sum"
for mode in irqfd eventfd forward; do
	[ $mode != forward ] || grep -qs Y "$forward_switch" || continue
	linux linux-ahci-$mode 0 read --device $sata,irq-mode=$mode
	says linux-ahci-$mode-checksum "sha256 $disk_sum" "mode $mode"
done
linux linux-alarm 0 alarm --device $rtc
says linux-alarm-interrupt "alarm: came"
linux linux-write 0 write --device $sata
says linux-write-kept "written and read back"

# disk_works NAME
disk_works()
{
	if host_reads_disk; then
		pass "$1"
	else
		fail "$1" "the host's driver does not read what is on the disk"
	fi
	vfio_bind 10200000.sata
}

# Killed while the disk is busy: nothing of the guest keeps the host from its device.
for mode in irqfd forward; do
	[ $mode != forward ] || grep -qs Y "$forward_switch" || continue
	start "guest: reading" dais run ${iommu:+--iommu $iommu} --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 256M --cpus 2 \
		--device $sata,irq-mode=$mode --append "console=ttyAMA0 quiet panic=-1 test=busy"
	sleep 0.5
	kill_run
	disk_works linux-killed-$mode-host-driver
done

linux linux-reboot 0 reboot --device $sata
says linux-reboot-and-again "boot 2: sha256" "guest reset"
start "guest: waiting" dais run ${iommu:+--iommu $iommu} --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 256M --cpus 2 --device $sata \
	--append "console=ttyAMA0 quiet panic=-1 test=wait"
kill -TERM "$dais_pid"
wait "$dais_pid"
status=$?
if [ $status = 0 ] && grep -q 'guest: power key' "$out"; then
	pass linux-sigterm
else
	fail linux-sigterm "exit status $status"
fi

kernel_is_quiet linux-host-kernel
