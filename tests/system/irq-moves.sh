# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# Interrupts of assigned devices while the host moves them and the threads of dais between its processors, and takes one of these
# away and back; and dais killed in the midst of that.
vfio_bind 10000000.edu 10400000.multi
edu=vfio-platform,host=10000000.edu,irq-mode=irqfd
multi=vfio-platform,host=10400000.multi,irq-mode=irqfd
cpu1=/sys/devices/system/cpu/cpu1/online

# move: for ever
move()
{
	while :; do
		for mask in 1 2 1 2; do
			sed -n 's/^ *\([0-9]*\):.*vfio-irq.*/\1/p' /proc/interrupts | while read -r irq; do
				echo $mask >"/proc/irq/$irq/smp_affinity"
			done
			for process in $(pidof dais); do
				taskset -ap $mask "$process"
			done
			usleep 5000
		done
		echo 0 >$cpu1
		echo 1 >$cpu1
		echo moved >>"$work/moved"
	done >/dev/null 2>&1
}

# while_moving COMMAND…
while_moving()
{
	: >"$work/moved"
	move &
	mover=$!
	"$@"
	kill $mover
	wait $mover 2>/dev/null
	echo 1 >$cpu1 2>/dev/null
}

# until_moved COMMAND…: again and again, until the processor was away three times meanwhile, however slow that is beside other work
until_moved()
{
	round=0
	while [ "$(wc -l <"$work/moved")" -lt 3 ]; do
		round=$((round + 1))
		[ $round -le 100 ] || {
			fail moves-really "the processor was away $(wc -l <"$work/moved") times in 100 rounds"
			return
		}
		"$@"
	done
	pass moves-really
}

killed_in_flight()
{
	for when in 100000 170000 230000 310000; do
		start "mode irqfd" dais run --kernel "$job/guest/edu-irq.img" --memory 64M --append n=100000000 --device "$edu"
		usleep $when
		kill_run
		guest killed-$when-next-guest 0 edu-irq n=100 --device "$edu"
	done
}

dmesg -c >/dev/null
while_moving until_moved guest moves 0 edu-irq n=3000 --cpus 2 --device "$edu"
while_moving guest moves-two-lines 0 multi n=500 --cpus 2 --device "$multi"
while_moving killed_in_flight
kernel_is_quiet moves-host-kernel
