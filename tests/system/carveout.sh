# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# Memory that the host reserves for assigned devices: what the guest gets in its place. The host's tree has carveout.dtso.
multi=vfio-platform,host=10400000.multi
carved=$multi,carveout.firmware=guest,carveout.mailbox=guest,carveout.frames=guest
rtc=vfio-platform,host=9010000.pl031

expect carveout-plan-asks 3 dais plan 10400000.multi
says carveout-plan-names-keys "carveout.firmware=guest" "carveout.mailbox=guest" "carveout.frames=guest"
expect carveout-plan 0 dais plan --device $carved
says carveout-plan-shows-them "reserved-memory {" "firmware@4fe00000 {" "no-map;" "mailbox@4fdf0000 {" "frames@4f400000 {"

vfio_bind 10400000.multi 9010000.pl031
refuses carveout-asked 2 "memory-region" "carveout.firmware=guest" -- --kernel "$job/guest/hello.img" --device $multi
refuses carveout-unknown 2 "carveout.firm" "firmware, mailbox, frames" -- --kernel "$job/guest/hello.img" \
	--device $multi,carveout.firm=guest

guest carveout-dma 0 edu-carveout "n=2" --device $carved
says carveout-flags "region 0: 200000 bytes at 43e00000, no-map" "region 1: 10000 bytes at 43df0000" \
	"region 2: 800000 bytes at 43400000, reusable"
guest carveout-dma-trapped 0 edu-carveout "" --device $carved,mmap=off

# The device that shares the mailbox keeps it, and a Linux guest agrees with all of it.
linux carveout-linux 0 reserved --device $carved --device $rtc
says carveout-linux-reserves "4fe00000..0x000000004fffffff (2048 KiB) nomap non-reusable firmware@4fe00000" \
	"4fdf0000..0x000000004fdfffff (64 KiB) map non-reusable mailbox@4fdf0000" "node frames@4f400000"
says carveout-linux-iomem "iomem: 4fe00000-4fffffff : reserved"
says carveout-linux-shares "memory-region: mailbox@4fdf0000"
kernel_is_quiet carveout-host-kernel
