// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

#include "devices/device.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/vfio.h"
#include "vmm/base/str.h"
#include "vmm/core/vm.h"

static struct vm vm;
static struct fake_vfio_device disk = { .name = "10000000.ahci", .group = 1 };

static void setup(void)
{
	cr_redirect_stderr();
	fake_vm_create(&vm);
	fake_vfio_add(&disk);
}

TestSuite(vfio_held, .init = setup);

/* The device is opened, and of all that is said then, @wanted has the lines about it. */
static void expect_told(const struct vfio_dais_held *held, const char *wanted)
{
	static const struct device_config config = {
		.name = "disk",
		.class = &vfio_platform_class,
		.where = "--device",
		.settings = { { .key = "host", .value = "10000000.ahci", .where = "--device" } },
		.n_settings = 1,
	};
	struct device *device = NULL;
	struct err err;
	char line[2048], told[4096] = "";
	struct text text = text_in(told);

	disk.held = held;
	cr_assert_eq(vfio_platform_class.create(&config, &vm, &device, &err), 0, "%s", err.what);
	fflush(stderr);
	while (fgets(line, sizeof(line), cr_get_redirected_stderr()))
		if (strstr(line, "vfio-dais"))
			text_add(&text, "%s", line);
	cr_expect_str_eq(told, wanted);
	vfio_platform_class.destroy(device);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(vfio_held, each_with_its_value)
{
	static const struct vfio_dais_held held = {
		.n_entries = 5,
		.entries = {
			{ VFIO_DAIS_HELD_SUPPLY, VFIO_DAIS_STATE_ON, 0, 0, 3300000, "vdd-supply" },
			{ VFIO_DAIS_HELD_DOMAIN, VFIO_DAIS_STATE_UNKNOWN, 1, 0, 0, "" },
			{ VFIO_DAIS_HELD_CLOCK, VFIO_DAIS_STATE_ON, 0, 0, 24000000, "b\033us" },
			{ VFIO_DAIS_HELD_RESET, VFIO_DAIS_STATE_OFF, 0, 0, 0, "core" },
			{ 77, VFIO_DAIS_STATE_ON, 0, 0, 0, "of a later version" },
		},
	};

	expect_told(&held,
		    "dais: 10000000.ahci: vfio-dais holds on: supply vdd-supply at 3300000 uV, "
		    "power domain 1, clock b\\x1bus at 24000000 Hz\n"
		    "dais: warning: 10000000.ahci: off, although vfio-dais has switched it on: "
		    "reset line core: the device may not work\n");
}

Test(vfio_held, nothing_of_who_has_nothing)
{
	static const struct vfio_dais_held none;

	expect_told(&none, "");
}

Test(vfio_held, nothing_of_vfio_platform)
{
	expect_told(NULL, "");
}

Test(vfio_held, more_than_a_line_has_room_for)
{
	static struct {
		struct vfio_dais_held head;
		struct vfio_dais_held_entry entries[70];
	} many = { .head.n_entries = 70 };
	char wanted[1024];
	struct text text = text_in(wanted);

	for (unsigned int i = 0; i < 70; i++) {
		many.entries[i].kind = VFIO_DAIS_HELD_CLOCK;
		many.entries[i].state = VFIO_DAIS_STATE_ON;
		snprintf(many.entries[i].name, sizeof(many.entries[i].name), "c%u", i);
	}
	text_add(&text, "dais: 10000000.ahci: vfio-dais holds on: clock c0");
	for (unsigned int i = 1; i < 64; i++)
		text_add(&text, ", clock c%u", i);
	text_add(&text, ", and 6 more\n");
	expect_told(&many.head, wanted);
}
