# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2086,SC2154 # names are words; variables of host.sh
#
# host: --append "iomem=relaxed mem=2047M"
# A device that is at work when its VM is killed goes back to its driver at rest, or not at all. The host's tree has rest.dtso.
if [ -e /sys/bus/platform/drivers/vfio-dais ]; then
	registers=0x10700000 intid=133 bus=platform vfio="vfio-dais" own=none
else
	registers=0xbff00000 intid=132 bus=amba vfio="vfio-amba" own="dma-pl330"
fi
dma=${registers#0x}.dma-controller
dma_path=/sys/bus/$bus/devices/$dma

# model [stuck]: what the PL330 does from here on
model()
{
	[ -z "${model_pid:-}" ] || kill "$model_pid"
	"$job/pl330" $registers $intid $1 &
	model_pid=$!
}

driver_is()
{
	driver=$(basename "$(readlink "$dma_path/driver" || echo none)")
	if [ "$driver" = "$2" ]; then
		pass "$1"
	else
		fail "$1" "the driver is $driver, not $2"
	fi
}

# channel NAME STATE: of channel 1, CSR
channel()
{
	state=$(devmem $((registers + 0x108)) 32)
	if [ $((state & 0xf)) = "$2" ]; then
		pass "$1"
	else
		fail "$1" "its state is $state"
	fi
}

# killed NAME: a VM has the device, which is at work, and is killed with its keeper
killed()
{
	start_guest pl330 --device vfio-platform,host=$dma
	channel "$1-works" 1
	kill_run
}

# stays NAME STATUS COMMAND…: three lines, and the device is where it was
stays()
{
	name=$1
	expect "$@" || return
	says "$name-says-why" "dais: error: $dma stays with $vfio" "dais: cause: it may still be at work: ${wrong:-a channel does not stop}" \
		"dais: fix:   dais unbind $dma"
	driver_is "$name-driver" $vfio
}

model
driver_is rest-before $own
expect rest-bind 0 dais bind $dma
killed rest-killed
expect rest-unbind 0 dais unbind $dma
channel rest-at-rest 0
driver_is rest-unbound $own

# By its keeper, whose VM is killed
start_guest pl330 --bind --device vfio-platform,host=$dma
kill -9 "$(vmm)"
wait "$dais_pid"
channel rest-keeper-at-rest 0
driver_is rest-keeper-returned $own

# By the next dais, when nobody else is left
start_guest pl330 --bind --device vfio-platform,host=$dma
kill_run
driver_is rest-left-to-the-next $vfio
expect rest-next 0 dais bind 10000000.edu
channel rest-next-at-rest 0
driver_is rest-next-returned $own

# It does not obey.
model stuck
start_guest pl330 --bind --device vfio-platform,host=$dma
kill -9 "$(vmm)"
wait "$dais_pid"
# Of vfio-dais, whose reset it is that fails then, the kernel's log has why.
[ "$vfio" != vfio-dais ] || dmesg | grep "$dma: not reset: " >>"$out"
says rest-stuck-keeper "dais: error: $dma stays with $vfio" "a channel does not stop"
driver_is rest-stuck-keeper-driver $vfio
stays rest-stuck-unbind 3 dais unbind $dma
expect rest-stuck-next 0 dais bind 10000000.edu
driver_is rest-stuck-next-driver $vfio

# A driver cannot refuse to be unbound, but dais' own keeps others from the device until it is at rest.
if [ $vfio = vfio-dais ]; then
	echo $dma >/sys/bus/platform/drivers/vfio-dais/unbind
	echo ahci >$dma_path/driver_override
	if echo $dma 2>/dev/null >/sys/bus/platform/drivers/ahci/bind; then
		fail rest-kept "a driver got it"
	else
		pass rest-kept
	fi
	dmesg >"$out"
	says rest-kept-says-so "unbound at work (a channel does not stop): vfio-dais alone gets it again"
	if rmmod vfio_dais 2>/dev/null; then
		fail rest-kept-module "the module could be unloaded"
	else
		pass rest-kept-module
	fi
	vfio_bind $dma
	wrong="it was unbound when it was"
	stays rest-kept-again 3 dais unbind $dma
	wrong=
fi

# Who knows better has it his way; and as soon as it obeys, it goes back.
model
expect rest-obeys 0 dais unbind $dma
channel rest-obeys-at-rest 0
driver_is rest-obeys-driver $own
model stuck
expect rest-bind-again 0 dais bind $dma
killed rest-forced
stays rest-not-yet 3 dais unbind $dma
expect rest-forced 0 dais unbind --force $dma
driver_is rest-forced-driver $own

# What nobody knows how to stop
expect rest-unknown-bind 0 dais bind 10300000.edge
drop=
[ ! -e /sys/bus/platform/devices/10300000.edge/of_node/memory-region ] || drop=,drop=memory-region
guest rest-unknown-guest 0 edge "" --device "vfio-platform,host=10300000.edge$drop"
expect rest-unknown 3 dais unbind 10300000.edge
says rest-unknown-says-so "10300000.edge stays with" "stopped is not known"
expect rest-unknown-forced 0 dais unbind --force 10300000.edge
dais unbind --force 10000000.edu >/dev/null
kill "$model_pid"
kernel_is_quiet rest-host-kernel
