// SPDX-License-Identifier: GPL-2.0-only
/* What traps where KVM does not resample. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>

#include "tests/unit/vfio/vfio_irq_rig.h"
#include "vfio/region.h"
#include "vmm/base/range.h"

/* The memslot that is over @offset of region 0: bits of what of it does not trap. */
enum reach { NOTHING, READS, ALL };

static enum reach reach(unsigned int region, uint64_t offset)
{
	uint64_t gpa = vdev->regions[region].gpa + offset;

	for (unsigned int i = 0; i < FAKE_KVM_N_MEMSLOTS; i++) {
		const struct kvm_userspace_memory_region *slot = &fake_kvm.memslots[i];

		if (range_contains((struct range){ slot->guest_phys_addr, slot->memory_size },
				   (struct range){ gpa, 1 }))
			return slot->flags & KVM_MEM_READONLY ? READS : ALL;
	}
	return NOTHING;
}

/* Attached and armed as @settings have it, on a host that is as the caller made it. */
static void start(const char *settings)
{
	make_host();
	vm.kvm.no_resample = true;
	cr_assert_eq(arm(settings), 0, "%s", err.what);
}

Test(vfio_irq_trap, page_of_the_register_that_is_known)
{
	static const struct {
		const char *settings;
		enum reach at[4]; /* region 0, page by page */
		enum reach second_region;
	} cases[] = {
		{ "eoi=0:0x1064:write", { ALL, READS, ALL, ALL }, ALL },
		{ "eoi=0:0x3000", { ALL, ALL, ALL, NOTHING }, ALL },
		{ "eoi.0=0:0x0:write,eoi.1=0:0x8", { NOTHING, ALL, ALL, ALL }, ALL },
		{ "eoi.0=0:0x0:write,eoi.1=1:0x8", { READS, ALL, ALL, ALL }, NOTHING },
		{ "", { NOTHING, NOTHING, NOTHING, NOTHING }, NOTHING },
		{ "eoi.0=0:0x0:write", { NOTHING, NOTHING, NOTHING, NOTHING }, NOTHING },
		{ "irq-mode=irqfd,eoi=0:0x2000:write", { ALL, ALL, READS, ALL }, ALL },
		/* the table */
		{ "compatible=generic-ehci", { NOTHING, ALL, ALL, ALL }, ALL },
		{ "compatible=my-ahci-2", { NOTHING, ALL, ALL, ALL }, ALL },
		/* eoi= comes before it */
		{ "compatible=generic-ehci,eoi=0:0x2000", { ALL, ALL, NOTHING, ALL }, ALL },
		{ "compatible=nobodys", { NOTHING, NOTHING, NOTHING, NOTHING }, NOTHING },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		start(cases[i].settings);
		for (unsigned int page = 0; page < 4; page++)
			cr_expect_eq(reach(0, page * PAGE), cases[i].at[page], "%s: page %u",
				     cases[i].settings, page);
		cr_expect_eq(reach(1, 0), cases[i].second_region, "%s", cases[i].settings);
		cr_expect_eq(vdev->irqs[0].mode, VFIO_IRQ_IRQFD);
		cr_expect_eq(fake_kvm.n_irqfds, 3);
		end();
	}
}

/* Nothing of these needs KVM to resample. */
Test(vfio_irq_trap, only_what_is_a_level_and_an_irqfd)
{
	static const struct {
		const char *settings;
		bool can_forward, resamples;
		enum reach reach;
	} cases[] = {
		{ "", false, true, ALL },
		{ "", true, false, ALL },
		{ "irq-mode.0=irqfd", true, false, NOTHING },
		{ "irq-mode=eventfd", false, false, ALL },
		{ "irq-mode.0=irqfd,eoi.0=0:0x0:write,irq-mode.1=eventfd", false, false, READS },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		make_host();
		fake_kvm.can_forward = cases[i].can_forward;
		vm.kvm.no_resample = !cases[i].resamples;
		cr_assert_eq(arm(cases[i].settings), 0, "%s", err.what);
		cr_expect_eq(reach(0, 0), cases[i].reach, "%s", cases[i].settings);
		end();
	}
}

