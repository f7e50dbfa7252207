// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>

#include "devices/classes.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_guest.h"
#include "vmm/base/built.h"
#include "vmm/base/range.h"

#define DATA(mask) ((mask) << 2)
#define DIR        0x400
#define IS         0x404
#define IBE        0x408
#define IEV        0x40c
#define IE         0x410
#define RIS        0x414
#define MIS        0x418
#define IC         0x41c
#define AFSEL      0x420
#define KEY        0x08

static struct fake_guest g;

static void begin(void)
{
	fake_guest_begin(&g);
	fake_guest_has_direct(&g);
	fake_guest_start(&g, &pl061_class);
}

/* Reads make no exits, and are right all the same. */
static void end(void)
{
	if (BUILT(ARCH_ARM64))
		fake_guest_page_is_true(&g);
	fake_guest_end(&g);
}

TestSuite(pl061, .init = begin, .fini = end);

static void press(void)
{
	pl061_class.press_power_key(g.device);
}

static void wait_for_release(void)
{
	cr_assert(fake_guest_serve(&g, 5000));
	cr_assert_eq(fake_guest_read32(&g, DATA(0xff)), 0);
}

static void check_reset_state(void)
{
	static const struct {
		uint32_t offset, value;
	} registers[] = {
		{ DATA(0xff), 0 }, { DIR, 0 },      { IS, 0 },       { IBE, 0 },      { IEV, 0 },
		{ IE, 0 },         { RIS, 0 },      { MIS, 0 },      { IC, 0 },       { AFSEL, 0 },
		{ 0x424, 0 },      { 0xfe0, 0x61 }, { 0xfe4, 0x10 }, { 0xfe8, 0x04 }, { 0xfec, 0 },
		{ 0xff0, 0x0d },   { 0xff4, 0xf0 }, { 0xff8, 0x05 }, { 0xffc, 0xb1 },
	};

	for (unsigned int i = 0; i < n_elems(registers); i++)
		cr_assert_eq(fake_guest_read32(&g, registers[i].offset), registers[i].value,
			     "offset %x", registers[i].offset);
}

Test(pl061, registers_keep_eight_bits)
{
	static const uint32_t rw[] = { DIR, IS, IBE, IEV, IE, AFSEL };

	check_reset_state();
	cr_expect_eq(g.n_exits, BUILT(ARCH_ARM64) ? 0 : 19);
	for (unsigned int i = 0; i < n_elems(rw); i++) {
		fake_guest_write32(&g, rw[i], 0xffffffff);
		cr_assert_eq(fake_guest_read32(&g, rw[i]), 0xff);
	}
	fake_guest_reset(&g);
	check_reset_state();
}

Test(pl061, the_address_masks_the_data)
{
	fake_guest_write32(&g, DIR, 0xf7);
	fake_guest_write32(&g, DATA(0xff), 0xff);
	cr_assert_eq(fake_guest_read32(&g, DATA(0xff)), 0xf7, "an input keeps its level");
	fake_guest_write32(&g, DATA(0x11), 0x01);
	cr_assert_eq(fake_guest_read32(&g, DATA(0xff)), 0xe7);
	cr_assert_eq(fake_guest_read32(&g, DATA(0x60)), 0x60);
	cr_assert_eq(fake_guest_read32(&g, DATA(0x00)), 0);
	fake_guest_write(&g, DATA(0x20), 1, 0);
	cr_assert_eq(fake_guest_read(&g, DATA(0xff), 1), 0xc7);
	press();
	cr_assert_eq(fake_guest_read32(&g, DATA(KEY)), KEY);
	fake_guest_write32(&g, DIR, 0xff);
	cr_assert_eq(fake_guest_read32(&g, DATA(KEY)), 0, "an output shows what was written");
}

/*
 * What the key does, by how its line is set up; the status when it is pressed, and after it was let
 * go.
 */
