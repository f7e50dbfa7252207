// SPDX-License-Identifier: GPL-2.0-only
/* A line that a device lists more than once. */
#include <errno.h>

#include "tests/unit/err_says.h"
#include "tests/unit/vfio/vfio_irq_rig.h"
#include "vmm/base/range.h"

#define BASE "/sys/firmware/devicetree/base/"

static const unsigned char one_cell[] = { 0, 0, 0, 1 }, three_cells[] = { 0, 0, 0, 3 };

/* Interrupts 0 and 1 are SPI 63 of the GIC, 2 is SPI 64, an edge. */
static void begin(void)
{
	static const unsigned char irqs[] = { 0, 0, 0, 0, 0, 0, 0, 63, 0, 0, 0, 4,
					      0, 0, 0, 0, 0, 0, 0, 63, 0, 0, 0, 4,
					      0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 1 };

	make_host();
	fake_file_bytes(BASE "interrupt-parent", one_cell, 4);
	fake_file_bytes(BASE "gic/phandle", one_cell, 4);
	fake_file_bytes(BASE "gic/#interrupt-cells", three_cells, 4);
	fake_file(BASE "gic/interrupt-controller", "");
	fake_file_bytes(BASE "gic/compatible", "arm,gic-v3", 11);
	fake_file_bytes(BASE "soc/10000000.dev/interrupts", irqs, sizeof(irqs));
	dev.irqs[1].busy = true; /* as the kernel's second request_irq() of one number */
}

TestSuite(vfio_irq_repeated, .init = begin);

Test(vfio_irq_repeated, it_is_wired_once_and_told_at_each_place)
{
	struct vfio_irq_count counts[3];
	const struct vfio_irq *irqs;

	cr_assert_eq(arm(""), 0, "%s: %s", err.what, err.why);
	irqs = vdev->irqs;
	cr_expect_eq(irqs[0].spi, irqs[1].spi);
	cr_expect_neq(irqs[0].spi, irqs[2].spi);
	cr_expect_eq(fake_kvm.n_irqfds, 2);
	cr_expect_eq(vdev->node.irqs[1].spi, irqs[0].spi, "so the guest's node repeats it");
	cr_expect_eq(vfio_irq_counts(vm.vfio, counts, n_elems(counts)), 2);
	cr_expect_eq(counts[1].index, 2);
	cr_expect(counts[1].known, "its line of /proc/interrupts was found");
	cr_expect_eq(vfio_irq_act(vm.vfio, 0, VFIO_IRQ_UNMASK), 0);
	cr_expect_eq(vfio_irq_act(vm.vfio, 1, VFIO_IRQ_UNMASK), -EINVAL, "of an edge");
	cr_expect_eq(vfio_irq_act(vm.vfio, 2, VFIO_IRQ_FIRE), -ENOENT);
	CLASS->quiesce(device);
	cr_expect_eq(fake_kvm.n_irqfds, 0);
	end();
}

static void never(void *opaque, const char *name, const struct err *failure)
{
	(void)opaque;
	cr_expect_fail("%s: %s", name, failure->what);
}

Test(vfio_irq_repeated, what_was_not_wired_is_not_silenced)
{
	cr_assert_eq(arm("irq-mode=eventfd"), 0, "%s: %s", err.what, err.why);
	vfio_release(vm.vfio, false, never, never, NULL);
	end();
}

Test(vfio_irq_repeated, its_place_is_the_first_ones)
{
	cr_assert_eq(create("spi.1=40"), 0, "%s", err.what);
	cr_expect_eq(CLASS->attach(device, &err), -EINVAL);
	cr_expect(err_says(&err, "spi.1"), "%s", err.what);
	cr_expect(strstr(err.fix, "spi.0"), "%s", err.fix);
	CLASS->destroy(device);
	cr_assert_eq(create("spi.0=40"), 0);
	cr_assert_eq(CLASS->attach(device, &err), 0);
	cr_expect_eq(((struct vfio_device *)device)->irqs[1].spi, 40);
	end();
}

/* Without a tree, as in containers, it is the kernel that says it. */
Test(vfio_irq_repeated, without_the_tree_the_kernel_refuses_it)
{
	fake_remove(BASE "soc/10000000.dev/interrupts");
	cr_expect_eq(arm(""), -EBUSY);
	end();
}
