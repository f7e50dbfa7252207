#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# To libfdt a path without unit addresses is as good as one with them: /bus/serial is the first of serial@1000 and serial@2000,
# in the order of the blob, silently. So an overlay whose target-path forgets the address changes some device, and which one
# changes with the order of nodes; fdtget reads it. dtc refuses the same path, and Linux' of_find_node_by_path() and its
# overlays find nothing there (drivers/of/base.c of 6.12, by source): what was tried by fdtoverlay may fail on the board.
#
# Seen on 2026-11-29 with libfdt 1.6.1 (device-tree-compiler 1.6.1-4+b1, Debian 12) and 1.7.2 (1.7.2-2+b1, Debian 13).
# dais: paths of the host's tree are compared whole (fdt/host/tree_find.c); overlay= finds devices by their labels.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get --depends bookworm amd64 device-tree-compiler=1.6.1-4+b1
get --depends trixie amd64 device-tree-compiler=1.7.2-2+b1
ports='serial@2000 { reg = <0x2000 1>; }; serial@1000 { reg = <0x1000 1>; };'
base="/ { bus { #address-cells = <1>; #size-cells = <1>; $ports }; };"
echo "/dts-v1/; $base" >"$work/base.dts"
echo "/dts-v1/; $base &{/bus/serial} { status = \"disabled\"; };" >"$work/whole.dts"
echo "/dts-v1/; /plugin/; &{/bus/serial} { status = \"disabled\"; };" >"$work/overlay.dts"
for suite in bookworm trixie; do
	for name in base overlay; do
		run $suite-amd64 usr/bin/dtc -q -O dtb -o "$work/$name.dtb" "$work/$name.dts"
	done
	run $suite-amd64 usr/bin/fdtoverlay -i "$work/base.dtb" -o "$work/merged.dtb" "$work/overlay.dtb"
	reg=$(run $suite-amd64 usr/bin/fdtget -t x "$work/base.dtb" /bus/serial reg)
	status=$(run $suite-amd64 usr/bin/fdtget "$work/merged.dtb" /bus/serial@2000 status)
	refused=$(run $suite-amd64 usr/bin/dtc -q -O dtb -o /dev/null "$work/whole.dts" 2>&1 | grep -o "Label or path .*" || true)
	run $suite-amd64 usr/bin/dtc --version
	echo "/bus/serial is at ${reg% *}; an overlay for it has $status serial@2000; dtc: $refused"
	[[ $reg == "2000 1" && $status == disabled && $refused == *"not found"* ]]
done
