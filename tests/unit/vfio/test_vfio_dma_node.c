// SPDX-License-Identifier: GPL-2.0-only
/* What the node of a device tells the guest of its DMA. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/context.h"
#include "vfio/vfio.h"
#include "vmm/core/vm.h"

#define TREE "/sys/firmware/devicetree/base/"
#define SOC  TREE "soc/"

static struct fake_vfio_device disk;
static struct device *device;
static struct vm vm;
static void *blob;

static void begin(void)
{
	cr_redirect_stderr();
	fake_vm_create(&vm);
	disk = (struct fake_vfio_device){
		.name = "10000000.ahci",
		.group = 1,
		.n_regions = 1,
		.regions = { { .size = 0x1000 } },
	};
	fake_vfio_add(&disk);
}

static void end(void)
{
	free(blob);
	device->class->destroy(device);
	fake_vm_destroy(&vm);
}

TestSuite(vfio_dma_node, .init = begin, .fini = end);

static void describe(enum vfio_backend backend)
{
	static const struct device_config config = {
		.class = &vfio_platform_class,
		.name = "disk",
		.where = "x",
		.settings = { { .key = "host", .value = "10000000.ahci", .where = "x" } },
		.n_settings = 1,
	};
	struct err err;
	struct dt dt;
	size_t size;

	cr_assert_eq(vfio_platform_class.create(&config, &vm, &device, &err), 0, "%s", err.what);
	vm.vfio->backend = backend;
	cr_assert_eq(device->class->attach(device, &err), 0);
	cr_assert_eq(vfio_nodes_plan(vm.vfio, NULL, &err), 0, "%s", err.what);
	dt_init(&dt);
	cr_assert_eq(device->class->describe(device, &dt, &err), 0, "%s", err.what);
	cr_assert_eq(dt_finish(&dt, &blob, &size, &err), 0);
}

Test(vfio_dma_node, DMA_that_bypasses_the_caches_is_told)
{
	char said[4096] = "";

	fake_remove(SOC "10000000.ahci/dma-coherent");
	describe(VFIO_BACKEND_AUTO);
	cr_expect_null(fdt_getprop(blob, fdt_first_subnode(blob, 0), "dma-coherent", NULL));
	fflush(stderr);
	fread(said, 1, sizeof(said) - 1, cr_get_redirected_stderr());
	cr_expect(strstr(said, "10000000.ahci: its DMA does not see the CPUs' caches"), "%s", said);
}

/* The device reads and writes what it calls 0xc0000000 where the CPUs have 0. */
static void shift_memory(void)
{
	static const unsigned char shift[] = { 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0,    0,
					       0, 0, 0, 0, 0,    0, 0, 0, 0, 0, 0x10, 0 };

	static const unsigned char reg[16] = { [4] = 0x10, [14] = 0x10 };

	fake_file_bytes(SOC "10000000.ahci/reg", reg, sizeof(reg));
	fake_file_bytes(TREE "#address-cells", "\0\0\0\2", 4);
	fake_file_bytes(SOC "#address-cells", "\0\0\0\2", 4);
	fake_file_bytes(SOC "#size-cells", "\0\0\0\2", 4);
	fake_file_bytes(SOC "dma-ranges", shift, sizeof(shift));
}

Test(vfio_dma_node, without_an_iommu_the_hosts_buses_count)
{
	const fdt32_t *cells;
	int bus, size;

	shift_memory();
	describe(VFIO_BACKEND_NONE);
	bus = fdt_first_subnode(blob, 0);
	cr_expect_str_eq(fdt_get_name(blob, bus, NULL), "dma-bus-0");
	cells = fdt_getprop(blob, bus, "dma-ranges", &size);
	cr_assert_eq(size, 24);
	cr_expect_eq(fdt32_ld(cells + 1), 0xc0000000);
	cr_expect_eq(fdt32_ld(cells + 3), 0);
	cr_expect_eq(fdt32_ld(cells + 5), 0x1000);
	cr_expect(strstr(fdt_get_name(blob, fdt_first_subnode(blob, bus), NULL), "ahci@"));
}

Test(vfio_dma_node, an_iommu_translates_behind_the_hosts_buses)
{
	shift_memory();
	describe(VFIO_BACKEND_AUTO);
	cr_expect(strstr(fdt_get_name(blob, fdt_first_subnode(blob, 0), NULL), "ahci@"));
}

static int check_settings(const char *key, const char *value, struct err *err)
{
	struct device_config config = {
		.class = &vfio_platform_class,
		.name = "disk",
		.where = "disk.conf:3",
		.settings = { { .key = "host", .value = "10000000.ahci", .where = "x" },
			      { .key = key, .value = value, .where = "x" } },
		.n_settings = 2,
	};
	struct host_tree *tree = NULL;
	int ret;

	cr_assert_eq(device_config_judge(&config, NULL, err), 0);
	ret = vfio_nodes_check_settings(&config, 1, &tree, err);
	host_tree_destroy(tree);
	return ret;
}

Test(vfio_dma_node, names_are_judged_before_the_device_is_touched)
{
	unsigned int n_opens = fake_n_device_opens();
	struct err err = { 0 };

	cr_expect_eq(check_settings("drop", "nosuch", &err), -EINVAL);
	cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
	cr_expect(strstr(err.what, "disk.conf:3: drop=nosuch"), "%s", err.what);
	cr_expect_eq(check_settings("clock.x", "1", &err), -EINVAL);
	cr_expect_eq(check_settings("overlay", "/none.dtbo", &err), -ENOENT);
	cr_expect_eq(check_settings("drop", "dma-coherent", &err), 0, "%s", err.what);
	cr_expect_eq(fake_n_device_opens(), n_opens);
	describe(VFIO_BACKEND_AUTO); /* for end() */
}

/* Its registers have those of an IOMMU among them: nothing lifts that, and nobody unbinds it. */
Test(vfio_dma_node, what_cannot_pass_is_refused_before_the_device_is_touched)
{
	static const unsigned char reg[12] = { [4] = 0x10, [6] = 8, [11] = 0x10 };
	unsigned int n_opens = fake_n_device_opens();
	struct err err = { 0 };

	fake_file_bytes(SOC "mmu/reg", reg, sizeof(reg));
	fake_file_bytes(SOC "mmu/compatible", "test,mmu", 9);
	fake_file_bytes(SOC "mmu/#iommu-cells", "\0\0\0\1", 4);
	cr_expect_lt(check_settings("force", "on", &err), 0);
	cr_expect(strstr(err.what, "cannot be given to a guest"), "%s", err.what);
	cr_expect(strstr(err.why, "its region 0 has registers of /soc/mmu, an IOMMU"), "%s",
		  err.why);
	cr_expect_eq(fake_n_device_opens(), n_opens);
	fake_remove(SOC "mmu/compatible");
	describe(VFIO_BACKEND_AUTO); /* for end() */
}
