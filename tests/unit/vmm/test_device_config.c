// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "devices/device.h"
#include "tests/unit/err_says.h"
#include "vfio/irq/irq.h"
#include "vfio/vfio.h"
#include "vmm/base/arena.h"
#include "vmm/base/range.h"

static const struct option keys[] = {
	DEVICE_KEY("host", "DEV", option_set_text, text, ""),
	DEVICE_KEY("gpa[.N]", "ADDR", option_set_u64, number, "", .max = UINT64_MAX - 1),
	DEVICE_KEY("mmap[.N]", "on|off", option_set_bool, on, ""),
	DEVICE_KEY("clock.NAME", "HZ", option_set_u64, number, "", .min = 1, .max = UINT32_MAX),
	DEVICE_KEY("overlay", "FILE", option_set_path, text, ""),
	{ .key = NULL },
};
static const struct device_class class = { .name = "vfio-thing", .keys = keys };
static const struct device_class class_without_keys = { .name = "plain" };
static struct arena arena;
static struct err err;

static void teardown(void)
{
	arena_free(&arena);
}

TestSuite(device_config, .fini = teardown);

struct given {
	const char *key, *value, *where;
};

static struct device_config config_of(unsigned int n, const struct given *given)
{
	struct device_config config = { .name = "disk", .class = &class, .n_settings = n };

	for (unsigned int i = 0; i < n; i++)
		config.settings[i] = (struct device_setting){ .key = given[i].key,
							      .value = given[i].value,
							      .where = given[i].where };
	return config;
}

static const struct given good[] = {
	{ "host", "10000000.ahci", "disk.conf:3" }, { "gpa", "0x10000000", "disk.conf:4" },
	{ "gpa.1", "4096", "disk.conf:5" },         { "mmap", "off", "disk.conf:6" },
	{ "clock.bus", "1000", "disk.conf:7" },     { "overlay", "x.dtbo", "vms/disk.conf:8" },
};

Test(device_config, an_index_falls_back_to_the_plain_key)
{
	struct device_config config = config_of(n_elems(good), good);
	static const struct {
		int index;
		uint64_t gpa;
	} cases[] = { { -1, 0x10000000 }, { 0, 0x10000000 }, { 1, 4096 }, { 2, 0x10000000 } };

	cr_assert_eq(device_config_judge(&config, &arena, &err), 0, "%s", err.what);
	for (unsigned int i = 0; i < n_elems(cases); i++)
		cr_assert_eq(device_config_get(&config, "gpa", cases[i].index, number, 0),
			     cases[i].gpa);
	cr_assert(!device_config_get(&config, "mmap", 0, on, true));
	cr_assert_str_eq(device_config_str(&config, "host"), "10000000.ahci");
	cr_assert_eq(device_config_get(&config, "clock.bus", -1, number, 0), 1000);
	cr_assert_str_eq(device_config_find(&config, "overlay", -1)->text, "vms/x.dtbo");
}

Test(device_config, what_is_not_given_stays)
{
	struct device_config config = config_of(1, good);

	cr_assert_eq(device_config_judge(&config, &arena, &err), 0, "%s", err.what);
	cr_assert_eq(device_config_get(&config, "gpa", 0, number, 42), 42);
	cr_assert(device_config_get(&config, "mmap", -1, on, true));
	cr_assert_null(device_config_str(&config, "gpa"));
	cr_assert_null(device_config_find(&config, "gpa", 3));
}

