// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "devices/device.h"
#include "vmm/base/range.h"

static const struct device_key keys[] = {
	{ "host", "DEV", "", false },
	{ "gpa", "ADDR", "", true },
	{ "mmap", "on|off", "", true },
	{ NULL, NULL, NULL, false },
};
static const struct device_class class = { .name = "vfio-thing", .keys = keys };
static const struct device_class class_without_keys = { .name = "plain" };
static struct err err;

static struct device_config config_of(unsigned int n, const struct device_setting *settings)
{
	struct device_config config = { .name = "disk", .class = &class, .n_settings = n };

	memcpy(config.settings, settings, n * sizeof(*settings));
	return config;
}

static const struct device_setting good[] = {
	{ "host", "10000000.ahci", "disk.conf:3" }, { "gpa", "0x10000000", "disk.conf:4" },
	{ "gpa.1", "4096", "disk.conf:5" },         { "mmap", "off", "disk.conf:6" },
	{ "mmap.12", "maybe", "disk.conf:7" },
};

Test(device_config, an_index_falls_back_to_the_plain_key)
{
	struct device_config config = config_of(n_elems(good), good);
	static const struct {
		int index;
		uint64_t gpa;
	} cases[] = { { -1, 0x10000000 }, { 0, 0x10000000 }, { 1, 4096 }, { 2, 0x10000000 } };
	bool map = true;

	cr_assert_eq(device_config_check(&config, &err), 0, "%s", err.what);
	for (unsigned int i = 0; i < n_elems(cases); i++) {
		uint64_t gpa = 0;

		cr_assert_eq(device_config_u64(&config, "gpa", cases[i].index, &gpa, &err), 0);
		cr_assert_eq(gpa, cases[i].gpa);
	}
	cr_assert_eq(device_config_bool(&config, "mmap", 0, &map, &err), 0);
	cr_assert(!map);
	cr_assert_str_eq(device_config_str(&config, "host"), "10000000.ahci");
}

Test(device_config, what_is_not_given_stays)
{
	struct device_config config = config_of(1, good);
	uint64_t gpa = 42;
	bool map = true;

	cr_assert_eq(device_config_u64(&config, "gpa", 0, &gpa, &err), 0);
	cr_assert_eq(device_config_bool(&config, "mmap", -1, &map, &err), 0);
	cr_assert(gpa == 42 && map);
	cr_assert_null(device_config_str(&config, "gpa"));
	cr_assert_null(device_config_find(&config, "gpa", 3));
}

Test(device_config, a_bad_value_names_place_key_and_value)
{
	static const struct device_setting bad[] = { { "gpa", "12z", "--device" } };
	struct device_config config = config_of(n_elems(good), good);
	uint64_t gpa;
	bool map;

	cr_assert_eq(device_config_bool(&config, "mmap", 12, &map, &err), -EINVAL);
	cr_assert_eq(err.status, EXIT_STATUS_USAGE);
	cr_assert(strstr(err.what, "disk.conf:7: mmap.12=maybe"), "%s", err.what);
	cr_assert(strstr(err.fix, "on or off"), "%s", err.fix);
	config = config_of(1, bad);
	cr_assert_eq(device_config_u64(&config, "gpa", 0, &gpa, &err), -EINVAL);
	cr_assert(strstr(err.what, "--device: gpa=12z"), "%s", err.what);
}

Test(device_config, an_unknown_key_names_the_nearest)
{
	static const struct {
		const char *key, *fix;
	} cases[] = {
		{ "hots", "host" },    { "gpaa", "gpa" },     { "zzzzzzzz", "help" },
		{ "host.0", "host" },  { "gpa.", "gpa" },     { "gpa.x", "gpa" },
		{ "mmap.-1", "mmap" }, { "mmapped", "mmap" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		struct device_setting setting = { cases[i].key, "1", "disk.conf:9" };
		struct device_config config = config_of(1, &setting);

		cr_assert_eq(device_config_check(&config, &err), -EINVAL, "%s", cases[i].key);
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
	cr_assert_eq(device_config_check(&config, &err), -EINVAL);
	config.n_settings = 0;
	cr_assert_eq(device_config_check(&config, &err), 0);
}

Test(device_config, a_key_is_given_once)
{
	static const struct device_setting twice[] = { { "gpa.1", "0", "disk.conf:4" },
						       { "gpa", "1", "disk.conf:5" },
						       { "gpa.1", "2", "disk.conf:6" } };
	struct device_config config = config_of(n_elems(twice), twice);

	cr_assert_eq(device_config_check(&config, &err), -EINVAL);
	cr_assert(strstr(err.what, "disk.conf:6: duplicate key 'gpa.1'"), "%s", err.what);
}
