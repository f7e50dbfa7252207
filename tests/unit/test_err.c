// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <string.h>

#include "vmm/base/err.h"
#include "vmm/base/log.h"

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

Test(log, levels_and_traces_choose_what_is_seen, .init = cr_redirect_stderr)
{
	log_debug("hidden");
	log_info("seen %d", 1);
	log_warn("seen too");
	trace_line(TRACE_IRQ, "hidden");
	log_set_level(LOG_DEBUG);
	log_set_trace(TRACE_IRQ);
	log_debug("now");
	trace_line(TRACE_IRQ, "line up");
	trace_line(TRACE_MMIO, "hidden");
	cr_assert_stderr_eq_str("dais: seen 1\ndais: warning: seen too\ndais: debug: now\n"
				"dais: trace: line up\n");
}

Test(log, a_line_that_is_too_long_still_ends, .init = cr_redirect_stderr)
{
	char text[2000], expected[1025] = "dais: ";

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memset(expected + 6, 'a', 1023 - 7);
	strcpy(expected + 1022, "\n");
	log_info("%s", text);
	cr_assert_stderr_eq_str(expected);
}

Test(log, a_guest_cannot_flood_it)
{
	struct log_budget budget = { 0 };
	unsigned int n_taken = 0, n_last = 0;
	bool last;

	for (int i = 0; i < 1000; i++) {
		n_taken += log_budget_take(&budget, &last);
		n_last += last;
	}
	cr_expect_eq(n_taken, LOG_BUDGET_MAX);
	cr_expect_eq(n_last, 1);
}
