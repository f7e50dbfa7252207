// SPDX-License-Identifier: GPL-2.0-only
/* Devices without an IOMMU whose driver, vfio-dais, pins guest RAM and tells where it is. */
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

static void begin(void)
{
	fixture_vfio_create(&f, VFIO_BACKEND_NONE);
	phys_ram_init(&phys);
	ram_init(&ram);
	for (unsigned int i = 0; i < 3; i++) {
		fake_vfio_emulate(i);
		cr_assert_eq(vfio_host_device_find(&f.hosts[i], fixture_vfio_devices[i].name, &err),
			     0);
	}
}

TestSuite(pin, .init = begin);

static int pin(void *opaque, void *hva, uint64_t size, uint64_t *pa, struct err *e)
{
	(void)opaque;
	return vfio_pin(f.vm.vfio, hva, size, pa, e);
}

static void unpin(void *opaque, uint64_t pa, uint64_t size)
{
	(void)opaque;
	vfio_unpin(f.vm.vfio, pa, size);
}

/* @n_wanted pages of @n_free, from one at @first upwards; nobody may look at the pagemap
 */
static int take(uint64_t first, size_t n_free, size_t n_wanted)
{
	const struct phys_ram_wish wish = {
		.hugetlbfs = FAKE_HUGE_DIR,
		.size = n_wanted * PAGE,
		.ipa_bits = 40,
		.pin = pin,
		.unpin = unpin,
	};
	uint64_t pas[FAKE_HUGE_PAGES];
	int ret;

	for (size_t i = 0; i < n_free; i++)
		pas[i] = first + i * PAGE;
	fake_huge_make(PAGE, pas, n_free);
	fake_open_error("/proc/self/pagemap", EPERM);
	ret = phys_ram_open(&phys, &wish, &err) ?: phys_ram_take(&phys, &wish, &err);
	if (ret)
		return ret;
	return phys_ram_add_banks(&phys, n_wanted * PAGE, &ram, &err) ?: ram_create(&ram, &err);
}

Test(pin, the_driver_holds_ram_and_tells_where_it_is)
{
	cr_expect_not(vfio_can_pin(f.vm.vfio));
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s: %s", f.err.what, f.err.why);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0, "%s: %s", f.err.what, f.err.why);
	cr_expect(vfio_can_pin(f.vm.vfio));
	cr_expect_eq(f.handles[0].kvm_fd, -1);
	cr_assert_eq(take(GIB, 16, 8), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(phys.n_pins, 0, "there are pipes");
	cr_expect_eq(fake_huge_n_pinned(), 8);
	cr_expect_not(fixture_vfio_devices[0].is_told);
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), 0, "%s: %s", f.err.what, f.err.why);
	cr_expect(fixture_vfio_devices[0].is_told && fixture_vfio_devices[1].is_told);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 0);

	/* a guest reset leaves it where it is, and asks for nothing that the sandbox forbids */
	cr_assert_eq(vfio_dma_unmap(f.vm.vfio, &f.err), 0, "%s", f.err.what);
	fixture_vfio_devices[0].pin_error = EPERM;
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), 0, "%s", f.err.what);
	fixture_vfio_devices[0].pin_error = 0;
	tear_down();
}

/* Pages where a guest has its interrupt controller are taken, and let go at the end. */
Test(pin, pages_that_are_of_no_use_are_let_go)
{
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s: %s", f.err.what, f.err.why);
	cr_assert_eq(take(0x0f800000, 12, 8), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(phys.pages[0].pa, 0x10000000);
	cr_expect_eq(fake_huge_n_used(), 8);
	cr_expect_eq(fake_huge_n_pinned(), 8);
	tear_down();
}

Test(pin, ram_that_is_elsewhere_is_found)
{
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s: %s", f.err.what, f.err.why);
	cr_assert_eq(take(GIB, 16, 8), 0, "%s: %s", err.what, err.why);
	fixture_vfio_devices[0].pin_moved = ram.banks[0].gpa.start + PAGE;
	cr_assert_eq(vfio_dma_map(f.vm.vfio, &ram, &f.err), -ESTALE);
	cr_expect(err_says(&f.err, "guest RAM at 0x"), "%s", f.err.what);
	cr_expect(err_says(&f.err, "its page is at physical address 0x"), "%s", f.err.why);
	tear_down();
}

Test(pin, what_is_not_pinned_is_told)
{
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s: %s", f.err.what, f.err.why);
	fixture_vfio_devices[0].pin_error = EPERM;
	cr_expect_eq(take(GIB, 16, 8), -EPERM);
	cr_expect(err_says(&err, "CAP_SYS_RAWIO"), "%s", err.why);
	phys_ram_destroy(&phys);
	fixture_vfio_devices[0].pin_error = EFAULT;
	cr_expect_eq(take(GIB, 16, 8), -EFAULT);
	cr_expect(strstr(err.fix, "mem-path"), "%s", err.fix);
	phys_ram_destroy(&phys);
	fixture_vfio_devices[0].pin_error = 0;
	fixture_vfio_devices[0].pin_cut = 4096; /* a part of a page */
	cr_expect_eq(take(GIB, 16, 8), -EPROTO, "%s", err.what);
	fixture_vfio_devices[0].pin_cut = PAGE; /* nothing */
	phys_ram_destroy(&phys);
	cr_expect_eq(take(GIB, 16, 8), -EPROTO, "%s", err.what);
	tear_down();
}

/* The kernel would let it in. */
Test(pin, is_never_taken_for_a_device_with_an_iommu)
{
	for (enum vfio_backend backend = VFIO_BACKEND_AUTO; backend < VFIO_BACKEND_NONE;
	     backend++) {
		f.vm.vfio->backend = backend;
		cr_expect_eq(fixture_vfio_open(&f, FIXTURE_DISK), -EINVAL);
		cr_expect(err_says(&f.err, FIXTURE_DISK " has no IOMMU"), "%s", f.err.what);
		cr_expect(strstr(f.err.fix, "iommu=none"), "%s", f.err.fix);
	}
	tear_down();
}

/* Such a container takes no device of the other kind. */
Test(pin, a_device_of_another_driver_has_a_container_of_its_own)
{
	f.hosts[0].group = 7;
	strcpy(f.hosts[0].driver, "vfio-platform");
	fake_vfio_take_iommu(7);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_EDU), 0, "%s: %s", f.err.what, f.err.why);
	cr_assert_eq(fixture_vfio_open(&f, FIXTURE_DISK), 0, "%s: %s", f.err.what, f.err.why);
	cr_expect_eq(fake_vfio.containers[0].n_members, 1);
	cr_expect_eq(f.vm.vfio->iommus->next != NULL, true);
	tear_down();
}

Test(pin, no_type1_is_told)
{
	fake_vfio.no_type1 = true;
	cr_expect_neq(fixture_vfio_open(&f, FIXTURE_DISK), 0);
	cr_expect(strstr(f.err.fix, "modprobe vfio_iommu_type1"), "%s", f.err.fix);
	tear_down();
}

Test(pin, each_failing_call_is_told_and_leaves_nothing)
{
	for (unsigned int n = 1;; n++) {
		int ret;

		if (n > 1)
			begin();
		fake_fail_at(n, EIO);
		ret = fixture_vfio_open(&f, FIXTURE_DISK) ?: take(GIB, 16, 8)
			      ?: vfio_dma_map(f.vm.vfio, &ram, &f.err);
		cr_expect(ret || !fake_failed() || fake_huge_n_pinned() >= 8, "call %u", n);
		tear_down();
		if (!fake_failed())
			break;
	}
}
