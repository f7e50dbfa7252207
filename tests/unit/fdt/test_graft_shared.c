// SPDX-License-Identifier: GPL-2.0-only
/* Lines and registers of a device that the host has, too. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fdt/host/facts.h"
#include "fdt/host/shared.h"
#include "tests/fixtures/fixture_graft.h"
#include "tests/fixtures/fixture_tree.h"
#include "vmm/base/range.h"

static struct host_tree *tree;

static void load(void)
{
	tree = fixture_tree("shared");
}

static void drop(void)
{
	host_tree_destroy(tree);
}

TestSuite(graft_shared, .init = load, .fini = drop);

/* As the running host: second@20000 and mdio@73080 have drivers, on-bus@a1000 is VFIO's. */
static int driver(void *opaque, const struct host_node *node, char *name, size_t size)
{
	const char *const *driven = opaque;

	for (; *driven; driven += 2)
		if (!strcmp(*driven, node->name))
			return snprintf(name, size, "%s", driven[1]) < 0;
	return -ENOENT;
}

static const char *const no_drivers[] = { NULL };
static const char *const drivers[] = { "second@20000", "test-serial",   "mdio@73080",
				       "test-mdio",    "mmu@4b000",     "test-mmu",
				       "first@10000",  "vfio-platform", NULL };

static const char *reason(const struct graft *graft, int device, const char *text)
{
	const char *said;

	for (unsigned int n = 0; (said = graft_device_reason(graft, device, n)); n++)
		if (strstr(said, text))
			return said;
	return NULL;
}

#define P GRAFT_PASSES
#define A GRAFT_NEEDS_ANSWER
#define R GRAFT_REFUSED

static const struct shared_case {
	const char *device;
	enum graft_result file, live, forced; /* by a file's tree; with drivers; and force=on */
	const char *reason;                   /* of the file's; NULL: none of this kind */
} cases[] = {
	{ "/first@10000", P, R, R, "note: interrupt 0: /second@20000 has the same line" },
	{ "/second@20000", P, P, P, "note: interrupt 0: /first@10000 has the same line" },
	{ "/parent@18000", R, R, R, NULL },
	{ "/vop@40000", R, R, R, "interrupt 0: the IOMMU /iommu@4b000 has the same line" },
	{ "/expander@52000", P, P, P, NULL },
	{ "/timer@60000", R, R, P, "timer that its kernel takes" },
	{ "/timer@61000", R, R, R, "/timer@60000, a timer of the kernel's own, has the same line" },
	{ "/watchdog@62000", P, P, P, NULL },
	{ "/bus@63000/timer@63000", R, R, P, "timer-ti-dm-systimer.c" },
	{ "/bus@64000/timer@64000", P, P, P, NULL },
	{ "/npu@48000", R, R, R, "its region 0 has registers of /iommu@4b000, an IOMMU" },
	{ "/npu@48000", R, R, R, "its region 1 has registers of /clock-controller@70800, which" },
	{ "/mac@72000", R, R, P, "registers of another device, /gate@72800: give force=on" },
	{ "/mdio@73000", R, R, R, "registers of another device, /mdio@73080: give force=on" },
	{ "/scm@80000/part@80100", P, P, P, NULL },
	{ "/scm@90000/all@90000", R, R, R, "registers of /scm@90000, which gives others" },
	{ "/beside@80200", P, P, P, NULL },
	{ "/on-bus@a1000", P, P, P, NULL },
	{ "/remoteproc@b0000", P, P, P, NULL },
	{ "/beside-its@2f03f000", R, R, R, "/msi-controller@2f020000, an interrupt controller" },
	{ "/msi@c0000", R, R, R, "its interrupts are MSIs" },
	{ "/both@c1000", P, P, P, NULL },
	{ "/performance-controller@e0000", R, R, P, "the host depends on it: /cpus/cpu@0" },
	{ "/pmic@e1000", R, R, P, "the host depends on it: /cpus/cpu@0 (cpu-supply)" },
	{ "/pmic@e2000", A, A, P, "the host uses it: /pcie@d0000000 (vph-supply): give force=on" },
	{ "/pcie@d0000000/wifi@0,0", R, R, R, "it is a PCI function" },
	{ "/pcie@d0000000/wifi@0,0/mac", R, R, R,
	  "it is a part of a PCI function, below /pcie@d0000000" },
};

