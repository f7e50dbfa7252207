// SPDX-License-Identifier: GPL-2.0-only
/* A dais without IMAGE_GZIP: the source that is linked there, in place of the other one. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "arch/common/gunzip_none.c"

Test(gunzip_none, says_what_to_do)
{
	struct gunzip *gunzip = NULL;
	struct err err;

	cr_expect_eq(gunzip_open(3, 0, 100, "Image.gz", &gunzip, &err), -EINVAL);
	cr_expect(strstr(err.what, "Image.gz"), "%s", err.what);
	cr_expect(strstr(err.why, "without IMAGE_GZIP"), "%s", err.why);
	cr_expect(strstr(err.fix, "gunzip"), "%s", err.fix);
	cr_expect_eq(gunzip_read(gunzip, NULL, 0, &err), 0);
	gunzip_close(gunzip);
}
