# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2086,SC2154 # variables of host.sh, and words in ours
#
# A 32-bit host: what it has, bare-metal guests, and a Linux guest that owns an Ethernet MAC, without an IOMMU.
device=fff50000.ethernet
driver()
{
	basename "$(readlink "/sys/bus/platform/devices/$device/driver")"
}

# Linux has it since 5.13.
sandbox="--sandbox-allow-missing landlock"

expect check 0 dais check
says check-gic "guests can have a GICv2"
if grep -q -e IOMMUFD -e LANDLOCK "$out"; then
	fail check-of-its-time "it asks for what no such kernel has"
else
	pass check-of-its-time
fi
expect list 0 dais list
says list-device "$device" "calxedaxgmac" "SPI 77 level-high, SPI 78 level-high, SPI 79 level-high"

for name in hello timer line-irq; do
	guest $name 0 arm-$name "" $sandbox
done

{
	head -c 56 /dev/zero
	printf 'ARM\144'
	head -c 4036 /dev/zero
} >"$work/Image"
refuses 64-bit-kernel 2 "64-bit" "zImage" -- --kernel "$work/Image" $sandbox
refuses more-ram-than-the-guest-can-reach 2 "8 GiB" "at most 3 GiB" -- --kernel "$job/guest/arm-hello.img" --memory 8G $sandbox
refuses more-ram-than-dais-can-reach 3 "3 GiB" "less memory" -- --kernel "$job/guest/arm-hello.img" --memory 3G $sandbox

echo Y >/sys/module/vfio/parameters/enable_unsafe_noiommu_mode
expect bind 0 dais bind $device
if [ "$(driver)" = vfio-platform ]; then
	pass bind-driver
else
	fail bind-driver "it has the driver $(driver)"
fi
echo 200 >/proc/sys/vm/nr_hugepages
no_iommu="--iommu none --allow-unsafe-dma yes --mem-path /dev/hugepages"
expect check-irq 0 dais check --irq $device --memory 192M $no_iommu
says check-irq-modes "interrupt 2" "irqfd    DATA_NONE: ok" "irqfd    DATA_BOOL: ok" "eventfd  DATA_NONE: ok" "eventfd  DATA_BOOL: ok"
if ! grep -q FAILED "$out" && [ -z "$(ls /dev/hugepages)" ]; then
	pass check-irq-leaves-nothing
else
	fail check-irq-leaves-nothing "in /dev/hugepages: $(ls /dev/hugepages)"
fi
expect unbind 0 dais unbind $device
if [ "$(driver)" = calxedaxgmac ]; then
	pass unbind-driver
else
	fail unbind-driver "it has the driver $(driver)"
fi

linux="--bind --kernel $job/zImage --initrd $job/guest.cpio --memory 192M $sandbox $no_iommu \
	--device vfio-platform,host=$device"

# given_back NAME
given_back()
{
	if [ "$(driver)" = calxedaxgmac ] && [ -z "$(ls /dev/hugepages)" ]; then
		pass "$1"
	else
		fail "$1" "driver $(driver), in /dev/hugepages: $(ls /dev/hugepages)"
	fi
}

for cpus in 1 2; do
	time_limit=180 expect linux-$cpus 0 dais run $linux --cpus $cpus --append "console=ttyAMA0 quiet panic=-1"
	says linux-$cpus-network "guest: $cpus CPUs" " 0% packet loss" "guest: sha256 $(cut -d ' ' -f 1 "$job/blob.sha256")"
	says linux-$cpus-ends "has gone back to the host"
	given_back linux-$cpus-leaves-nothing
done

# The guest reboots, comes to its test again, and then its VMM is killed.
start "guest: 2 CPUs" dais run $linux --cpus 2 --append "console=ttyAMA0 quiet panic=-1 test=reboot"
n=0
until [ "$(grep -c "guest: sha256 $(cut -d ' ' -f 1 "$job/blob.sha256")" "$out")" -ge 2 ] || [ $n = 1800 ]; do
	n=$((n + 1))
	sleep 0.1
done
kill -9 "$(vmm)"
wait "$dais_pid"
if [ $n -lt 1800 ]; then
	pass reboot-network
else
	fail reboot-network "the file did not come twice"
fi
given_back killed-leaves-nothing
kernel_is_quiet host-kernel
