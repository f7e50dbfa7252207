// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "devices/device.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/fake_vfio.h"
#include "vfio/vfio.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

Test(vfio_coherent, DMA_that_bypasses_the_caches_is_told)
{
	static struct fake_vfio_device disk = {
		.name = "10000000.ahci",
		.group = 1,
		.n_regions = 1,
		.regions = { { .size = 0x1000 } },
	};
	const struct device_config config = {
		.class = &vfio_platform_class,
		.name = "disk",
		.where = "x",
		.settings = { { "host", "10000000.ahci", "x" } },
		.n_settings = 1,
	};
	owned_ptr void *blob = NULL;
	struct device *device;
	char said[4096] = "";
	struct err err;
	struct vm vm;
	struct dt dt;
	size_t size;

	cr_redirect_stderr();
	fake_vm_create(&vm);
	fake_vfio_add(&disk);
	fake_remove("/sys/firmware/devicetree/base/soc/10000000.ahci/dma-coherent");
	cr_assert_eq(vfio_platform_class.create(&config, &vm, &device, &err), 0, "%s", err.what);
	cr_assert_eq(device->class->attach(device, &err), 0);
	cr_assert_eq(vfio_nodes_plan(vm.vfio, &err), 0, "%s", err.what);
	dt_init(&dt);
	cr_assert_eq(device->class->describe(device, &dt, &err), 0, "%s", err.what);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
	cr_expect_null(fdt_getprop(blob, fdt_first_subnode(blob, 0), "dma-coherent", NULL));
	fflush(stderr);
	fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr());
	cr_expect(strstr(said, "10000000.ahci: its DMA does not see the CPUs' caches"), "%s", said);
	device->class->destroy(device);
	fake_vm_destroy(&vm);
}
