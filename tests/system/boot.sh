# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# Linux guests without assigned devices.
linux linux-features 0 features
while read -r feature; do
	says "linux-$feature" "feature: $feature"
done <"$job/features"

if [ -e "$job/debian-Image" ]; then
	expect debian-kernel 0 dais run --kernel "$job/debian-Image" --initrd "$job/guest.cpio" --memory 512M --cpus 2 \
		--append "console=ttyAMA0 quiet panic=-1 test=hello"
	says debian-kernel-shell "guest: exit status 0"
fi
