/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of a 32-bit guest: the header of a zImage (Linux arch/arm/boot/compressed/head.S), which may
 * be loaded anywhere: it copies itself to where it is linked. The MMU and the caches stay off.
 */
	.arch	armv7-a
	.arch_extension virt
	.arm

	.section .head, "ax"
	.global	image_head
image_head:
	.rept	8
	nop
	.endr
	b	primary_entry
	.word	0x016f2818
	.word	0
	.word	IMAGE_SIZE
	.word	0x04030201

primary_entry:
	mrs	r3, cpsr
	mov	r8, r0
	mov	r9, r1
	mov	r10, r2
	mov	r11, r3
	adr	r4, image_head
	ldr	r5, =image_head
	ldr	r6, =image_end
1:	ldr	r7, [r4], #4
	str	r7, [r5], #4
	cmp	r5, r6
	blo	1b
	ldr	r6, =bss_end
	mov	r7, #0
2:	cmp	r5, r6
	strlo	r7, [r5], #4
	blo	2b
	dsb
	mcr	p15, 0, r7, c7, c5, 0		/* ICIALLU */
	dsb
	isb
	ldr	pc, =linked
	.ltorg

	.text
linked:
	ldr	sp, =stack_end
	ldr	r0, =vectors
	mcr	p15, 0, r0, c12, c0, 0		/* VBAR */
	isb
	mov	r0, r8
	mov	r1, r9
	mov	r2, r10
	mov	r3, r11
	bl	start_primary
	b	.

	.balign	32
vectors:
	b	.
	b	undefined
	b	.
	b	prefetch_abort
	b	data_abort
	b	.
	b	irq_entry
	b	.

	.macro	fatal name number
\name:
	ldr	sp, =stack_end
	mov	r0, #\number
	mov	r1, lr
	mrc	p15, 0, r2, c6, c0, 0		/* DFAR */
	bl	exception_fatal
	.endm
	fatal	undefined 1
	fatal	prefetch_abort 3
	fatal	data_abort 4

/* On the stack of the interrupted code, which is in SVC mode. Handlers do not nest. */
irq_entry:
	sub	lr, lr, #4
	srsdb	sp!, #0x13
	cps	#0x13
	push	{r0-r3, r12, lr}
	and	r1, sp, #4
	sub	sp, sp, r1
	push	{r1, r2}
	bl	irq_dispatch
	pop	{r1, r2}
	add	sp, sp, r1
	pop	{r0-r3, r12, lr}
	rfeia	sp!
	.ltorg

	.bss
	.balign	8
	.space	4096
stack_end:

	.section .note.GNU-stack, "", %progbits
