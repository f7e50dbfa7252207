// SPDX-License-Identifier: GPL-2.0-only
/*
 * An Image. Registers: x19 parameters, x20 test device, x21 what to touch, x22 the GICv2 CPU
 * interface or 0, x23 how many are left, x24 touch by writing. Interrupts stay masked in the CPU:
 * WFI ends all the same.
 */
#include "arch/arch.h"

/* clang-format off */
const uint32_t arch_check_guest[ARCH_CHECK_GUEST_WORDS] = {
	0x14000010, /* b .+64 */
	0x00000000, /* .word 0 */
	0x00000000, /* .quad 0 */
	0x00000000,
	0x00001000, /* .quad 4096 */
	0x00000000,
	0x00000008, /* .quad 8 */
	0x00000000,
	0x00000000, /* .quad 0 */
	0x00000000,
	0x00000000, /* .quad 0 */
	0x00000000,
	0x00000000, /* .quad 0 */
	0x00000000,
	0x644d5241, /* .word 0x644d5241 */
	0x00000000, /* .word 0 */
	0x10000613, /* adr x19, .+192 */
	0xa9405674, /* ldp x20, x21, [x19] */
	0xa9415e76, /* ldp x22, x23, [x19, #16] */
	0xf9401278, /* ldr x24, [x19, #32] */
	0x9100a279, /* add x25, x19, #40 */
	0xa8c10720, /* ldp x0, x1, [x25], #16 */
	0xb4000060, /* cbz x0, .+12 */
	0xb9000001, /* str w1, [x0] */
	0x17fffffd, /* b .-12 */
	0xb5000156, /* cbnz x22, .+40 */
	0xd538cca0, /* mrs x0, S3_0_C12_C12_5 */
	0xb2400000, /* orr x0, x0, #1 */
	0xd518cca0, /* msr S3_0_C12_C12_5, x0 */
	0xd5033fdf, /* isb */
	0xd2801fe0, /* mov x0, #255 */
	0xd5184600, /* msr S3_0_C4_C6_0, x0 */
	0xd2800020, /* mov x0, #1 */
	0xd518cce0, /* msr S3_0_C12_C12_7, x0 */
	0xd5033fdf, /* isb */
	0xd503207f, /* wfi */
	0xb4000076, /* cbz x22, .+12 */
	0xb9400ec0, /* ldr w0, [x22, #12] */
	0x14000002, /* b .+8 */
	0xd538cc00, /* mrs x0, S3_0_C12_C12_0 */
	0x12002401, /* and w1, w0, #1023 */
	0x710ff03f, /* cmp w1, #1020 */
	0x54ffff22, /* b.hs .-28 */
	0xb40000b5, /* cbz x21, .+20 */
	0xb4000078, /* cbz x24, .+12 */
	0xb90002bf, /* str wzr, [x21] */
	0x14000002, /* b .+8 */
	0xb94002a2, /* ldr w2, [x21] */
	0xd5033f9f, /* dsb sy */
	0xb4000076, /* cbz x22, .+12 */
	0xb90012c0, /* str w0, [x22, #16] */
	0x14000003, /* b .+12 */
	0xd518cc20, /* msr S3_0_C12_C12_1, x0 */
	0xd5033fdf, /* isb */
	0xf10006f7, /* subs x23, x23, #1 */
	0x54fffd81, /* b.ne .-80 */
	0xb900069f, /* str wzr, [x20, #4] */
	0x14000000, /* b . */
};
/* clang-format on */
