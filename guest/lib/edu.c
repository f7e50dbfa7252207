// SPDX-License-Identifier: GPL-2.0-only
#include "guest/lib/edu.h"
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"
#include "guest/lib/string.h"

enum {
	REG_ID = 0x00,
	REG_LIVENESS = 0x04,
	REG_IRQ_STATUS = 0x24,
	REG_IRQ_RAISE = 0x60,
	REG_IRQ_ACK = 0x64,
	REG_DMA_SRC = 0x80,
	REG_DMA_DST = 0x88,
	REG_DMA_COUNT = 0x90,
	REG_DMA_CMD = 0x98,
};

#define ID_MASK      0xffff
#define ID_EDU       0x00ed
#define CMD_RUN      1
#define CMD_FROM_EDU 2
#define CMD_IRQ      4
#define DMA_BUFFER   0x40000
#define LIVENESS     0x12345678U

void edu_handle(void *arg)
{
	struct edu *edu = arg;
	uint32_t status = mmio_read32(edu->regs + REG_IRQ_STATUS);

	edu->n_irqs++;
	if (!status)
		edu->n_empty++;
	while (status) {
		/* before it counts: another CPU may raise again as soon as it sees the count */
		mmio_write32(edu->regs + REG_IRQ_ACK, status);
		if (status & EDU_RAISED)
			edu->n_raised++;
		if (status & EDU_DMA)
			edu->n_dma++;
		if (status & ~(uint32_t)(EDU_RAISED | EDU_DMA))
			edu->n_other++;
		/* A cause that came meanwhile keeps the line high: no further edge would tell. */
		status = edu->edge ? mmio_read32(edu->regs + REG_IRQ_STATUS) : 0;
	}
}

void edu_open(struct edu *edu, int node, unsigned int region, unsigned int irq)
{
	struct fdt_irq line = { 0, false };
	uint64_t size, deadline = time_now() + time_ticks(IRQ_WAIT_MS);
	uint32_t id;

	edu->regs = mmu_region(node, region, &size);
	id = mmio_read32(edu->regs + REG_ID);
	CHECK((id & ID_MASK) == ID_EDU, EXIT_NO_DEVICE, "no edu at %lx: %x", edu->regs, id);
	mmio_write32(edu->regs + REG_LIVENESS, LIVENESS);
	CHECK(edu_is_untouched(edu), EXIT_NO_DEVICE, "edu at %lx is dead", edu->regs);
	while (edu_dma_running(edu))
		CHECK(time_now() < deadline, EXIT_NO_DEVICE, "edu at %lx is stuck", edu->regs);
	mmio_write32(edu->regs + REG_IRQ_ACK, mmio_read32(edu->regs + REG_IRQ_STATUS));
	CHECK(fdt_irq(node, irq, &line), EXIT_NO_DEVICE, "no interrupt %u", irq);
	edu->edge = line.edge;
	irq_register(line.intid, line.edge, edu_handle, edu);
}

bool edu_is_untouched(const struct edu *edu)
{
	return mmio_read32(edu->regs + REG_LIVENESS) == ~LIVENESS;
}

void edu_raise(struct edu *edu)
{
	mmio_write32(edu->regs + REG_IRQ_RAISE, EDU_RAISED);
}

void edu_dma_start(struct edu *edu, uint64_t addr, size_t size, bool to_device)
{
	mmio_write64(edu->regs + REG_DMA_SRC, to_device ? addr : DMA_BUFFER);
	mmio_write64(edu->regs + REG_DMA_DST, to_device ? DMA_BUFFER : addr);
	mmio_write64(edu->regs + REG_DMA_COUNT, size);
	mmio_write64(edu->regs + REG_DMA_CMD, CMD_RUN | CMD_IRQ | (to_device ? 0 : CMD_FROM_EDU));
}

bool edu_dma_running(const struct edu *edu)
{
	return mmio_read32(edu->regs + REG_DMA_CMD) & CMD_RUN;
}

void edu_dma(struct edu *edu, uint64_t addr, size_t size, bool to_device, unsigned int code)
{
	uint32_t before = edu->n_dma;

	edu_dma_start(edu, addr, size, to_device);
	CHECK(irq_wait(&edu->n_dma, before + 1, IRQ_WAIT_MS), code,
	      "no interrupt after DMA of %lu bytes", size);
}

void edu_pattern(uint8_t *buffer, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223; /* Numerical Recipes' generator */
		buffer[i] = (uint8_t)(seed >> 24);
	}
}

void edu_check_irqs(struct edu *edu, uint32_t n, unsigned int code)
{
	uint32_t before = edu->n_raised, empty = edu->n_empty;
	uint32_t few = n * (uint32_t)arg_number("empty", 10) / 100 + 2;

	for (uint32_t i = 1; i <= n; i++) {
		edu_raise(edu);
		CHECK(irq_wait(&edu->n_raised, before + i, IRQ_WAIT_MS), code,
		      "interrupt %u of %u is lost", i, n);
	}
	before = edu->n_raised - before;
	empty = edu->n_empty - empty;
	CHECK(before == n && empty <= few && !edu->n_other, code + 1,
	      "%u raised: %u taken, %u without cause, %u with a foreign one", n, before, empty,
	      edu->n_other);
}

void edu_check_dma(struct edu *edu, size_t size, uint32_t seed, unsigned int code)
{
	static uint8_t from[EDU_DMA_MAX], to[EDU_DMA_MAX + 1];

	edu_pattern(from, size, seed);
	memset(to, 0x5a, sizeof(to));
	edu_dma(edu, (uint64_t)from, size, true, code);
	edu_dma(edu, (uint64_t)to, size, false, code);
	for (size_t i = 0; i < sizeof(to); i++)
		CHECK(to[i] == (i < size ? from[i] : 0x5a), code + 1, "byte %lu of %lu: %x", i,
		      size, to[i]);
}
