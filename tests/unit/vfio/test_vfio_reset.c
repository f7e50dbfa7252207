// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <linux/vfio.h>

#include "devices/device.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vfio/device.h"
#include "vfio/vfio.h"
#include "vmm/core/vm.h"

#define CLASS (&vfio_platform_class)

static struct vm vm;
static struct err err;
static struct fake_vfio_device disk, dma;

static void setup(void)
{
	const struct fake_vfio_device any = {
		.n_regions = 1,
		.regions = { { .size = 0x1000 } },
		.n_irqs = 2,
		.irqs = { { .level = true }, { .level = false } },
	};

	cr_redirect_stderr();
	fake_vm_create(&vm);
	disk = dma = any;
	disk.name = "10000000.ahci";
	dma.name = "10100000.dma";
	disk.group = 1;
	dma.group = 2;
	dma.no_reset = true;
	fake_vfio_add(&disk);
	fake_vfio_add(&dma);
}

TestSuite(vfio_reset, .init = setup);

static int create(const char *host, const char *policy, struct device **device)
{
	struct device_config config = {
		.name = "dev",
		.class = CLASS,
		.where = "--device",
		.settings = { { .key = "host", .value = host, .where = "--device" },
			      { .key = "reset", .value = policy, .where = "--device" } },
		.n_settings = policy ? 2 : 1,
	};
	int ret = device_config_judge(&config, NULL, &err);

	*device = NULL;
	return ret ? ret : CLASS->create(&config, &vm, device, &err);
}

static void end(struct device *device)
{
	CLASS->destroy(device);
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(vfio_reset, policies)
{
	static const struct {
		const char *host, *policy;
		int ret;
		unsigned int n_resets;
		const char *says;
	} cases[] = {
		{ "10000000.ahci", NULL, 0, 1, NULL },
		{ "10000000.ahci", "require", 0, 1, NULL },
		{ "10000000.ahci", "best-effort", 0, 1, NULL },
		{ "10000000.ahci", "none", 0, 0, NULL },
		{ "10100000.dma", NULL, 0, 0, NULL },
		{ "10100000.dma", "none", 0, 0, NULL },
		{ "10100000.dma", "require", EXIT_STATUS_HOST, 0,
		  "no reset handler for 10100000.dma" },
		{ "10100000.dma", "try", EXIT_STATUS_USAGE, 0, "reset=try: unknown value" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct device *device;
		int ret = create(cases[i].host, cases[i].policy, &device);

		cr_assert_eq(ret ? err_exit_status(&err) : 0, cases[i].ret, "case %zu: %s", i,
			     err.what);
		cr_expect(!ret || err_says(&err, cases[i].says), "case %zu: %s: %s", i, err.what,
			  err.why);
		cr_expect_eq(disk.n_resets, cases[i].n_resets, "case %zu", i);
		end(device);
		setup();
	}
}

static unsigned int n_failed, n_at_work;
static const char *failed_device;

static void count_failure(void *opaque, const char *device, const struct err *e)
{
	cr_assert_eq(opaque, &vm);
	cr_assert_neq(e->what[0], '\0');
	failed_device = device;
	n_failed++;
}

static void count_at_work(void *opaque, const char *device, const struct err *e)
{
	cr_assert_eq(opaque, &vm);
	cr_expect_str_eq(device, "10100000.dma");
	cr_expect(strstr(e->what, "how a device of its kind is stopped is not known"), "%s",
		  e->what);
	n_at_work++;
}

Test(vfio_reset, release_tries_everything_and_tells_each_failure)
{
	struct device *device, *other;

	cr_assert_eq(create("10000000.ahci", NULL, &device), 0, "%s", err.what);
	cr_assert_eq(create("10100000.dma", NULL, &other), 0, "%s", err.what);
	disk.irqs[0].trigger_fd = disk.irqs[0].unmask_fd = disk.irqs[1].trigger_fd = 5;
	dma.irqs[1].trigger_fd = 5;
	disk.n_resets = 0;
	vfio_release(vm.vfio, true, count_failure, count_at_work, &vm);
	cr_expect_eq(n_failed, 0);
	cr_expect_eq(n_at_work, 1, "one has no reset handler");
	cr_expect_eq(disk.n_resets, 1);
	cr_expect_eq(disk.irqs[0].unmask_fd, -1);
	cr_expect(disk.irqs[0].trigger_fd == -1 && disk.irqs[1].trigger_fd == -1);
	cr_expect_eq(dma.irqs[1].trigger_fd, -1);

	/* its interrupts fail, and it is reset all the same */
	disk.irq_error = EIO;
	vfio_release(vm.vfio, true, count_failure, count_at_work, &vm);
	cr_expect_eq(n_failed, 1);
	cr_expect_str_eq(failed_device, "10000000.ahci");
	cr_expect_eq(disk.n_resets, 2);

	disk.irq_error = 0;
	disk.reset_error = ETIMEDOUT;
	vfio_release(vm.vfio, true, count_failure, count_at_work, &vm);
	cr_expect_eq(n_failed, 2);
	cr_expect_str_eq(failed_device, "10000000.ahci");
	CLASS->destroy(other);
	end(device);
}
