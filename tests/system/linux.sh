# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# A Linux guest with 2 CPUs that owns the AHCI controller and the PL031.
vfio_bind 10200000.sata 9010000.pl031
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci
time_limit=120

disk_sum=$(cut -d ' ' -f 1 /job/disk.sha256)

linux linux-ahci 0 read --device $sata --device vfio-platform,host=9010000.pl031
says linux-ahci-checksum "sha256 $disk_sum"
linux linux-alarm 0 alarm --device vfio-platform,host=9010000.pl031
says linux-alarm-interrupt "alarm: came"
linux linux-write 0 write --device $sata
says linux-write-kept "written and read back"
linux linux-reboot 0 reboot --device $sata
says linux-reboot-and-again "boot 2: sha256" "guest reset"
linux linux-features 0 features
while read -r feature; do
	says "linux-$feature" "feature: $feature"
done </job/features

start "guest: waiting" dais run --kernel /job/Image --initrd /job/guest.cpio --memory 256M --cpus 2 --device $sata \
	--append "console=ttyAMA0 quiet panic=-1 test=wait"
kill -TERM "$dais_pid"
wait "$dais_pid"
status=$?
if [ $status = 0 ] && grep -q 'guest: power key' "$out"; then
	pass linux-sigterm
else
	fail linux-sigterm "exit status $status"
fi

if [ -e /job/debian-Image ]; then
	expect debian-kernel 0 dais run --kernel /job/debian-Image --initrd /job/guest.cpio --memory 512M --cpus 2 \
		--append "console=ttyAMA0 quiet panic=-1 test=hello"
	says debian-kernel-shell "guest: exit status 0"
fi
kernel_is_quiet linux-host-kernel
