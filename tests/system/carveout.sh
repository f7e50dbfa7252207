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

# The host's own memory: what the host has put there is there, and what the guest does there stays.
own=$multi,carveout.firmware=guest,carveout.mailbox=host,carveout.frames=guest
expect carveout-own-plan 0 dais plan --device $own
says carveout-own-plan-says "the host's own memory" "mailbox@b1000000 {"
devmem 0xb1000000 64 0x0123456789abcdef
guest carveout-own 0 edu-carveout "host=1 word=0x0123456789abcdef" --device $own --iommu type1
says carveout-own-is-there "region 1: 10000 bytes at b1000000"
# page PAGE: one of /dev/mem
page()
{
	dd if=/dev/mem bs=4096 skip=$((0xb1000 + $1)) count=1 2>/dev/null
}
first=$(page 0 | head -c 2048 | sha256sum) last=$(page 15 | tail -c 2048 | sha256sum)
if [ "$first" = "$last" ] && [ "$(devmem 0xb1000000 64)" != 0x0123456789ABCDEF ]; then
	pass carveout-own-stays
else
	fail carveout-own-stays "$first, $last"
fi
guest carveout-own-auto 0 edu-carveout "host=1 word=$(devmem 0xb1000000 64)" --device $own
linux carveout-own-linux 0 reserved --device $own --device $rtc
says carveout-own-linux-reserves "0x00000000b1000000..0x00000000b100ffff (64 KiB) map non-reusable mailbox@b1000000"
dd if=/dev/zero of=/tmp/mailbox bs=64k count=2 2>/dev/null
guest carveout-own-file 0 edu-carveout "host=1 word=0" --device $multi,carveout.firmware=guest,carveout.frames=guest,carveout.mailbox=host:/tmp/mailbox@64K
if [ "$(head -c 65536 /tmp/mailbox | tr -d '\0' | wc -c)" = 0 ] && [ "$(tail -c 65536 /tmp/mailbox | tr -d '\0' | wc -c)" -gt 4000 ]; then
	pass carveout-own-file-written
else
	fail carveout-own-file-written "not the second half of it"
fi

refuses carveout-own-no-map 2 "firmware" "no-map" "Device memory" -- --kernel "$job/guest/hello.img" \
	--device $multi,carveout.firmware=host
refuses carveout-own-anywhere 2 "frames" "where it is" -- --kernel "$job/guest/hello.img" --device $multi,carveout.frames=host
refuses carveout-own-iommufd 2 "carveout.mailbox=host" "iommu=type1" -- --kernel "$job/guest/hello.img" --device $own --iommu iommufd
kernel_is_quiet carveout-host-kernel
