// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <string.h>

#include "devices/platform_bus.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vfio/context.h"
#include "vfio/host/device.h"
#include "vfio/irq/irq.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

static struct vm vm;
static struct err err;
static struct fake_vfio_device dev;
static struct vfio_irq irq;
static struct vfio_host_device host;
static struct vfio_handle handle;

static void open_device(bool level)
{
	fake_vm_create(&vm);
	dev = (struct fake_vfio_device){
		.name = "10000000.dev", .group = 1, .n_irqs = 1, .irqs = { { .level = level } }
	};
	fake_vfio_add(&dev);
	cr_assert_eq(vfio_host_device_find(&host, dev.name, &err), 0);
	cr_assert_eq(vfio_handle_open(vm.vfio, &host, &handle, &err), 0);
	irq = (struct vfio_irq){ .name = "10000000.dev interrupt 0",
				 .trigger_fd = -1,
				 .resample_fd = -1 };
}

static int attach(void)
{
	int ret = vfio_irq_query(&irq, handle.fd, 0, &err);
	uint32_t spi = 0;

	if (!ret)
		ret = platform_bus_take_spi(vm.bus, irq.name, 5, &spi, &err);
	vfio_irq_put(&irq, vm.bus, spi);
	return ret;
}

static void end(void)
{
	vfio_irq_quiesce(&irq, &vm);
	vfio_irq_destroy(&irq);
	vfio_handle_close(vm.vfio, &handle);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

static void expect_nothing_wired(void)
{
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	cr_expect_lt(dev.irqs[0].trigger_fd, 0);
	cr_expect_lt(dev.irqs[0].unmask_fd, 0);
}

/* The ioctls since @from are @want. */
static void expect_order(unsigned int from, const unsigned long *want, unsigned int n)
{
	cr_assert_eq(fake_n_ioctls(), from + n);
	for (unsigned int i = 0; i < n; i++)
		cr_expect_eq(fake_ioctl_request(from + i), want[i], "ioctl %u", i);
}

Test(vfio_irq, level_is_a_loop_from_the_device_to_the_guest_and_back)
{
	static const unsigned long armed[] = { KVM_IRQFD, VFIO_DEVICE_SET_IRQS,
					       VFIO_DEVICE_SET_IRQS, VFIO_DEVICE_SET_IRQS };
	static const unsigned long quiet[] = { VFIO_DEVICE_SET_IRQS, KVM_IRQFD,
					       VFIO_DEVICE_SET_IRQS };
	unsigned int from;

	open_device(true);
	cr_assert_eq(attach(), 0);
	cr_expect(irq.level);
	expect_nothing_wired();

	from = fake_n_ioctls();
	cr_assert_eq(vfio_irq_arm(&irq, &vm, &err), 0);
	expect_order(from, armed, n_elems(armed));
	cr_assert_eq(fake_kvm.n_irqfds, 1);
	cr_expect_eq(fake_kvm.irqfds[0].gsi, 5);
	cr_expect_eq(fake_kvm.irqfds[0].flags, KVM_IRQFD_FLAG_RESAMPLE);
	cr_expect_eq(dev.irqs[0].trigger_fd, (int)fake_kvm.irqfds[0].fd);
	cr_expect_eq(dev.irqs[0].unmask_fd, (int)fake_kvm.irqfds[0].resamplefd);
	cr_expect_neq(dev.irqs[0].unmask_fd, dev.irqs[0].trigger_fd);

	from = fake_n_ioctls();
	vfio_irq_quiesce(&irq, &vm);
	expect_order(from, quiet, n_elems(quiet));
	expect_nothing_wired();

	from = fake_n_ioctls();
	vfio_irq_quiesce(&irq, &vm);
	expect_order(from, NULL, 0);
	end();
}

Test(vfio_irq, edge_goes_one_way)
{
	static const unsigned long armed[] = { KVM_IRQFD, VFIO_DEVICE_SET_IRQS };

	open_device(false);
	cr_assert_eq(attach(), 0);
	cr_assert_eq(vfio_irq_arm(&irq, &vm, &err), 0);
	expect_order(fake_n_ioctls() - 2, armed, 2);
	cr_expect_eq(fake_kvm.irqfds[0].flags, 0);
	cr_expect_eq(dev.irqs[0].trigger_fd, (int)fake_kvm.irqfds[0].fd);
	vfio_irq_quiesce(&irq, &vm);
	expect_nothing_wired();
	end();
}

Test(vfio_irq, one_in_flight_at_a_reset_is_not_lost_for_ever)
{
	open_device(true);
	cr_assert_eq(attach(), 0);
	cr_assert_eq(vfio_irq_arm(&irq, &vm, &err), 0);
	cr_assert(fake_vfio_raise(&dev, 0));
	cr_assert(!fake_vfio_raise(&dev, 0), "masked until the guest's EOI");

	vfio_irq_quiesce(&irq, &vm);
	cr_assert(!fake_vfio_raise(&dev, 0));
	cr_expect(dev.irqs[0].masked, "the old guest's EOI never came");

	cr_assert_eq(vfio_irq_arm(&irq, &vm, &err), 0);
	cr_expect(fake_vfio_raise(&dev, 0));
	end();
}

Test(vfio_irq, before_the_vgic_is_initialised_it_is_refused)
{
	open_device(true);
	cr_assert_eq(attach(), 0);
	fake_kvm.vgic_initialised = false;
	cr_expect_eq(vfio_irq_arm(&irq, &vm, &err), -EAGAIN);
	cr_expect(strstr(err.what, "10000000.dev interrupt 0"));
	expect_nothing_wired();
	end();
}

Test(vfio_irq, a_line_that_the_host_shares_is_named_as_such)
{
	open_device(true);
	cr_assert_eq(attach(), 0);
	dev.irq_error = EBUSY;
	cr_expect_eq(vfio_irq_arm(&irq, &vm, &err), -EBUSY);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(err.why, "shares the line"));
	cr_expect(strstr(err.fix, "/proc/interrupts"));
	expect_nothing_wired();
	end();
}

Test(vfio_irq, each_failing_call_leaves_nothing_wired)
{
	bool failed = true;

	for (unsigned int n = 1; failed; n++) {
		int ret;

		open_device(true);
		fake_fail_at(n, EIO);
		ret = attach();
		if (!ret)
			ret = vfio_irq_arm(&irq, &vm, &err);
		failed = fake_failed();
		cr_expect_eq(ret, failed ? -EIO : 0, "call %u", n);
		if (failed) {
			cr_expect(strstr(err.what, "10000000.dev interrupt 0"), "%s", err.what);
			expect_nothing_wired();
		}
		end();
	}
}

Test(vfio_irq, a_taken_spi_names_its_owner)
{
	uint32_t spi;

	open_device(true);
	cr_assert_eq(platform_bus_take_spi(vm.bus, "uart interrupt 0", 5, &spi, &err), 0);
	cr_expect_lt(attach(), 0);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	cr_expect(err_says(&err, "uart interrupt 0"));
	end();
}
