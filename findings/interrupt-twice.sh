#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# 656 devices in 373 of Linux 7.3's arm64 trees list one and the same interrupt several times, since their binding wants a
# number of entries that the chip has no lines for: Ethernet of ZynqMP twice, its GPU six times, DMA controllers of i.MX
# once a channel. Drivers request such a line as shared. vfio-platform requests each index by itself and not shared, so the
# second trigger of such a device gets EBUSY from the first: by plain VFIO it never gets all of its interrupts.
#
# Seen on 2026-11-29 in linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports); only devices that Linux
# makes of the trees' nodes, no IOMMUs. dais: vfio-dais requests a line once, whatever the number of its indexes
# (docs/module.md), and the guest's node keeps all of them.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get trixie-backports arm64 linux-base-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
python3 - "$work/trixie-backports-arm64" <<'END'
import collections, pathlib, sys
import linux, tree

kinds, most, boards = collections.Counter(), {}, set()
for path in pathlib.Path(sys.argv[1]).rglob("*.dtb"):
    blob = tree.Tree(path.read_bytes())
    for node in linux.devices(blob):
        lines = [(i.controller.path, tuple(i.specifier)) for i in linux.interrupts(blob, node) if i]
        times = max(collections.Counter(lines).values(), default=0)
        if times > 1 and "#iommu-cells" not in node:
            kind = node.strings("compatible")[0]
            kinds[kind] += 1
            most[kind] = max(times, most.get(kind, 0))
            boards.add(path.name)
print(f"{kinds.total()} devices of {len(boards)} boards list an interrupt more than once:")
for kind, n in kinds.most_common():
    print(f"{n:4} {kind}, one of them {most[kind]} times")
sys.exit((kinds.total(), len(boards), most["xlnx,zynqmp-gem"], most["xlnx,zynqmp-mali"]) != (656, 373, 2, 6))
END
