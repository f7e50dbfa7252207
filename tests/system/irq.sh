# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154,SC2086 # variables of host.sh; $here is words
#
# Interrupts of assigned devices, in each mode. n_irqs: how many where the number matters; n_rounds: how often the vCPU that has one
# goes off. Without $full both repetitions are few, but for the many interrupts of a GICv3's host.
vfio_unbind 10200000.sata 2>/dev/null
vfio_bind 10000000.edu 10300000.edge 10400000.multi
edu=vfio-platform,host=10000000.edu
edge=vfio-platform,host=10300000.edge
multi=vfio-platform,host=10400000.multi
n_irqs=10000 n_rounds=3
[ "$full" ] || n_rounds=1
[ "$full" ] || [ "$gic" = 3 ] || n_irqs=1000
# Debian's kernel takes twice the time, which a minute is too short for beside other hosts.
[ "$full" ] || [ ! -e /sys/bus/platform/drivers/vfio-dais ] || n_irqs=1000

# On the CPU that the interrupt comes to: see host.sh
here=
[ "$gic" = 3 ] || here="--cpu-affinity 0"
[ ! -e $forward_switch ] || echo Y >$forward_switch

# host_count: how often the edu has interrupted the host
host_count()
{
	awk '/vfio-irq.*10000000.edu/ { print $2 + $3 }' /proc/interrupts
}

# killed NAME HOW OPTIONS: dais is killed with the line in that state, while another process holds the device
killed()
{
	name=$1
	start ready dais run ${iommu:+--iommu $iommu} --kernel "$job/guest/irq-stuck.img" --memory 64M --device test-device \
		--append "how=$2 $few" --device "$edu,$3" $here || return
	rm -f "$work/holder"
	"$job/hold-fds" "$dais_pid" >"$work/holder" &
	holder=$!
	until grep -qs holding "$work/holder"; do
		sleep 0.1
	done
	kill_run
	before=$(host_count)
	sleep 1
	after=$(host_count)
	kill "$holder"
	wait "$holder" 2>/dev/null
	if [ "$((after - before))" -gt 2 ]; then
		fail "$name" "$before interrupts of the host, a second later $after"
	else
		pass "$name"
	fi
	guest "$name-next-guest" 0 edu-irq "n=100 $few" --device "$edu,$3" $here
}

# cpu_off MODE OPTION…: KVM leaves what is pending where it is, although the guest gives it to another vCPU, for as long as the first
# one is off: on Linux 6.12 until dais looks after what nobody has handled, on 7.3 for ever. kernel/patches/7.3 mends it.
cpu_off()
{
	name=$1-cpu-off
	shift
	if [ -e $forward_switch ]; then
		guest "$name" 0 irq-cpu-off "n=$n_rounds $few" --cpus 2 "$@"
		return
	fi
	timeout 60 dais run --kernel "$job/guest/irq-cpu-off.img" --memory 64M --device test-device --cpus 2 \
		${iommu:+--iommu $iommu} --append "n=$n_rounds $few" "$@" >"$out" 2>&1 </dev/null
	status=$?
	if [ $status = 0 ]; then
		pass "$name"
	elif grep -q "what was pending for CPU 1 is lost" "$out"; then
		skip "$name" "this KVM does not move what is pending away from a vCPU that is off"
	else
		fail "$name" "exit status $status"
	fi
}

# all_cases MODE OPTIONS: what holds in every mode
all_cases()
{
	mode=$1 few=
	# It lets the line go at the handler's first access, and may see it up before the next one has acknowledged.
	[ "$mode" != eventfd ] || few="empty=100"
	time_limit=$((60 + n_irqs / 50)) guest "$mode-many" 0 edu-irq "n=$n_irqs $few" --device "$edu,$2" $here
	says "$mode-is-taken" "mode ${mode%-*}"
	guest "$mode-many-2cpus" 0 edu-irq "n=1000 $few" --cpus 2 --device "$edu,$2" $here
	guest "$mode-both-of-one-device" 0 multi "n=500 $few" --device "$multi,irq-mode=${mode%-*}" $here
	guest "$mode-hold" 0 irq-hold "$few" --device "$edu,$2" $here
	guest "$mode-mask" 0 irq-mask "$few" --device "$edu,$2" $here
	guest "$mode-late" 0 irq-late "$few" --device "$edu,$2" $here
	guest "$mode-late-cleared" 0 irq-late "clear=1 $few" --device "$edu,$2" $here
	cpu_off "$mode" --device "$edu,$2" $here
	guest "$mode-reset-20-times" 0 edu-reset "n=20 $few" --device "$edu,$2" $here
	for how in idle pending active; do
		killed "$mode-killed-$how" $how "$2"
	done
	kernel_is_quiet "$mode-host-kernel"
}

dmesg -c >/dev/null
all_cases irqfd irq-mode=irqfd
all_cases eventfd irq-mode=eventfd
all_cases eventfd-eoi irq-mode=eventfd,eoi=0:0x64:write
# A guest that acknowledges before dais looks, or clears what is pending, while the SPI is still an edge.
time_limit=180 guest eventfd-polled 0 irq-polled "" --device "$edu,irq-mode=eventfd,mmap-timeout=5" $here
time_limit=180 guest eventfd-eoi-polled 0 irq-polled "" --device "$edu,irq-mode=eventfd,eoi=0:0x64:write,mmap-timeout=5" $here
guest eventfd-edge 0 edge "" --device "$edge,irq-mode=eventfd"

# What eventfd costs when the register is known: one interrupt of the host for each, and none without cause.
guest eventfd-exact 0 edu-irq "n=1000" --device "$edu,irq-mode=eventfd,eoi=0:0x64:write"
says eventfd-exact-guest "1000 raised, 1000 interrupts, 0 without cause"
says eventfd-exact-host "eventfd): 1000 interrupts, 1000 handled by dais"

