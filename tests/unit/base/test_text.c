// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>

#include "vmm/base/str.h"

Test(text, is_cut_at_the_end_of_its_buffer)
{
	char buf[8];
	struct text text = text_in(buf);

	text_add(&text, "%d, ", 12);
	cr_expect_str_eq(buf, "12, ");
	cr_expect_not(text.cut);
	text_add(&text, "%s", "abcdef");
	cr_expect_str_eq(buf, "12, abc");
	cr_expect(text.cut);
	text_add(&text, "x");
	cr_expect_str_eq(buf, "12, abc");
}

Test(text, of_others_is_escaped)
{
	static const char foreign[] = "a b\033[2J\\\xff\xc3\xb6\n";
	char buf[64], small[7];
	struct text text = text_in(buf), cut = text_in(small);

	text_add_escaped(&text, foreign, sizeof(foreign));
	cr_expect_str_eq(buf, "a b\\x1b[2J\\x5c\\xff\\xc3\\xb6\\x0a\\x00");
	text_add_escaped(&cut, foreign, sizeof(foreign));
	cr_expect(cut.cut);
	cr_expect_str_eq(small, "a b\\x1");
}

Test(text, pieces_follow_each_other)
{
	char buf[32];
	struct text text = text_in(buf);

	cr_expect_str_eq(buf, "");
	for (int i = 1; i <= 3; i++)
		text_add(&text, "%s%d", text.used ? ", " : "", i);
	cr_expect_str_eq(buf, "1, 2, 3");
	cr_expect_eq(text.used, 7);
	cr_expect_not(text.cut);
}

Test(text, what_fits_exactly_is_not_cut)
{
	char buf[8 + 1];
	struct text text = text_start(buf, 8);

	buf[8] = 'x';
	text_add(&text, "1234567");
	cr_expect_not(text.cut);
	text_add(&text, "%s", "");
	cr_expect_not(text.cut);
	text_add(&text, "8");
	cr_expect(text.cut);
	text_add(&text, "%s", "");
	cr_expect(text.cut, "it stays so");
	cr_expect_str_eq(buf, "1234567");
	cr_expect_eq(text.used, 7);
	cr_expect_eq(buf[8], 'x');
}

Test(text, a_buffer_of_one_byte_holds_no_text)
{
	char buf[1] = { 'x' };
	struct text text = text_in(buf);

	cr_expect_eq(buf[0], 0);
	text_add(&text, "a");
	cr_expect_eq(buf[0], 0);
	cr_expect(text.cut);
	cr_expect_eq(text.used, 0);
}
