# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# Devices go from the host's own drivers to VFIO and back, by dais, whatever ends it.
sata=10200000.sata
sata_path=/sys/bus/platform/devices/$sata
rtc=9010000.pl031
rtc_path=/sys/bus/amba/devices/$rtc
vfio=$(vfio_driver platform)
vfio_unbind $sata $rtc 2>/dev/null # from case files before

# driver_is NAME PATH DRIVER
driver_is()
{
	driver=$(basename "$(readlink "$2/driver" || echo none)")
	if [ "$driver" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "the driver is $driver, not $3"
	fi
}

# host_reads NAME: the host's own driver has the disk, and all of it is as it was; nothing is noted any more
host_reads()
{
	n=0
	until [ -b /dev/sda ] || [ $n = 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	if [ "$(sha256sum </dev/sda | cut -d ' ' -f 1)" != "$disk_sum" ]; then
		fail "$1" "the host's driver does not read what is on the disk"
	elif [ "$(cat $sata_path/driver_override)" != ahci ]; then
		fail "$1" "driver_override is $(cat $sata_path/driver_override)"
	elif [ -e /run/dais/devices/$sata ]; then
		fail "$1" "there is a record still: $(xargs </run/dais/devices/$sata)"
	else
		pass "$1"
	fi
}

# As if a driver of the host knew the controller.
[ ! -e $sata_path/driver ] || echo $sata >$sata_path/driver/unbind
echo ahci >$sata_path/driver_override
echo $sata >/sys/bus/platform/drivers_probe
host_reads bind-host-has-the-disk

expect bind 0 dais bind $sata
driver_is bind-driver $sata_path "$vfio"
expect bind-again 0 dais bind $sata
linux bind-guest 0 read --device vfio-platform,host=$sata,compatible=generic-ahci
says bind-guest-reads "sha256 $disk_sum"
driver_is bind-outlives-the-run $sata_path "$vfio"
expect unbind 0 dais unbind $sata
says unbind-names-the-driver "$sata: -> ahci"
host_reads unbind-host-reads
expect unbind-again 0 dais unbind $sata

# What is no record is told, and neither waited for nor in the way of other devices.
mkfifo /run/dais/devices/fifo
mkdir /run/dais/devices/$rtc
expect bind-beside-no-records 0 timeout 20 dais bind $sata
says bind-beside-no-records-says-so "read /run/dais/devices/fifo: " "read /run/dais/devices/$rtc: " "not as dais writes it"
expect bind-with-a-directory-for-a-record 1 timeout 20 dais bind $rtc
says bind-with-a-directory-says-so "remove the file: sudo rm -r /run/dais/devices/$rtc"
rm -r /run/dais/devices/fifo /run/dais/devices/$rtc
expect unbind-beside-no-records 0 dais unbind $sata

expect bind-amba 0 dais bind $rtc
driver_is bind-amba-driver $rtc_path "$(vfio_driver amba)"
expect unbind-amba 0 dais unbind $rtc
driver_is unbind-amba-driver $rtc_path rtc-pl031

# For one run.
linux run-bind 0 read --bind --device vfio-platform,host=$sata,compatible=generic-ahci
says run-bind-reads "sha256 $disk_sum" "$sata is bound to $vfio for this run"
host_reads run-bind-host-reads
linux run-unbound 3 read --device vfio-platform,host=$sata
says run-unbound-names-the-command "dais bind $sata"

# start_busy: a guest that works the disk until it is killed
start_busy()
{
	start "guest: reading" dais run --name busy --bind --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 256M --cpus 2 \
		--device vfio-platform,host=$sata,compatible=generic-ahci --append "console=ttyAMA0 quiet panic=-1 test=busy"
}

# Another command wants the device of a guest.
start_busy
expect unbind-of-a-busy-device 3 timeout 20 dais unbind $sata
says unbind-names-the-vm "Device or resource busy" "held by VM busy, pid $dais_pid (dais"
expect second-vm 3 dais run --kernel "$job/guest/hello.img" --device vfio-platform,host=$sata
says second-vm-is-told "held by VM busy, pid $dais_pid (dais"
expect list-of-a-busy-device 0 dais list --json $sata
says list-names-the-vm '"state": "held"' "held by VM busy, pid $dais_pid (dais"
mv /run/dais/devices/$sata /run/kept
expect second-vm-without-record 3 dais run --kernel "$job/guest/hello.img" --device vfio-platform,host=$sata
says second-vm-without-record-is-told "held by " "dais"
mv /run/kept /run/dais/devices/$sata
kill -TERM "$dais_pid"
wait "$dais_pid"
host_reads run-bind-sigterm-host-reads

# The VMM dies, and its keeper gives the device back; the keeper dies, too, and the next command does.
start_busy
kill -9 "$(vmm)"
wait "$dais_pid"
host_reads killed-vmm-host-reads
for next in "unbind $sata" "bind $rtc" "run --kernel $job/guest/psci-off.img --device vfio-platform,host=$rtc"; do
	start_busy
	kill -9 "$dais_pid"
	wait "$dais_pid" 2>/dev/null
	while pidof dais >/dev/null; do
		sleep 0.1
	done
	driver_is "killed-all-before-${next%% *}" $sata_path "$vfio"
	# shellcheck disable=SC2086 # words
	expect "killed-all-${next%% *}" 0 dais $next
	[ "${next%% *}" = unbind ] || says "killed-all-${next%% *}-says-so" "$sata, left by VM busy (pid $dais_pid), is back with ahci"
	host_reads "killed-all-${next%% *}-host-reads"
done
expect after-kills-unbind 0 dais unbind $rtc

# What the host lives on. Its console is a virtio one.
console=$(basename "$(readlink -f /sys/class/virtio-ports/vport*p0/../../.. | head -n 1)")
expect refuse-console 3 dais bind "$console"
says refuse-console-says-why "the host needs $console" "the host's console"
expect refuse-timer 3 dais bind timer
says refuse-timer-says-why "a timer"
expect refuse-smmu 3 dais bind "$(basename /sys/bus/platform/devices/*.smmuv3)"
says refuse-smmu-says-why "an IOMMU"
driver_is refused-is-untouched "/sys/bus/platform/devices/$console" virtio-mmio

# left: what VMs could leave on the host, as far as it is always the same: records, files in memory, mounts, namespaces, control
# groups, IOMMU groups, what processes have open of KVM and VFIO, pages that are locked, huge or pinned, drivers. Pages that each
# processor still has to put on a list, or off it, are put there first.
left()
{
	echo 1 >/proc/sys/vm/drop_caches
	cat /proc/sys/vm/stat_refresh 2>/dev/null
	find /run/dais /dev/shm /dev/hugepages
	cat /proc/mounts
	stat -c %N /proc/[0-9]*/ns/* 2>/dev/null | sed "s/.*-> //" | sort -u
	find /sys/fs/cgroup -type d
	grep -H . /sys/kernel/iommu_groups/*/type
	ls /sys/kernel/iommu_groups/*/devices
	stat -c %N /proc/[0-9]*/fd/* 2>/dev/null | grep -E -- "-> .*(kvm|vfio|iommu)"
	grep -E "^(Unevictable|Mlocked|HugePages_.*):" /proc/meminfo
	awk '{ v[$1] = $2 } END { print "pinned", v["nr_foll_pin_acquired"] - v["nr_foll_pin_released"] }' /proc/vmstat
	stat -c %N $sata_path/driver $rtc_path/driver
}

# One after another, each with a device from its driver and back. What each leaves adds up: ten tell of it as well as fifty, which
# take half a minute. Of free memory, in which the host's caches come and go, a MiB a VM would be told.
available()
{
	awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo
}
one_vm()
{
	timeout 60 dais run --bind --kernel "$job/guest/psci-off.img" --memory 64M --device vfio-platform,host=$rtc >"$out" 2>&1 </dev/null
}
n=0 n_vms=${full:+50}
: "${n_vms:=10}"
one_vm
left >"$work/before"
before=$(available)
while [ $n -lt "$n_vms" ] && one_vm; do
	n=$((n + 1))
done
# The kernel ends namespaces, mounts and what a process had open in its own time.
for _ in 1 2 3 4 5 6 7 8 9 10; do
	left >"$work/after"
	! cmp -s "$work/before" "$work/after" || break
	sleep 1
done
if [ $n = "$n_vms" ]; then
	pass vms-in-turn
else
	fail vms-in-turn "VM $n of $n_vms failed"
fi
if diff "$work/before" "$work/after" >"$out"; then
	pass vms-leave-nothing
else
	fail vms-leave-nothing "after $n VMs: $(grep "^[-+<>]" "$out" | head -n 4 | tr '\n' ' ')"
fi
if [ $((before - $(available))) -lt $((n * 1024)) ]; then
	pass vms-leave-memory
else
	fail vms-leave-memory "$before KiB were available, $(available) are after $n VMs"
fi

kernel_is_quiet bind-host-kernel
echo $sata >$sata_path/driver/unbind
echo >$sata_path/driver_override
vfio_bind $sata $rtc
