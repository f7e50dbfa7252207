// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_board.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/fixtures/fixture_use.h"
#include "tests/unit/vmm/run_command.h"
#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/cli/registry.h"

#define list(...) run_command(cmd_list, __VA_ARGS__)

static void setup(void)
{
	cr_redirect_stdout();
	cr_redirect_stderr();
	fake_sys_reset();
}

TestSuite(list, .init = setup);

/* What one row tells; NULL: null. */
static const struct row {
	const char *board, *device, *driver;
	int group;
	const char *regions, *irqs, *members, *reset, *state, *reason;
	bool coherent;
} rows[] = {
	{ "juno", "7ff00000.dma-controller", "dma-pl330", 0, "0x7ff00000+0x1000",
	  "SPI 88 level-high, SPI 89 level-high, SPI 90 level-high, SPI 91 level-high, "
	  "SPI 92 level-high, SPI 108 level-high, SPI 109 level-high, SPI 110 level-high, "
	  "SPI 111 level-high",
	  "", "no", "assignable", "", false },
	{ "juno", "7ffb0000.usb", "ohci-platform", 4, "0x7ffb0000+0x10000", "SPI 116 level-high",
	  "7ffc0000.usb vfio-platform", "no", "assignable", "", false },
	{ "juno", "7ffc0000.usb", "vfio-platform", 4, "0x7ffc0000+0x10000", "SPI 117 level-high",
	  "7ffb0000.usb ohci-platform", "no", "assignable",
	  "7ffb0000.usb must leave the host's driver ohci-platform first", false },
	{ "juno", "7fb30000.iommu", "arm-smmu", -1, "0x7fb30000+0x10000",
	  "SPI 101 level-high, SPI 101 level-high", "", "no", "no", "IOMMU", true },
	{ "midway", "fff50000.ethernet", "vfio-platform", 0, "0xfff50000+0x1000",
	  "SPI 77 level-high, SPI 78 level-high, SPI 79 level-high", "", "yes", "ready", "", true },
	{ "midway", "fff51000.ethernet", "calxedaxgmac", 1, "0xfff51000+0x1000",
	  "SPI 80 level-high, SPI 81 level-high, SPI 82 level-high", "", "yes", "assignable", "",
	  true },
	{ "midway", "ffe08000.sata", "sata_highbank", -1, "0xffe08000+0x10000", "SPI 83 level-high",
	  "", "no", "no-iommu", "it is in no IOMMU group", true },
	{ "midway", "fff35000.rtc", NULL, -1, "0xfff35000+0x1000", "SPI 19 level-high", "", "no",
	  "no-iommu", "no iommus", false },
	{ "midway", "soc:timer", NULL, -1, "",
	  "PPI 13 level-low, PPI 14 level-low, PPI 11 level-low, PPI 10 level-low", "", "no", "no",
	  "", false },
	{ "zynqmp", "fd500000.dma-controller", NULL, -1, "0xfd500000+0x1000", "SPI 124 level-high",
	  "", "no", "needs-answer", "clock.clk_main=HZ", false },
	{ "zynqmp", "ff0e0000.ethernet", "macb", 3, "0xff0e0000+0x1000",
	  "SPI 63 level-high, SPI 63 level-high", "", "no", "needs-answer", "clock.tx_clk=HZ",
	  false },
	{ "rk3588", "fdba0000.video-codec", "hantro-vpu", 2, "0xfdba0000+0x800",
	  "SPI 122 level-high", "", "no", "needs-answer", "clock.aclk=HZ", false },
	{ "rk3588", "fe210000.sata", "ahci", -1, "0xfe210000+0x1000", "SPI 273 level-high", "",
	  "no", "no-iommu", "IOMMU group", false },
	{ "rk3588", "fea10000.dma-controller", "dma-pl330", -1, "0xfea10000+0x4000",
	  "SPI 86 level-high, SPI 87 level-high", "", "no", "no-iommu", "IOMMU group", false },
};

static const char *string_in(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

/* Members of an array of objects, two strings of each: "a b, c d". */
static void join(const json_t *array, const char *first, char between, const char *second,
		 char *text, size_t size)
{
	const json_t *item;
	size_t i;

	text[0] = '\0';
	json_array_foreach(array, i, item)
	{
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s%c%s", i ? ", " : "",
			 string_in(item, first), between, string_in(item, second));
	}
}