Test(device_config, a_bad_value_names_place_key_and_value)
{
	static const struct {
		struct given given;
		const char *says, *fix;
	} cases[] = {
		{ { "mmap.12", "maybe", "disk.conf:7" },
		  "disk.conf:7: mmap.12=maybe",
		  "on or off" },
		{ { "gpa", "12z", "--device" }, "--device: gpa=12z: not a number", "from 0" },
		{ { "gpa", "18446744073709551616", "--device" }, "too large", "from 0" },
		{ { "clock.x", "0", "--device" }, "clock.x=0: too small", "from 1" },
		{ { "clock.x", "4294967296", "--device" }, "too large", "4294967295" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		struct device_config config = config_of(1, &cases[i].given);

		cr_assert_eq(device_config_judge(&config, &arena, &err), -EINVAL);
		cr_assert_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		cr_assert(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_assert(strstr(err.fix, cases[i].fix), "%s", err.fix);
	}
}

/* What a text alone can tell of the keys of a real class. */
Test(device_config, values_of_an_assigned_device)
{
	static const struct {
		const char *key, *value, *fix;
	} cases[] = {
		{ "irq-mode", "frward", "auto, forward, irqfd or eventfd" },
		{ "irq-mode.1", "fast", "auto, forward, irqfd or eventfd" },
		{ "mmap", "maybe", "on or off" },
		{ "spi", "988", "0 to 987" },
		{ "gpa", "0xffffffffffffffff", "a number" },
		{ "eoi", "4", "REGION:OFFSET" },
		{ "eoi", "256:0", "REGION:OFFSET" },
		{ "eoi", "0:0x10:read", "REGION:OFFSET" },
		{ "mmap-timeout", "0", "1 to 60000" },
		{ "mmap-timeout", "60001", "1 to 60000" },
		{ "reset", "try", "require, best-effort or none" },
		{ "clock.x", "fast", "a number" },
		{ "supply.x", "4294967296", "a number" },
		{ "carveout.x", "both", "guest, host or" },
		{ "carveout.x", "host:f@much", "host:FILE@OFFSET" },
		{ "force", "maybe", "on or off" },
		{ "irq-mode.256", "auto", "irq-mode" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		const struct given given = { cases[i].key, cases[i].value, "disk.conf:9" };
		struct device_config config = config_of(1, &given);

		config.class = &vfio_platform_class;
		cr_expect_eq(device_config_judge(&config, &arena, &err), -EINVAL, "%s=%s",
			     cases[i].key, cases[i].value);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		cr_expect(strstr(err.what, "disk.conf:9"), "%s", err.what);
		cr_expect(strstr(err.fix, cases[i].fix), "%s: %s", cases[i].key, err.fix);
	}
}

/* The words of a key are in the order of the enum that their index becomes. */
Test(device_config, words_are_in_the_order_of_their_enums)
{
	for (unsigned int mode = VFIO_IRQ_AUTO; mode <= VFIO_IRQ_EVENTFD; mode++) {
		const struct given given = { "irq-mode", vfio_irq_mode_name(mode), "--device" };
		struct device_config config = config_of(1, &given);

		config.class = &vfio_platform_class;
		cr_assert_eq(device_config_judge(&config, &arena, &err), 0, "%s", err.what);
		cr_expect_eq(device_config_get(&config, "irq-mode", 0, choice, 99), mode);
	}
}

Test(device_config, an_unknown_key_names_the_nearest)
{
	static const struct {
		const char *key, *fix;
	} cases[] = {
		{ "hots", "host" },    { "gpaa", "gpa" },     { "zzzzzzzz", "help" },
		{ "host.0", "host" },  { "gpa.", "gpa" },     { "gpa.x", "gpa" },
		{ "mmap.-1", "mmap" }, { "mmapped", "mmap" }, { "clok.x", "clock" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		const struct given given = { cases[i].key, "1", "disk.conf:9" };
		struct device_config config = config_of(1, &given);

		cr_assert_eq(device_config_judge(&config, &arena, &err), -EINVAL, "%s",
			     cases[i].key);
		cr_assert_eq(err.status, EXIT_STATUS_USAGE);
		cr_assert(strstr(err.what, "disk.conf:9") && strstr(err.what, cases[i].key), "%s",
			  err.what);
		cr_assert(strstr(err.why, "vfio-thing"), "%s", err.why);
		cr_assert(strstr(err.fix, cases[i].fix), "%s: %s", cases[i].key, err.fix);
	}
}

Test(device_config, a_class_without_keys_takes_none)
{
	struct device_config config = config_of(1, good);

	config.class = &class_without_keys;
	cr_assert_eq(device_config_judge(&config, &arena, &err), -EINVAL);
	config.n_settings = 0;
	cr_assert_eq(device_config_judge(&config, &arena, &err), 0);
}

Test(device_config, a_key_is_given_once)
{
	static const struct given twice[] = { { "gpa.1", "0", "disk.conf:4" },
					      { "gpa", "1", "disk.conf:5" },
					      { "gpa.1", "2", "disk.conf:6" } };
	struct device_config config = config_of(n_elems(twice), twice);

	cr_assert_eq(device_config_judge(&config, &arena, &err), -EINVAL);
	cr_assert(strstr(err.what, "disk.conf:6: duplicate key 'gpa.1'"), "%s", err.what);
}
