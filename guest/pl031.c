// SPDX-License-Identifier: GPL-2.0-only
/*
 * A PL031, emulated or assigned: the time is plausible and runs, it can be set, and the alarm
 * interrupts.
 *
 * Arguments: n=2 (alarms), skip= (1: the second PL031 of the tree).
 * Exit codes: 1: time; 2: it does not run; 3: it cannot be set; 4: no alarm; 5: the alarm was
 *   early, or came more than once.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"

/* Arm DDI 0224: PrimeCell Real Time Clock (PL031). */
#define RTC_DR   0x00
#define RTC_MR   0x04
#define RTC_LR   0x08
#define RTC_CR   0x0c
#define RTC_IMSC 0x10
#define RTC_MIS  0x18
#define RTC_ICR  0x1c

#define YEAR_2020 1577836800U
#define ALARM_S   2

static uintptr_t rtc;
static volatile uint32_t n_alarms;

static void alarm(void *arg)
{
	(void)arg;
	if (mmio_read32(rtc + RTC_MIS) & 1)
		n_alarms++;
	mmio_write32(rtc + RTC_ICR, 1);
}

static void check_clock(void)
{
	uint32_t start = mmio_read32(rtc + RTC_DR), now = start;
	uint64_t deadline = time_now() + time_ticks(IRQ_WAIT_MS);

	CHECK(start >= YEAR_2020, 1, "time %u is before 2020", start);
	while (now == start) {
		CHECK(time_now() < deadline, 2, "time stands at %u", now);
		now = mmio_read32(rtc + RTC_DR);
	}
	mmio_write32(rtc + RTC_LR, YEAR_2020);
	now = mmio_read32(rtc + RTC_DR);
	CHECK(now - YEAR_2020 < 60, 3, "set to %u, reads %u", YEAR_2020, now);
	mmio_write32(rtc + RTC_LR, start);
}

int guest_main(void)
{
	uint32_t n = (uint32_t)arg_number("n", 2);
	int node = fdt_find_compatible(-1, "arm,pl031");
	uint64_t size;

	for (uint64_t skip = arg_number("skip", 0); skip; skip--)
		node = fdt_find_compatible(node, "arm,pl031");
	rtc = mmu_region(node, 0, &size);
	irq_init();
	mmio_write32(rtc + RTC_IMSC, 0);
	mmio_write32(rtc + RTC_ICR, 1);
	mmio_write32(rtc + RTC_CR, 1);
	check_clock();

	irq_register_node(node, 0, alarm, 0);
	mmio_write32(rtc + RTC_IMSC, 1);
	for (uint32_t i = 1; i <= n; i++) {
		uint32_t due = mmio_read32(rtc + RTC_DR) + ALARM_S;

		mmio_write32(rtc + RTC_MR, due);
		CHECK(irq_wait(&n_alarms, i, IRQ_WAIT_MS), 4, "no alarm %u", i);
		CHECK(n_alarms == i && mmio_read32(rtc + RTC_DR) >= due, 5,
		      "%u alarms of %u, at %u, due %u", n_alarms, i, mmio_read32(rtc + RTC_DR),
		      due);
	}
	mmio_write32(rtc + RTC_IMSC, 0);
	return 0;
}
