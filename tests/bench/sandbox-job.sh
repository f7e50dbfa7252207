# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2086
#
# Inside the emulated host: what the sandbox costs; prints lines "@@ MODE FIGURE VALUE".
# shellcheck source=/dev/null
. /lib/testbed.sh
vfio_bind 10000000.edu
tracing=/sys/kernel/tracing
echo 1 >$tracing/events/sched/sched_process_exec/enable
echo 1 >$tracing/events/kvm/kvm_entry/enable

# at FIRST|LAST EVENT: its time in the trace, in ns
at()
{
	awk -v which="$1" -v event="$2:" '{ for (i = 1; i < NF; i++) if ($(i + 1) == event && !(which == "FIRST" && t)) t = $i }
		END { printf "%.0f", t * 1e9 }' $tracing/trace
}

# traced OPTION…: the second of two runs, when everything that is read is in the host's memory
traced()
{
	for _ in 1 2; do
		echo >$tracing/trace
		echo 1 >$tracing/tracing_on
		/job/dais run --memory 64M --device test-device --stats /tmp/stats "$@" >/tmp/out 2>&1 </dev/null || {
			echo "@@ failed failed 1"
			cat /tmp/out
			return 1
		}
		echo 0 >$tracing/tracing_on
	done
}

for mode in on off; do
	traced --kernel /job/guest/psci-off.img --sandbox $mode || continue
	echo "@@ $mode start $(($(at FIRST kvm_entry) - $(at FIRST sched_process_exec)))"
	sed -n "s/.*\"confine dais\": \([0-9]*\).*/@@ $mode confine \1/p" /tmp/stats
	sed -n "s/.*\"start vCPU threads\": \([0-9]*\).*/@@ $mode threads \1/p" /tmp/stats
	# An access that dais serves by pread() or pwrite(): KVM_RUN, the table of MMIO, one call, KVM_RUN.
	for n in 1000 3000; do
		traced --kernel /job/guest/edu-poll.img --append n=$n --sandbox $mode --device vfio-platform,host=10000000.edu,mmap=off || continue
		echo "@@ $mode run-$n $(($(at LAST kvm_entry) - $(at FIRST kvm_entry)))"
		echo "@@ $mode exits-$n $(sed -n 's/.*"mmio": \([0-9]*\).*/\1/p' /tmp/stats)"
	done
done
echo "@@ end end 0"
