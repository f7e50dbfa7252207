# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# native: yes
# Linux guests without assigned devices.
linux linux-features 0 features
while read -r feature; do
	says "linux-$feature" "feature: $feature"
done <"$job/features"
