# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# Guests' nodes made from the host's, and what dais plan tells of it. The host's tree has tree.dtso.
sata=vfio-platform,host=10200000.sata,compatible=generic-ahci
time_limit=120

# what plan says of the gated clock of the AHCI controller
gate_is()
{
	expect "$1-plan" 0 dais plan 10200000.sata
	says "$1" "clock sata-gate" "$2"
}

expect plan-facts 0 dais plan 10200000.sata
says plan-tells-facts "0x10200000, 4 KiB" "node          /sata@10200000" "driver        none" "intc@8000000"
says plan-tells-reasons "clocks" "resets" "power-domains" "It can be passed."
gate_is gate-off-without-driver "off: enable count 0"

# A driver of the host enables the clock, and its unbind cuts it.
echo ahci >/sys/bus/platform/devices/10200000.sata/driver_override
echo 10200000.sata >/sys/bus/platform/drivers_probe
gate_is gate-held-by-driver "on, CUT when its driver is"
says gate-remedy "clk_ignore_unused" "goes off when the driver is unbound"
echo 10200000.sata >/sys/bus/platform/drivers/ahci/unbind
gate_is gate-cut-at-unbind "off: enable count 0"

vfio_bind 10200000.sata 10000000.edu 10300000.edge
expect plan-group 0 dais plan 10200000.sata
says plan-tells-group "10200000.sata (vfio-platform)" "0x8000000-0x80fffff, msi"
expect plan-live 0 dais plan --live 10200000.sata
says plan-live-asks-vfio "regions: 1, interrupts: 1, reset by the kernel: no"
expect plan-json 0 dais plan --json 10200000.sata
says plan-json-has "\"result\": \"passes\"" "\"address\": \"0x10200000\"" "\"iommu_group\""
expect plan-dot 0 dais plan --dot 10200000.sata
says plan-dot-has "digraph" "/sata-gate"
expect plan-unknown 2 dais plan 10200001.sata
says plan-unknown-nearest "nearest name" "10200000.sata"

linux tree-ahci 0 read --device $sata
says tree-ahci-checksum "sha256 $disk_sum"
says tree-run-warns-of-clock "its clock sata-gate is off"
linux tree-overlay 0 ports --device $sata,overlay="$job/one-port.dtbo",dt-symbol=disk
says tree-overlay-is-read "port mask 0x1"
linux tree-no-overlay 0 ports --device $sata
says tree-without-overlay "port mask 0x3f"
refuses tree-overlay-label 2 "disc" -- --kernel "$job/Image" --device $sata,overlay="$job"/one-port.dtbo,dt-symbol=disc

# One alone has nothing to point at; both keep what they say of each other.
expect plan-one-of-two 3 dais plan 10000000.edu
says plan-names-the-other "/edge@10300000"
expect plan-asks-for-stand-in 3 dais plan 10000000.edu 10300000.edge
says plan-names-stand-in "syscon.test,,syscon=shadow"
edu=vfio-platform,host=10000000.edu,syscon.test,,syscon=shadow
expect plan-two 0 dais plan --device $edu --device vfio-platform,host=10300000.edge
says plan-tells-stand-in "/grf@10700000" "begins with zeros"
linux tree-references 0 references --device $edu --device vfio-platform,host=10300000.edge
says tree-references-kept "edu points at edge, argument 2" "edge points at edu, argument 1"

# What the guest writes to the memory that stands in for a syscon stays there.
linux tree-stand-in 0 stand-in --device $edu --device vfio-platform,host=10300000.edge
says tree-stand-in-keeps "stand-in holds 0x00000000, then 0x12345678"

kernel_is_quiet tree-host-kernel
