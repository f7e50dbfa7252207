# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2086,SC2154 # variables of host.sh, and words in ours
#
# host: --mem 3G --disk second
# host: --append "hugepagesz=1G hugepages=1 hugepagesz=32M hugepages=10 initcall_blacklist=xgmac_driver_init"
# host: --add "$(tests/system/virtio-initramfs "$logs"):/job/virtio.cpio"
# host: --add "$(tests/testbed/back-ends):/job/back-ends"
# Devices without an IOMMU (noiommu.dtso): RAM at physical addresses, of pages of several sizes; who holds it, and until when. The
# host was booted with pages of 1 GiB and 32 MiB, which cannot be had later, and has a second disk on virtio-mmio-bus.2.
mkdir /dev/h1g /dev/h32m
mount -t hugetlbfs -o pagesize=1G none /dev/h1g
mount -t hugetlbfs -o pagesize=32M none /dev/h32m
echo 420 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
if [ "$(vfio_driver platform)" != vfio-dais ]; then
	echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
fi
vfio_bind 10000000.edu 10200000.sata 10300000.edge a000400.virtio_mmio

edu=vfio-platform,host=10000000.edu
edge=vfio-platform,host=10300000.edge # has a reset handler
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci
virtio=vfio-platform,host=a000400.virtio_mmio
unsafe="--iommu none --allow-unsafe-dma yes --allow-unsafe-reset yes --mem-path"

left()
{
	find /dev/hugepages /dev/h32m /dev/h1g /run/dais/ram -mindepth 1 2>/dev/null
}

# released NAME: no guest's memory is left
released()
{
	if [ "$(left)" ]; then
		fail "$1" "there is $(left)"
	else
		pass "$1"
	fi
}

# kept NAME: a guest's memory is still there
kept()
{
	if left | grep -q /dais-; then
		pass "$1"
	else
		fail "$1" "it is gone"
	fi
}

# The next dais command that has to do with such memory, whatever it does itself
next_command()
{
	dais run --kernel "$job/guest/edu-dma.img" --memory 64M --iommu none --allow-unsafe-dma yes --mem-path /dev/h1g \
		--device test-device >"$work/settle" 2>&1 </dev/null
}

# The user knows that an edu is quiet a tenth of a second after its last order, and tells vfio-dais.
edu_is_quiet()
{
	sleep 0.3
	rm -f /dev/hugepages/dais-* /dev/h32m/dais-* /dev/h1g/dais-*
	[ "$(vfio_driver platform)" = vfio-dais ] || return 0
	echo 0 >/sys/bus/platform/devices/10000000.edu/vfio-dais/at_work
}

edu_dma="--kernel $job/guest/edu-dma.img --memory 64M"
refuses noiommu-needs-consent 2 "read and write all of it" -- $edu_dma --device $edu --iommu none
refuses noiommu-needs-huge-pages 2 "mem-path" -- $edu_dma --device $edu --iommu none --allow-unsafe-dma yes
refuses noiommu-needs-a-reset 3 "reset handler" "allow-unsafe-reset" -- $edu_dma --device $edu --iommu none \
	--allow-unsafe-dma yes --mem-path /dev/hugepages
refuses noiommu-too-few-pages 3 "420 are free" "add the 92 that are missing" -- --kernel "$job/guest/edu-dma.img" \
	--memory 1G --device $edu $unsafe /dev/hugepages
released noiommu-nothing-is-left

guest noiommu-reset 0 edu-dma "compat=${edge_compatible:-calxeda,hb-xgmac}" --device $edge --iommu none --allow-unsafe-dma yes \
	--mem-path /dev/hugepages
released noiommu-reset-releases

guest noiommu-edu-2M 0 edu-dma "n=3" --device $edu $unsafe /dev/hugepages
kept noiommu-without-reset-is-kept
says noiommu-without-reset-says-so "may still write to /dev/hugepages/dais-"
refuses noiommu-old-ram 3 "may still write to" "dais unbind" -- $edu_dma --device test-device --device $edu $unsafe /dev/hugepages
edu_is_quiet
guest noiommu-edu-32M 0 edu-dma "n=3" --device $edu $unsafe /dev/h32m
edu_is_quiet
guest noiommu-edu-1G 0 edu-dma "n=3" --device $edu $unsafe /dev/h1g
edu_is_quiet

