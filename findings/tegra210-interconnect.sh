#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Tegra210's activity monitor (/actmon@6000c800) has "interconnects" in Linux 7.3's trees: the memory controller, a number,
# and the external memory controller. Neither of the two has #interconnect-cells, so that nobody can tell which words are
# phandles and which arguments: of_parse_phandle_with_args() fails at the first, and no path is made. dtc accepts the trees
# without a warning about it.
#
# Seen on 2026-11-28 in linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports), in all Tegra210 boards.
# dais: no provider without its number of cells is taken for one that the host uses; a reader of trees that counts on
# zero cells there takes the argument for a phandle.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

version=7.3.4+deb13-arm64
get trixie-backports arm64 "linux-base-$version=7.3.4-1~bpo13+1"
n=0
for tree in "$work/trixie-backports-arm64/usr/lib/modules/$version/dtb/nvidia"/tegra210-*.dtb; do
	read -r mc _ emc < <(fdtget -t u "$tree" /actmon@6000c800 interconnects)
	for provider in "/memory-controller@70019000 $mc" "/external-memory-controller@7001b000 $emc"; do
		[[ $(fdtget -t u "$tree" "${provider% *}" phandle) == "${provider#* }" ]]
		fdtget -p "$tree" "${provider% *}" >"$work/properties"
		! grep -qx '#interconnect-cells' "$work/properties" || exit 1
	done
	n=$((n + 1))
done
warned=$(dtc -I dtb -O dtb -o /dev/null "$tree" 2>&1 | grep -c interconnect || true)
echo "$n trees, in each of which actmon's interconnect providers say no number of cells; dtc has $warned warnings about it"
[[ $n -gt 0 && $warned == 0 ]]
