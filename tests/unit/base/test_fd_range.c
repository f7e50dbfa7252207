// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/fd_range.h"

TestSuite(fd_range, .init = fake_sys_reset);

Test(fd_range, a_low_hard_limit_is_told_with_its_remedy)
{
	struct err err = { 0 };

	fake_set_max_files(1024);
	cr_expect_eq(fd_ranges_allow(&err), -EMFILE);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect_str_eq(err.why, "the hard limit of open files is 1024");
	cr_expect_str_eq(err.fix, "ulimit -H -n 4096; a systemd unit: LimitNOFILE=4096");
	fake_set_max_files(FD_RANGES_END);
	cr_expect_eq(fd_ranges_allow(&err), 0);
}
