/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_EDU_H
#define GUEST_LIB_EDU_H

/*
 * QEMU's "edu" device (QEMU docs/specs/edu.rst), assigned as a platform device. A transfer takes it
 * 100 ms; one that leaves its buffer aborts QEMU, hence EDU_DMA_MAX.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDU_DMA_MAX 4095
#define EDU_RAISED  0x010 /* the bit that edu_raise() sets in the interrupt status */
#define EDU_DMA     0x100 /* the bit that a finished transfer sets */

struct edu {
	uintptr_t regs;
	bool edge;
	/*
	 * counted by the handler: interrupts, with EDU_RAISED, with EDU_DMA, with no bit at all,
	 * with another bit
	 */
	volatile uint32_t n_irqs, n_raised, n_dma, n_empty, n_other;
};

/*
 * Region @region and interrupt @irq of @node. Checks the identity, waits for a left-over transfer,
 * acknowledges all.
 */
void edu_open(struct edu *edu, int node, unsigned int region, unsigned int irq);

/* Whether its registers are still as edu_open() left them. */
bool edu_is_untouched(const struct edu *edu);

void edu_raise(struct edu *edu);

/* The handler of its interrupt, whose argument is the struct edu: counts, and acknowledges all. */
void edu_handle(void *arg);

/*
 * @size: up to EDU_DMA_MAX bytes, to or from the start of the device's buffer. @addr: what the
 * device is told.
 */
void edu_dma_start(struct edu *edu, uint64_t addr, size_t size, bool to_device);
bool edu_dma_running(const struct edu *edu);

/*
 * Starts a transfer and waits for its interrupt; ends the guest with @code if that does not come.
 */
void edu_dma(struct edu *edu, uint64_t addr, size_t size, bool to_device, unsigned int code);

/* Fills @buffer with bytes that depend on @seed. */
void edu_pattern(uint8_t *buffer, size_t size, uint32_t seed);

/*
 * @n interrupts: none lost (else the guest ends with @code), few without cause (else @code + 1).
 * Argument: empty=10: how many of 100 those may be.
 */
void edu_check_irqs(struct edu *edu, uint32_t n, unsigned int code);

/*
 * @size bytes from RAM to the device and back to another place: no interrupt @code, data @code +
 * 1.
 */
void edu_check_dma(struct edu *edu, size_t size, uint32_t seed, unsigned int code);

#endif
