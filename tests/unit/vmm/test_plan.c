// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_board.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"

enum { GIC = 1, CLOCK = 20, DMA = 21 };

static void device(struct dt *dt, const char *name, uint64_t address, uint64_t size, uint32_t type,
		   uint32_t number)
{
	const struct range reg = { address, size };

	dt_begin_node(dt, "%s@%llx", name, (unsigned long long)address);
	dt_prop_str(dt, "compatible", "vendor,device");
	dt_prop_reg(dt, &reg, 1);
	dt_prop_interrupt(dt, type, number, DT_IRQ_LEVEL_HIGH);
}

/*
 * /host.dtb: disk has a clock whose rate nobody knows, private a PPI, dma and user refer to each
 * other.
 */
static void make_host_with(void (*add_more)(struct dt *dt))
{
	static const uint32_t user_of[] = { DMA, 5 };
	struct err err;
	struct dt dt;
	void *blob;
	size_t size;

	fake_sys_reset();
	dt_init(&dt);
	dt_prop_u32(&dt, "interrupt-parent", GIC);
	dt_begin_node(&dt, "intc@8000000");
	dt_prop_str(&dt, "compatible", "arm,gic-v3");
	dt_prop_empty(&dt, "interrupt-controller");
	dt_prop_u32(&dt, "#interrupt-cells", 3);
	dt_prop_u32(&dt, "phandle", GIC);
	dt_end_node(&dt);
	dt_begin_node(&dt, "clock-controller");
	dt_prop_str(&dt, "compatible", "vendor,clocks");
	dt_prop_u32(&dt, "#clock-cells", 0);
	dt_prop_u32(&dt, "phandle", CLOCK);
	dt_end_node(&dt);
	device(&dt, "disk", 0x10000200, 0x200, DT_GIC_SPI, 33);
	dt_prop_u32(&dt, "clocks", CLOCK);
	dt_prop_str(&dt, "clock-names", "bus");
	dt_prop_str(&dt, "vendor,mode", "fast");
	dt_end_node(&dt);
	device(&dt, "private", 0x11000000, 0x1000, DT_GIC_PPI, 7);
	dt_end_node(&dt);
	device(&dt, "dma", 0x12000000, 0x1000, DT_GIC_SPI, 34);
	dt_prop_u32(&dt, "#dma-cells", 1);
	dt_prop_u32(&dt, "phandle", DMA);
	dt_end_node(&dt);
	device(&dt, "user", 0x13000000, 0x2000, DT_GIC_SPI, 35);
	dt_prop_cells(&dt, "dmas", user_of, 2);
	dt_prop_str(&dt, "dma-names", "rx");
	dt_end_node(&dt);
	if (add_more)
		add_more(&dt);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	fake_file_bytes("/host.dtb", blob, size);
	free(blob);
	dt_destroy(&dt);
}

#define plan(...) run_command(cmd_plan, __VA_ARGS__)

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	make_host_with(NULL);
}

TestSuite(plan, .init = setup);

#define HOST "--host-dtb", "/host.dtb"

Test(plan, the_exit_status_tells_the_verdict)
{
	cr_expect_eq(plan(HOST, "12000000.dma", "13000000.user", NULL), EXIT_STATUS_OK);
	cr_expect_eq(plan(HOST, "11000000.private", NULL), EXIT_STATUS_HOST);
	cr_expect_eq(plan(HOST, "10000200.disk", NULL), EXIT_STATUS_HOST);
	cr_expect_eq(
		plan(HOST, "--device", "vfio-platform,host=10000200.disk,clock.bus=1000000", NULL),
		EXIT_STATUS_OK);
	cr_expect_eq(plan(HOST, "--all", NULL), EXIT_STATUS_OK);
}

