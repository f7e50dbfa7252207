// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <string.h>

#include "vmm/base/err.h"

Test(err, the_message_has_three_lines, .init = cr_redirect_stderr)
{
	struct err err;

	cr_expect_eq(err_set(&err, EBUSY, "open %s", "/dev/vfio/7"), -EBUSY);
	err_why(&err, "the group is held by pid %d", 4121);
	err_fix(&err, "stop that VM");
	cr_expect_eq(err_prefix(&err, "attach %s", "10000000.ahci"), -EBUSY);
	err_print(&err);
	cr_assert_stderr_eq_str(
		"dais: error: attach 10000000.ahci: open /dev/vfio/7: Device or resource busy\n"
		"dais: cause: the group is held by pid 4121\n"
		"dais: fix:   stop that VM\n");
}

Test(err, what_failed_becomes_the_cause_unless_one_is_known)
{
	struct err err;

	err_usage(&err, "too little memory");
	cr_expect_eq(err_wrap(&err, "--memory %d", 0), -EINVAL);
	cr_expect_str_eq(err.what, "--memory 0");
	cr_expect_str_eq(err.why, "too little memory");
	err_wrap(&err, "vm.conf");
	cr_expect_str_eq(err.what, "vm.conf: --memory 0");
	cr_expect_str_eq(err.why, "too little memory");
}

Test(err, unknown_cause_and_fix_print_nothing, .init = cr_redirect_stderr)
{
	struct err err;

	cr_expect_eq(err_set(&err, 0, "no"), -EINVAL);
	err_print(&err);
	cr_assert_stderr_eq_str("dais: error: no\n");
}

Test(err, each_kind_of_error_has_its_exit_status)
{
	struct err err;

	err_set(&err, -EIO, "x");
	cr_expect_eq(err.code, -EIO);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_FAILURE);
	cr_expect_eq(err_host(&err), -EIO);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect_eq(err_usage(&err, "bad"), -EINVAL);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
}

Test(err, overlong_text_is_cut_not_overrun)
{
	char text[2000];
	struct err err;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	err_set(&err, EIO, "%s", text);
	err_why(&err, "%s", text);
	err_fix(&err, "%s", text);
	err_prefix(&err, "%s", text);
	cr_expect_eq(strlen(err.what), sizeof(err.what) - 1);
	cr_expect_eq(strlen(err.why), sizeof(err.why) - 1);
	cr_expect_eq(strlen(err.fix), sizeof(err.fix) - 1);
}

Test(err, what_this_dais_was_built_without_is_named)
{
	struct err err;

	cr_expect_eq(err_not_built(&err, "OVERLAY"), -EINVAL);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	cr_expect(strstr(err.what, "without CONFIG_OVERLAY"), "%s", err.what);
}
