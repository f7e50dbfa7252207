#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Nodes that an overlay adds come in reverse, before those that were there: fdt_overlay_apply() adds each by fdt_add_subnode(),
# which puts a node in front. Linux makes devices in the order of the tree, so what has no alias gets its number backwards:
# three ports that an overlay lists as a, b, c may be eth2, eth1, eth0. The same lines compiled into the tree by dtc stay in
# order, so it shows only when one goes from a source to an overlay. Boot loaders and VMMs apply overlays by this function.
#
# Seen on 2026-11-29 with libfdt 1.6.1 (device-tree-compiler 1.6.1-4+b1, Debian 12) and 1.7.2 (1.7.2-2+b1, Debian 13).
# dais: devices are in the tree in the configuration's order, with aliases where their drivers want numbers; of what an
# overlay= brings the order is libfdt's, as dais.conf(5) says.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get --depends bookworm amd64 device-tree-compiler=1.6.1-4+b1
get --depends trixie amd64 device-tree-compiler=1.7.2-2+b1
added='a@1 { reg = <1 1>; }; b@2 { reg = <2 1>; }; c@3 { reg = <3 1>; };'
soc='bus: bus { #address-cells = <1>; #size-cells = <1>; old@0 { reg = <0 1>; }; };'
echo "/dts-v1/; / { $soc };" >"$work/base.dts"
echo "/dts-v1/; / { $soc }; &bus { $added };" >"$work/whole.dts"
echo "/dts-v1/; /plugin/; &bus { $added };" >"$work/overlay.dts"
for suite in bookworm trixie; do
	for name in base whole overlay; do
		run $suite-amd64 usr/bin/dtc -q -@ -O dtb -o "$work/$name.dtb" "$work/$name.dts"
	done
	run $suite-amd64 usr/bin/fdtoverlay -i "$work/base.dtb" -o "$work/merged.dtb" "$work/overlay.dtb"
	whole=$(run $suite-amd64 usr/bin/fdtget -l "$work/whole.dtb" /bus | xargs)
	merged=$(run $suite-amd64 usr/bin/fdtget -l "$work/merged.dtb" /bus | xargs)
	echo "$(run $suite-amd64 usr/bin/dtc --version): compiled together: $whole; as an overlay: $merged"
	[[ $whole == "old@0 a@1 b@2 c@3" && $merged == "c@3 b@2 a@1 old@0" ]]
done
