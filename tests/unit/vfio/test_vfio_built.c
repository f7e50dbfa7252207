// SPDX-License-Identifier: GPL-2.0-only
/* A dais that was built with one backend: instead of vfio/iommu/backends.c. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fixtures/fixture_vfio.h"
#include "vfio/context.h"
#include "vmm/base/range.h"

const struct vfio_iommu_ops *const vfio_backends[N_VFIO_BACKENDS] = {
	[VFIO_BACKEND_TYPE1] = &vfio_type1_ops,
};

static struct fixture_vfio f;

Test(vfio_built, auto_takes_the_one_that_there_is)
{
	static char said[4096];

	cr_redirect_stderr();
	fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	cr_expect_eq(f.vm.vfio->iommus->ops, &vfio_type1_ops);
	fixture_vfio_destroy(&f);
	fflush(stderr);
	said[fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr())] = '\0';
	cr_expect(strstr(said, FIXTURE_DISK ": DMA through type1\n"), "%s", said);
}

Test(vfio_built, its_failure_is_told_as_it_is)
{
	fixture_vfio_create(&f, VFIO_BACKEND_AUTO);
	fake_remove("/dev/vfio/vfio");
	cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -ENOENT);
	cr_expect(strstr(f.err.what, "open /dev/vfio/vfio"), "%s", f.err.what);
	fixture_vfio_destroy(&f);
}

Test(vfio_built, one_that_is_named_and_left_out)
{
	static const struct {
		enum vfio_backend backend;
		const char *symbol;
	} cases[] = {
		{ VFIO_BACKEND_IOMMUFD, "CONFIG_VFIO_IOMMUFD" },
		{ VFIO_BACKEND_NONE, "CONFIG_VFIO_NOIOMMU" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fixture_vfio_create(&f, cases[i].backend);
		cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EINVAL);
		cr_expect_eq(f.err.status, EXIT_STATUS_USAGE);
		cr_expect(strstr(f.err.what, cases[i].symbol), "%s", f.err.what);
		cr_expect(strstr(f.err.fix, "iommu=auto"), "%s", f.err.fix);
		fixture_vfio_destroy(&f);
	}
}