# Each mode is tried, on one opening of the device: what was tried before is in nobody's way.
irqfd=ok ends=0
! grep -qs ' no$' /run/dais/resample || irqfd="FAILED: it came again without cause, as KVM does not resample" ends=1
expect noiommu-check-irq $ends dais check --irq 10000000.edu $unsafe /dev/hugepages
says noiommu-check-irq-tells "irqfd    DATA_NONE: $irqfd" "irqfd    DATA_BOOL: $irqfd" "eventfd  DATA_NONE: ok" "eventfd  DATA_BOOL: ok"
released noiommu-check-irq-releases
edu_is_quiet

disk_sum=$(cut -d ' ' -f 1 "$job/disk.sha256")
second_sum=$(cut -d ' ' -f 1 "$job/second.sha256")

# disks NAME DIR: a Linux guest reads both disks with its RAM from that directory. Afterwards their own drivers quiet them.
disks()
{
	linux "$1" 0 read --device $sata $unsafe "$2"
	says "$1-checksum" "sha256 $disk_sum"
	kept "$1-is-kept"
	to_own_drivers
	linux "$1-virtio" 0 read-vda --device $virtio $unsafe "$2"
	says "$1-virtio-checksum" "sha256 $second_sum"
	to_own_drivers
	released "$1-own-drivers-release"
}

# to_own_drivers: which reset the disks; then to VFIO again
to_own_drivers()
{
	vfio_unbind a000400.virtio_mmio 10200000.sata
	echo ahci >/sys/bus/platform/devices/10200000.sata/driver_override
	echo 10200000.sata >/sys/bus/platform/drivers_probe
	next_command
	echo 10200000.sata >/sys/bus/platform/drivers/ahci/unbind
	vfio_bind a000400.virtio_mmio 10200000.sata
}
expect noiommu-plan 0 dais plan 10200000.sata
says noiommu-the-bus-is-the-guests "dma-bus-0 {"
disks noiommu-linux-1G /dev/h1g
disks noiommu-linux-32M /dev/h32m
disks noiommu-linux-2M /dev/hugepages

# The same RAM is shared with who serves a disk.
dd if=/dev/urandom of="$work/image" bs=64k count=128 2>/dev/null
image_sum=$(sha256sum <"$work/image" | cut -d ' ' -f 1)
serve_disk "$work/image" "$work/disk.sock"
served="--device virtio-blk,socket=$work/disk.sock"
for dir in h1g h32m; do
	time_limit=120 expect noiommu-served-$dir 0 dais run --kernel "$job/Image" --initrd "$job/virtio.cpio" --memory 256M --device $sata \
		$unsafe /dev/$dir $served --append "console=ttyAMA0 quiet panic=-1 test=disk"
	says noiommu-served-$dir-read "guest: read $image_sum" "guest: sata $disk_sum"
	image_sum=$(sha256sum <"$work/image" | cut -d ' ' -f 1)
	says noiommu-served-$dir-written "guest: written $image_sum"
	to_own_drivers
	released noiommu-served-$dir-released
done

# … which lets go of it when its guest has ended, though that guest had but a quarter of its page
if [ "$(cat /sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages)" = 1 ]; then
	pass noiommu-served-lets-go
else
	fail noiommu-served-lets-go "the page is still taken"
fi

# RAM in pieces: of single pages for a bare-metal guest, of 24 pages for a Linux.
scatter()
{
	mkfifo "$work/scatter"
	# not by start, in which it would have no standard input, and end
	"$job/huge" scatter /dev/hugepages "$1" "$2" "$3" <"$work/scatter" >"$work/scattered" &
	exec 8>"$work/scatter"
	until grep -q ready "$work/scattered"; do sleep 0.1; done
}
unscatter()
{
	exec 8>&-
	rm "$work/scatter"
	sleep 0.5
	# the kernel gives out first what came back last: in order again
	echo 0 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
	echo 420 >/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages
}
scatter 420 1 1
guest noiommu-scattered 0 edu-dma "n=3" --device $edu $unsafe /dev/hugepages --trace vm
if grep -q '^dais: error' "$out"; then
	fail noiommu-scattered-quiet "$(grep '^dais: error' "$out")"
