# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# host: --append iomem=relaxed
# A Linux guest sets a voltage by SCMI: a regulator of REGULATOR_ARM_SCMI, which Debian's kernels do not have, with the consumer of
# REGULATOR_VIRTUAL_CONSUMER, for what sysfs says. The host's kernel and the pins of its PL061 show it. The host's tree has
# voltage.dtso.
edu=vfio-platform,host=10000000.edu,compatible=regulator-virtual-consumer,supply.default=scmi

# supply_is NAME STATE MICROVOLT: what the host's kernel says of it; and its two pins
supply_is()
{
	for regulator in /sys/class/regulator/*; do
		[ "$(cat "$regulator/name")" != vdd ] || found=$regulator
	done
	if [ "$(cat "$found/state") $(cat "$found/microvolts")" = "$2 $3" ]; then
		pass "$1-state"
	else
		fail "$1-state" "the supply is $(cat "$found/state"), $(cat "$found/microvolts") uV, not $2, $3"
	fi
	pin "$1-on" 6 "$(echo "$2" | grep -c enabled)"
	pin "$1-high" 7 $(($3 == 3300000))
}

vfio_bind 10000000.edu
supply_is voltage-before disabled 3300000
with_console dais run --kernel "$job/Image" --initrd "$job/guest.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 test=voltage" --device $edu
reached voltage-low "the supply is low"
supply_is voltage-low enabled 1800000
echo >&9
reached voltage-high "the supply is high"
supply_is voltage-high enabled 3300000
echo >&9
reached voltage-between "nothing between"
says voltage-between-refused "regulator_set_voltage() failed: -22"
supply_is voltage-between enabled 3300000
echo >&9
reached voltage-off "the supply is off"
supply_is voltage-off disabled 3300000
echo >&9
reached voltage-again "the supply is low again"
supply_is voltage-again enabled 1800000
kill_run
supply_is voltage-killed disabled 3300000
kernel_is_quiet voltage-host-kernel
