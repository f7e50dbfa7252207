# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Inside the emulated host: what the start and the life of a Linux guest cost that powers off at once, under each VMM that is there; and
# the start of a guest with an assigned device. Prints lines "@@ VMM FIGURE VALUE"; times are ns.
# shellcheck source=/dev/null
. /lib/testbed.sh
tracing=/sys/kernel/tracing
append="console=ttyAMA0 loglevel=1 quiet panic=-1"
vfio_bind 10000000.edu
echo 65536 >$tracing/buffer_size_kb

# traced EVENT… -- COMMAND…: the second of two runs, when everything that is read is in the host's memory
traced()
{
	echo 0 >$tracing/events/enable
	until [ "$1" = -- ]; do
		echo 1 >"$tracing/events/$1/enable"
		shift
	done
	shift
	for _ in 1 2; do
		echo >$tracing/trace
		echo 1 >$tracing/tracing_on
		"$@" >/tmp/out 2>&1 </dev/null || {
			echo "@@ $vmm failed $?"
			sed 's/^/    /' /tmp/out
		}
		echo 0 >$tracing/tracing_on
	done
}

# at FIGURE EVENT: the time from exec to its first
at()
{
	awk -v vmm="$vmm" -v figure="$1" -v event="$2" '
		/^#/ { next }
		{ for (i = 1; i < NF && $(i + 1) !~ /^[a-z_]+:$/; i++); time = $i * 1e9 }
		/sched_process_exec:/ && !start { start = time }
		start && index($0, event) { printf "@@ %s %s %.0f\n", vmm, figure, time - start; exit }' $tracing/trace
}

# measure VMM: the function of this name runs its guest
measure()
{
	vmm=$1
	traced sched/sched_process_exec kvm/kvm_userspace_exit -- "$vmm"
	at off KVM_EXIT_SYSTEM_EVENT
	traced sched/sched_process_exec kvm/kvm_entry -- "$vmm"
	at entry kvm_entry:
	traced kvm/kvm_exit kvm/kvm_mmio kvm/kvm_userspace_exit -- "$vmm"
	# An abort that is no access to a device is a page of RAM that stage 2 did not have yet.
	awk -v vmm="$vmm" '
		/kvm_exit:/ { exits++; faults += abort && !mmio; abort = /ABT_LOW/; mmio = 0 }
		/kvm_mmio:/ { mmio = 1 }
		/kvm_userspace_exit:/ { user++ }
		END { printf "@@ %s exits %d\n@@ %s faults %d\n@@ %s user %d\n", vmm, exits - faults, vmm, faults, vmm, user }' $tracing/trace
}

# with_device VMM: without what pinning its RAM takes
with_device()
{
	vmm=$1
	traced sched/sched_process_exec kvm/kvm_entry -- "/job/$vmm" run --kernel /job/guest/psci-off.img --default-devices no --memory 128M \
		--device vfio-platform,host=10000000.edu --stats /tmp/stats
	at all kvm_entry: | sed "s/.* //" >/tmp/all
	echo "@@ $vmm device $(($(cat /tmp/all) - $(sed -n 's/.*"\(prepare RAM\|map RAM for DMA\)": \([0-9]*\).*/\2/p' /tmp/stats | awk '{ sum += $1 } END { print sum }')))"
}

dais()
{
	"/job/$vmm" run --kernel /job/Image --initrd /job/linux.cpio --memory 128M --append "$append"
}

other()
{
	dais
}

qemu()
{
	LD_LIBRARY_PATH=/job/qemu-arm64/lib /job/qemu-arm64/qemu-system-aarch64 -M virt,gic-version=3 -accel kvm -cpu host -m 128M \
		-nodefaults -display none -serial stdio -kernel /job/Image -initrd /job/linux.cpio -append "$append"
}

for name in dais other; do
	[ ! -e "/job/$name" ] || {
		measure "$name"
		with_device "$name"
	}
done
measure qemu
echo "@@ end"
