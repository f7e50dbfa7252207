// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <libfdt.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>

#include "devices/device.h"
#include "devices/platform_bus.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/unit/err_says.h"
#include "vfio/device.h"
#include "vfio/irq/irq.h"
#include "vfio/region.h"
#include "vfio/vfio.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

#define CLASS (&vfio_platform_class)

static struct vm vm;
static struct err err;
static struct fake_vfio_device disk, multi, rtc;

static void setup(void)
{
	fake_vm_create(&vm);
	disk = (struct fake_vfio_device){
		.name = "10000000.ahci",
		.group = 1,
		.n_regions = 1,
		.regions = { { .size = 0x1000 } },
		.n_irqs = 1,
		.irqs = { { .level = true } },
	};
	multi = (struct fake_vfio_device){
		.name = "10100000.multi",
		.group = 2,
		.no_reset = true,
		.n_regions = 3,
		.regions = { { .size = 0x2000 },
			     { .size = 0x100, .page_offset = 0x200 },
			     { .size = 0x1000 } },
		.n_irqs = 2,
		.irqs = { { .level = true }, { .level = false } },
	};
	rtc = (struct fake_vfio_device){
		.name = "9010000.pl031",
		.group = 3,
		.amba = true,
		.n_regions = 1,
		.regions = { { .size = 0x1000 } },
		.n_irqs = 1,
		.irqs = { { .level = true } },
	};
	fake_vfio_add(&disk);
	fake_vfio_add(&multi);
	fake_vfio_add(&rtc);
}

TestSuite(vfio_platform, .init = setup);

static void end(void)
{
	fake_vm_destroy(&vm);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
	cr_expect(disk.fd < 0 && multi.fd < 0 && rtc.fd < 0);
}

/* "host=10000000.ahci,gpa=0x20000000" as the command line gives it. */
static struct device_config *config(const char *settings)
{
	static struct device_config c;
	static char text[8][256];
	static unsigned int slot;
	char *next = text[slot++ % 8], *item;

	snprintf(next, sizeof(text[0]), "%s", settings);
	c = (struct device_config){ .name = "dev", .class = CLASS, .where = "--device" };
	while ((item = strsep(&next, ","))) {
		struct device_setting *s = &c.settings[c.n_settings];

		s->key = strsep(&item, "=");
		s->value = item;
		s->where = c.where;
		c.n_settings += s->value != NULL;
	}
	return &c;
}

static int create(const char *settings, struct device **device)
{
	struct device_config *c = config(settings);
	int ret = device_config_judge(c, NULL, &err);

	*device = NULL;
	return ret ? ret : CLASS->create(c, &vm, device, &err);
}

static struct device *must_create(const char *settings)
{
	struct device *device;

	cr_assert_eq(create(settings, &device), 0, "%s: %s", settings, err.what);
	return device;
}

Test(vfio_platform, a_device_through_its_life)
{
	struct device *device = must_create("host=10000000.ahci");
	struct vfio_device *vdev = (struct vfio_device *)device;

	cr_expect_eq(disk.n_resets, 1, "as at power-on, whoever had it before");
	cr_expect(!vfio_is_empty(vm.vfio));
	cr_assert_eq(CLASS->attach(device, &err), 0);
	cr_expect_eq(fake_kvm.memslots[0].guest_phys_addr, vdev->regions[0].gpa);
	cr_expect_eq(vdev->irqs[0].spi, 0);
	cr_expect_eq(fake_kvm.n_irqfds, 0, "nothing comes before arm");
	cr_assert_eq(CLASS->arm(device, &err), 0);
	cr_expect(fake_vfio_raise(&disk, 0));

	/* a guest reset */
	CLASS->quiesce(device);
	cr_expect(!fake_vfio_raise(&disk, 0));
	cr_assert_eq(CLASS->reset(device, &err), 0);
	cr_expect_eq(disk.n_resets, 2);
	cr_assert_eq(CLASS->arm(device, &err), 0);
	cr_expect(fake_vfio_raise(&disk, 0));

	CLASS->destroy(device);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	cr_expect_eq(fake_kvm.memslots[0].memory_size, 0);
	cr_expect_lt(disk.fd, 0);
	cr_expect(vfio_is_empty(vm.vfio));
	end();
}

Test(vfio_platform, pins_and_indices)
{
	struct device *device = must_create("host=10100000.multi,gpa=0x20000000,gpa.2=0x21000000,"
					    "mmap.2=off,spi.1=0,spi=9");
	const struct vfio_device *vdev = (struct vfio_device *)device;

	cr_assert_eq(CLASS->attach(device, &err), 0, "%s", err.what);
	cr_expect_eq(vdev->regions[0].gpa, 0x20000000);
	cr_expect_eq(vdev->regions[1].gpa & 0xfff, 0x200, "its place in the page");
	cr_expect_neq(vdev->regions[1].gpa >> 12, 0x20000,
		      "a plain gpa= is the first region's only");
	cr_expect_eq(vdev->regions[2].gpa, 0x21000000);
	cr_expect_eq(vdev->regions[0].n_areas, 1);
	cr_expect_eq(vdev->regions[2].n_areas, 0);
	cr_expect_eq(vdev->irqs[0].spi, 9);
	cr_expect_eq(vdev->irqs[1].spi, 0);
	CLASS->destroy(device);
	end();
}

