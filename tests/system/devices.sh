# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# native: yes
# The devices that this machine's owner lets tests have ($test_devices): from their drivers to VFIO, to a guest that sees them, and
# back. The emulated host lets them have these two, each of which has a driver.
if [ -e /lib/testbed.sh ]; then
	vfio_unbind 9010000.pl031 10200000.sata
	echo ahci >/sys/bus/platform/devices/10200000.sata/driver_override
	echo 10200000.sata >/sys/bus/platform/drivers_probe
	export test_devices="9010000.pl031 10200000.sata,compatible=generic-ahci"
	mkdir -p "$work/guarded/real"
	ln -s "$job/dais" "$work/guarded/real/dais"
	cp "$job/guard" "$work/guarded/dais"
	unguarded_path=$PATH
	PATH=$work/guarded:$PATH
fi

# driver_is NAME DRIVER: of the device at hand, "none" if it has none
driver_is()
{
	driver=$(basename "$(readlink "$path/driver" || echo none)")
	if [ "$driver" = "$2" ]; then
		pass "$1"
	else
		fail "$1" "the driver is $driver, not $2"
	fi
}

# device ENTRY
device()
{
	device=${1%%,*}
	assigned=vfio-platform,host=$1
	for path in "/sys/bus/platform/devices/$device" "/sys/bus/amba/devices/$device" ''; do
		[ ! -L "$path" ] || break
	done
	if [ ! "$path" ]; then
		fail "device-$device" "this machine has no such device"
		return
	fi
	bus=$(basename "$(readlink -f "$path/subsystem")")
	own=$(basename "$(readlink "$path/driver" || echo none)")
	host_node=$(basename "$(readlink -f "$path/of_node")")
	node=$(dais plan --device "$assigned" | sed -n "s/^\(${host_node%@*}@[^ ]*\) {\$/\1/p" | head -n 1)

	expect "device-$device-bind" 0 dais bind "$device" || return
	driver_is "device-$device-vfio" "vfio-$bus"
	expect "device-$device-irq" 0 dais check --irq "$device"
	linux "device-$device-guest" 0 devices --device "$assigned"
	says "device-$device-guest-sees" "device: ${node:-of $host_node}"
	dais unbind "$device" >"$out" 2>&1 </dev/null
	if grep -q "stopped is not known" "$out"; then
		skip "device-$device-unbind" "how it is stopped is not known"
		expect "device-$device-unbind-forced" 0 dais unbind --force "$device"
		return
	fi
	expect "device-$device-unbind" 0 dais unbind "$device"
	driver_is "device-$device-back" "$own"

	linux "device-$device-run-bind" 0 devices --bind --device "$assigned"
	says "device-$device-run-bind-sees" "device: ${node:-of $host_node}"
	driver_is "device-$device-run-bind-back" "$own"
}

# refused NAME ARGUMENTS…: the guard does not let dais start
refused()
{
	refused=$1
	shift
	expect "$refused" 99 dais "$@" && says "$refused-says" "guard: $other is not among DAIS_TEST_DEVICES"
}

if [ "$test_devices" ] && [ "$(id -u)" != 0 ]; then
	fail devices "taking a device from its driver needs root"
elif [ "$test_devices" ]; then
	# Any other device will do: with one that has a driver it would be seen.
	for path in /sys/bus/platform/devices/*; do
		other=${path##*/}
		case " $test_devices" in *" $other"*) continue ;; esac
		[ ! -e "$path/driver" ] || break
	done
	printf '[device other]\ntype = vfio-platform\nhost = %s\n' "$other" >"$work/other.conf"
	refused devices-no-other-bind bind "$other"
	refused devices-no-other-unbind unbind "$other"
	refused devices-no-other-run run --bind --device "vfio-platform,host=$other"
	refused devices-no-other-file run --bind -c "$work/other.conf"
	refused devices-no-other-irq check --irq "$other"
	for entry in $test_devices; do
		device "$entry"
	done
else
	skip devices "DAIS_TEST_DEVICES names no device of this machine"
fi
[ ! -e /lib/testbed.sh ] || PATH=$unguarded_path
