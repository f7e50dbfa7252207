#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# linux-image-7.3.4+deb13-arm64 (7.3.4-1~bpo13+1, Debian's trixie-backports) has no file of a kernel: no /boot/vmlinuz, no
# modules, no device trees. Up to 6.12 it had them all, the trees under /usr/lib/linux-image-VERSION, a path that
# bootloaders and scripts name. Now the trees are in linux-base-VERSION, under /usr/lib/modules/VERSION/dtb. Who unpacks the
# image package alone, or looks for trees where they were, finds nothing and no error.
#
# Seen on 2026-11-28: 0 trees and no kernel in linux-image, 1712 trees in linux-base. dais: tests/corpus/fetch and
# tests/testbed take both layouts.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

version=7.3.4+deb13-arm64 package=7.3.4-1~bpo13+1
for name in linux-image linux-base; do
	"$root/scripts/fetch-debs" --suite trixie-backports arm64 "$work/$name" "$name-$version=$package"
done
count() { find "$work/$1" -name "$2" | wc -l; }
image_trees=$(count linux-image '*.dtb') kernels=$(count linux-image 'vmlinu*') base_trees=$(count linux-base '*.dtb')
echo "linux-image-$version: $image_trees trees, $kernels kernels; linux-base-$version: $base_trees trees in"
(cd "$work/linux-base" && find . -type d -name dtb)
[[ $image_trees == 0 && $kernels == 0 && $base_trees == 1712 && -d $work/linux-base/usr/lib/modules/$version/dtb ]]