else
	pass noiommu-scattered-quiet
fi
pieces=$(grep -c 'memslot.*RAM' "$out")
if [ "$pieces" -ge 32 ]; then
	pass noiommu-scattered-pieces
else
	fail noiommu-scattered-pieces "$pieces pieces"
fi
edu_is_quiet
refuses noiommu-scattered-served 2 "takes 32" "larger huge pages" -- --kernel "$job/guest/edu-dma.img" --memory 128M --device $edu \
	$unsafe /dev/hugepages $served
edu_is_quiet
unscatter

scatter 420 2 24
linux noiommu-linux-scattered 0 read --device $sata $unsafe /dev/hugepages --trace vm
says noiommu-linux-scattered-checksum "sha256 $disk_sum"
pieces=$(grep -c 'memslot.*RAM' "$out")
if [ "$pieces" -ge 5 ]; then
	pass noiommu-linux-scattered-pieces
else
	fail noiommu-linux-scattered-pieces "$pieces pieces"
fi
to_own_drivers
released noiommu-linux-scattered-released
unscatter

# What the kernel would move, it does not move while a guest has it. The last line is the proof that the attempt is one.
for dir in hugepages h32m h1g; do
	start "guest: waiting" dais run --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 128M --device $sata $unsafe /dev/$dir \
		--append "console=ttyAMA0 quiet panic=-1 test=wait"
	moved=$("$job/huge" move /dev/$dir/dais-*)
	if [ "${moved%% *}" = 0 ]; then
		pass noiommu-held-$dir
	else
		fail noiommu-held-$dir "$moved"
	fi
	kill -9 "$dais_pid"
	wait "$dais_pid" 2>/dev/null
	sleep 0.5
	to_own_drivers
done
fallocate -l 4M /dev/hugepages/free
moved=$("$job/huge" move /dev/hugepages/free)
rm /dev/hugepages/free
if [ "$moved" = "2 of 2 moved" ]; then
	pass noiommu-not-held-moves
else
	fail noiommu-not-held-moves "$moved"
fi

# kill -9 of both processes while the device writes: what is not the guest's stays as it was, what is the guest's does not come
# back until the device's own driver has reset it.
mkfifo "$work/guard"
"$job/huge" guard /dev/hugepages 200 256 <"$work/guard" >"$work/guarded" &
guard=$!
exec 8>"$work/guard"
for device in sata virtio; do
	eval "device_args=\$$device"
	test=busy
	[ $device = sata ] || test=busy-vda
	start "guest: reading" dais run --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 128M --cpus 2 --device "$device_args" \
		$unsafe /dev/hugepages --append "console=ttyAMA0 quiet panic=-1 test=$test"
	sleep 1
	# shellcheck disable=SC2046 # several
	kill -9 $(pidof dais)
	wait "$dais_pid" 2>/dev/null
	sleep 0.5
	next_command
	kept noiommu-killed-$device-is-kept
	to_own_drivers
	released noiommu-killed-$device-is-released
done
echo >&8
exec 8>&-
wait $guard
if [ "$(tail -n 1 "$work/guarded")" = intact ]; then
	pass noiommu-killed-memory-intact
else
	fail noiommu-killed-memory-intact "$(cat "$work/guarded")"
fi

# Only the VMM is killed: the keeper resets the device and gives the memory back.
start_guest spin --device $edge --iommu none --allow-unsafe-dma yes --mem-path /dev/hugepages
for process in $(pidof dais); do
	[ "$process" = "$dais_pid" ] || kill -9 "$process"
done
wait "$dais_pid" 2>/dev/null
released noiommu-keeper-releases
kernel_is_quiet noiommu-host-kernel
