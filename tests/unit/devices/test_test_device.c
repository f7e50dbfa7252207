// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <libfdt.h>
#include <stdlib.h>

#include "devices/classes.h"
#include "devices/test_device_abi.h"
#include "tests/fakes/kvm/fake_guest.h"
#include "vmm/base/range.h"

#define PATTERN 0x8f9eadbccbdae9f8

static struct fake_guest g;

static void begin(void)
{
	fake_guest_init(&g, &test_device_class);
}

static void end(void)
{
	fake_guest_end(&g);
}

TestSuite(test_device, .init = begin, .fini = end);

Test(test_device, exit_statuses)
{
	static const struct {
		uint32_t value;
		int status;
	} cases[] = { { 0, 0 }, { 1, 65 }, { 63, 127 }, { 64, 64 }, { 0xffffffff, 127 } };

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		end();
		begin();
		cr_assert_eq(vm_request_pending(&g.vm), VM_REQUEST_NONE);
		fake_guest_write32(&g, TEST_EXIT, cases[i].value);
		cr_assert_eq(vm_request_pending(&g.vm), VM_REQUEST_EXIT);
		cr_assert_eq(g.vm.exit_status, cases[i].status);
	}
}

Test(test_device, scratch_takes_every_width_at_every_aligned_place)
{
	for (unsigned int width = 1; width <= 8; width *= 2) {
		uint64_t mask = width == 8 ? UINT64_MAX : (1ULL << 8 * width) - 1;

		for (unsigned int place = 0; place < 8; place += width) {
			fake_guest_write(&g, TEST_SCRATCH, 8, PATTERN);
			cr_assert_eq(fake_guest_read(&g, TEST_SCRATCH + place, width),
				     PATTERN >> 8 * place & mask);
			cr_assert_eq(fake_guest_read32(&g, TEST_LAST_ACCESS), place << 8 | width);
			fake_guest_write(&g, TEST_SCRATCH + place, width, ~PATTERN);
			cr_assert_eq(fake_guest_read32(&g, TEST_LAST_ACCESS), place << 8 | width);
			cr_assert_eq(fake_guest_read(&g, TEST_SCRATCH, 8),
				     (PATTERN & ~(mask << 8 * place)) | (~PATTERN & mask)
										<< 8 * place);
		}
	}
}

Test(test_device, what_straddles_the_scratch_register_does_not_touch_it)
{
	static const struct {
		uint64_t offset;
		unsigned int width;
	} cases[] = { { 0x04, 8 }, { 0x0c, 8 }, { 0x09, 2 }, { 0x0a, 4 }, { 0x0f, 2 } };

	fake_guest_write(&g, TEST_SCRATCH, 8, PATTERN);
	for (unsigned int i = 1; i < n_elems(cases); i++) {
		fake_guest_write(&g, cases[i].offset, cases[i].width, 0);
		cr_assert_eq(fake_guest_read(&g, cases[i].offset, cases[i].width), 0);
		cr_assert_eq(fake_guest_read32(&g, TEST_LAST_ACCESS), 8);
	}
	cr_assert_eq(fake_guest_read(&g, TEST_SCRATCH, 8), PATTERN);
}

Test(test_device, the_line_follows_its_register)
{
	fake_guest_write32(&g, TEST_IRQ, 1);
	cr_assert(g.irq);
	fake_guest_write32(&g, TEST_IRQ, 3);
	cr_assert_eq(fake_guest_read32(&g, TEST_IRQ), 1);
	cr_assert_eq(g.n_irqs, 1);
	fake_guest_write32(&g, TEST_IRQ, 2);
	cr_assert(!g.irq);
}

Test(test_device, only_keep_survives_a_guest_reset)
{
	for (uint32_t i = 0; i < 16; i += 4)
		fake_guest_write32(&g, TEST_KEEP + i, 0x1000 + i);
	fake_guest_write(&g, TEST_SCRATCH, 8, PATTERN);
	fake_guest_write32(&g, TEST_IRQ, 1);
	fake_guest_reset(&g);
	g.vm.n_resets = 3;
	cr_assert(!g.irq);
	cr_assert_eq(fake_guest_read32(&g, TEST_IRQ), 0);
	cr_assert_eq(fake_guest_read32(&g, TEST_LAST_ACCESS), 0);
	cr_assert_eq(fake_guest_read(&g, TEST_SCRATCH, 8), 0);
	cr_assert_eq(fake_guest_read32(&g, TEST_N_RESETS), 3);
	for (uint32_t i = 0; i < 16; i += 4)
		cr_assert_eq(fake_guest_read32(&g, TEST_KEEP + i), 0x1000 + i);
	fake_guest_write32(&g, TEST_IRQ, 1);
	cr_assert(g.irq, "the line works again");
}

Test(test_device, other_registers_are_read_only_or_nothing)
{
	static const struct {
		uint32_t offset, value;
	} cases[] = {
		{ TEST_ID, TEST_ID_VALUE },
		{ TEST_LAST_ACCESS, 0 },
		{ TEST_N_RESETS, 0 },
		{ 0x1c, 0 },
		{ 0x30, 0 },
		{ 0xfe0, 0 },
		{ 0xffc, 0 },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fake_guest_write32(&g, cases[i].offset, 0xffffffff);
		cr_assert_eq(fake_guest_read32(&g, cases[i].offset), cases[i].value);
	}
	cr_assert_eq(fake_guest_read32(&g, TEST_EXIT), 0);
}

Test(test_device, garbage_does_no_harm)
{
	fake_guest_poke(&g);
	fake_guest_reset(&g);
	cr_assert(!g.irq);
}

Test(test_device, node)
{
	void *fdt = fake_guest_tree(&g);
	int node = fdt_path_offset(fdt, "/test-device@9030000"), size;
	const fdt32_t *cells;

	cr_assert_geq(node, 0);
	cr_assert_str_eq(fdt_getprop(fdt, node, "compatible", &size), TEST_COMPATIBLE);
	cr_assert_eq(size, sizeof(TEST_COMPATIBLE));
	cells = fdt_getprop(fdt, node, "reg", &size);
	cr_assert(size == 16 && fdt32_ld(&cells[3]) == TEST_SIZE);
	cells = fdt_getprop(fdt, node, "interrupts", &size);
	cr_assert(size == 12 && fdt32_ld(&cells[2]) == 4);
	cr_assert_null(fdt_getprop(fdt, node, "clocks", NULL));
	free(fdt);
}

Test(test_device, rings_of_the_doorbell_are_counted_where_the_kernel_does_not)
{
	cr_assert_eq(fake_guest_read32(&g, TEST_N_RINGS), 0);
	for (unsigned int i = 0; i < 3; i++)
		fake_guest_write32(&g, TEST_DOORBELL, 0);
	cr_expect_eq(fake_guest_read32(&g, TEST_N_RINGS), 3);
	cr_expect_eq(fake_guest_read32(&g, TEST_DOORBELL), 0);
}
