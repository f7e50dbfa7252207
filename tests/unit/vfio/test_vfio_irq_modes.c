// SPDX-License-Identifier: GPL-2.0-only
/* Which mode an interrupt takes. The one that user space serves: test_vfio_irq_user.c. */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/unit/err_says.h"
#include "tests/unit/vfio/vfio_irq_rig.h"
#include "vmm/base/own.h"

Test(vfio_irq_modes, auto_takes_the_best_and_says_why_not_a_better_one)
{
	static const struct {
		bool can_forward;
		int forward_error;
		bool no_resample, no_irqfd;
		enum vfio_irq_mode level, edge;
		const char *why_level, *why_edge;
	} cases[] = {
		{ true, 0, false, false, VFIO_IRQ_FORWARD, VFIO_IRQ_IRQFD, "", "an edge" },
		{ true, EOPNOTSUPP, false, false, VFIO_IRQ_IRQFD, VFIO_IRQ_IRQFD,
		  "refused to forward it: Operation not supported", "an edge" },
		{ false, 0, false, false, VFIO_IRQ_IRQFD, VFIO_IRQ_IRQFD, "cannot forward",
		  "an edge" },
		{ true, 0, true, false, VFIO_IRQ_EVENTFD, VFIO_IRQ_IRQFD, "KVM_CAP_IRQFD_RESAMPLE",
		  "an edge" },
		{ true, 0, true, true, VFIO_IRQ_EVENTFD, VFIO_IRQ_EVENTFD, "KVM_CAP_IRQFD",
		  "KVM_CAP_IRQFD" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		make_host();
		fake_kvm.can_forward = cases[i].can_forward;
		fake_kvm.forward_error = cases[i].forward_error;
		vm.kvm.caps.irqfd_resample = !cases[i].no_resample;
		vm.kvm.caps.irqfd = !cases[i].no_irqfd;
		cr_assert_eq(arm(""), 0, "%s", err.what);
		cr_expect_eq(vdev->irqs[0].mode, cases[i].level, "case %u", i);
		cr_expect_eq(vdev->irqs[2].mode, cases[i].edge, "case %u", i);
		cr_expect(strstr(vdev->irqs[0].why, cases[i].why_level), "%s", vdev->irqs[0].why);
		cr_expect(strstr(vdev->irqs[2].why, cases[i].why_edge), "%s", vdev->irqs[2].why);
		end();
	}
}

Test(vfio_irq_modes, a_mode_that_is_named_is_taken_or_an_error)
{
	static const struct {
		const char *settings;
		bool can_forward, no_resample;
		const char *why; /* NULL: it is taken */
		enum vfio_irq_mode first, second;
	} cases[] = {
		{ "irq-mode=eventfd", true, false, NULL, VFIO_IRQ_EVENTFD, VFIO_IRQ_EVENTFD },
		{ "irq-mode.0=forward,irq-mode.1=irqfd", true, false, NULL, VFIO_IRQ_FORWARD,
		  VFIO_IRQ_IRQFD },
		{ "irq-mode.0=forward", false, false, "cannot forward", 0, 0 },
		{ "irq-mode.2=forward", true, false, "an edge", 0, 0 },
		{ "irq-mode.1=irqfd", true, true, "KVM_CAP_IRQFD_RESAMPLE", 0, 0 },
		{ "irq-mode.1=forward", true, true, "KVM_CAP_IRQFD_RESAMPLE", 0, 0 },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		int ret;

		make_host();
		fake_kvm.can_forward = cases[i].can_forward;
		vm.kvm.caps.irqfd = true;
		vm.kvm.caps.irqfd_resample = !cases[i].no_resample;
		ret = arm(cases[i].settings);
		cr_expect_eq(ret != 0, cases[i].why != NULL, "%s", cases[i].settings);
		if (ret) {
			cr_expect(strstr(err.why, cases[i].why), "%s", err.why);
			cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
			cr_expect(strstr(err.fix, "irq-mode"));
		} else {
			cr_expect_eq(vdev->irqs[0].mode, cases[i].first);
			cr_expect_eq(vdev->irqs[1].mode, cases[i].second);
		}
		end();
	}
}

Test(vfio_irq_modes, wrong_settings)
{
	static const struct {
		const char *settings, *what;
	} cases[] = {
		{ "irq-mode=fast", "irq-mode=fast" },
		{ "irq-mode.3=irqfd", "no such interrupt" },
		{ "eoi=4", "eoi=4" },
		{ "eoi=0:0x10:read", "eoi=0:0x10:read" },
		{ "eoi=x:0", "eoi=x:0" },
		{ "mmap-timeout=0", "mmap-timeout=0" },
		{ "irq-mode=eventfd,eoi=2:0", "eoi=2:0x0" },
		{ "irq-mode=eventfd,eoi=1:0x4000", "eoi=1:0x4000" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		make_host();
		if (!create(cases[i].settings))
			cr_expect_lt(CLASS->attach(device, &err), 0, "%s", cases[i].settings);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE, "%s", cases[i].settings);
		cr_expect(err_says(&err, cases[i].what), "%s", err.what);
		cr_expect(err.fix[0]);
		end();
	}
}

Test(vfio_irq_modes, forwarding_is_undone_with_the_rest)
{
	make_host();
	fake_kvm.can_forward = true;
	cr_assert_eq(arm(""), 0, "%s", err.what);
	cr_assert_eq(fake_kvm.n_forwards, 2);
	cr_expect_eq(fake_kvm.forwards[0].fd, vdev->handle.fd);
	cr_expect_eq(fake_kvm.forwards[0].index, 0);
	cr_expect_eq(fake_kvm.forwards[0].subindex, 0);
	cr_expect_eq(fake_kvm.forwards[0].gsi, vdev->irqs[0].spi);
	cr_expect_eq(fake_kvm.n_irqfds, 3, "the wiring of irqfd stays");
	for (unsigned int i = 0; i < 20; i++) {
		CLASS->quiesce(device);
		cr_expect_eq(fake_kvm.n_forwards, 0);
		cr_assert_eq(CLASS->arm(device, &err), 0);
		cr_expect_eq(fake_kvm.n_forwards, 2);
		cr_expect_eq(vdev->irqs[1].mode, VFIO_IRQ_FORWARD);
	}
	end();
}

Test(vfio_irq_modes, each_failing_call_leaves_nothing)
{
	bool failed = true;

	for (unsigned int n = 1; failed; n++) {
		int ret;

		make_host();
		cr_assert_eq(create("irq-mode=eventfd,eoi.0=0:0x1000"), 0);
		vdev = (struct vfio_device *)device;
		fake_fail_at(n, EIO);
		ret = CLASS->attach(device, &err);
		if (!ret)
			ret = CLASS->arm(device, &err);
		failed = fake_failed();
		cr_expect_eq(ret, failed ? -EIO : 0, "call %u", n);
		end();
	}
}
