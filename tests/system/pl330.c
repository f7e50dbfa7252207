// SPDX-License-Identifier: GPL-2.0-only
/*
 * pl330 ADDRESS INTID [stuck]: does on memory at ADDRESS what a PL330 (Arm DDI 0424) would: no
 * machine of QEMU with KVM has one. It has two channels; DMAGO starts one, which goes on for ever
 * and signals event 0; DMAKILL stops it, unless it is stuck. The line is up as long as an enabled
 * event is there: its interrupt is made pending in the GIC's distributor, again and again.
 *
 * A write to DBGCMD is seen by its value, which is no longer what it was.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DSR      0x000
#define INTEN    0x020
#define ES       0x024
#define INTMIS   0x028
#define INTCLR   0x02c
#define CSR(n)   (0x100 + 8 * (n))
#define DBGCMD   0xd04
#define DBGINST0 0xd08
#define CR0      0xe00
#define IDLE     0xffffffff

#define GICD          0x08000000
#define GICD_ISPENDR  0x200
#define GICD_ICPENDR  0x280
#define N_CHANNELS    2
#define STATE_STOPPED 0
#define STATE_EXECUTE 1

static volatile uint32_t *map(int mem, off_t at)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, mem, at);

	if (page == MAP_FAILED) {
		perror("pl330: /dev/mem");
		exit(1);
	}
	return page;
}

/* A level: what is pending is so no more when the line goes down. */
static void set_line(volatile uint32_t *gic, unsigned int intid, bool up)
{
	unsigned int set = up ? GICD_ISPENDR : GICD_ICPENDR;

	gic[(set + intid / 32 * 4) / 4] = 1U << intid % 32;
}

static void execute(volatile uint32_t *regs, uint32_t instruction, bool is_stuck)
{
	unsigned int opcode = instruction >> 16 & 0xff, channel = instruction >> 8 & 7;
	bool is_of_channel = instruction & 1;

	if ((opcode & ~2U) == 0xa0 && instruction >> 24 < N_CHANNELS)
		regs[CSR(instruction >> 24) / 4] = STATE_EXECUTE;
	else if (opcode == 1 && is_of_channel && channel < N_CHANNELS && !is_stuck)
		regs[CSR(channel) / 4] = STATE_STOPPED;
	else if (opcode == 1 && !is_of_channel)
		regs[DSR / 4] = STATE_STOPPED;
}

int main(int argc, char **argv)
{
	int mem = open("/dev/mem", O_RDWR | O_SYNC);
	volatile uint32_t *regs, *gic;
	bool is_stuck = argc > 3 && !strcmp(argv[3], "stuck");
	unsigned int intid;

	if (argc < 3 || mem < 0)
		return 1;
	regs = map(mem, strtol(argv[1], NULL, 0));
	gic = map(mem, GICD);
	intid = (unsigned int)atoi(argv[2]);
	regs[CR0 / 4] = (N_CHANNELS - 1) << 4 | 3 << 17; /* and four events */
	regs[DBGCMD / 4] = IDLE;
	for (;;) {
		uint32_t cleared = regs[INTCLR / 4], events = regs[ES / 4];

		if (regs[DBGCMD / 4] != IDLE) {
			execute(regs, regs[DBGINST0 / 4], is_stuck);
			regs[DBGCMD / 4] = IDLE;
		}
		for (unsigned int i = 0; i < N_CHANNELS; i++)
			if (regs[CSR(i) / 4] == STATE_EXECUTE)
				events |= 1;
		if (cleared)
			regs[INTCLR / 4] = 0;
		events &= ~(cleared & regs[INTEN / 4]);
		regs[INTMIS / 4] = events & regs[INTEN / 4];
		set_line(gic, intid, events & regs[INTEN / 4]);
		regs[ES / 4] = events;
		usleep(500);
	}
}
