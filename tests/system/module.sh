# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# Hosts "stock…" without dais' module: what bind and check say where it is not installed, not loaded, not let in. The last case of its
# host, whose kernel stays locked down.
# Devices that it does not know how to stop would keep it: they are at rest.
for device in /sys/bus/platform/drivers/vfio-dais/*.* /sys/bus/amba/drivers/vfio-dais/*.*; do
	[ -e "$device" ] || continue
	echo 0 >"$device/vfio-dais/at_work"
	vfio_unbind "${device##*/}"
done
expect module-goes 0 rmmod vfio_dais

# told NAME TEXT…: bind's message has three lines with these texts; check says the same, and that it blocks
told()
{
	this=$1
	shift
	expect "$this" 3 dais bind 10000000.edu
	says "$this-bind" "dais: error: " "dais: cause: " "dais: fix: " "$@"
	expect "$this-check" 3 dais check --json 10000000.edu
	says "$this-check-says" '"severity": "blocks"' "$@"
}
told module-missing "the host has no driver vfio-platform, and no vfio-dais" "CONFIG_VFIO_PLATFORM" "sudo apt install dais-dkms"

mkdir -p "/lib/modules/$(uname -r)"
echo updates/dkms/vfio_dais.ko: >"/lib/modules/$(uname -r)/modules.dep"
told module-not-loaded "the driver vfio-dais is not loaded" "it is installed" "sudo modprobe vfio-dais"

mount -t securityfs securityfs /sys/kernel/security
echo integrity >/sys/kernel/security/lockdown
expect module-unsigned 1 insmod /modules/*-vfio_dais.ko
told module-locked-down "the driver vfio-dais is not loaded" "the kernel is locked down" "boot without lockdown="
