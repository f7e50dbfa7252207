# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154,SC2086 # variables of host.sh; options are words
#
# The keeper: however the VMM ends, the host has its devices back. $full: many more rounds.
n_rounds=${n_rounds:-20}
[ -z "${full:-}" ] || n_rounds=200
seed=${seed:-$(date +%s)}
vfio_bind 10000000.edu 10200000.sata
edu=vfio-platform,host=10000000.edu
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci

# vmm_ends NAME STATUS TEXT…: the run in the background, after something befell its VMM
vmm_ends()
{
	name=$1 wanted=$2
	shift 2
	( sleep 30; kill -9 "$dais_pid" ) 2>/dev/null &
	watchdog=$!
	wait "$dais_pid"
	status=$?
	kill $watchdog 2>/dev/null
	if [ "$status" != "$wanted" ]; then
		fail "$name" "exit status $status, expected $wanted"
		return 1
	fi
	says "$name" "$@"
}

# What it is, and what it has.
start_guest power-key --device $edu
if [ "$(cat "/proc/$dais_pid/comm") $(cat "/proc/$(vmm)/comm")" = "dais-keeper dais" ]; then
	pass keeper-names
else
	fail keeper-names "ps shows $(cat "/proc/$dais_pid/comm") and $(cat "/proc/$(vmm)/comm")"
fi
ls -l "/proc/$dais_pid/fd" >"$out"
if grep -q vfio "$out" && ! grep -qE 'kvm|memfd|power-key|epoll' "$out" &&
	grep -q '^Threads:.1$' "/proc/$dais_pid/status"; then
	pass keeper-has-only-devices
else
	fail keeper-has-only-devices "its descriptors:"
fi
kill -TERM "$(vmm)"
vmm_ends keeper-sigterm-to-the-vmm 0 "asked the guest to power off"

# A whole process group gets a signal: it counts once, or the guest would be stopped.
start ready setsid dais run --kernel "$job/guest/power-key.img" --memory 64M --device test-device
kill -TERM "-$dais_pid"
vmm_ends keeper-signal-to-the-group 0 "asked the guest to power off"

for signal in 9:KILL 11:SEGV 7:BUS 31:SYS; do
	start_guest spin --device $edu
	kill -${signal#*:} "$(vmm)"
	vmm_ends keeper-tells-sig${signal#*:} 1 "killed by signal ${signal%:*} (SIG${signal#*:})" "dais: cause: " "dais: fix: "
	guest keeper-after-sig${signal#*:} 0 edu-irq "n=10" --device $edu
done
skip keeper-oom "the host's kernel has no memory cgroup"

if modes=$(stty -g </dev/tty 2>/dev/null); then
	# shellcheck disable=SC2016 # for that shell
	start ready sh -c 'exec "$@" </dev/tty' sh dais run --kernel "$job/guest/spin.img" --memory 64M --device test-device
	kill -9 "$(vmm)"
	wait "$dais_pid"
	if [ "$(stty -g </dev/tty)" = "$modes" ]; then
		pass keeper-restores-terminal
	else
		fail keeper-restores-terminal "its modes are not what they were"
	fi
	stty "$modes" </dev/tty
else
	skip keeper-restores-terminal "there is no terminal"
fi

# The backends that this host has
backends=
for backend in type1 iommufd; do
	if dais run --kernel "$job/guest/hello.img" --memory 64M --device test-device --device $edu --iommu $backend >"$out" 2>&1 </dev/null; then
		backends="$backends $backend"
	else
		skip keeper-$backend "$(sed -n 's/^dais: error: //p' "$out")"
	fi
done
modes="irqfd eventfd"
! grep -qs Y "$forward_switch" || modes="$modes forward"

# round VICTIM DELAY KIND OPTIONS: a run that is killed. False, with $why, when something is not as it was.
round()
{
	victim=$1 delay=$2 kind=$3 device=$4
	shift 4
	: >"$out"
	if [ "$kind" = linux ]; then
		dais run --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 256M --cpus 2 --device "$sata,$device" "$@" \
			--append "console=ttyAMA0 quiet panic=-1 test=busy" >"$out" 2>&1 </dev/null &
	else
		dais run --kernel "$job/guest/edu-irq.img" --memory 64M --device test-device --device "$edu,$device" "$@" \
			--append "n=1000000" >"$out" 2>&1 </dev/null &
	fi
	dais_pid=$!
	sleep "$delay"
	child=$(vmm)
	why="it ended before it was killed"
	kill -0 "$dais_pid" || return
	case $victim in
	vmm) kill -9 ${child:-$dais_pid} ;;
	keeper) kill -9 "$dais_pid" ;;
	both) kill -9 "$dais_pid" $child ;;
	esac
	wait "$dais_pid" 2>/dev/null
	status=$?
	n=0
	while pidof dais >/dev/null && [ $n -lt 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	why="the VMM does not go away"
	[ $n -lt 100 ] || return
	why="exit status $status"
	[ "$victim" != vmm ] || [ -z "$child" ] || [ $status = 1 ] || return
	why="an interrupt of a device that is closed"
	! grep -q vfio-irq /proc/interrupts || return
	dmesg -c >"$work/dmesg"
	if [ "$kind" = linux ]; then
		why="the host's driver does not read what is on the disk"
		host_reads_disk || return
		vfio_bind 10200000.sata
	else
		why="the next guest has no interrupts"
		dais run --kernel "$job/guest/edu-irq.img" --memory 64M --device test-device --device "$edu" --append n=10 \
			>"$out" 2>&1 </dev/null || return
	fi
	why="DMA of the old guest"
	! dmesg | grep -q 'arm-smmu.*event' || return
	why="the host's kernel complains"
	dmesg >>"$work/dmesg"
	! without_known_warning <"$work/dmesg" | grep -E 'WARNING|BUG|Oops|nobody cared|Call trace'
}

free_memory()
{
	awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo
}

before=$(free_memory)
echo "keeper: $n_rounds rounds, seed $seed"
awk -v n="$n_rounds" -v seed="$seed" -v modes="$modes" -v backends="$backends" 'BEGIN {
	srand(seed)
	n_modes = split(modes, mode)
	n_backends = split(backends, backend)
	split("vmm keeper both", victim)
	for (i = 0; i < n; i++) {
		linux = i % 2
		printf "%s %.2f %s irq-mode=%s --iommu %s\n", victim[1 + i % 3], rand() * (linux ? 5 : 1), linux ? "linux" : "edu",
			mode[1 + int(i / 2) % n_modes], backend[1 + int(i / 3) % n_backends]
	}
}' >"$work/rounds"
n_bad=0
while read -r line; do
	round $line && continue
	fail keeper-round "$line: $why"
	cat "$work/dmesg"
	dmesg | tail -n 40
	n_bad=$((n_bad + 1))
	# The next round is one of its own.
	vfio_unbind 10200000.sata 2>/dev/null
	vfio_bind 10200000.sata
done <"$work/rounds"
[ $n_bad != 0 ] || pass "keeper-$n_rounds-rounds"
after=$(free_memory)
if [ $((before - after)) -lt 128 ]; then
	pass keeper-memory
else
	fail keeper-memory "$before MiB were available before, now $after: pages are still pinned"
fi
