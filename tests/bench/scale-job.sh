# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2086 # words
#
# Inside the emulated host: measures plans, starts and ends; prints lines "@@ OF NUMBER FIGURE VALUE".
# shellcheck source=/dev/null
. /lib/testbed.sh
tracing=/sys/kernel/tracing
pages=$(cd /sys/bus/platform/devices && printf '%s\n' *.page)
vfio_bind $pages
echo 1 >/proc/sys/vm/overcommit_memory # 64 GiB of RAM that nobody touches
for event in sched/sched_process_exec sched/sched_process_exit kvm/kvm_entry kvm/kvm_exit; do
	echo 1 >$tracing/events/$event/enable
done

# measure COMMAND…: the second of two, when everything that is read is in the host's memory; its events are in the trace then, and
# the KiB that it, or a child of it, had at the most, in /tmp/peak: four times, as busybox takes them for pages
measure()
{
	for _ in 1 2; do
		echo >$tracing/trace
		echo 1 >$tracing/tracing_on
		time -f %M -o /tmp/peak "$@" >/tmp/out 2>&1 </dev/null || return 1
		echo 0 >$tracing/tracing_on
	done
}

# between FIRST WHICH LAST WHICH: nanoseconds from the first or last event FIRST to the first or last event LAST
between()
{
	awk -v first="$1:" -v from="$2" -v last="$3:" -v to="$4" '
		/sched_process_exec:/ && !/filename=\/job\/dais / { next }
		{ for (i = 3; i < NF && $i !~ /^[a-z_]+:$/; i++); at = $(i - 1); if (!(($i, "first") in when)) when[$i, "first"] = at; when[$i, "last"] = at }
		END { printf "%.0f", (when[last, to] - when[first, from]) * 1e9 }' $tracing/trace
}

# one OF NUMBER OPTION…: a VM, with $mib of RAM
one()
{
	name="$1 $2"
	shift 2
	if measure /job/dais run --kernel /job/guest/psci-off.img --default-devices no --memory ${mib}M --stats /tmp/stats "$@"; then
		echo "@@ $name start $(between sched_process_exec first kvm_entry first)"
		echo "@@ $name end $(between kvm_exit last sched_process_exit last)"
		echo "@@ $name rss-kib $(($(tail -n 1 /tmp/peak) / 4 - pinned))"
		sed -n '/"start_ns"/,/}/s/.*"\(.*\)": \([0-9]*\),*$/\1: \2/p' /tmp/stats | sed "s/^/    $name /"
	else
		echo "@@ $name failed 1"
		cat /tmp/out
	fi
}

# Guest RAM that is in each figure: all of it where a device may reach it; else what the guest has touched, always the same.
mib=128 pinned=131072
for n in 1 4 16 64; do
	options=
	for page in $(echo "$pages" | head -n $n); do
		options="$options --device vfio-platform,host=$page"
	done
	one devices $n $options
done
pinned=0
max=$(/job/dais check 2>/dev/null | sed -n 's/.* \([0-9]*\) vCPUs.*/\1/p')
echo "vCPUs that KVM allows: $max"
for n in 1 8 64 512; do
	one vcpus $n --cpus $n
done
for mib in 128 1024 8192 65536; do
	one ram-mib $mib
done
for n in 10 100 1000 10000; do
	if measure /job/dais plan --all --host-dtb /job/plan-$n.dtb; then
		echo "@@ plan $n plan $(between sched_process_exec first sched_process_exit last)"
		echo "@@ plan $n rss-kib $(($(tail -n 1 /tmp/peak) / 4))"
	else
		echo "@@ plan $n failed 1"
		tail -n 5 /tmp/out
	fi
done
echo "@@ end 0 end 0"