Test(plan, wrong_usage)
{
	cr_expect_eq(plan(HOST, NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(plan(HOST, "--al", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(plan(HOST, "--all", "12000000.dma", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(plan(HOST, "--all", "--json", "--dot", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(plan(HOST, "12000000.dma", "--live", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(plan(HOST, "12000001.dma", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(plan("12000000.dma", "--host-dtb", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(plan(HOST, "--device", "vfio-platform,host=12000000.dma,clok.x=1", NULL),
		     EXIT_STATUS_USAGE);
}

/* What the text alone tells, before the tree is looked at. */
Test(plan, keys_whose_values_make_no_sense)
{
	static const struct {
		const char *keys, *says;
	} cases[] = {
		{ "irq-mode=frward", "auto, forward, irqfd or eventfd" },
		{ "irq-mode.1=fast", "auto, forward, irqfd or eventfd" },
		{ "mmap=maybe", "on or off" },
		{ "clock.bus=99999999999", "1 to 4294967295" },
		{ "clok.bus=1", "did you mean clock?" },
	};
	FILE *said = cr_get_redirected_stderr();

	for (size_t i = 0; i < n_elems(cases); i++) {
		char device[256], lines[3][512];

		snprintf(device, sizeof(device), "vfio-platform,host=10000200.disk,%s",
			 cases[i].keys);
		cr_expect_eq(plan("--host-dtb", "/none.dtb", "--device", device, NULL),
			     EXIT_STATUS_USAGE, "%s", device);
		for (size_t k = 0; k < n_elems(lines); k++)
			cr_assert_not_null(fgets(lines[k], sizeof(lines[k]), said));
		cr_expect(strstr(lines[2], cases[i].says), "%s: %s%s%s", device, lines[0], lines[1],
			  lines[2]);
	}
}

Test(plan, without_a_tree_of_its_own_the_host_wants_a_file)
{
	cr_expect_eq(plan("12000000.dma", NULL), EXIT_STATUS_HOST);
	cr_expect_eq(plan("--host-dtb", "/none.dtb", "12000000.dma", NULL), EXIT_STATUS_USAGE);
	fake_dir("/dir.dtb");
	cr_expect_eq(plan("--host-dtb", "/dir.dtb", "12000000.dma", NULL), EXIT_STATUS_USAGE);
	fake_file("/bad.dtb", "this is no device tree");
	cr_expect_neq(plan("--host-dtb", "/bad.dtb", "--all", NULL), EXIT_STATUS_OK);
}

/* Ten buses in each other, whose names make a path that nobody can write, and a device below. */
static void add_deep(struct dt *dt)
{
	static const struct range reg = { 0x14000000, 0x1000 };
	enum { DEPTH = 10 };

	for (int i = 0; i < DEPTH; i++) {
		dt_begin_node(dt, "a-bus-with-a-name-that-is-longer-than-any-bus-should-have-%d",
			      i);
		dt_prop_str(dt, "compatible", "simple-bus");
		dt_prop_u32(dt, "#address-cells", 2);
		dt_prop_u32(dt, "#size-cells", 2);
		dt_prop_empty(dt, "ranges");
	}
	dt_begin_node(dt, "deep@14000000");
	dt_prop_str(dt, "compatible", "vendor,device");
	dt_prop_reg(dt, &reg, 1);
	for (int i = 0; i <= DEPTH; i++)
		dt_end_node(dt);
}

/* What was printed is as docs/plan.schema.json says. */
static void expect_schema(void)
{
	FILE *schema = popen("tests/corpus/schema.py docs/plan.schema.json", "w");

	cr_assert_not_null(schema);
	fputs(command_text, schema);
	cr_expect_eq(pclose(schema), 0, "%s", command_text);
}

/* The n-th device of what was printed as JSON. */
static json_t *parse(size_t n, json_t **root)
{
	json_error_t error;

	*root = json_loads(command_text, 0, &error);
	cr_assert_not_null(*root, "%s: %s", error.text, command_text);
	return json_array_get(json_object_get(*root, "devices"), n);
}

static const char *string_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

Test(plan, json_has_facts_and_verdicts)
{
	json_t *root, *disk, *item;

	cr_assert_eq(plan(HOST, "--json", "10000200.disk", NULL), EXIT_STATUS_HOST);
	disk = parse(0, &root);
	cr_expect_str_eq(string_in(disk, "device"), "10000200.disk");
	cr_expect_str_eq(string_in(disk, "path"), "/disk@10000200");
	cr_expect_str_eq(string_in(disk, "result"), "needs-answer");
	cr_expect(json_is_null(json_object_get(disk, "node")));
	item = json_array_get(json_object_get(disk, "regions"), 0);
	cr_expect_str_eq(string_in(item, "address"), "0x10000200");
	cr_expect_str_eq(string_in(item, "size"), "0x200");
	cr_expect_str_eq(string_in(item, "guest"), "0x10000200"); /* its place in the page */
	item = json_array_get(json_object_get(disk, "interrupts"), 0);
	cr_expect_str_eq(string_in(item, "controller"), "/intc@8000000");
	cr_expect_str_eq(string_in(item, "trigger"), "level-high");
	cr_expect_eq(json_integer_value(json_object_get(item, "spi")), 0);
	item = json_array_get(json_object_get(disk, "references"), 0);
	cr_expect_str_eq(string_in(item, "property"), "clocks");
	cr_expect_str_eq(string_in(item, "target"), "/clock-controller");
	cr_expect_str_eq(string_in(item, "kind"), "clock");
	json_decref(root);
}

Test(plan, json_is_as_its_schema_says)
{
	static struct fake_vfio_device mac = { .name = "fff50000.ethernet",
					       .group = 0,
					       .n_regions = 1,
					       .regions = { { .size = 0x1000 } } };

	cr_expect_eq(plan(HOST, "--json", "10000200.disk", NULL), EXIT_STATUS_HOST);
	expect_schema();
	make_host_with(add_deep); /* with one that is an error */
	cr_expect_eq(plan(HOST, "--json", "--all", NULL), EXIT_STATUS_OK);
	expect_schema();
	fake_sys_reset();
	fake_board("midway");
	cr_expect_eq(plan("--json", "fff51000.ethernet", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "\"live\": {"));
	expect_schema();
	fake_vfio_reset();
	fake_vfio_add(&mac);
	plan("--json", "--live", "fff50000.ethernet", NULL);
	cr_expect(strstr(command_text, "\"vfio\": {"));
	expect_schema();
}

Test(plan, every_property_of_the_node_is_accounted_for)
{
	static const char *const properties[] = { "compatible", "reg",         "interrupts",
						  "clocks",     "clock-names", "vendor,mode" };
	json_t *root, *disk, *item;
	size_t n;

	cr_assert_eq(plan(HOST, "--json", "10000200.disk", NULL), EXIT_STATUS_HOST);
	disk = parse(0, &root);
	for (size_t i = 0; i < n_elems(properties); i++) {
		unsigned int n_found = 0;

		json_array_foreach(json_object_get(disk, "properties"), n, item)
		{
			if (strcmp(string_in(item, "property"), properties[i]))
				continue;
			n_found++;
			cr_expect(string_in(item, "reason")[0]);
		}
		cr_expect_eq(n_found, 1u, "%s: %u", properties[i], n_found);
	}
	json_decref(root);
}

Test(plan, devices_of_one_guest_are_placed_as_run_places_them)
{
	json_t *root, *item;

	/* The pl011 is added by default, behind them; what is pinned comes first. */
	fake_file("/vm.conf", "[device a]\ntype = vfio-platform\nhost = 12000000.dma\n"
			      "[device b]\ntype = vfio-platform\nhost = 13000000.user\n"
			      "gpa = 0x10000000\nspi = 0\n");
	cr_assert_eq(plan(HOST, "--json", "-c", "/vm.conf", NULL), EXIT_STATUS_OK);
	item = parse(0, &root);
	cr_expect_str_eq(string_in(json_array_get(json_object_get(item, "regions"), 0), "guest"),
			 "0x10002000");
	item = json_array_get(json_object_get(item, "interrupts"), 0);
	cr_expect_eq(json_integer_value(json_object_get(item, "spi")), 1);
	json_decref(root);
	item = parse(1, &root);
	cr_expect_str_eq(string_in(json_array_get(json_object_get(item, "regions"), 0), "guest"),
			 "0x10000000");
	cr_expect(strstr(string_in(item, "node"), "dmas = <"), "%s", string_in(item, "node"));
	json_decref(root);
}

Test(plan, text_is_readable_at_80_columns)
{
	cr_assert_eq(plan(HOST, "--all", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "10000200.disk: It can be passed once you give"));
	cr_expect(strstr(command_text, "11000000.private: It cannot be passed"));
	cr_expect(strstr(command_text, "clock.bus=HZ"));
	expect_80_columns();
}

Test(plan, a_graph_has_what_was_cut)
{
	cr_assert_eq(plan(HOST, "--dot", "10000200.disk", NULL), EXIT_STATUS_HOST);
	cr_expect_eq(strncmp(command_text, "digraph", 7), 0);
	cr_expect(strstr(command_text, "\"/disk@10000200\" -> \"/clock-controller\""), "%s",
		  command_text);
	cr_expect_eq(command_text[strlen(command_text) - 2], '}');
}

Test(plan, one_device_that_cannot_be_planned_does_not_end_all)
{
	json_t *root, *item, *bad = NULL;
	size_t n, n_good = 0;

	make_host_with(add_deep);
	cr_assert_eq(plan(HOST, "--all", "--json", NULL), EXIT_STATUS_OK);
	parse(0, &root);
	json_array_foreach(json_object_get(root, "devices"), n, item)
	{
		if (json_object_get(item, "error"))
			bad = item;
		else
			n_good++;
	}
	cr_expect_eq(n_good, 4u, "%zu", n_good);
	cr_assert_not_null(bad);
	cr_expect(strstr(string_in(bad, "device"), "/a-bus-with"));
	cr_expect(string_in(bad, "error")[0]);
	json_decref(root);
	cr_expect_eq(plan(HOST, "--all", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "13000000.user: It cannot be passed") ||
		  strstr(command_text, "13000000.user: It can be passed"));
}

int dais_main(int argc, char **argv);

Test(plan, a_full_disk_is_told)
{
	static char *const lines[][6] = {
		{ "dais", "plan", "--host-dtb", "/host.dtb", "12000000.dma", NULL },
		{ "dais", "plan", "--host-dtb=/host.dtb", "12000000.dma", "--json", NULL },
		{ "dais", "plan", "--host-dtb=/host.dtb", "--all", "--dot", NULL },
		{ "dais", "list", "--json", NULL },
	};

	for (size_t i = 0; i < n_elems(lines); i++) {
		char said[4096] = "";
		int argc = 0;

		while (lines[i][argc])
			argc++;
		cr_assert_not_null(freopen("/dev/full", "w", stdout));
		cr_expect_eq(dais_main(argc, (char **)lines[i]), EXIT_STATUS_FAILURE, "%zu", i);
		fflush(stderr);
		fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr());
		cr_expect(strstr(said, "error: write to the standard output: No space left"), "%s",
			  said);
		cr_expect(strstr(said, "dais: cause: ") && strstr(said, "dais: fix: "), "%s", said);
		cr_expect_null(strstr(said, "JSON"), "%s", said);
	}
}

Test(plan, names_of_nothing_are_wrong_settings)
{
	static const char *const wrong[] = { "drop=nosuch",
					     "keep=vendor;mode",
					     "clock.x=1",
					     "clock.bus/x=1",
					     "clock.7=1",
					     "supply.x=5000000",
					     "drop=/clock-controller/clocks" };
	static const char *const right[] = { "drop=clocks", "drop=vendor,,mode dmas",
					     "clock.0=1000000",
					     "drop=/clock-controller/compatible" };
	char device[128];

	for (size_t i = 0; i < n_elems(wrong); i++) {
		snprintf(device, sizeof(device), "vfio-platform,host=10000200.disk,%s", wrong[i]);
		cr_expect_eq(plan(HOST, "--device", device, NULL), EXIT_STATUS_USAGE, "%s", device);
	}
	for (size_t i = 0; i < n_elems(right); i++) {
		snprintf(device, sizeof(device), "vfio-platform,host=10000200.disk,%s", right[i]);
		cr_expect_neq(plan(HOST, "--device", device, NULL), EXIT_STATUS_USAGE, "%s",
			      device);
	}
}
