// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vfio/context.h"
#include "vfio/vfio.h"
#include "vmm/base/range.h"

#define GIB (1ULL << 30)

static struct vfio_iommu second = { .ops = &vfio_type1_ops, .mapped = 2 * GIB };
static struct vfio_iommu first = { .ops = &vfio_type1_ops, .mapped = GIB, .next = &second };
static struct err err;

static void status(const char *capabilities, const char *locked)
{
	char text[256];

	snprintf(text, sizeof(text), "Name:\tdais\nVmLck:\t%8s kB\nCapEff:\t%s\n", locked,
		 capabilities);
	fake_file("/proc/self/status", text);
}

TestSuite(vfio_locked, .init = fake_sys_reset);

#define NONE         "0000000000000000"
#define CAP_IPC_LOCK "0000000000004000"

Test(vfio_locked, the_limit_is_raised_where_that_is_needed_and_allowed)
{
	static const struct {
		unsigned int n_spaces;
		const char *capabilities, *locked;
		uint64_t soft, hard, after; /* 0: it cannot be */
	} cases[] = {
		{ 0, NONE, "0", 1, 1, 1 },
		{ 1, NONE, "0", GIB, GIB, GIB },
		{ 1, NONE, "0", UINT64_MAX, UINT64_MAX, UINT64_MAX },
		{ 1, NONE, "0", 65536, UINT64_MAX, GIB },
		{ 1, NONE, "0", 65536, GIB, GIB },
		{ 1, NONE, "4", 65536, 2 * GIB, GIB + 4096 },
		{ 2, NONE, "0", GIB, 2 * GIB, 2 * GIB },
		{ 1, CAP_IPC_LOCK, "0", 65536, 65536, 65536 },
		{ 1, CAP_IPC_LOCK, "0", 65536, UINT64_MAX, GIB }, /* for when it is gone */
		{ 1, NONE, "4", GIB, GIB, 0 },
		{ 2, NONE, "0", 65536, GIB, 0 },
	};

	for (unsigned int c = 0; c < n_elems(cases); c++) {
		struct vfio vfio = { .iommus = cases[c].n_spaces == 2 ? &first
					       : cases[c].n_spaces    ? &second
								      : NULL };
		int ret;

		status(cases[c].capabilities, cases[c].locked);
		fake_set_memlock(cases[c].soft, cases[c].hard);
		ret = vfio_allow_locking(&vfio, GIB, &err);
		cr_assert_eq(ret, cases[c].after ? 0 : -ENOMEM, "%u: %s", c, err.what);
		cr_assert_eq(fake_memlock(), cases[c].after ? cases[c].after : cases[c].soft, "%u",
			     c);
	}
	cr_expect(strstr(err.what, "lock 2 GiB"), "%s", err.what);
	cr_expect(strstr(err.why, "RLIMIT_MEMLOCK is 1 GiB"), "%s", err.why);
	cr_expect(strstr(err.fix, "2147483648 bytes: ulimit -l 2097152 "), "%s", err.fix);
	cr_expect(strstr(err.fix, "LimitMEMLOCK=2147483648"), "%s", err.fix);
	cr_expect(strstr(err.fix, "memlock 2097152"), "%s", err.fix);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
}

Test(vfio_locked, a_host_that_tells_nothing)
{
	struct vfio vfio = { .iommus = &first };

	fake_set_memlock(65536, UINT64_MAX);
	cr_assert_eq(vfio_allow_locking(&vfio, GIB, &err), 0);
	cr_assert_eq(fake_memlock(), 2 * GIB);
	fake_fail_at(2, EPERM); /* behind a look for /proc/self/status */
	cr_assert_eq(vfio_allow_locking(&vfio, GIB, &err), -EPERM);
	cr_expect(strstr(err.what, "RLIMIT_MEMLOCK"));
}

Test(vfio_locked, what_is_mapped_is_told_for_each_address_space)
{
	const struct vfio vfio = { .iommus = &first };
	struct vfio_mapped mapped[2] = { 0 };

	cr_expect_eq(vfio_mapped(&vfio, NULL, 0), 2);
	cr_expect_eq(vfio_mapped(&vfio, mapped, 1), 2);
	cr_expect_null(mapped[1].backend);
	cr_expect_eq(vfio_mapped(&vfio, mapped, 2), 2);
	cr_expect_str_eq(mapped[0].backend, "type1");
	cr_expect_eq(mapped[0].size, GIB);
	cr_expect_eq(mapped[1].size, 2 * GIB);
}
