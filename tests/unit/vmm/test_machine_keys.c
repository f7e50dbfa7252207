// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_machine.h"
#include "tests/unit/err_says.h"
#include "vmm/base/range.h"
#include "vmm/machine/machine.h"

static struct vm_config config;
static struct machine machine;
static struct err err;

static void setup(void)
{
	fixture_begin(&config, "no");
}

static void teardown(void)
{
	fixture_end(&config);
}

TestSuite(machine_keys, .init = setup, .fini = teardown);

/* What only the host's tree can judge is judged before a device is opened, bound or reset. */
Test(machine_keys, that_the_node_judges_come_first)
{
	static const struct {
		const char *key, *value, *says;
	} cases[] = {
		{ "clock.x", "1", "clock.x: 10000000.10000000.ahci has nothing of this name" },
		{ "supply.x", "1", "supply.x: 10000000.10000000.ahci has nothing" },
		{ "drop", "nosuch", "drop=nosuch: 10000000.10000000.ahci has nothing" },
		{ "keep", "compatible nosuch", "keep=nosuch: 10000000.10000000.ahci has nothing" },
		{ "overlay", "/none.dtbo", "/none.dtbo: No such file" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct device_config *disk;

		config_destroy(&config);
		setup();
		disk = &config.devices[0];
		cr_assert_eq(
			device_config_add(disk, cases[i].key, cases[i].value, "vm.conf:7", &err),
			0);
		cr_assert_eq(device_config_judge(disk, &config.arena, &err), 0, "%s", err.what);
		cr_expect_lt(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s",
			     cases[i].key);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE, "%s", cases[i].key);
		cr_expect_eq(fake_n_device_opens(), 0, "%s", cases[i].key);
		machine_destroy(&machine);
	}
}