Test(pl061, the_key_interrupts_as_it_was_asked_to)
{
	static const struct {
		uint32_t is, ibe, iev, before, pressed, released;
	} cases[] = {
		{ 0, 0, KEY, 0, KEY, KEY },   /* rising edge, latched */
		{ 0, 0, 0, 0, 0, KEY },       /* falling edge */
		{ 0, KEY, 0, 0, KEY, KEY },   /* both */
		{ KEY, 0, KEY, 0, KEY, 0 },   /* high level */
		{ KEY, KEY, 0, KEY, 0, KEY }, /* low level */
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fake_guest_reset(&g);
		fake_guest_write32(&g, IS, cases[i].is);
		fake_guest_write32(&g, IBE, cases[i].ibe);
		fake_guest_write32(&g, IEV, cases[i].iev | 0xf7);
		fake_guest_write32(&g, IC, 0xff);
		fake_guest_write32(&g, IE, KEY);
		cr_assert_eq(fake_guest_read32(&g, RIS), cases[i].before, "case %u", i);
		g.why_offset = MIS;
		g.why = 0;
		press();
		cr_assert(!BUILT(ARCH_ARM64) || g.why == cases[i].pressed, "case %u", i);
		cr_assert_eq(fake_guest_read32(&g, RIS), cases[i].pressed, "case %u", i);
		cr_assert_eq(g.irq, cases[i].pressed != 0);
		wait_for_release();
		cr_assert_eq(fake_guest_read32(&g, MIS), cases[i].released, "case %u", i);
		cr_assert_eq(g.irq, cases[i].released != 0);
	}
}

Test(pl061, an_edge_is_cleared_and_a_level_is_not)
{
	fake_guest_write32(&g, IEV, KEY);
	fake_guest_write32(&g, IE, KEY);
	press();
	cr_assert(g.irq);
	fake_guest_write32(&g, IC, 0xf7);
	cr_assert(g.irq);
	fake_guest_write32(&g, IC, KEY);
	cr_assert(!g.irq);
	fake_guest_write32(&g, IS, KEY);
	cr_assert(g.irq, "it is still pressed");
	fake_guest_write32(&g, IC, KEY);
	cr_assert(g.irq);
	fake_guest_write32(&g, IE, 0);
	cr_assert(!g.irq);
	cr_assert_eq(fake_guest_read32(&g, RIS), KEY);
	cr_assert_eq(fake_guest_read32(&g, MIS), 0);
	wait_for_release();
}

Test(pl061, a_second_press_lengthens_the_first)
{
	fake_guest_write32(&g, IEV, KEY);
	fake_guest_write32(&g, IE, KEY);
	press();
	press();
	cr_assert_eq(g.n_irqs, 1);
	wait_for_release();
	cr_assert(!fake_guest_serve(&g, 50));
}

Test(pl061, a_guest_reset_lets_the_key_go)
{
	fake_guest_write32(&g, IEV, KEY);
	fake_guest_write32(&g, IE, KEY);
	press();
	fake_guest_reset(&g);
	cr_assert(!g.irq);
	check_reset_state();
	cr_assert(!fake_guest_serve(&g, 1500));
}

Test(pl061, garbage_does_no_harm)
{
	press();
	fake_guest_poke(&g);
	fake_guest_reset(&g);
	check_reset_state();
}

Test(pl061, nodes)
{
	void *fdt = fake_guest_tree(&g);
	int node = fdt_path_offset(fdt, "/gpio@9020000"),
	    key = fdt_path_offset(fdt, "/gpio-keys/key-power"), size;
	const fdt32_t *cells;

	cr_assert(node >= 0 && key >= 0);
	cr_assert_eq(fdt_node_check_compatible(fdt, node, "arm,pl061"), 0);
	cr_assert(fdt_getprop(fdt, node, "gpio-controller", NULL));
	cr_assert_eq(fdt_node_check_compatible(fdt, fdt_parent_offset(fdt, key), "gpio-keys"), 0);
	cells = fdt_getprop(fdt, key, "linux,code", &size);
	cr_assert_eq(fdt32_ld(cells), 116);
	cells = fdt_getprop(fdt, key, "gpios", &size);
	cr_assert(size == 12 && fdt32_ld(&cells[1]) == 3 && fdt32_ld(&cells[2]) == 0);
	cr_assert_eq(fdt_node_offset_by_phandle(fdt, fdt32_ld(cells)), node);
	free(fdt);
}

Test(pl061_errors, every_call_that_fails_is_reported_and_leaks_nothing)
{
	cr_assert_eq(fake_guest_fail_each(&g, &pl061_class), 3,
		     "a timer, the event loop, and a page");
}
