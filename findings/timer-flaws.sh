#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What is wrong with a board's Arm generic timer often stands in its device tree alone, and a KVM guest reads the same counter:
# a VMM that writes a timer node of its own, as all do, takes the workarounds away from the guest. An Allwinner A64 guest then
# sees time jump, one on a Layerscape LS1043A reads wrong counts, and one on a board whose firmware left CNTFRQ_EL0 unset
# counts at a wrong rate. No register tells the guest: Linux looks for the properties (drivers/clocksource/arm_arch_timer.c).
#
# Seen on 2026-11-29 in linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports): 364 of 1712 trees give the
# rate, though the binding says that firmware is to be mended instead, and 25 an erratum. dais: arch/common/describe.c copies
# what the host's timer node has of these into the guest's.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get trixie-backports arm64 linux-base-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
python3 - "$work/trixie-backports-arm64" <<'END'
import collections, pathlib, sys
import tree

seen, trees = collections.Counter(), 0
for path in pathlib.Path(sys.argv[1]).rglob("*.dtb"):
    trees += 1
    for node in tree.Tree(path.read_bytes()).nodes:
        if "arm,armv8-timer" in node.strings("compatible") or "arm,armv7-timer" in node.strings("compatible"):
            seen.update(name for name in node.properties if "erratum" in name or name == "clock-frequency")
print(f"{trees} trees; their timers have", dict(seen))
sys.exit(seen != {"clock-frequency": 364, "allwinner,erratum-unknown1": 19, "fsl,erratum-a008585": 6})
END
