# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2086,SC2034 # vfio_mainline is of testbed.sh
#
# Inside the emulated host: measures the modes in /job/modes; prints lines "@@ MODE FIGURE VALUE", all for one interrupt.
# shellcheck source=/dev/null
. /lib/testbed.sh
vfio_mainline=1
vfio_bind 10000000.edu
tracing=/sys/kernel/tracing
n_short=1000
n_warm_up=20 # of irq-bench

# run MODE SETTINGS N: sets ns, exits, user, wakeups
run()
{
	dais=$(/job/dais run --kernel /job/guest/irq-bench.img --memory 64M --device test-device --default-devices no \
		--device pl011 --append "n=$3" --device "vfio-platform,host=10000000.edu,$2" --stats /tmp/stats 2>&1 </dev/null) || {
		echo "@@ $1 failed 1"
		echo "$dais"
		return 1
	}
	ns=$(echo "$dais" | sed -n 's/.*irq-bench: n .* ns \([0-9]*\) .*/\1/p')
	exits=$(sed -n 's/.*"exits": \([0-9]*\).*/\1/p' /tmp/stats)
	user=$(awk '/"user_exits"/ { on = 1 } on && /: [0-9]/ { sum += $2 } /}/ { on = 0 } END { print sum }' /tmp/stats)
	wakeups=$(sed -n 's/.*"user_wakeups": \([0-9]*\).*/\1/p' /tmp/stats)
	host=$(sed -n 's/.*"host_interrupts": \([0-9]*\).*/\1/p' /tmp/stats)
}

# each NAME LONG SHORT DIVISOR
each()
{
	awk -v name="$mode $1" -v a="$2" -v b="$3" -v n="$((n_long - n_short))" 'BEGIN { printf "@@ %s %.3f\n", name, (a - b) / n }'
}

# Something that the host does now and then must not weigh: many of those that cost little.
measure()
{
	mode=$1
	case $mode in
	forward | irqfd | irqfd+vfio-dais) n_long=41000 ;;
	*) n_long=5000 ;;
	esac
	run "$mode" "$2" $n_short || return
	ns_short=$ns exits_short=$exits user_short=$user wakeups_short=$wakeups host_short=$host
	run "$mode" "$2" $n_long || return
	each instructions "$ns" "$ns_short"
	each kvm_exits "$exits" "$exits_short"
	each user_exits "$user" "$user_short"
	each user_wakeups "$wakeups" "$wakeups_short"
	each host_interrupts "$host" "$host_short"
	# Again, with the tracing that would have cost instructions: completions that KVM had to pass on
	echo 0 >$tracing/tracing_on
	echo >$tracing/trace
	echo 1 >$tracing/events/kvm/kvm_ack_irq/enable
	echo 1 >$tracing/tracing_on
	run "$mode" "$2" $n_short
	echo 0 >$tracing/events/kvm/kvm_ack_irq/enable
	echo "@@ $mode resamples $(grep -c 'kvm_ack_irq:' $tracing/trace | awk -v n=$((n_short + n_warm_up)) '{ printf "%.3f", $1 / n }')"
}

echo 4096 >$tracing/buffer_size_kb
while read -r mode; do
	case $mode in
	forward) [ ! -e /sys/module/kvm/parameters/forward_irqs ] || measure forward irq-mode=forward ;;
	irqfd+trap)
		# As where KVM does not resample: that it does not is what dais finds of its earlier try. GICv3 alone; see docs/kernels.md.
		grep -q GICv3 /proc/interrupts || continue
		mkdir -p /run/dais
		echo "$(cat /proc/sys/kernel/random/boot_id) $(uname -r) GICv3 no" >/run/dais/resample
		measure irqfd+trap irq-mode=irqfd
		rm /run/dais/resample
		;;
	irqfd+vfio-dais)
		vfio_unbind 10000000.edu
		vfio_mainline=
		vfio_bind 10000000.edu
		measure irqfd+vfio-dais irq-mode=irqfd
		;;
	eventfd+eoi) measure eventfd+eoi irq-mode=eventfd,eoi=0:0x64:write ;;
	auto+writes) measure auto+writes irq-mode=auto,eoi=0:0x64:write ;;
	*) measure "$mode" "irq-mode=$mode" ;;
	esac
done </job/modes
echo "@@ end end 0"
