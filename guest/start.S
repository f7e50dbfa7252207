/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of every guest: the arm64 Image header (Linux Documentation/arch/arm64/booting.rst), the
 * way from MMU off to C for the boot CPU and the others, and the exception vectors. Nothing but the
 * first page table entries is written with the MMU off: on real hardware such writes can disagree
 * with what the caches hold.
 */
#include "guest/lib/layout.h"

/* Linux arch/arm64/include/asm/image.h: little endian, 4 KiB pages, may be placed anywhere. */
#define IMAGE_FLAGS ((1 << 1) | (1 << 3))

/* Arm ARM, MAIR_EL1; as in layout.h: Normal write-back, Device-nGnRE, Normal non-cacheable. */
#define MAIR 0x4404ff
/* TCR_EL1: 48-bit VA by TTBR0 (T0SZ 16), 4 KiB granule, inner shareable write-back walks, EPD1. */
#define TCR ((1 << 23) | (3 << 12) | (1 << 10) | (1 << 8) | 16)
/* SCTLR_EL1: the RES1 bits, I, C, M. */
#define SCTLR (0x30d00800 | (1 << 12) | (1 << 2) | (1 << 0))

	.macro	adr_l reg, sym
	adrp	\reg, \sym
	add	\reg, \reg, :lo12:\sym
	.endm

	.section .head, "ax"
	.global	image_head
image_head:
	b	primary_entry
	.long	0
	.quad	TEXT_OFFSET
	.quad	IMAGE_SIZE
	.quad	IMAGE_FLAGS
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.text
primary_entry:
	mov	x20, x0
	orr	x21, x1, x2
	orr	x21, x21, x3
	mrs	x22, sctlr_el1
	mrs	x23, daif

	/* The level 1 table holds the 1 GiB blocks of the devices, of this code and of the DTB. */
	adr_l	x0, mmu_level0
	adr_l	x1, mmu_level1
	orr	x2, x1, #3
	str	x2, [x0]
	mov	x2, #PTE_DEVICE
	movk	x2, #(PTE_XN >> 48), lsl #48
	str	x2, [x1]
	adr	x3, image_head
	bl	map_ram_block
	mov	x3, x20
	bl	map_ram_block
	dsb	sy
	dc	ivac, x0
	dc	ivac, x1
	adr	x3, image_head
	bl	forget_ram_block
	mov	x3, x20
	bl	forget_ram_block
	bl	mmu_on

	adr_l	x0, bss_start
	adr_l	x1, bss_end
1:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	1b

	mov	x0, #0
	bl	cpu_setup
	mov	x0, x20
	mov	x1, x21
	mov	x2, x22
	mov	x3, x23
	bl	start_primary
	b	.

/* x3: any address of the block; x1: the table; clobbers x4, x5. */
map_ram_block:
	lsr	x4, x3, #30
	lsl	x5, x4, #30
	add	x5, x5, #PTE_NORMAL
	str	x5, [x1, x4, lsl #3]
	ret
forget_ram_block:
	lsr	x4, x3, #30
	add	x5, x1, x4, lsl #3
	dc	ivac, x5
	ret

/* PSCI CPU_ON comes here; x0: the CPU's index. */
	.global	secondary_entry
secondary_entry:
	mov	x20, x0
	bl	mmu_on
	mov	x0, x20
	bl	cpu_setup
	mov	x0, x20
	bl	start_secondary
	b	.

/* x0: the CPU's index. */
cpu_setup:
	msr	tpidr_el1, x0
	adr_l	x1, cpu_stacks
	add	x0, x0, #1
	mov	x2, #STACK_SIZE
	madd	x1, x0, x2, x1
	mov	sp, x1
	adr_l	x0, vectors
	msr	vbar_el1, x0
	isb
	ret

mmu_on:
	dsb	sy
	ldr	x1, =MAIR
	msr	mair_el1, x1
	ldr	x1, =TCR
	mrs	x2, id_aa64mmfr0_el1
	and	x2, x2, #0xf		/* PARange; the 4 KiB granule addresses 48 bits (5) at most */
	mov	x3, #5
	cmp	x2, x3
	csel	x2, x2, x3, lo
	orr	x1, x1, x2, lsl #32
	msr	tcr_el1, x1
	adr_l	x1, mmu_level0
	msr	ttbr0_el1, x1
	tlbi	vmalle1
	ic	iallu
	dsb	sy
	isb
	ldr	x1, =SCTLR
	msr	sctlr_el1, x1
	isb
	ret

	.ltorg

	.macro	fatal kind
	.balign	0x80
	mov	x0, #\kind
	mrs	x1, esr_el1
	mrs	x2, elr_el1
	mrs	x3, far_el1
	b	exception_fatal
	.endm

	.balign	0x800
vectors:
	fatal	0
	fatal	1
	fatal	2
	fatal	3
	fatal	4
	.balign	0x80
	b	irq_entry
	fatal	6
	fatal	7
	fatal	8
	fatal	9
	fatal	10
	fatal	11
	fatal	12
	fatal	13
	fatal	14
	fatal	15

/* Handlers run with interrupts masked and do not nest: ELR and SPSR stay as they are. */
irq_entry:
	stp	x29, x30, [sp, #-176]!
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x5, [sp, #48]
	stp	x6, x7, [sp, #64]
	stp	x8, x9, [sp, #80]
	stp	x10, x11, [sp, #96]
	stp	x12, x13, [sp, #112]
	stp	x14, x15, [sp, #128]
	stp	x16, x17, [sp, #144]
	str	x18, [sp, #160]
	bl	irq_dispatch
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x5, [sp, #48]
	ldp	x6, x7, [sp, #64]
	ldp	x8, x9, [sp, #80]
	ldp	x10, x11, [sp, #96]
	ldp	x12, x13, [sp, #112]
	ldp	x14, x15, [sp, #128]
	ldp	x16, x17, [sp, #144]
	ldr	x18, [sp, #160]
	ldp	x29, x30, [sp], #176
	eret

	.section .data.page_tables, "aw"
	.balign	4096
	.global	mmu_level0
mmu_level0:
	.fill	512, 8, 0
	.global	mmu_level1
mmu_level1:
	.fill	512, 8, 0

	.bss
	.balign	16
cpu_stacks:
	.fill	MAX_CPUS * STACK_SIZE, 1, 0

	.section .note.GNU-stack, "", %progbits
