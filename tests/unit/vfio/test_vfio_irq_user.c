// SPDX-License-Identifier: GPL-2.0-only
/* Mode eventfd, from the device to the guest's acknowledgement. */
#include <criterion/criterion.h>
#include <linux/kvm.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "tests/unit/vfio/vfio_irq_rig.h"
#include "vfio/region.h"
#include "vmm/base/sys.h"

#define N_SLOTS 8

/* One turn of the main loop for what is ready now. */
static void on_turn(void *opaque)
{
	(void)opaque;
	event_loop_stop(&vm.loop);
}

static void turn(void)
{
	struct event_source *source;
	int fd = sys_eventfd(1, EFD_NONBLOCK);

	cr_assert_eq(event_loop_add(&vm.loop, fd, on_turn, NULL, &source, &err), 0);
	/* epoll takes turns: what was ready before is served by then */
	for (unsigned int i = 0; i < 4; i++)
		cr_assert_eq(event_loop_run(&vm.loop, &err), 0);
	event_loop_remove(&vm.loop, source);
	sys_close(fd);
}

/* As the host's handler does it; the main loop has not looked. */
static bool signal_irq(unsigned int i)
{
	const uint64_t one = 1;
	bool came = fake_vfio_raise(&dev, i);

	dev.irqs[i].up = dev.irqs[i].level;
	if (came)
		cr_assert_eq(sys_write(dev.irqs[i].trigger_fd, &one, sizeof(one)), sizeof(one));
	return came;
}

static bool raise_irq(unsigned int i)
{
	bool came = signal_irq(i);

	turn();
	return came;
}

static void guest_access(unsigned int region, uint64_t offset, bool is_write)
{
	uint8_t data[8] = { 0 };

	mmio_access(&vm.mmio, vdev->regions[region].gpa + offset, data, 4, is_write);
}

/* The device lets its line go. */
static void acknowledge(unsigned int i, unsigned int region, uint64_t offset, bool is_write)
{
	dev.irqs[i].up = false;
	guest_access(region, offset, is_write);
}

static unsigned int line(unsigned int irq)
{
	unsigned int level = 0;

	for (unsigned int i = 0; i < fake_kvm.n_lines; i++)
		if ((fake_kvm.lines[i].irq & 0xffff) == vdev->irqs[irq].spi + 32)
			level = fake_kvm.lines[i].level;
	return level;
}

static bool is_mapped(unsigned int region, uint64_t offset, bool *read_only)
{
	uint64_t gpa = vdev->regions[region].gpa + offset;

	for (unsigned int i = 0; i < N_SLOTS; i++) {
		const struct kvm_userspace_memory_region *m = &fake_kvm.memslots[i];

		if (!m->memory_size || gpa < m->guest_phys_addr ||
		    gpa >= m->guest_phys_addr + m->memory_size)
			continue;
		if (read_only)
			*read_only = m->flags & KVM_MEM_READONLY;
		return true;
	}
	return false;
}

static void wait_quiet(void)
{
	struct epoll_event event;
	int n = sys_epoll_wait(vm.loop.epoll_fd, &event, 1, 2000);

	cr_assert_eq(n, 1, "the timer of mmap-timeout");
	turn();
}

Test(vfio_irq_user, with_a_register_that_is_known)
{
	bool read_only;

	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi.0=0:0x1024,eoi.1=1:0x2000:write,mmap-timeout=5"), 0,
		     "%s", err.what);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	cr_expect(is_mapped(0, PAGE, &read_only) && !read_only);
	cr_expect(raise_irq(0));
	cr_expect_eq(line(0), 1);
	cr_expect_eq(line(1), 0);
	cr_expect(!is_mapped(0, PAGE, NULL), "only the page with the register traps");
	cr_expect(is_mapped(0, 0, NULL) && is_mapped(0, 2 * PAGE, NULL));
	cr_expect(is_mapped(1, 2 * PAGE, &read_only) && read_only, "reads go on without an exit");

	guest_access(0, 0x1020, false);
	guest_access(1, 0x1024, true);
	cr_expect_eq(line(0), 1, "another register");
	cr_expect(!raise_irq(0), "masked until then");
	acknowledge(0, 0, 0x1024, false);
	cr_expect_eq(line(0), 0);
	cr_expect(!dev.irqs[0].masked);

	cr_expect(raise_irq(1));
	guest_access(1, 0x2000, false);
	cr_expect_eq(line(1), 1, "a read does not acknowledge");
	wait_quiet();
	cr_expect(!is_mapped(0, PAGE, NULL), "not while one is in flight");
	acknowledge(1, 1, 0x2000, true);
	cr_expect_eq(line(1), 0);
	cr_expect(raise_irq(1), "and the next one comes");
	acknowledge(1, 1, 0x2000, true);
	wait_quiet();
	wait_quiet();
	cr_expect(is_mapped(0, PAGE, &read_only) && !read_only);
	cr_expect(is_mapped(1, 2 * PAGE, &read_only) && !read_only);
	cr_expect_eq(vdev->irqs[1].n_wakeups, 2);
	end();
}

Test(vfio_irq_user, with_no_register_known)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd"), 0, "%s", err.what);
	cr_expect(raise_irq(0));
	cr_expect(raise_irq(1), "several are in flight at once");
	cr_expect(line(0) && line(1));
	cr_expect(!is_mapped(0, 0, NULL) && !is_mapped(1, 3 * PAGE, NULL));
	guest_access(1, 0x10, false);
	cr_expect(!line(0) && !line(1));
	turn();
	cr_expect(line(0) && line(1), "what is still up comes again");
	acknowledge(0, 1, 0x10, false);
	turn();
	cr_expect(!line(0) && line(1));
	end();
}

