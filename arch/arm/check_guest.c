// SPDX-License-Identifier: GPL-2.0-only
/*
 * A zImage (arch/common/zimage.c has the header). Registers: r4 parameters, of which it takes the
 * lower halves, r5 test device, r6 what to touch, r7 the GICv2 CPU interface, r8 how many are left,
 * r9 touch by writing, r11 zero. Interrupts stay masked in the CPU: WFI ends all the same.
 */
#include "arch/arch.h"

/* clang-format off */
const uint32_t arch_check_guest[ARCH_CHECK_GUEST_WORDS] = {
	0xea00000e, /* b .+64 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x016f2818, /* .word 0x016f2818 */
	0x00000000, /* .word 0 */
	0x00001000, /* .word 4096 */
	0x04030201, /* .word 0x04030201 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0x00000000, /* .word 0 */
	0xe24f4048, /* sub r4, pc, #72 */
	0xe2844c01, /* add r4, r4, #256 */
	0xe5945000, /* ldr r5, [r4] */
	0xe5946008, /* ldr r6, [r4, #8] */
	0xe5947010, /* ldr r7, [r4, #16] */
	0xe5948018, /* ldr r8, [r4, #24] */
	0xe5949020, /* ldr r9, [r4, #32] */
	0xe284a028, /* add r10, r4, #40 */
	0xe3a0b000, /* mov r11, #0 */
	0xe49a0008, /* ldr r0, [r10], #8 */
	0xe49a1008, /* ldr r1, [r10], #8 */
	0xe3500000, /* cmp r0, #0 */
	0x15801000, /* strne r1, [r0] */
	0x1afffffa, /* bne .-16 */
	0xe320f003, /* wfi */
	0xe597000c, /* ldr r0, [r7, #12] */
	0xe7e91050, /* ubfx r1, r0, #0, #10 */
	0xe3510fff, /* cmp r1, #1020 */
	0x2afffffa, /* bhs .-16 */
	0xe3560000, /* cmp r6, #0 */
	0x0a000002, /* beq .+16 */
	0xe3590000, /* cmp r9, #0 */
	0x1586b000, /* strne r11, [r6] */
	0x05961000, /* ldreq r1, [r6] */
	0xf57ff04f, /* dsb */
	0xe5870010, /* str r0, [r7, #16] */
	0xe2588001, /* subs r8, r8, #1 */
	0x1afffff1, /* bne .-52 */
	0xe585b004, /* str r11, [r5, #4] */
	0xeafffffe, /* b . */
};
/* clang-format on */
