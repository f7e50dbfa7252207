# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# host: --append iomem=relaxed
# What a device needs is on while it is open, and as it was before and afterwards. The host's tree has held.dtso. The state is read
# where it is: in the PL061's pins, and in the memory that the other controllers have for registers.
edge=10300000.edge

# all_off NAME: the clock's gate, the supply, both lines deasserted as they were found, both domains off
all_off()
{
	pin "$1-clock-off" 0 0
	pin "$1-supply-off" 1 0
	bits "$1-lines-as-they-were" 0xb0000000 0x28 "$2"
	bits "$1-domains-off" 0xb00010e8 0x60000 0x60000
	bits "$1-domains-isolated" 0xb00010ec 0x60000 0x60000
}

# touched NAME TEXT: how all ways to touch a register of the open device end now
touched()
{
	: >"$out"
	echo >&8
	n=0
	until grep -q '^touched' "$out" || [ $n = 100 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	says "$1" "touched: $2"
}

# open_and_closed NAME LINES: the device is opened with these reset lines asserted, and is so afterwards
open_and_closed()
{
	all_off "$1-before" "$2"
	hold $edge
	says "$1-list" "supply vdd-supply on 3300000" "domain usb on 0" "domain pci on 0" "clock gated on 24000000" \
		"clock always on 24000000" "reset core on 0" "reset bus on 0" reset open
	pin "$1-clock-on" 0 1
	pin "$1-supply-on" 1 1
	bits "$1-lines-deasserted" 0xb0000000 0x28 0
	bits "$1-domains-on" 0xb00010e8 0x60000 0
	bits "$1-domains-not-isolated" 0xb00010ec 0x60000 0
	let_go
	all_off "$1-after" "$2"
}

vfio_bind $edge 10000000.edu
open_and_closed held-first 0
# As firmware leaves devices that it does not use
devmem 0xb0000000 32 0x28
open_and_closed held-asserted 0x28
devmem 0xb0000000 32 0

# Who has the device open goes on touching it while something else switches off what it needs, behind the driver's back.
on="read well write well new well old well" off="read EIO write EIO new SIGBUS old SIGBUS"
hold $edge
touched held-touch-on "$on"
devmem 0x9030004 32 0
touched held-touch-without-clock "$off"
devmem 0x9030004 32 1
touched held-touch-with-clock-again "$on"
devmem 0xb0000000 32 0x20
touched held-touch-in-reset "$off"
devmem 0xb0000000 32 0
touched held-touch-after-reset "$on"
let_go

# One domain, which the bus has attached
bits held-one-before 0xb00010e8 0x40000 0x40000
hold 10000000.edu
says held-one "domain PCI on 0" "reset  on 0" open
bits held-one-domain-on 0xb00010e8 0x40000 0
let_go
bits held-one-after 0xb00010e8 0x40000 0x40000

# A guest has the device with all that it needs; killed, nothing stays on.
guest held-guest 0 edge "" --device vfio-platform,host=$edge
if grep -q "is off on the host" "$out"; then
	fail held-guest-has-no-warning "what the driver switches on is said to be off"
else
	pass held-guest-has-no-warning
fi
says held-guest-is-told "vfio-dais holds on: supply vdd-supply at 3300000 uV, power domain usb, power domain pci, clock gated at 24000000 Hz, clock always at 24000000 Hz, reset line core, reset line bus"
all_off held-guest-after 0
start ready dais run --kernel "$job/guest/irq-stuck.img" --memory 64M --device test-device --append how=idle --device vfio-platform,host=10000000.edu
bits held-run-domain-on 0xb00010e8 0x40000 0
kill_run
bits held-killed-domain-off 0xb00010e8 0x40000 0x40000
kernel_is_quiet held-host-kernel
