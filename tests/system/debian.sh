# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# host: --add "$(tests/testbed/debian-image --linux "$linux"):/job/debian-Image"
# Debian's own kernel, as it is.
expect debian-kernel 0 dais run --kernel "$job/debian-Image" --initrd "$job/guest.cpio" --memory 512M --cpus 2 \
	--append "console=ttyAMA0 quiet panic=-1 test=hello"
says debian-kernel-shell "guest: exit status 0"
