# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# What a running dais still is and has, seen from outside. That everything else works inside the sandbox is shown by all other
# case files, which run in it.
vfio_bind 10000000.edu
edu=vfio-platform,host=10000000.edu

"$job/sandbox-probe"

# vmm: the process of the VM that belongs to the run in the background
vmm()
{
	for process in $(pidof dais); do
		! grep -q "^$process (.*) [^ ] $dais_pid " "/proc/$process/stat" || echo "$process"
	done
}

# status_is NAME FILE LINE…: /proc/PID/status has these lines
status_is()
{
	name=$1 file=$2
	shift 2
	tr '\t' ' ' <"$file" >"$work/status"
	for line; do
		if ! grep -qx -- "$line" "$work/status"; then
			grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp)' "$work/status" | sed 's/^/    /'
			fail "$name" "no line '$line'"
			return 1
		fi
	done
	pass "$name"
}
none=0000000000000000

start_guest spin --device $edu --device pl011 --cpus 2
pid=$(vmm)
for layer in main vcpu; do
	task=$pid
	[ $layer = main ] || task=$(grep -lx vcpu1 /proc/"$pid"/task/*/comm | cut -d/ -f5)
	status_is sandbox-status-$layer "/proc/$pid/task/$task/status" "Uid: 65534 65534 65534 65534" "Gid: 65534 65534 65534 65534" \
		"Groups: *" "CapInh: $none" "CapPrm: $none" "CapEff: $none" "CapBnd: $none" "CapAmb: $none" "NoNewPrivs: 1" "Seccomp: 2"
done
status_is sandbox-status-keeper "/proc/$dais_pid/status" "CapInh: $none" "CapPrm: 0000000000000020" "CapEff: 0000000000000020" \
	"CapBnd: $none" "NoNewPrivs: 1" "Seccomp: 2"
# Bits of SIGTTIN (21) and SIGTTOU (22): a shell that has taken the terminal back does not stop the VMM.
if [ $((0x$(sed -n 's/^SigBlk:[^0-9a-f]*//p' "/proc/$pid/status") & 0x300000)) = $((0x300000)) ]; then
	pass sandbox-terminal-signals-blocked
else
	fail sandbox-terminal-signals-blocked "$(grep SigBlk "/proc/$pid/status")"
fi
if [ "$(sed -n 's/^Max open files  *\([0-9]*\).*/\1/p' "/proc/$pid/limits")" -le 1024 ]; then
	pass sandbox-few-descriptors
else
	fail sandbox-few-descriptors "$(grep 'Max open files' "/proc/$pid/limits")"
fi
shared=
for space in mnt net ipc uts cgroup; do
	[ "$(readlink /proc/"$pid"/ns/$space)" != "$(readlink /proc/self/ns/$space)" ] || shared="$shared $space"
done
if [ "$shared" ]; then
	fail sandbox-namespaces "shared with the host:$shared"
else
	pass sandbox-namespaces
fi
root=/proc/$pid/root
if [ -z "$(ls -A "$root/")" ] && ! touch "$root/file" 2>/dev/null; then
	pass sandbox-root-is-empty
else
	fail sandbox-root-is-empty "$(find "$root/" -mindepth 1 -maxdepth 1 | tr '\n' ' ')"
fi

# Every open file is of a kind that a run needs.
find /proc/"$pid"/fd -type l -exec readlink {} \; |
	grep -vE '^(/dev/null|pipe:.*|/dev/console|/dev/hvc0|/.*/out|/dev/kvm|/dev/iommu|/dev/vfio/.*|/proc/interrupts|/job/guest/spin.img|anon_inode:.*|/memfd:.*)( \(deleted\))?$' >"$work/unexplained"
if [ -s "$work/unexplained" ]; then
	fail sandbox-files "open, and unexplained: $(tr '\n' ' ' <"$work/unexplained")"
else
	pass sandbox-files
fi
kill -SYS "$pid"
wait "$dais_pid" 2>/dev/null
says sandbox-the-keeper-tells "(SIGSYS)" "seccomp filter"

expect sandbox-show 0 dais run --sandbox show
says sandbox-show-says "KVM_RUN" "namespaces" "the guest, on its vCPU"
guest sandbox-off 0 hello "" --sandbox off
says sandbox-off-is-told "the sandbox is off"
guest sandbox-debug 0 hello "" --sandbox debug

# An unprivileged user, whom the host gives nothing but the two devices.
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
chmod 666 /dev/kvm
expect sandbox-unprivileged 0 su -s /bin/sh -c \
	"exec $job/dais run --kernel $job/guest/hello.img --memory 64M --device test-device --log-level debug" nobody
chmod 600 /dev/kvm

# A guest that tries everything: nothing grows, nothing is flooded. $full: for longer.
hostile()
{
	: >"$out"
	dais run --kernel "$job/guest/$1.img" --memory 64M --cpus 2 --device test-device --device $edu --append "n=$2" \
		>"$out" 2>&1 </dev/null &
	dais_pid=$!
	sleep 2
	pid=$(vmm)
	files=$(find /proc/"$pid"/fd 2>/dev/null | wc -l)
	before=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' /proc/"$pid"/status 2>/dev/null)
	sleep 4
	files_after=$(find /proc/"$pid"/fd 2>/dev/null | wc -l)
	after=$(sed -n 's/^RssAnon:[^0-9]*\([0-9]*\) kB/\1/p' /proc/"$pid"/status 2>/dev/null)
	if [ -z "$before" ] || [ -z "$after" ]; then
		skip "sandbox-$1-does-not-grow" "it was over too soon to look twice"
	elif [ "$files" = "$files_after" ] && [ $((after - before)) -lt 256 ]; then
		pass "sandbox-$1-does-not-grow"
	else
		fail "sandbox-$1-does-not-grow" "$files then $files_after files, $before then $after kB"
	fi
	wait "$dais_pid"
	status=$?
	if [ $status = 0 ] && [ "$(grep -c . "$out")" -lt 200 ]; then
		pass "sandbox-$1"
	else
		fail "sandbox-$1" "exit status $status, $(grep -c . "$out") lines"
	fi
}
hostile fuzz-emulated $((${full:+20} + 40))000
hostile fuzz-hypercalls $((${full:+20} + 40))0000
kernel_is_quiet sandbox-host-kernel