Test(vfio_platform, what_is_pinned_is_placed_before_what_is_not)
{
	struct device *device = must_create("host=10100000.multi,gpa.2=0x10000000,spi.1=0");
	const struct vfio_device *vdev = (struct vfio_device *)device;

	cr_assert_eq(CLASS->attach(device, &err), 0, "%s", err.what);
	cr_expect_eq(vdev->regions[2].gpa, 0x10000000);
	cr_expect_eq(vdev->irqs[1].spi, 0);
	cr_expect_eq(vdev->irqs[0].spi, 1);
	CLASS->destroy(device);
	end();
}

Test(vfio_platform, wrong_settings)
{
	static const struct {
		const char *settings, *what;
	} cases[] = {
		{ "", "without host=" },
		{ "host=nonesuch", "no device nonesuch" },
		{ "host=10000000.ahci,gpa=here", "gpa=here" },
		{ "host=10000000.ahci,gpa.1=0x20000000", "no such region" },
		{ "host=10000000.ahci,gpa=0xffffffffffffffff", "gpa=0xffffffffffffffff" },
		{ "host=10000000.ahci,spi=18446744073709551615", "spi=18446744073709551615" },
		{ "host=10000000.ahci,mmap.1=off", "no such region" },
		{ "host=10000000.ahci,mmap=maybe", "mmap=maybe" },
		{ "host=10000000.ahci,spi.1=4", "no such interrupt" },
		{ "host=10100000.multi,mmap.1=on", "region 1 cannot be mapped" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		struct device *device;

		cr_expect_lt(create(cases[i].settings, &device), 0, "%s", cases[i].settings);
		cr_expect_null(device);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE, "%s", cases[i].settings);
		cr_expect(err_says(&err, cases[i].what), "%s: %s", cases[i].settings, err.what);
		cr_expect(vfio_is_empty(vm.vfio));
		cr_expect(disk.fd < 0 && multi.fd < 0);
	}
	end();
}

Test(vfio_platform, wrong_places)
{
	static const struct {
		const char *settings, *what;
	} cases[] = {
		{ "host=10000000.ahci,gpa=0x20000800", "region 0: gpa=0x20000800" },
		{ "host=10000000.ahci,gpa=0x1000", "gpa=0x1000" },
		{ "host=10100000.multi,gpa.0=0x20000000,gpa.2=0x20001000",
		  "overlaps 10100000.multi region 0" },
		{ "host=10100000.multi,spi.0=3,spi.1=3", "taken by 10100000.multi interrupt 0" },
		{ "host=10000000.ahci,spi=64", "spi=64" },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		struct device *device = must_create(cases[i].settings);

		cr_expect_lt(CLASS->attach(device, &err), 0, "%s", cases[i].settings);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		cr_expect(err_says(&err, cases[i].what), "%s: %s", cases[i].settings, err.what);
		CLASS->destroy(device);
		memset(vm.bus->spi_owner, 0, sizeof(vm.bus->spi_owner));
		vm.bus->n_taken = 0;
	}
	end();
}

Test(vfio_platform, a_host_device_is_given_once)
{
	struct device *first = must_create("host=10000000.ahci"), *second;

	cr_expect_lt(create("host=10000000.ahci", &second), 0);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	cr_expect(strstr(err.what, "given twice"));
	cr_expect(strstr(err.why, "dev (--device)"));
	CLASS->destroy(first);
	CLASS->destroy(must_create("host=10000000.ahci"));
	end();
}

Test(vfio_platform, a_device_that_the_kernel_cannot_open_or_reset)
{
	struct device *device;

	disk.open_error = EINVAL;
	cr_expect_eq(create("host=10000000.ahci", &device), -EINVAL);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
	cr_expect(strstr(err.what, "attach 10000000.ahci: open 10000000.ahci in /dev/vfio/1: "));
	cr_expect(strstr(err.fix, "vfio_platform.reset_required=0"));

	disk.open_error = 0;
	disk.reset_error = ETIMEDOUT;
	cr_expect_eq(create("host=10000000.ahci", &device), -ETIMEDOUT);
	cr_expect(strstr(err.what, "reset 10000000.ahci"));
	end();
}

Test(vfio_platform, without_a_reset_handler_reset_is_not_asked_for)
{
	struct device *device = must_create("host=10100000.multi");

	cr_expect_eq(CLASS->reset(device, &err), 0);
	cr_expect_eq(multi.n_resets, 0);
	CLASS->destroy(device);
	end();
}

