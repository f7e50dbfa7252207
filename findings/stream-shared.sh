#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Devices can have one and the same stream ID at an IOMMU, so that it cannot tell their DMA apart. Most are an engine and the
# DMA controller that serves it, but also both Ethernet ports of i.MX8QM, all three of its SD controllers, and the OHCI and the
# EHCI of Juno. They are one IOMMU group then, which VFIO hands out as a whole or not at all: an i.MX8QM cannot give one
# Ethernet port to a guest and keep the other, nor an eMMC while its own root file system is on an SD card. A device that has
# no driver yet is in no group, so that /sys/kernel/iommu_groups need not have the neighbour before something is bound.
#
# Seen on 2026-11-29 in linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports): 219 of 1712 boards. dais:
# plans name the neighbours with the same stream from the tree, list and check the members of a group that there is, and what
# must leave its driver first.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get trixie-backports arm64 linux-base-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
python3 - "$work/trixie-backports-arm64" <<'END'
import collections, pathlib, sys
import linux, tree

groups, boards = collections.Counter(), set()
for path in pathlib.Path(sys.argv[1]).rglob("*.dtb"):
    blob = tree.Tree(path.read_bytes())
    members = collections.defaultdict(list)
    for node in linux.devices(blob):
        cells = node.cells("iommus")
        iommu = blob.by_phandle.get(cells[0]) if cells else None
        n = iommu.cell("#iommu-cells") if iommu and iommu.is_available() else 0
        if n:
            members[iommu.path, cells[1 : 1 + n]].append(node.strings("compatible")[0])
    for kinds in members.values():
        if len(kinds) > 1:
            groups[" + ".join(sorted(kinds))] += 1
            boards.add(path.name)
print(f"{len(boards)} boards have devices with the same stream ID:")
for kinds, n in groups.most_common():
    print(f"{n:4} {kinds}")
sys.exit((len(boards), groups["fsl,imx8qm-fec + fsl,imx8qm-fec"], groups["generic-ehci + generic-ohci"]) != (219, 6, 6))
END