static enum graft_result result_of(const char *device, const char *const *driven, bool force,
				   const char *wanted)
{
	const struct graft_host host = { .opaque = (void *)driven, .driver = driver };
	const struct graft_answers answers = { .force = force };
	struct graft *graft = fixture_graft(tree, &device, 1, &host, &answers);
	enum graft_result result = graft_outcome(graft, 0)->result;

	if (wanted)
		cr_expect(reason(graft, 0, wanted), "%s: %s", device, wanted);
	else
		cr_expect_not(reason(graft, 0, "same line") || reason(graft, 0, "has registers of"),
			      "%s: %s", device, graft_device_reason(graft, 0, 0));
	graft_destroy(graft);
	return result;
}

Test(graft_shared, what_the_host_has_is_not_given_away)
{
	for (size_t i = 0; i < n_elems(cases); i++) {
		const struct shared_case *c = &cases[i];

		cr_expect_eq(result_of(c->device, no_drivers, false, c->reason), c->file, "%s",
			     c->device);
		cr_expect_eq(result_of(c->device, drivers, false, c->reason ? "" : NULL), c->live,
			     "%s with drivers", c->device);
		cr_expect_eq(result_of(c->device, drivers, true, c->reason ? "" : NULL), c->forced,
			     "%s forced", c->device);
	}
}

Test(graft_shared, a_driver_is_named_and_how_it_goes)
{
	const char *devices[] = { "/first@10000", "/mdio@73000" };
	const struct graft_host host = { .opaque = (void *)drivers, .driver = driver };
	struct graft *graft = fixture_graft(tree, devices, 2, &host, NULL);
	const char *said = reason(graft, 0, "unbind its driver test-serial first");

	cr_assert_not_null(said);
	cr_expect(strstr(said, "echo 20000.second | sudo tee "
			       "/sys/bus/platform/drivers/test-serial/unbind"),
		  "%s", said);
	cr_expect(reason(graft, 1, "/mdio@73080, which the host's driver test-mdio uses"));
	graft_destroy(graft);
}

Test(graft_shared, two_for_one_guest_have_one_line_no_more)
{
	const char *devices[] = { "/first@10000", "/second@20000", "/mdio@73000", "/mdio@73080" };
	struct graft *graft = fixture_graft(tree, devices, 4, NULL, NULL);

	cr_expect_eq(graft_outcome(graft, 0)->result, R);
	cr_expect_eq(graft_outcome(graft, 1)->result, R);
	cr_expect(reason(graft, 1, "/first@10000, which is assigned too, has the same line"));
	cr_expect_eq(graft_outcome(graft, 2)->result, P, "both sets of registers are the guest's");
	graft_destroy(graft);
}

static enum graft_result with_regions(const char *path, const struct range *regions, unsigned int n)
{
	const struct host_node *node = host_tree_find(tree, path);
	const struct graft_irq irq = { 0 };
	const struct graft_facts facts = {
		.regions = regions, .n_regions = n, .irqs = &irq, .n_irqs = 1
	};
	const struct graft_answers answers = { .force = true };
	struct graft *graft = NULL;
	enum graft_result result;
	struct err err;

	cr_assert_eq(graft_create(tree, NULL, &graft, &err), 0);
	cr_assert_eq(graft_add_device(graft, node, "x", &facts, &answers, &err), 0);
	cr_assert_eq(graft_plan(graft, &err), 0);
	result = graft_outcome(graft, 0)->result;
	cr_expect(result == P || reason(graft, 0, "VFIO gives its region"));
	graft_destroy(graft);
	return result;
}

/* The host's tree says where the registers are, and VFIO what the guest gets. */
Test(graft_shared, what_vfio_maps_is_what_the_tree_says)
{
	const struct range regions[] = { { 0x10000000, 0x1000 }, { 0x10001000, 0x1000 } };
	const struct range larger = { 0x10000000, 0x2000 };

	cr_expect_eq(with_regions("/on-bus@a1000", regions, 1), P);
	cr_expect_eq(with_regions("/on-bus@a1000", regions, 2), R);
	cr_expect_eq(with_regions("/on-bus@a1000", &larger, 1), R);
}

Test(graft_shared, an_index_is_made_once)
{
	struct range all = { 0, 0x100000 };
	const struct host_window *window;
	size_t at = SIZE_MAX, n = 0;

	cr_assert_eq(host_shared_create(tree), 0);
	cr_assert_eq(host_shared_create(tree), 0);
	while ((window = host_windows_next(tree, all, &at)))
		n += strcmp(window->node->name, "absent@30000") != 0;
	cr_expect_eq(n, 35, "%zu", n);
	at = SIZE_MAX;
	cr_expect_null(host_windows_next(tree, (struct range){ 0x10000, 0 }, &at));
}