Test(vfio_platform, the_guest_node_has_guest_addresses)
{
	struct device *device = must_create("host=10100000.multi,gpa=0x20000000,spi=7,spi.1=8");
	owned_ptr void *blob = NULL;
	const fdt32_t *cells;
	const char *compatible;
	struct dt dt;
	size_t blob_size;
	int node, size;

	cr_assert_eq(CLASS->attach(device, &err), 0);
	cr_assert_eq(vfio_nodes_plan(vm.vfio, NULL, &err), 0, "%s", err.what);
	dt_init(&dt);
	cr_assert_eq(CLASS->describe(device, &dt, &err), 0, "%s", err.what);
	cr_assert_eq(dt_finish(&dt, &blob, &blob_size, &err), 0);

	node = fdt_first_subnode(blob, 0);
	cr_assert_geq(node, 0);
	compatible = fdt_getprop(blob, node, "compatible", NULL);
	cr_assert_not_null(compatible);
	cr_expect_str_eq(compatible, "test,dev");
	cr_expect_not_null(fdt_getprop(blob, node, "dma-coherent", NULL));
	cells = fdt_getprop(blob, node, "reg", &size);
	cr_assert_eq(size, 3 * 16);
	cr_expect_eq(fdt32_to_cpu(cells[1]), 0x20000000);
	cr_expect_eq(fdt32_to_cpu(cells[3]), 0x2000);
	cr_expect_eq(fdt32_to_cpu(cells[5]) & 0xfff, 0x200);
	cells = fdt_getprop(blob, node, "interrupts", &size);
	cr_assert_eq(size, 2 * 12);
	cr_expect_eq(fdt32_to_cpu(cells[1]), 7);
	cr_expect_eq(fdt32_to_cpu(cells[2]), DT_IRQ_LEVEL_HIGH);
	cr_expect_eq(fdt32_to_cpu(cells[4]), 8);
	cr_expect_eq(fdt32_to_cpu(cells[5]), DT_IRQ_EDGE_RISING);
	dt_destroy(&dt);
	CLASS->destroy(device);
	end();
}

Test(vfio_platform, interrupts_are_counted_from_the_opening_on)
{
	struct vfio_irq_count counts[4];
	struct device *devices[3];

	disk.irqs[0].count = 1000; /* an earlier life */
	devices[0] = must_create("host=10000000.ahci");
	devices[1] = must_create("host=10100000.multi");
	devices[2] = must_create("host=9010000.pl031");
	for (unsigned int i = 0; i < 3; i++) {
		cr_assert_eq(CLASS->attach(devices[i], &err), 0);
		cr_assert_eq(CLASS->arm(devices[i], &err), 0);
	}
	fake_vfio_raise(&disk, 0);
	fake_vfio_raise(&rtc, 0);
	for (unsigned int i = 0; i < 5; i++)
		fake_vfio_raise(&multi, 1);

	cr_expect_eq(vfio_irq_counts(vm.vfio, NULL, 0), 4);
	cr_assert_eq(vfio_irq_counts(vm.vfio, counts, 4), 4);
	for (unsigned int i = 0; i < 4; i++) {
		bool is_disk = !strcmp(counts[i].device, "10000000.ahci");
		bool is_multi = !strcmp(counts[i].device, "10100000.multi");
		bool edge = is_multi && counts[i].index == 1;

		cr_expect(counts[i].known);
		cr_expect_eq(counts[i].level, !edge);
		cr_expect_eq(counts[i].n_interrupts,
			     edge       ? 5
			     : is_multi ? 0
					: 1,
			     "%s %u", counts[i].device, counts[i].index);
		if (is_disk)
			cr_expect_eq(counts[i].spi, 0);
	}
	fake_file("/proc/interrupts", "");
	cr_assert_eq(vfio_irq_counts(vm.vfio, counts, 4), 4);
	cr_expect(!counts[0].known && !counts[0].n_interrupts);
	for (unsigned int i = 0; i < 3; i++)
		CLASS->destroy(devices[i]);
	end();
}

Test(vfio_platform, destroy_takes_nothing_and_half_of_it)
{
	struct device *device;

	CLASS->destroy(NULL);
	device = must_create("host=10000000.ahci");
	CLASS->quiesce(device);
	CLASS->destroy(device);
	end();
}

/* Everything that a run does with a device, cut at each system call: the right error, nothing left
 * behind. */
Test(vfio_platform, each_failing_call_is_told_and_leaves_nothing)
{
	unsigned int n = 0;
	bool failed = true;

	for (end(); failed; end()) {
		struct device *device = NULL;
		struct dt dt;
		int ret;

		setup();
		err = (struct err){ 0 };
		fake_fail_at(++n, EIO);
		ret = create("host=10100000.multi,mmap.2=off", &device);
		if (!ret)
			ret = CLASS->attach(device, &err);
		if (!ret)
			ret = vfio_nodes_plan(vm.vfio, NULL, &err);
		dt_init(&dt);
		if (!ret)
			ret = CLASS->describe(device, &dt, &err);
		dt_destroy(&dt);
		if (!ret)
			ret = CLASS->arm(device, &err);
		if (device)
			CLASS->quiesce(device);
		if (!ret)
			ret = CLASS->reset(device, &err);
		if (!ret)
			ret = CLASS->arm(device, &err);
		failed = fake_failed();
		if (ret)
			cr_expect(failed && err.code == ret && err.what[0], "call %u", n);
		CLASS->destroy(device);
	}
	cr_expect_gt(n, 40);
}
