// SPDX-License-Identifier: GPL-2.0-only
/* Devices without an IOMMU that have files of their own (/dev/vfio/devices/noiommu-vfioN). */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "tests/unit/vfio/noiommu_rig.h"
#include "vfio/device.h"
#include "vfio/vfio.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

TestSuite(noiommu_cdev, .init = set_up);

/* As Linux 7.3 has them. */
static void make_cdevs(void)
{
	for (unsigned int i = 0; i < 3; i++)
		fake_vfio_noiommu_cdev(i);
}

Test(noiommu_cdev, files_of_their_own_pin_ram_and_tell_where_it_is)
{
	make_cdevs();
	make_ram();
	fake_vfio.pa_run = PAGE;
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0, "%s", f.err.what);
	cr_expect_eq(f.handles[0].kvm_fd, -1);
	cr_expect_eq(fixture_vfio_devices[0].ioas, &fake_vfio.containers[1]);
	cr_expect_eq(fixture_vfio_devices[1].ioas, &fake_vfio.containers[1]);
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), 0, "%s", f.err.what);
	cr_expect_eq(fake_vfio.containers[1].n_maps, ram.n_banks);
	/* a guest reset leaves it where it is, and asks for nothing that the sandbox forbids */
	cr_assert_eq(vfio_dma_unmap(f.vm.vfio, &f.err), 0, "%s", f.err.what);
	cr_expect_eq(fake_vfio.containers[1].n_maps, ram.n_banks);
	fake_vfio.map_error = EPERM;
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), 0, "%s", f.err.what);
	tear_down();
}

Test(noiommu_cdev, ram_that_is_elsewhere_is_found_by_files_of_their_own)
{
	make_cdevs();
	make_ram();
	fake_vfio.pa_run = PAGE;
	fake_vfio.pa_moved = ram.banks[0].gpa.start + PAGE;
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), -ESTALE);
	cr_expect(err_says(&f.err, "guest RAM at 0x"), "%s", f.err.what);
	cr_expect(err_says(&f.err, "its page is at physical address 0x"), "%s", f.err.why);
	tear_down();
}

Test(noiommu_cdev, a_file_of_its_own_that_fails_leaves_the_group)
{
	make_cdevs();
	fake_vfio.attach_error = ENODEV;
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
	cr_expect_null(fixture_vfio_devices[0].ioas);
	cr_expect_eq(fake_vfio.containers[0].n_members, 1);
	tear_down();
	set_up();
	make_cdevs();
	fake_remove("/dev/iommu");
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s", f.err.what);
	cr_expect_eq(fake_vfio.containers[0].n_members, 1);
	tear_down();
}

/* With iommufd the guest's addresses would be physical ones, and nobody would have looked. */
Test(noiommu_cdev, is_never_taken_for_a_device_with_an_iommu)
{
	tear_down();
	fixture_vfio_create(&f, VFIO_BACKEND_IOMMUFD);
	make_cdevs();
	cr_assert_lt(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	cr_expect(err_says(&f.err, "has no file of its own"), "%s", f.err.what);
	fixture_vfio_destroy(&f);
}

Test(noiommu_cdev, each_failing_call_with_files_of_their_own_leaves_nothing)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		if (n > 1)
			set_up();
		make_cdevs();
		make_ram();
		fake_vfio.pa_run = PAGE;
		fake_fail_at(n, EIO);
		ret = fixture_vfio_open(&f, FIXTURE_DISK);
		if (!ret)
			ret = vfio_dma_map(f.vm.vfio, &ram, &f.err);
		/* or its group was taken instead */
		cr_assert(ret || !fake_failed() || !fixture_vfio_devices[0].ioas, "call %u", n);
		tear_down();
		if (!fake_failed())
			break;
	}
}