guest auto 0 edu-irq "n=100" --device "$edu" --stats "$work/stats" $here
if [ -e $forward_switch ]; then
	says auto-forwards "mode forward"
	all_cases forward irq-mode=forward
	guest forward-edge 0 edge "" --device "$edge"
	says forward-edge-is-irqfd "an edge has no completion"
	echo N >$forward_switch
	guest hidden 0 edu-irq "n=100" --device "$edu"
	says hidden-is-irqfd "mode irqfd (the host's kernel cannot forward interrupts)"
	refuses hidden-and-asked-for 3 "irq-mode=forward" -- --kernel "$job/guest/edu-irq.img" --device "$edu,irq-mode=forward"
	echo Y >$forward_switch
else
	skip forward "the host's kernel has no patches"
fi

# The distributor is the kernel's alone, and so is an irqfd: user exits are the guest's messages and its end.
few_exits()
{
	guest "$1" 0 edu-irq "n=2000" --device "$edu,irq-mode=$2" --stats "$work/stats" $here
	n=$(sed -n 's/.*"mmio": \([0-9]*\).*/\1/p' "$work/stats")
	if [ "${n:-9999}" -gt 200 ]; then
		fail "$1-exits" "$n exits to user space for 2000 interrupts"
	elif ! grep -q '"user_wakeups": 0' "$work/stats"; then
		fail "$1-exits" "dais woke up"
	else
		pass "$1-exits"
	fi
}
if grep -qs ' no$' /run/dais/resample; then
	skip irqfd-in-kernel "this KVM does not resample, and dais traps an access in its place"
else
	few_exits irqfd-in-kernel irqfd
fi
[ ! -e $forward_switch ] || few_exits forward-in-kernel forward

# Where KVM does not resample, or dais is told so by what it keeps of its try: what traps makes the interrupt as exact as it is.
resample=/run/dais/resample
if [ "$gic" = 3 ] && [ ! -e /proc/sys/kernel/random/boot_id ]; then
	skip resample-is-kept "the kernel does not tell its boots apart"
elif [ "$gic" = 3 ]; then
	[ ! -e $forward_switch ] || echo N >$forward_switch
	guest resample-is-tried 0 edu-irq "n=10" --device "$edu"
	kept=$(cat $resample)
	case $kept in
	"$(cat /proc/sys/kernel/random/boot_id) $(uname -r) GICv3 "yes | *" GICv3 no") pass resample-is-kept ;;
	*) fail resample-is-kept "$kept" ;;
	esac
	echo "${kept% *} no" >$resample
	guest no-resample 0 edu-irq "n=1000" --device "$edu"
	says no-resample-traps "KVM does not resample on this host, so accesses to register 0x64 of region 0 trap, and to the 1023 others"
	says no-resample-exact "1000 raised, 1000 interrupts, 0 without cause"
	guest no-resample-all-traps 0 edu-irq "n=1000 compat=nobodys" --device "$edu,compatible=nobodys"
	says no-resample-all-exact "accesses to all registers of 10000000.edu trap" "1000 interrupts, 0 without cause"
	guest no-resample-mask 0 irq-mask "" --device "$edu,eoi=0:0x64"
	guest no-resample-reset 0 edu-reset "n=3" --device "$edu"
	chmod 666 $resample
	guest resample-of-others 0 edu-irq "n=10" --device "$edu"
	if [ "$(cat $resample)" = "$kept" ]; then
		pass resample-is-tried-again
	else
		fail resample-is-tried-again "$(cat $resample)"
	fi
	[ ! -e $forward_switch ] || echo Y >$forward_switch
fi

# Each line of a device through its real path, without an event of the hardware.
if dais check | grep -q "KVM does not resample"; then
	expect check-irq-no-resample 1 dais check --irq 10000000.edu
	says check-irq-no-resample-says "irqfd    DATA_NONE: FAILED: it came again without cause" "eventfd  DATA_NONE: ok"
else
	expect check-irq 0 dais check --irq 10000000.edu
	says check-irq-modes "irqfd    DATA_NONE: ok" "irqfd    DATA_BOOL: ok" "eventfd  DATA_NONE: ok" "eventfd  DATA_BOOL: ok"
	[ ! -e $forward_switch ] || says check-irq-forward "forward  DATA_NONE: ok" "forward  DATA_BOOL: ok"
	expect check-irq-eoi 0 dais check --irq 10000000.edu,eoi=0:0x64:write
	expect check-irq-edge 0 dais check --irq 10300000.edge
	expect check-irq-two 0 dais check --irq 10400000.multi
	says check-irq-both "interrupt 0" "interrupt 1"
fi
: >"$out"
dais check --irq 10000000.edu >"$out" 2>&1 </dev/null &
dais_pid=$! confined=
while kill -0 $dais_pid 2>/dev/null; do
	for process in $(pidof dais); do
		! grep -q "^Seccomp:[^0-9]*2" "/proc/$process/status" 2>/dev/null || confined=1
	done
done
if [ $confined ]; then
	pass check-irq-confined
else
	fail check-irq-confined "no process had a seccomp filter"
fi
expect check-irq-nothing 2 dais check --irq nonesuch

# A line that nobody handles is told of, once.
start_guest irq-stuck --append how=pending --device "$edu" $here
sleep 14
kill_run
if [ "$(grep -c 'interrupt 0 (SPI [0-9]*) is asserted' "$out")" = 1 ]; then
	pass unhandled
else
	fail unhandled "told of not once"
fi
guest unhandled-next-guest 0 edu-irq "n=100" --device "$edu" $here
[ "$gic" = 3 ] || [ ! -e $forward_switch ] || echo N >$forward_switch
