# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# What dais keeps of the host's tree (/run/dais/tree), where a driver then changes the tree. Hosts "stock…" only: the module that does
# it is built for them.
# host: --add $build/change_tree-$linux/change_tree.ko

# change NAME [VALUE]: the property of the device's node
change()
{
	insmod "$job/change_tree.ko" path=/edu@10000000 name="$1" ${2:+value="$2"} && rmmod change_tree
}

# planned NAME TEXT…: plan says so, when it reads what is kept, too
planned()
{
	this=$1
	shift
	dais plan 10000000.edu >"$out" 2>&1
	says "$this" "$@"
	cp "$out" "$work/first"
	dais plan 10000000.edu >"$out" 2>&1
	if cmp -s "$out" "$work/first"; then
		pass "$this-again"
	else
		fail "$this-again" "it says something else the second time"
	fi
}

planned changes-none "It can be passed."
if [ -s /run/dais/tree ]; then pass changes-kept; else fail changes-kept "there is no /run/dais/tree"; fi
change label first
planned changes-added "label = \"first\";"
change label other
planned changes-changed "label = \"other\";"
printf 'mounted\0' >"$work/label"
mount --bind "$work/label" /sys/firmware/devicetree/base/edu@10000000/label
planned changes-mounted "label = \"mounted\";"
umount /sys/firmware/devicetree/base/edu@10000000/label
planned changes-unmounted "label = \"other\";"
change status disabled
planned changes-disabled "It cannot be passed." "status: the host does not use it"
change status
change label
planned changes-gone "It can be passed."
if grep -q label "$out"; then fail changes-label-gone "plan still has it"; else pass changes-label-gone; fi
