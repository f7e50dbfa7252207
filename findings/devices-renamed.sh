#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel's update can rename a board's devices: Linux makes the name in /sys/bus/platform/devices of the address and the
# node's name, and nodes are renamed for their bindings' sake. Whoever keeps such a name in a file (a VM's configuration, a
# driver_override in a udev rule, a systemd unit) finds no device after the update, though the board has it at the same
# address. From Linux 6.12 to 7.3 these are the two Ethernet ports of AMD Seattle (e0700000.xgmac is e0700000.ethernet), UFS of
# 24 boards, Tegra210's DMA controller, and the SD card controllers of HiSilicon's.
#
# Seen on 2026-11-29 in linux-image-6.12.95+deb12-arm64 (6.12.95-1~bpo12+1, bookworm-backports) and
# linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, trixie-backports). dais: of a name that is not there any more it suggests the
# device at the same address.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get bookworm-backports arm64 linux-image-6.12.95+deb12-arm64=6.12.95-1~bpo12+1
get trixie-backports arm64 linux-base-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
python3 - "$work/bookworm-backports-arm64" "$work/trixie-backports-arm64" <<'END'
import collections, pathlib, sys
import linux, tree


def boards(root):
    return {"/".join(path.parts[-2:]): path for path in pathlib.Path(root).rglob("*.dtb")}


def devices(path):
    found = {}
    for node in linux.devices(tree.Tree(path.read_bytes())):
        regions = linux.regions(node)
        if regions and ("interrupts" in node or "interrupts-extended" in node):
            found.setdefault(regions[0].address, node.name.split("@")[0])
    return found


old, new = map(boards, sys.argv[1:])
same, renamed, hit = old.keys() & new.keys(), collections.Counter(), set()
for board in same:
    before, after = devices(old[board]), devices(new[board])
    for address in before.keys() & after.keys():
        if before[address] != after[address]:
            renamed[f"{address:x}.{before[address]} is {address:x}.{after[address]}"] += 1
            hit.add(board)
print(f"of {len(same)} boards that both have, {len(hit)} have devices with another name:")
for names, n in renamed.most_common():
    print(f"{n:4} {names}")
sys.exit((len(same), len(hit), renamed["e0700000.xgmac is e0700000.ethernet"]) != (1012, 50, 2))
END
