#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# On Debian's arm64 kernel 6.12 a module can add a property to the running device tree and remove one, and cannot change one:
# of_add_property() and of_remove_property() are exported, of_update_property(), which puts the new value in the old one's place
# under one lock, is not, and there are no changesets, as the kernel has no CONFIG_OF_DYNAMIC. So a module that mends a tree (a
# MAC address, a status) takes the property away first, and whoever reads the tree between the two calls, a driver that is probed
# just then or a program in sysfs, finds a device without it: enabled, where "status" is what was to change. With 7.3 it can be
# one step, by a changeset; of_update_property() is exported there no more than before.
#
# Seen on 2026-11-29 in linux-headers-6.12.95+deb12-arm64 (6.12.95-1~bpo12+1, bookworm-backports) and
# linux-headers-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, trixie-backports). dais: what it keeps of a host's tree it knows by the files
# of the properties, and either way a change is another file (fdt/host/tree_values.h); its tests change a tree in the two steps
# (tests/kernel/change_tree).
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get bookworm-backports arm64 linux-headers-6.12.95+deb12-arm64=6.12.95-1~bpo12+1
get trixie-backports arm64 linux-headers-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
seen=
for kernel in bookworm trixie; do
	symbols=$(find "$work/$kernel-backports-arm64" -name Module.symvers)
	for function in of_add_property of_remove_property of_update_property of_changeset_action; do
		if grep -q $'\t'"$function"$'\t' "$symbols"; then is=exported; else is="not exported"; fi
		echo "$(basename "${symbols%/*}"): $function() is $is"
		seen+=${is:0:1}
	done
done
[[ $seen == eenneene ]]
