# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# What dais list tells of the host.

# row NAME DEVICE TEXT…: the table's row of the device and what is indented below it have these texts
row()
{
	name=$1 device=$2
	shift 2
	dais list "$device" >"$out" 2>&1
	says "$name" "$@"
}

mkdir -p "/lib/modules/$(uname -r)"
echo "alias vfio-reset:test,edge something" >"/lib/modules/$(uname -r)/modules.alias"
vfio_bind 10000000.edu 10300000.edge
vfio_unbind 10200000.sata 9010000.pl031

expect list 0 dais list
says list-counts-the-rest "without registers and interrupts: --all shows them"
row list-bound 10000000.edu "vfio-platform" "ready" "0x10000000 1 MiB" "SPI 4 level-high"
row list-group 10000000.edu " $(vfio_group 10000000.edu)  "
row list-reset-handler 10300000.edge "yes    yes       ready" "SPI 6 edge-rising"
row list-no-reset-handler 10000000.edu "no     yes       ready"
row list-without-driver 10200000.sata " no     yes       assignable" "0x10200000 4 KiB" "SPI 5 level-high"
row list-several 10400000.multi "0x10400000 1 MiB, 0x10600000 1 MiB, 0xa000200 512 bytes" "SPI 3 level-high, SPI 5 level-high"
row list-amba 9010000.pl031 "rtc-pl031" "assignable" "SPI 2 level-high"
row list-iommu 9050000.smmuv3 "arm-smmu-v3" " no" "why "
expect list-unknown 2 dais list 10000000.edi

# The runner parses it.
json list-json dais list --json
expect list-json-all 0 dais list --json --all
says list-json-has "\"spi\": 4" "\"iommu_group\": $(vfio_group 10000000.edu)" "\"state\": \"ready\""

# Looking opens nothing: an opened device would have been reset, and its group held.
expect list-in-use 0 dais list
kernel_is_quiet list-host-kernel
rm -r "/lib/modules/$(uname -r)"
