// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/guest/tree.h"

/* Two devices and a clock; what a test changes of them. */
struct guest {
	const char *second;      /* name of the second device */
	struct range regs[2][2]; /* of both devices; size 0: none */
	uint32_t clock;          /* the phandle that the first one names */
	uint32_t phandles[2];    /* of the clock and of the second device */
};

static const struct guest good = {
	.second = "b@2000",
	.regs = { { { 0x1000, 0x1000 }, { 0x1800, 0x10 } }, { { 0x2000, 0x1000 } } },
	.clock = 1,
	.phandles = { 1, 2 },
};

static int check(const struct guest *guest, struct err *err)
{
	struct dt dt;
	void *blob;
	size_t size;
	int ret;

	dt_init(&dt);
	dt_begin_node(&dt, "a@1000");
	dt_prop_reg(&dt, guest->regs[0], guest->regs[0][1].size ? 2 : 1);
	dt_prop_u32(&dt, "clocks", guest->clock);
	dt_end_node(&dt);
	dt_begin_node(&dt, "%s", guest->second);
	dt_prop_reg(&dt, guest->regs[1], guest->regs[1][1].size ? 2 : 1);
	dt_prop_u32(&dt, "phandle", guest->phandles[1]);
	dt_end_node(&dt);
	dt_begin_node(&dt, "clock");
	dt_prop_u32(&dt, "#clock-cells", 0);
	dt_prop_u32(&dt, "phandle", guest->phandles[0]);
	dt_end_node(&dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, err), 0);
	dt_destroy(&dt);
	ret = dt_check(blob, size, err);
	free(blob);
	return ret;
}

static void expect_fault(const struct guest *guest, const char *what, const char *why)
{
	struct err err = { 0 };

	cr_expect_eq(check(guest, &err), -EINVAL, "%s", what);
	cr_expect(strstr(err.what, what), "%s", err.what);
	cr_expect(strstr(err.why, why), "%s", err.why);
}

Test(dt_check, a_good_tree_whose_node_overlaps_itself)
{
	struct err err = { 0 };

	cr_expect_eq(check(&good, &err), 0, "%s: %s", err.what, err.why);
}

Test(dt_check, a_dangling_phandle)
{
	struct guest guest = good;

	guest.clock = 7;
	expect_fault(&guest, "clocks of /a@1000", "phandle 0x7");
	guest.clock = 2;
	expect_fault(&guest, "clocks of /a@1000", "add up");
}

Test(dt_check, a_phandle_twice)
{
	struct guest guest = good;

	guest.phandles[1] = 1;
	expect_fault(&guest, "/clock", "another node's too");
}

Test(dt_check, two_nodes_of_one_name)
{
	struct guest guest = good;

	guest.second = "a@1000";
	expect_fault(&guest, "two nodes /a@1000", "");
}

Test(dt_check, regions_of_two_nodes_overlap)
{
	struct guest guest = good;

	guest.regs[1][0].start = 0x1fff;
	expect_fault(&guest, "reg of /b@2000", "of /a@1000");
	/* one that reaches over another's and is not the nearest before it */
	guest = good;
	guest.regs[0][0] = (struct range){ 0x1000, 0x10 };
	guest.regs[0][1] = (struct range){ 0x3000, 0x10 };
	guest.regs[1][0] = (struct range){ 0x800, 0x10000 };
	expect_fault(&guest, "reg of /a@1000", "of /b@2000");
}

Test(dt_check, what_is_no_tree)
{
	struct err err = { 0 };

	cr_expect_eq(dt_check("text", 4, &err), -EINVAL);
}