/* In the gap before pages trap, and the SPI, an edge after a reset, would keep it pending. */
Test(vfio_irq_user, acknowledged_unseen_is_not_raised)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi=0:0x1000:write"), 0, "%s", err.what);
	cr_expect(signal_irq(0) && signal_irq(1));
	dev.irqs[0].up = false;
	turn();
	cr_expect(!line(0) && line(1), "the other one of the page is raised");
	cr_expect(!dev.irqs[0].masked);
	cr_expect(raise_irq(0));
	cr_expect_eq(line(0), 1);
	cr_expect_eq(vdev->irqs[0].n_wakeups, 1);
	end();
}

Test(vfio_irq_user, acknowledged_before_the_main_loop_looks_is_not_raised)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi.0=0:0x1000:write"), 0, "%s", err.what);
	cr_expect(raise_irq(0));
	acknowledge(0, 0, 0x1000, true);
	fake_kvm.n_lines = 0;
	cr_expect(signal_irq(0));
	guest_access(0, 0x1000, false);
	cr_expect(dev.irqs[0].masked, "a read does not acknowledge");
	acknowledge(0, 0, 0x1000, true);
	cr_expect(!dev.irqs[0].masked);
	turn();
	cr_expect_eq(fake_kvm.n_lines, 0);
	end();
}

/* Masked in the device, or raised by a signal that was on its way while the guest acknowledged. */
Test(vfio_irq_user, without_a_cause_does_not_stay_for_ever)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi.0=0:0x1000:write,mmap-timeout=5"), 0, "%s",
		     err.what);
	cr_expect(raise_irq(0));
	acknowledge(0, 0, 0x1010, true);
	wait_quiet();
	cr_expect(line(0) && dev.irqs[0].masked, "it has its time");
	wait_quiet();
	cr_expect(line(0) && !dev.irqs[0].masked);
	wait_quiet();
	cr_expect_eq(line(0), 0);
	cr_expect(raise_irq(0), "the next one comes");
	cr_expect_eq(line(0), 1);
	acknowledge(0, 0, 0x1000, true);
	cr_expect_eq(line(0), 0);
	wait_quiet();
	wait_quiet();
	cr_expect(is_mapped(0, PAGE, NULL));
	end();
}

/* The VGIC may have forgotten the line of what was an edge; vmm/machine/watch.c looks at that line.
 */
Test(vfio_irq_user, one_that_nobody_answers_stays_and_is_raised_again)
{
	struct vfio_irq_count before, after;

	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi.0=0:0x1000:write,mmap-timeout=5"), 0, "%s",
		     err.what);
	cr_expect(raise_irq(0));
	vfio_irq_counts(vm.vfio, &before, 1);
	for (unsigned int i = 0; i < 5; i++)
		wait_quiet();
	vfio_irq_counts(vm.vfio, &after, 1);
	cr_expect(fake_kvm.n_lines > 3);
	for (unsigned int i = 0; i < fake_kvm.n_lines; i++)
		cr_expect_eq(fake_kvm.lines[i].level, 1);
	cr_expect(before.known && before.n_interrupts == 1 && before.n_wakeups == 1);
	cr_expect(after.n_interrupts == 1 && after.n_wakeups == 1, "asking does not count");
	acknowledge(0, 0, 0x1000, true);
	turn();
	cr_expect_eq(line(0), 0);
	cr_expect(!dev.irqs[0].masked);
	end();
}

Test(vfio_irq_user, an_edge_is_a_pulse)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd"), 0, "%s", err.what);
	cr_expect(raise_irq(2));
	cr_assert_eq(fake_kvm.n_lines, 2);
	cr_expect(fake_kvm.lines[0].level == 1 && fake_kvm.lines[1].level == 0);
	cr_expect(is_mapped(0, 0, NULL));
	cr_expect(raise_irq(2));
	end();
}

Test(vfio_irq_user, a_reset_in_mid_interrupt)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi.0=0:0"), 0, "%s", err.what);
	cr_expect(raise_irq(0));
	CLASS->quiesce(device);
	cr_expect_eq(line(0), 0);
	cr_expect(is_mapped(0, 0, NULL));
	cr_assert_eq(CLASS->arm(device, &err), 0);
	turn();
	cr_expect_eq(line(0), 1, "not masked for ever");
	end();
}

/* With the lock held, an access that took it would never end. */
Test(vfio_irq_user, an_access_takes_a_lock_only_in_mode_eventfd)
{
	static const struct {
		const char *settings;
		bool locks;
	} cases[] = {
		{ "mmap=off", false },
		{ "mmap=off,irq-mode=irqfd", false },
		{ "mmap=off,irq-mode.2=eventfd", false }, /* an edge, which nothing acknowledges */
		{ "mmap=off,irq-mode.1=eventfd", true },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		make_host();
		cr_assert_eq(arm(cases[i].settings), 0, "%s", err.what);
		for (unsigned int r = 0; r < vdev->n_regions; r++)
			cr_assert_eq(vdev->regions[r].accessed != NULL, cases[i].locks, "%s",
				     cases[i].settings);
		pthread_mutex_lock(&vdev->user.lock);
		if (!cases[i].locks) {
			guest_access(0, 0x100, false);
			guest_access(1, 0x100, true);
		}
		pthread_mutex_unlock(&vdev->user.lock);
		guest_access(0, 0x100, true);
		end();
	}
}
