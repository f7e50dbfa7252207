#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# "iommus" in a device's node does not mean that the board has an IOMMU for it: in Linux 7.3's trees 95 enabled devices point
# at one whose own node is disabled. Linux does not probe that one and takes the devices for such without an IOMMU: no group,
# no message, and VFIO's type1 and iommufd refuse them. Armada 7040 and 8040 are the ones that people have: there, disks, USB
# and SD all look as if they were translated. Whoever decides by the property alone what is safe to pass decides wrongly.
#
# Seen on 2026-11-29 in linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports). dais: plan and list say
# that the IOMMU is disabled, and count such a device among those that want iommu=none.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get trixie-backports arm64 linux-base-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
python3 - "$work/trixie-backports-arm64" <<'END'
import collections, pathlib, sys
import tree


def enabled(node):
    return node.is_available() and all(above.is_available() for above in node.ancestors())


kinds, trees = collections.Counter(), set()
for path in pathlib.Path(sys.argv[1]).rglob("*.dtb"):
    blob = tree.Tree(path.read_bytes())
    for node in blob.nodes:
        iommu = blob.by_phandle.get(node.cell("iommus"))
        if iommu and enabled(node) and not enabled(iommu):
            kinds[node.strings("compatible")[0]] += 1
            trees.add(path.name)
print(f"{kinds.total()} devices of {len(trees)} boards have an IOMMU that is disabled:")
for kind, n in kinds.most_common():
    print(f"{n:4} {kind}")
sys.exit((kinds.total(), len(trees), kinds["marvell,armada-8k-ahci"]) != (95, 40, 10))
END
