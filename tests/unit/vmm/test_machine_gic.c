// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <linux/kvm.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"
#include "devices/platform_bus.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fixtures/fixture_machine.h"
#include "vmm/machine/machine.h"

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

TestSuite(machine_gic, .init = setup, .fini = teardown);

/* The SPI of an assigned level is a level in the GIC, whatever the guest has done with it. */
static void expect_levels(void)
{
	for (unsigned int spi = 0; spi < machine.vm.vgic->n_spis; spi++) {
		bool level = machine.vm.bus->levels[spi / 32] >> spi % 32 & 1;
		uint32_t icfgr = 0xc00 + SPI_TO_INTID(spi) / 16 * 4;
		uint64_t value;

		if (level) {
			cr_assert(fake_kvm_attr(FAKE_KVM_DEV(KVM_DEV_TYPE_ARM_VGIC_V3),
						KVMARM_VGIC_GRP_DIST_REGS, icfgr, &value));
			cr_expect_not(value >> (2 * (spi % 16) + 1) & 1, "SPI %u", spi);
		}
	}
}

Test(machine_gic, the_gic_has_the_interrupts_that_are_taken_or_chosen)
{
	struct device_config *disk = &config.devices[0];

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	cr_expect_eq(machine.vm.vgic->n_spis, 32u);
	machine_destroy(&machine);
	disk->settings[disk->n_settings++] =
		(struct device_setting){ .key = "spi.0", .value = "100", .number = 100 };
	fixture_host();
	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s: %s", err.what,
		     err.why);
	cr_expect_eq(machine.vm.vgic->n_spis, 128u);
	cr_expect_not_null(machine.vm.bus->spi_owner[100]);
	machine_destroy(&machine);
	disk->n_settings--;
}

Test(machine_gic, assigned_levels_are_levels_from_the_start)
{
	unsigned int n_levels = 0;

	cr_assert_eq(machine_build(&machine, &config, MACHINE_FOR_RUN, &err), 0, "%s", err.what);
	for (size_t i = 0; i < n_elems(machine.vm.bus->levels); i++)
		n_levels += (unsigned int)__builtin_popcount(machine.vm.bus->levels[i]);
	cr_expect_eq(n_levels, 2u);
	expect_levels();
	cr_assert_eq(machine_reset(&machine, &err), 0, "%s", err.what);
	expect_levels();
	machine_destroy(&machine);
}
