// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "vmm/base/range.h"
#include "vmm/base/str.h"

Test(str, sizes)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0, 0 },
		{ "4096", 0, 4096 },
		{ "0x1000", 0, 4096 },
		{ "512M", 0, 512ULL << 20 },
		{ "1g", 0, 1ULL << 30 },
		{ "16383T", 0, 16383ULL << 40 },
		{ "", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1Mb", -EINVAL, 0 },
		{ "1X", -EINVAL, 0 },
		{ "M", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "16777216T", -ERANGE, 0 },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		uint64_t bytes = 0;

		cr_expect_eq(str_to_size(cases[i].text, &bytes), cases[i].ret, "%s", cases[i].text);
		cr_expect_eq(bytes, cases[i].bytes, "%s", cases[i].text);
	}
}

Test(str, numbers_take_no_unit_and_keep_the_old_value_on_error)
{
	uint64_t v = 7;

	cr_expect_eq(str_to_u64("1K", &v), -EINVAL);
	cr_expect_eq(v, 7);
	cr_expect_eq(str_to_u64("0xffffffffffffffff", &v), 0);
	cr_expect_eq(v, UINT64_MAX);
}

Test(str, booleans)
{
	bool v = false;

	cr_expect_eq(str_to_bool("on", &v), 0);
	cr_expect(v);
	cr_expect_eq(str_to_bool("no", &v), 0);
	cr_expect_not(v);
	cr_expect_eq(str_to_bool("maybe", &v), -EINVAL);
}

Test(str, cpu_lists)
{
	static const struct {
		const char *text;
		int ret;
		uint64_t low, high;
	} cases[] = {
		{ "0", 0, 1, 0 },
		{ "0-3,8", 0, 0x10f, 0 },
		{ "64,127", 0, 0, 1ULL << 63 | 1 },
		{ "63-64", 0, 1ULL << 63, 1 },
		{ "128", -ERANGE, 0, 0 },
		{ "3-1", -EINVAL, 0, 0 },
		{ "1,", -EINVAL, 2, 0 },
		{ "", -EINVAL, 0, 0 },
		{ "a", -EINVAL, 0, 0 },
		{ "1;2", -EINVAL, 2, 0 },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		uint64_t bits[2];

		cr_expect_eq(str_to_cpu_list(cases[i].text, bits, 128), cases[i].ret, "%s",
			     cases[i].text);
		cr_expect_eq(bits[0], cases[i].low, "%s", cases[i].text);
		cr_expect_eq(bits[1], cases[i].high, "%s", cases[i].text);
	}
}

static struct nearest nearest(const char *wrong)
{
	static const char *const names[] = { "memory", "mem-path",      "cpus",
					     "kernel", "e0300000.sata", "e0700000.ethernet" };
	struct nearest found = nearest_to(wrong);

	for (size_t i = 0; i < n_elems(names); i++)
		nearest_try(&found, names[i]);
	return found;
}

Test(str, nearest_name_is_a_help_and_no_guess)
{
	cr_expect_str_eq(nearest("memroy").name, "memory");
	cr_expect_str_eq(nearest("cpu").name, "cpus");
	cr_expect_str_eq(nearest("mempath").name, "mem-path");
	cr_expect_str_eq(nearest("zebra").name, "");
	cr_expect_str_eq(nearest("").name, "");
	cr_expect_str_eq(nearest("e0700000.xgmac").name, "e0700000.ethernet");
	cr_expect_str_eq(nearest("e0700000").name, "");
}

Test(str, sizes_in_messages_are_exact)
{
	char buf[32];

	cr_expect_str_eq(str_size(512ULL << 20, buf), "512 MiB");
	cr_expect_str_eq(str_size(1000, buf), "1000 bytes");
	cr_expect_str_eq(str_size(0, buf), "0 bytes");
	cr_expect_str_eq(str_size(3ULL << 50, buf), "3072 TiB");
}

Test(str, copy_tells_that_it_cut)
{
	char buf[4];

	cr_expect(str_copy(buf, sizeof(buf), "abc"));
	cr_expect_not(str_copy(buf, sizeof(buf), "abcd"));
	cr_expect_str_eq(buf, "abc");
}

Test(range, the_last_byte_of_the_address_space_counts)
{
	struct range top = { UINT64_MAX - 0xfff, 0x1000 };

	cr_expect(range_valid(top));
	cr_expect_not(range_valid((struct range){ UINT64_MAX, 2 }));
	cr_expect_not(range_valid((struct range){ 0, 0 }));
	cr_expect(range_overlaps(top, (struct range){ UINT64_MAX, 1 }));
	cr_expect_not(range_overlaps(top, (struct range){ 0, 0x1000 }));
	cr_expect(range_contains(top, (struct range){ UINT64_MAX, 1 }));
	cr_expect_not(range_contains(top, (struct range){ UINT64_MAX - 0x1000, 2 }));
	cr_expect_not(range_overlaps((struct range){ 5, 0 }, (struct range){ 0, 10 }));
}

Test(range, rounding)
{
	cr_expect_eq(round_up_to(1, 65536), 65536);
	cr_expect_eq(round_down_to(65535, 4096), 61440);
	cr_expect_eq(round_up_power_of_two(0), 1);
	cr_expect_eq(round_up_power_of_two(0x1000), 0x1000);
	cr_expect_eq(round_up_power_of_two(0x1001), 0x2000);
	cr_expect(is_power_of_two(1ULL << 63));
	cr_expect_not(is_power_of_two(0));
}

Test(str, patterns)
{
	static const struct {
		const char *text, *patterns;
		bool matches;
	} cases[] = {
		{ "clocks", "clocks", true },
		{ "clock", "clocks", false },
		{ "clocks", "resets clocks", true },
		{ "sda-gpios", "gpios *-gpios gpio", true },
		{ "gpios", "*-gpios gpio", false },
		{ "pinctrl-7", "pinctrl-[0-9] pinctrl-[0-9][0-9]", true },
		{ "pinctrl-17", "pinctrl-[0-9] pinctrl-[0-9][0-9]", true },
		{ "pinctrl-names", "pinctrl-[0-9] pinctrl-[0-9][0-9]", false },
		{ "", "*", true },
		{ "", "a b", false },
		{ "a", "", false },
	};

	for (size_t i = 0; i < n_elems(cases); i++)
		cr_expect_eq(str_matches(cases[i].text, cases[i].patterns), cases[i].matches,
			     "%s: %s", cases[i].text, cases[i].patterns);
}
