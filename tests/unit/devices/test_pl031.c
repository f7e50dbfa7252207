// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>

#include "devices/classes.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_guest.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define DR   0x00
#define MR   0x04
#define LR   0x08
#define CR   0x0c
#define IMSC 0x10
#define RIS  0x14
#define MIS  0x18
#define ICR  0x1c

#define SOON 30000 /* ms: what is due comes, however busy the machine is */

static struct fake_guest g;

static void begin(void)
{
	fake_guest_init(&g, &pl031_class);
}

static void end(void)
{
	fake_guest_end(&g);
}

TestSuite(pl031, .init = begin, .fini = end);

static void check_reset_state(void)
{
	static const struct {
		uint32_t offset, value;
	} registers[] = {
		{ MR, 0 },       { LR, 0 },       { CR, 1 },       { IMSC, 0 },
		{ RIS, 0 },      { MIS, 0 },      { ICR, 0 },      { 0x20, 0 },
		{ 0xfe0, 0x31 }, { 0xfe4, 0x10 }, { 0xfe8, 0x04 }, { 0xfec, 0 },
		{ 0xff0, 0x0d }, { 0xff4, 0xf0 }, { 0xff8, 0x05 }, { 0xffc, 0xb1 },
	};

	for (unsigned int i = 0; i < n_elems(registers); i++)
		cr_assert_eq(fake_guest_read32(&g, registers[i].offset), registers[i].value,
			     "offset %x", registers[i].offset);
	cr_assert_eq(fake_guest_read32(&g, DR), sys_realtime_s());
}

Test(pl031, begins_with_the_hosts_time)
{
	check_reset_state();
	fake_guest_write32(&g, DR, 5);
	fake_guest_write32(&g, CR, 0);
	fake_guest_write32(&g, RIS, 1);
	check_reset_state();
}

Test(pl031, can_be_set)
{
	static const uint32_t times[] = { 0, 1577836800, UINT32_MAX - 10 };

	for (unsigned int i = 0; i < n_elems(times); i++) {
		fake_guest_write32(&g, LR, times[i]);
		cr_assert_eq(fake_guest_read32(&g, DR), times[i]);
		fake_pass_seconds(7);
		cr_assert_eq(fake_guest_read32(&g, DR), times[i] + 7);
		cr_assert_eq(fake_guest_read32(&g, LR), times[i]);
	}
}

Test(pl031, the_alarm_interrupts_at_its_second)
{
	fake_guest_write32(&g, LR, 1000000);
	fake_guest_write32(&g, IMSC, 1);
	fake_guest_write32(&g, MR, 1000002);
	fake_pass_seconds(1);
	cr_assert(!fake_guest_serve(&g, 50) && !g.irq);
	fake_pass_seconds(1);
	cr_assert(fake_guest_serve(&g, SOON));
	cr_assert(g.irq);
	cr_assert_eq(fake_guest_read32(&g, MIS), 1);
	fake_guest_write32(&g, ICR, 0);
	cr_assert(g.irq);
	fake_guest_write32(&g, ICR, 1);
	cr_assert(!g.irq && !fake_guest_read32(&g, RIS));
	cr_assert(!fake_guest_serve(&g, 100), "an alarm comes once");
}

Test(pl031, a_match_with_this_second_counts)
{
	fake_guest_write32(&g, MR, fake_guest_read32(&g, DR));
	cr_assert(fake_guest_serve(&g, SOON));
	cr_assert(!g.irq, "masked");
	cr_assert_eq(fake_guest_read32(&g, RIS), 1);
	cr_assert_eq(fake_guest_read32(&g, MIS), 0);
	fake_guest_write32(&g, IMSC, 1);
	cr_assert(g.irq && g.n_irqs == 1);
}

Test(pl031, setting_the_clock_moves_the_alarm)
{
	fake_guest_write32(&g, LR, 1000);
	fake_guest_write32(&g, MR, 5000);
	cr_assert(!fake_guest_serve(&g, 50));
	fake_guest_write32(&g, LR, 4999);
	fake_pass_seconds(1);
	cr_assert(fake_guest_serve(&g, SOON));
	cr_assert_eq(fake_guest_read32(&g, RIS), 1);
	/* An alarm in the past is an alarm in 136 years. */
	fake_guest_write32(&g, ICR, 1);
	fake_guest_write32(&g, MR, 4000);
	cr_assert(!fake_guest_serve(&g, 50));
}

Test(pl031, an_alarm_that_is_moved_away_in_time_does_not_come)
{
	fake_guest_write32(&g, MR, fake_guest_read32(&g, DR));
	fake_guest_write32(&g, MR, fake_guest_read32(&g, DR) + 1000);
	fake_guest_serve(&g, 50);
	cr_assert_eq(fake_guest_read32(&g, RIS), 0);
}

Test(pl031, a_guest_reset_takes_the_alarm_back)
{
	fake_guest_write32(&g, LR, 1000);
	fake_guest_write32(&g, IMSC, 1);
	fake_guest_write32(&g, MR, 1000);
	cr_assert(fake_guest_serve(&g, SOON));
	fake_guest_write32(&g, MR, fake_guest_read32(&g, DR) + 1);
	fake_guest_reset(&g);
	cr_assert(!g.irq);
	check_reset_state();
	fake_pass_seconds(2);
	cr_assert(!fake_guest_serve(&g, 50));
}

Test(pl031, garbage_does_no_harm)
{
	fake_guest_poke(&g);
	fake_guest_serve(&g, 0);
	fake_guest_reset(&g);
	check_reset_state();
}

Test(pl031, node)
{
	void *fdt = fake_guest_tree(&g);
	int node = fdt_path_offset(fdt, "/rtc@9010000");
	const void *id;

	cr_assert_geq(node, 0);
	cr_assert_eq(fdt_node_check_compatible(fdt, node, "arm,pl031"), 0);
	cr_assert_eq(fdt_node_check_compatible(fdt, node, "arm,primecell"), 0);
	id = fdt_getprop(fdt, node, "arm,primecell-periphid", NULL);
	cr_assert(id && fdt32_ld(id) == 0x00041031, "or the guest reads eight registers for it");
	cr_assert_str_eq(fdt_getprop(fdt, node, "clock-names", NULL), "apb_pclk");
	free(fdt);
}

Test(pl031_errors, every_call_that_fails_is_reported_and_leaks_nothing)
{
	cr_assert_eq(fake_guest_fail_each(&g, &pl031_class), 2, "a timer, and the event loop");
}