static void expect_row(const struct row *row, const json_t *device)
{
	const json_t *group = json_object_get(device, "iommu_group");
	char text[512], reasons[1024] = "";
	const json_t *reason;
	size_t i;

	cr_expect_str_eq(string_in(device, "driver"), row->driver ?: "", "%s", row->device);
	cr_expect_eq(json_is_null(group) ? -1 : json_integer_value(group), row->group, "%s",
		     row->device);
	join(json_object_get(device, "regions"), "address", '+', "size", text, sizeof(text));
	cr_expect_str_eq(text, row->regions, "%s", row->device);
	join(json_object_get(device, "interrupts"), "name", ' ', "trigger", text, sizeof(text));
	cr_expect_str_eq(text, row->irqs, "%s", row->device);
	join(json_object_get(device, "members"), "name", ' ', "driver", text, sizeof(text));
	cr_expect_str_eq(text, row->members, "%s", row->device);
	cr_expect_str_eq(string_in(device, "reset_handler"), row->reset, "%s", row->device);
	cr_expect_eq(json_is_true(json_object_get(device, "coherent")), row->coherent, "%s",
		     row->device);
	json_array_foreach(json_object_get(device, "reasons"), i, reason)
		strncat(reasons, json_string_value(reason), sizeof(reasons) - strlen(reasons) - 1);
	cr_expect_str_eq(string_in(device, "state"), row->state, "%s: %s: %s", row->device,
			 string_in(device, "state"), reasons);
	cr_expect(strstr(reasons, row->reason), "%s: %s", row->device, reasons);
}

static json_t *parse(void)
{
	json_error_t error;
	json_t *root = json_loads(command_text, 0, &error);

	cr_assert_not_null(root, "%s: %s", error.text, command_text);
	return root;
}

Test(list, real_boards)
{
	for (size_t i = 0; i < n_elems(rows); i++) {
		json_t *root, *devices;

		fake_sys_reset();
		fake_board(rows[i].board);
		cr_assert_eq(list("--json", rows[i].device, NULL), EXIT_STATUS_OK, "%s",
			     rows[i].device);
		root = parse();
		devices = json_object_get(root, "devices");
		cr_assert_eq(json_array_size(devices), 1u, "%s", rows[i].device);
		expect_row(&rows[i], json_array_get(devices, 0));
		json_decref(root);
	}
	cr_expect_eq(fake_n_device_opens(), 0u);
}

Test(list, text_is_readable_at_80_columns_and_cuts_nothing)
{
	static const char *const boards[] = { "juno", "midway", "zynqmp", "rk3588" };
	static const char name[] = "12345678.a-device-with-a-very-long-name";

	for (size_t i = 0; i < n_elems(boards); i++) {
		fake_sys_reset();
		fake_board(boards[i]);
		fake_host_device("platform", name, "a-driver-with-a-long-name", 12345);
		cr_assert_eq(list("--all", NULL), EXIT_STATUS_OK);
		cr_expect(strstr(command_text, name));
		cr_expect(strstr(command_text, "a-driver-with-a-long-name"));
		cr_expect(strstr(command_text, "12345"));
		cr_expect_null(strchr(command_text, '\033'), "no colours");
		expect_80_columns();
	}
}

Test(list, a_row_of_the_table)
{
	fake_board("juno");
	cr_assert_eq(list("7ffc0000", NULL), EXIT_STATUS_OK);
	cr_expect_str_eq(
		command_text,
		"device                    driver           group  reset  coherent  state\n"
		"7ffc0000.usb              vfio-platform    4      no     no        assignable\n"
		"    registers   0x7ffc0000 64 KiB\n"
		"    interrupts  SPI 117 level-high\n"
		"    group with  7ffb0000.usb (ohci-platform)\n"
		"    why         7ffb0000.usb must leave the host's driver ohci-platform first:\n"
		"                both are in IOMMU group 4\n");
}

Test(list, devices_without_registers_and_interrupts_are_counted)
{
	fake_board("juno");
	cr_assert_eq(list(NULL), EXIT_STATUS_OK);
	cr_expect_null(strstr(command_text, "clk50mhz"));
	cr_expect(strstr(command_text, "2 without registers and interrupts: --all shows them"));
	cr_assert_eq(list("--all", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "clk50mhz"));
}

