# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Functions for jobs in the emulated host: . /lib/testbed.sh
# A device is named as in sysfs: 10000000.edu, 9010000.pl031.

# vfio_path DEV: its directory in sysfs
vfio_path()
{
	for bus in platform amba; do
		if [ -e "/sys/bus/$bus/devices/$1" ]; then
			echo "/sys/bus/$bus/devices/$1"
			return 0
		fi
	done
	echo "testbed: no device $1" >&2
	return 1
}

# vfio_driver BUS: dais' own driver where the kernel has it, unless vfio_mainline is set; else vfio-platform or vfio-amba
vfio_driver()
{
	if [ -z "${vfio_mainline:-}" ] && [ -e "/sys/bus/$1/drivers/vfio-dais" ]; then
		echo vfio-dais
	else
		echo "vfio-$1"
	fi
}

# vfio_bind DEV...: takes it from its driver, if any, and gives it to VFIO's
vfio_bind()
{
	for dev; do
		path=$(vfio_path "$dev") || return 1
		bus=$(basename "$(readlink -f "$path/subsystem")")
		driver=$(vfio_driver "$bus")
		echo "$driver" >"$path/driver_override" || return 1
		if [ -e "$path/driver" ]; then
			echo "$dev" >"$path/driver/unbind" || return 1
		fi
		echo "$dev" >"/sys/bus/$bus/drivers_probe" || return 1
		case $(readlink "$path/driver") in
		*/"$driver") ;;
		*)
			echo "testbed: $driver did not take $dev" >&2
			return 1
			;;
		esac
	done
}

# vfio_unbind DEV...: takes it from VFIO and gives it back to whatever driver matches
vfio_unbind()
{
	for dev; do
		path=$(vfio_path "$dev") || return 1
		bus=$(basename "$(readlink -f "$path/subsystem")")
		echo >"$path/driver_override" || return 1
		if [ -e "$path/driver" ]; then
			echo "$dev" >"$path/driver/unbind" || return 1
		fi
		echo "$dev" >"/sys/bus/$bus/drivers_probe" || return 1
	done
}

# vfio_group DEV: the number of its IOMMU group
vfio_group()
{
	path=$(vfio_path "$1") || return 1
	basename "$(readlink -f "$path/iommu_group")"
}

# unsafe_interrupts Y|N: whether VFIO accepts devices without interrupt remapping
unsafe_interrupts()
{
	for module in vfio_iommu_type1 iommufd; do
		[ -e "/sys/module/$module" ] || continue
		echo "$1" >"/sys/module/$module/parameters/allow_unsafe_interrupts" || return 1
	done
}
