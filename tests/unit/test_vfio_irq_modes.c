// SPDX-License-Identifier: GPL-2.0-only
/* Which mode an interrupt takes, and the one that user space serves, from the device to its EOI. */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "tests/fakes/fake_kvm.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vfio/device.h"
#include "vfio/irq.h"
#include "vfio/region.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

#define CLASS   (&vfio_platform_class)
#define PAGE    0x1000
#define N_SLOTS 8

static struct vm vm;
static struct err err;
static struct fake_vfio_device dev;
static struct device *device;
static struct vfio_device *vdev;

/* Two regions of four pages, a level and another level interrupt, and an edge. */
static void make_host(void)
{
	log_set_level(LOG_ERROR);
	fake_vm_create(&vm);
	cr_assert_eq(event_loop_create(&vm.loop, &err), 0);
	dev = (struct fake_vfio_device){
		.name = "10000000.dev",
		.group = 1,
		.n_regions = 2,
		.regions = { { .size = 4 * PAGE }, { .size = 4 * PAGE } },
		.n_irqs = 3,
		.irqs = { { .level = true }, { .level = true }, { .level = false } },
	};
	fake_vfio_add(&dev);
}

static int create(const char *settings)
{
	static struct device_config config;
	static char text[256];
	char *next = text, *item;

	snprintf(text, sizeof(text), "host=10000000.dev%s%s", settings[0] ? "," : "", settings);
	config = (struct device_config){ .name = "dev", .class = CLASS, .where = "--device" };
	while ((item = strsep(&next, ","))) {
		struct device_setting *s = &config.settings[config.n_settings++];

		s->key = strsep(&item, "=");
		s->value = item;
		s->where = config.where;
	}
	device = NULL;
	return CLASS->create(&config, &vm, &device, &err);
}

static int arm(const char *settings)
{
	int ret = create(settings);

	cr_assert_eq(ret, 0, "%s", err.what);
	vdev = (struct vfio_device *)device;
	ret = vfio_kvm_attach(vm.vfio, &vm, &err);
	if (!ret)
		ret = CLASS->attach(device, &err);
	return ret ? ret : CLASS->arm(device, &err);
}

static void end(void)
{
	CLASS->destroy(device);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	cr_expect_eq(fake_kvm.n_forwards, 0);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
}

/* One turn of the main loop for what is ready now. */
static void on_turn(void *opaque, uint32_t events)
{
	(void)opaque;
	(void)events;
	event_loop_stop(&vm.loop);
}

static void turn(void)
{
	struct event_source *source;
	int fd = sys_eventfd(1, EFD_NONBLOCK);

	cr_assert_eq(event_loop_add(&vm.loop, fd, EPOLLIN, on_turn, NULL, &source, &err), 0);
	/* epoll takes turns: what was ready before is served by then */
	for (unsigned int i = 0; i < 4; i++)
		cr_assert_eq(event_loop_run(&vm.loop, &err), 0);
	event_loop_remove(&vm.loop, source);
	sys_close(fd);
}

/* As the host's handler does it. */
static bool raise_irq(unsigned int i)
{
	const uint64_t one = 1;
	bool came = fake_vfio_raise(&dev, i);

	if (came)
		cr_assert_eq(sys_write(dev.irqs[i].trigger_fd, &one, sizeof(one)), sizeof(one));
	turn();
	return came;
}

static void guest_access(unsigned int region, uint64_t offset, bool is_write)
{
	uint8_t data[8] = { 0 };

	mmio_access(&vm.mmio, vdev->regions[region].gpa + offset, data, 4, is_write);
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

Test(vfio_irq_modes, eventfd_with_a_register_that_is_known)
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
	guest_access(0, 0x1024, false);
	cr_expect_eq(line(0), 0);
	cr_expect(!dev.irqs[0].masked);

	cr_expect(raise_irq(1));
	guest_access(1, 0x2000, false);
	cr_expect_eq(line(1), 1, "a read does not acknowledge");
	wait_quiet();
	cr_expect(!is_mapped(0, PAGE, NULL), "not while one is in flight");
	guest_access(1, 0x2000, true);
	cr_expect_eq(line(1), 0);
	cr_expect(raise_irq(1), "and the next one comes");
	guest_access(1, 0x2000, true);
	wait_quiet();
	wait_quiet();
	cr_expect(is_mapped(0, PAGE, &read_only) && !read_only);
	cr_expect(is_mapped(1, 2 * PAGE, &read_only) && !read_only);
	cr_expect_eq(vdev->irqs[1].n_wakeups, 2);
	end();
}

Test(vfio_irq_modes, eventfd_with_no_register_known)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd"), 0, "%s", err.what);
	cr_expect(raise_irq(0));
	cr_expect(raise_irq(1), "several are in flight at once");
	cr_expect(line(0) && line(1));
	cr_expect(!is_mapped(0, 0, NULL) && !is_mapped(1, 3 * PAGE, NULL));
	guest_access(1, 0x10, false);
	cr_expect(!line(0) && !line(1));
	cr_expect(!dev.irqs[0].masked && !dev.irqs[1].masked);
	cr_expect(raise_irq(0), "one that is still up comes again");
	cr_expect_eq(line(0), 1);
	end();
}

Test(vfio_irq_modes, eventfd_without_a_cause_does_not_stay_for_ever)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi.0=0:0x1000:write,mmap-timeout=5"), 0, "%s",
		     err.what);
	cr_expect(raise_irq(0));
	guest_access(0, 0x1010, false);
	wait_quiet();
	cr_expect_eq(line(0), 1);
	wait_quiet();
	cr_expect(!is_mapped(0, PAGE, NULL) && !is_mapped(1, 0, NULL), "any access tells now");
	guest_access(1, 0, false);
	cr_expect_eq(line(0), 0);
	cr_expect(raise_irq(0), "the next one comes");
	guest_access(1, 0, false);
	cr_expect_eq(line(0), 1, "and is to be acknowledged as ever");
	guest_access(0, 0x1000, true);
	wait_quiet();
	wait_quiet();
	cr_expect(is_mapped(0, PAGE, NULL) && is_mapped(1, 0, NULL));
	end();
}

Test(vfio_irq_modes, an_edge_is_a_pulse)
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

Test(vfio_irq_modes, a_reset_in_mid_interrupt)
{
	make_host();
	cr_assert_eq(arm("irq-mode=eventfd,eoi.0=0:0"), 0, "%s", err.what);
	cr_expect(raise_irq(0));
	CLASS->quiesce(device);
	cr_expect_eq(line(0), 0);
	cr_expect(is_mapped(0, 0, NULL));
	cr_assert_eq(CLASS->arm(device, &err), 0);
	cr_expect(raise_irq(0), "not masked for ever");
	cr_expect_eq(line(0), 1);
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
