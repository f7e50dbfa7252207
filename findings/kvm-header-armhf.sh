#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# linux-libc-dev has <linux/kvm.h> for every architecture, also for those without KVM, where it cannot be included: it wants
# <asm/kvm.h>, which 32-bit Arm has not had since Linux 5.7 took KVM away there. A build that only looks whether the header is
# there finds it, and fails in it. A program for the KVM hosts with Cortex-A15 and A7 that are left, with kernels of before,
# can be compiled with no header of today. (Since Debian 13 one package holds the headers of all architectures.)
#
# Seen on 2026-11-29 with linux-libc-dev 6.12.117-1 (Debian 13) and 7.3.4-1~bpo13+1 (trixie-backports). dais: arch/arm/uapi
# has what 32-bit KVM needs (docs/arm32.md).
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get trixie amd64 linux-libc-dev=6.12.117-1
get trixie-backports amd64 linux-libc-dev=7.3.4-1~bpo13+1
echo '#include <linux/kvm.h>' >"$work/kvm.c"
for suite in trixie trixie-backports; do
	headers=$work/$suite-amd64/usr/include
	for machine in arm-linux-gnueabihf aarch64-linux-gnu; do
		found=$(find "$headers/linux" -name kvm.h | wc -l)
		said=$(gcc -nostdinc -I"$headers/$machine" -I"$headers" -fsyntax-only "$work/kvm.c" 2>&1 | grep -o 'asm/.*directory' || true)
		echo "$suite, $machine: $found linux/kvm.h; gcc: ${said:-takes it}"
		case $machine in
		arm-*) [[ $found == 1 && $said == "asm/kvm.h: No such file or directory" ]] ;;
		*) [[ -z $said ]] ;;
		esac
	done
done
