// SPDX-License-Identifier: GPL-2.0-only
/* Memory that the host reserves for a device of a machine. */
#include <criterion/criterion.h>
#include <libfdt.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "tests/fixtures/fixture_machine.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/machine/machine.h"

#define RAM_START FIXTURE_RAM_START
#define RAM_SIZE  FIXTURE_RAM_SIZE

#define TREE "/sys/firmware/devicetree/base"

static struct vm_config config;
static struct machine machine;
static struct err err;

static void setup(void)
{
	fixture_begin(&config, "no");
}

static void teardown(void)
{
	fixture_end(&config);
}

TestSuite(machine_carveout, .init = setup, .fini = teardown);

/* The host reserves 1 MiB for the disk, and the user wants that for the guest, too. */
static int make_carveout(const char *answer)
{
	static const uint8_t cells[] = { 0, 0, 0, 1 };
	static const uint8_t reg[] = { 0x80, 0, 0, 0, 0, 0x10, 0, 0 };
	static const uint8_t phandle[] = { 0, 0, 0, 7 };

	fake_file_bytes(TREE "/reserved-memory/#address-cells", cells, sizeof(cells));
	fake_file_bytes(TREE "/reserved-memory/#size-cells", cells, sizeof(cells));
	fake_file(TREE "/reserved-memory/ranges", "");
	fake_file_bytes(TREE "/reserved-memory/fw@80000000/reg", reg, sizeof(reg));
	fake_file_bytes(TREE "/reserved-memory/fw@80000000/phandle", phandle, sizeof(phandle));
	fake_file_bytes(TREE "/soc/10000000.ahci/memory-region", phandle, sizeof(phandle));
	cr_assert_eq(device_config_add(&config.devices[0], "carveout.fw", answer, "", &err), 0);
	return device_config_judge(&config.devices[0], &config.arena, &err);
}

Test(machine_carveout, a_carve_out_is_guest_ram_that_the_boot_leaves_alone)
{
	const uint64_t place = RAM_START + RAM_SIZE - 0x100000;

	cr_assert_eq(make_carveout("guest"), 0);
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s: %s", err.what,
		     err.why);
	for (int boot = 0; boot < 2; boot++) {
		owned_ptr void *blob = NULL;
		const uint8_t *bytes = ram_ptr(&machine.vm.ram, place, 0x100000);
		size_t size;

		cr_assert_eq(machine_describe(&machine, &blob, &size, &err), 0, "%s", err.what);
		cr_expect_geq(fdt_path_offset(blob, "/reserved-memory/fw@41f00000"), 0);
		cr_expect_lt(machine.boot.initrd, place);
		for (size_t i = 0; i < 0x100000; i += 8)
			cr_assert_eq(bytes[i], 0);
		memset((void *)bytes, 0x5a, 0x100000);
		cr_assert_eq(machine_reset(&machine, &err), 0, "%s", err.what);
	}
	machine_destroy(&machine);
}

Test(machine_carveout, the_hosts_own_memory_is_mapped_and_never_cleared)
{
	const uint64_t fw = 0x80000000;

	cr_assert_eq(make_carveout("host:/box@64K"), 0);
	fake_file("/box", "");
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s: %s", err.what,
		     err.why);
	cr_expect_eq(fake_vfio.containers[0].maps[1].start, fw);
	cr_expect_eq(fake_vfio.containers[0].maps[1].size, 0x100000);
	cr_expect_eq(machine.vm.ram.banks[1].offset, 0x10000);
	memset(ram_ptr(&machine.vm.ram, fw, 0x100000), 0x5a, 0x100000);
	cr_assert_eq(machine_reset(&machine, &err), 0, "%s", err.what);
	cr_expect_eq(*(uint8_t *)ram_ptr(&machine.vm.ram, fw, 1), 0x5a);
	cr_expect_eq(fake_vfio.containers[0].n_maps, 2);
	machine_destroy(&machine);
	cr_expect_eq(fake_n_open_fds(), 0);
	cr_expect_eq(fake_n_mappings(), 0);
}

/* What the user says of it, and what is wrong. */
static const struct {
	enum vfio_backend iommu;
	const char *answer;
	const char *what, *why;
} bad_carveouts[] = {
	{ VFIO_BACKEND_AUTO, "host", "carveout.fw: open /dev/mem", "" },
	{ VFIO_BACKEND_AUTO, "host:/none", "open /none", "" },
	{ VFIO_BACKEND_AUTO, "host:", "carveout.fw=host:", "guest RAM, or the host's own" },
	{ VFIO_BACKEND_AUTO, "hosts", "carveout.fw=hosts", "guest RAM, or the host's own" },
	{ VFIO_BACKEND_AUTO, "mine", "carveout.fw=mine", "guest RAM, or the host's own" },
	{ VFIO_BACKEND_AUTO, "host:/box@x", "carveout.fw=host:/box@x", "'x' is no size" },
	{ VFIO_BACKEND_IOMMUFD, "host:/box", "iommu=iommufd", "reserved" },
};

Test(machine_carveout, bad_carveouts)
{
	for (size_t i = 0; i < n_elems(bad_carveouts); i++) {
		int ret;

		config_destroy(&config);
		setup();
		ret = make_carveout(bad_carveouts[i].answer);
		fake_file("/box", "");
		config.iommu = bad_carveouts[i].iommu;
		memset(&machine, 0, sizeof(machine));
		if (!ret)
			ret = machine_build(&machine, &config, MACHINE_FOR_RUN, &err);
		cr_expect_lt(ret, 0);
		cr_expect(strstr(err.what, bad_carveouts[i].what), "%s", err.what);
		cr_expect(strstr(err.why, bad_carveouts[i].why), "%s", err.why);
		machine_destroy(&machine);
		cr_expect_eq(fake_n_open_fds(), 0);
	}
}
