#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's arm64 kernel 7.3 can apply device tree overlays (CONFIG_OF_OVERLAY=y, which 6.12 had not), but two of three trees
# that it comes with cannot take one: an overlay names places by labels, and labels are in a blob only if it was compiled
# with "dtc -@", as /__symbols__. To compile such a blob once more with -@ does not help, though dtc does so without a word:
# its labels are gone. It takes the sources, or an overlay that names places by path alone.
#
# Seen on 2026-11-29 in linux-base-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports), which has the
# configuration, too, with dtc 1.7.2 (1.7.2-2+b1, Debian 13). dais: the host's devices are found by name or path; labels of
# its tree are used where there are any, and never needed.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get trixie-backports arm64 linux-base-7.3.4+deb13-arm64=7.3.4-1~bpo13+1
get --depends trixie amd64 device-tree-compiler=1.7.2-2+b1
modules=$work/trixie-backports-arm64/usr/lib/modules/7.3.4+deb13-arm64
grep CONFIG_OF_OVERLAY= "$modules/config"
python3 - "$modules" >"$work/without" <<'END'
import pathlib, sys
import tree

for path in pathlib.Path(sys.argv[1]).rglob("*.dtb"):
    if "/__symbols__" not in tree.Tree(path.read_bytes()).by_path:
        print(path)
END
without=$(wc -l <"$work/without") tree=$(head -n 1 "$work/without")
run trixie-amd64 usr/bin/dtc -q -@ -I dtb -O dtb -o "$work/again.dtb" "$tree" 2>"$work/said"
run trixie-amd64 usr/bin/fdtget -l "$work/again.dtb" / >"$work/nodes"
symbols=$(grep -c __symbols__ "$work/nodes" || true)
echo "$without trees have no labels; ${tree##*/} compiled with -@ has $symbols, and dtc said $(wc -l <"$work/said") lines"
[[ $without == 1131 && $symbols == 0 && ! -s $work/said ]]
