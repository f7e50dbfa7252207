# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of tests/system/host.sh
#
# What is done to the kernel's forwarding of interrupts (forward.c) in the emulated host, while
# guests use them. n: how many interrupts of each guest.
# shellcheck source=/dev/null
. /job/host.sh
echo Y >/sys/module/kvm/parameters/forward_irqs
read -r n </job/n
time_limit=200
edu=vfio-platform,host=10000000.edu,irq-mode=irqfd
multi=vfio-platform,host=10400000.multi,irq-mode=irqfd
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci,irq-mode=irqfd

# forwarded MODE NAME STATUS IMAGE ARGUMENTS [OPTION…]: guest (host.sh), with FORWARD_TEST=MODE
forwarded()
{
	mode=$1
	shift
	name=$1
	shift
	FORWARD_TEST=$mode LD_PRELOAD=/job/forward.so guest "$mode-$name" "$@"
}

edu_irq()
{
	sed -n 's/^ *\([0-9]*\):.*vfio-irq.*10000000.edu.*/\1/p' /proc/interrupts
}

# edu_count: how many interrupts of the edu the host has had since the device was opened
edu_count()
{
	awk '/vfio-irq.*10000000.edu/ {
		n = 0
		for (i = 2; $i ~ /^[0-9]+$/; i++)
			n += $i
		print n
	}' /proc/interrupts
}

# while_moving NAME COMMAND…: meanwhile the host moves its interrupt and the threads of dais about
while_moving()
{
	while :; do
		for mask in 1 2; do
			irq=$(edu_irq)
			[ -z "$irq" ] || echo $mask >"/proc/irq/$irq/smp_affinity"
			for process in $(pidof dais); do
				taskset -ap $mask "$process"
			done
			usleep 2000
		done
	done >/dev/null 2>&1 &
	mover=$!
	"$@"
	kill $mover
}

# killed NUMBER: dais is killed while a child of it still has the device. The line falls silent,
# and the next guest can use it.
killed()
{
	FORWARD_TEST=inherit LD_PRELOAD=/job/forward.so start "forward: index" dais run \
		--kernel /job/guest/edu-irq.img --memory 64M --append n=100000000 --device "$edu"
	usleep "$1"
	kill -9 "$dais_pid"
	wait "$dais_pid" 2>/dev/null
	usleep 300000
	before=$(edu_count)
	usleep 500000
	after=$(edu_count)
	if [ -z "$before" ] || [ -z "$after" ]; then
		fail "killed-$1" "the child is gone"
	elif [ $((after - before)) -gt 1 ]; then
		fail "killed-$1" "$before interrupts, half a second later $after"
	else
		pass "killed-$1"
	fi
	while [ -n "$(edu_irq)" ]; do
		usleep 100000
	done
	guest "killed-$1-next" 0 edu-irq n=100 --device "$edu"
}

# kernel_is_well: it neither complained nor gave up looking
kernel_is_well()
{
	kernel_is_quiet kernel-log
	if [ ! -e /proc/lockdep_stats ]; then
		skip lockdep "this kernel does not check its locks"
	elif grep -q 'debug_locks: *1' /proc/lockdep_stats; then
		pass lockdep
	else
		fail lockdep "it has switched itself off"
	fi
}

vfio_bind 10000000.edu 10400000.multi

# Not to be had: the device's interrupt is not the GIC's, or the host handles it in a thread.
if [ -e /job/refused ]; then
	FORWARD_TEST=refused LD_PRELOAD=/job/forward.so start_guest spin --device "$edu"
	kill -9 "$dais_pid"
	if wait "$dais_pid" || grep -q '^forward:' "$out"; then
		fail refused "forwarding is not refused"
	else
		pass refused
	fi
	kernel_is_well
	return
fi

forwarded hold irqs 0 edu-irq "n=$n" --device "$edu"
forwarded errors irqs 0 edu-irq n=100 --device "$edu"
forwarded toggle irqs 0 edu-irq "n=$n" --device "$edu" --cpus 2
forwarded signal irqs 0 edu-irq "n=$n" --device "$edu"
forwarded delete irqs 0 edu-irq "n=$n" --device "$edu"
forwarded hold two-irqs 0 multi "n=$((n / 10))" --device "$multi"
forwarded toggle two-irqs 0 multi "n=$((n / 10))" --device "$multi"
for act in toggle signal delete; do
	for image in irq-hold irq-mask irq-late; do
		forwarded "$act" "$image" 0 "$image" "" --device "$edu"
	done
done
forwarded hold reset 0 edu-reset n=6 --device "$edu"
forwarded toggle reset 0 edu-reset n=6 --device "$edu"
forwarded signal reset 0 edu-reset n=6 --device "$edu"

# GICv2 in QEMU 7.2 forgets a deactivation by another CPU than the one that acknowledged.
if [ "$(nproc)" != 1 ]; then
	while_moving forwarded hold moving 0 edu-irq "n=$n" --device "$edu" --cpus 2
	while_moving forwarded toggle moving 0 edu-irq "n=$n" --device "$edu" --cpus 2
fi
for when in 100000 230000 370000 510000; do
	killed $when
done

expect cdev 0 /job/cdev "/dev/vfio/devices/$(ls "$(vfio_path 10000000.edu)/vfio-dev")"
guest cdev-next 0 edu-irq n=100 --device "$edu"

echo N >/sys/module/kvm/parameters/forward_irqs
forwarded hidden irqs 0 edu-irq n=10 --device "$edu"
echo Y >/sys/module/kvm/parameters/forward_irqs

vfio_unbind 10400000.multi 2>/dev/null
vfio_bind 10200000.sata
FORWARD_TEST=toggle LD_PRELOAD=/job/forward.so expect linux 0 dais run --kernel /job/Image --initrd /job/guest.cpio \
	--memory 256M --cpus 2 --append "console=ttyAMA0 quiet panic=-1" --device "$sata"
says linux-checksum "sha256 $(cut -d ' ' -f 1 /job/disk.sha256)"
kernel_is_well