Test(list, names_are_parts_or_patterns)
{
	fake_board("juno");
	cr_assert_eq(list("*.dma-*", "7ffb", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "\n7ff00000.dma-controller"));
	cr_expect(strstr(command_text, "\n7ffb0000.usb"));
	cr_expect_null(strstr(command_text, "\n7ffc0000.usb"));
	fake_link("/sys/bus/platform/devices/7ffb0001.gone", "/sys/devices/platform/gone");
	cr_assert_eq(list("7ffb", NULL), EXIT_STATUS_OK);
	cr_expect_eq(list("*.dmx-*", NULL), EXIT_STATUS_USAGE);
	cr_expect_eq(list("--jsn", NULL), EXIT_STATUS_USAGE);
}

Test(list, a_host_without_a_device_tree_has_nothing_to_pass)
{
	fake_host_device("platform", "pcspkr", NULL, -1);
	cr_assert_eq(list("--all", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "no node in the host's device tree"));
}

Test(list, who_has_a_device_and_what_was_not_given_back)
{
	static const struct row held[] = {
		{ .device = "fff50000.ethernet", .state = "held", .reason = "VM disk, pid 77" },
		{ .device = "fff51000.ethernet",
		  .state = "left-bound",
		  .reason = "no reset handler: sudo dais unbind fff51000.ethernet" },
		{ .device = "fff35000.rtc",
		  .state = "left-bound",
		  .reason = "VM old had it without an IOMMU" },
	};

	fake_board("midway");
	fake_use();
	for (size_t i = 0; i < n_elems(held); i++) {
		json_t *root, *device;
		const char *reason;

		cr_assert_eq(list("--json", held[i].device, NULL), EXIT_STATUS_OK);
		root = parse();
		device = json_array_get(json_object_get(root, "devices"), 0);
		cr_expect_str_eq(string_in(device, "state"), held[i].state);
		device = json_object_get(device, "reasons");
		reason = json_string_value(json_array_get(device, json_array_size(device) - 1));
		cr_expect(strstr(reason ?: "", held[i].reason), "%s: %s", held[i].device, reason);
		json_decref(root);
	}
}

/* What cannot be read is not known; what is known is told, and nothing leaks. */
Test(list, every_failed_call)
{
	for (unsigned int n = 1;; n++) {
		int status;

		fake_sys_reset();
		fake_board("midway");
		fake_fail_at(n, EIO);
		status = list("ethernet", NULL);
		if (!fake_failed())
			break;
		cr_expect(status == EXIT_STATUS_OK || status == EXIT_STATUS_FAILURE ||
				  status == EXIT_STATUS_USAGE,
			  "call %u: %d", n, status);
	}
}

Test(list, a_group_that_vfio_made_up_is_no_iommu)
{
	fake_board("midway");
	fake_file("/sys/kernel/iommu_groups/1/name", "vfio-noiommu\n");
	cr_assert_eq(list("fff51000", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "no-iommu\n"), "%s", command_text);
	cr_expect(strstr(command_text, "no IOMMU stands behind its group"), "%s", command_text);
}

Test(list, a_record_that_cannot_be_read_is_told_once)
{
	char said[4096] = "";
	const char *first;

	fake_board("midway");
	fake_use();
	fake_file(VFIO_RECORDS "/10.broken", "bus=platform\nno name\n");
	cr_assert_eq(list("ethernet", NULL), EXIT_STATUS_OK);
	fflush(stderr);
	fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr());
	first = strstr(said, "10.broken");
	cr_expect(first && !strstr(first + 1, "10.broken"), "%s", said);
}

/* Whoever named them: a terminal gets no control characters, and JSON is whole. */
Test(list, names_do_no_harm)
{
	json_t *root, *device;

	fake_board("midway");
	fake_host_device("platform", "10.x", "a\033[2Jdriver\xff", -1);
	cr_assert_eq(list("10.x", NULL), EXIT_STATUS_OK);
	cr_expect(strstr(command_text, "a?[2Jdriver"), "%s", command_text);
	cr_expect_null(strchr(command_text, '\033'));
	cr_assert_eq(list("--json", "--all", NULL), EXIT_STATUS_OK);
	root = parse();
	cr_expect_gt(json_array_size(json_object_get(root, "devices")), 5u);
	device = json_array_get(json_object_get(root, "devices"), 0);
	cr_expect_str_eq(string_in(device, "device"), "10.x");
	cr_expect_str_eq(string_in(device, "driver"), "a\\x1b[2Jdriver\\xff");
	json_decref(root);
}