/* What traps is mapped into dais all the same, which saves a system call. */
Test(vfio_irq_trap, words_are_accessed_where_dais_has_them_mapped)
{
	static const struct {
		unsigned int width;
		uint64_t offset;
		bool by_kernel;
	} cases[] = {
		{ 4, 0x1064, false }, { 4, 0x1ffc, false }, { 2, 0x1064, true },
		{ 8, 0x1060, true },  { 4, 0x1062, true },  { 4, 0x1ffe, true },
	};
	const uint8_t *page = NULL;

	start("eoi=0:0x1064:write");
	for (unsigned int i = 0; i < vdev->regions[0].n_areas; i++)
		if (vdev->regions[0].areas[i].range.start == PAGE)
			page = vdev->regions[0].areas[i].hva;
	cr_assert_not_null(page);
	for (unsigned int i = 0; i < n_elems(cases); i++) {
		const uint64_t gpa = vdev->regions[0].gpa + cases[i].offset;
		const uint8_t written[8] = { 0x11, 0x22, 0x33, 0x44, 0x55, (uint8_t)i };
		uint8_t data[8];
		unsigned int n = dev.access.n;

		memcpy(data, written, sizeof(data));
		mmio_access(&vm.mmio, gpa, data, cases[i].width, true);
		cr_expect_eq(dev.access.n != n, cases[i].by_kernel, "case %u", i);
		if (cases[i].by_kernel)
			continue;
		cr_expect_arr_eq(page + (cases[i].offset - PAGE), written, 4);
		memset(data, 0, sizeof(data));
		mmio_access(&vm.mmio, gpa, data, 4, false);
		cr_expect_arr_eq(data, written, 4);
		cr_expect_eq(dev.access.n, n);
	}
	end();
}

/* An interrupt of mode eventfd beside it takes more away, and gives back no more than there was. */
Test(vfio_irq_trap, stays_when_an_eventfd_maps_its_pages_again)
{
	start("irq-mode.0=irqfd,eoi.0=0:0x0:write,irq-mode.1=eventfd");
	cr_expect_eq(reach(0, PAGE), ALL);
	cr_assert_eq(vfio_region_trap(&vdev->regions[0], &vm, true, &err), 0);
	cr_expect_eq(reach(0, 0), NOTHING);
	cr_expect_eq(reach(0, PAGE), NOTHING);
	cr_assert_eq(vfio_region_trap(&vdev->regions[0], &vm, false, &err), 0);
	cr_expect_eq(reach(0, 0), READS);
	cr_expect_eq(reach(0, PAGE), ALL);
	end();
}

Test(vfio_irq_trap, each_failing_call_leaves_nothing)
{
	bool failed = true;

	for (unsigned int n = 1; failed; n++) {
		make_host();
		vm.kvm.no_resample = true;
		cr_assert_eq(create("eoi.0=0:0x1000:write"), 0);
		vdev = (struct vfio_device *)device;
		fake_fail_at(n, EIO);
		if (!CLASS->attach(device, &err))
			(void)!CLASS->arm(device, &err);
		failed = fake_failed();
		fake_fail_at(0, 0);
		end();
	}
}

/* The machine asks KVM only for these. */
Test(vfio_irq_trap, who_wants_resampling)
{
	static const struct {
		const char *settings;
		bool can_forward, wants;
	} cases[] = {
		{ "", false, true },
		{ "", true, false },
		{ "irq-mode.1=irqfd", true, true },
		{ "irq-mode=eventfd", false, false },
		{ "irq-mode.0=eventfd,irq-mode.1=eventfd,irq-mode.2=irqfd", false, false },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		make_host();
		fake_kvm.can_forward = cases[i].can_forward;
		cr_assert_eq(create(cases[i].settings), 0, "%s", err.what);
		cr_assert_eq(vfio_kvm_attach(vm.vfio, &vm, &err), 0);
		cr_expect_eq(vfio_wants_resample(vm.vfio, &vm), cases[i].wants, "%s",
			     cases[i].settings);
		end();
	}
}
