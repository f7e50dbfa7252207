// SPDX-License-Identifier: GPL-2.0-only
/* What dais' own driver holds, served to the guest: from its messages to the driver. */
#include "vfio/scmi.h"

#include "tests/unit/vfio/vfio_scmi_rig.h"

TestSuite(vfio_scmi, .init = begin, .fini = end);

Test(vfio_scmi, the_devices_own_are_served)
{
	uint32_t rate;

	cr_assert_eq(start(NULL, NULL), 0, "%s: %s", err.what, err.why);
	cr_expect_not_null(vm.vfio->scmi.channel.page);
	cr_expect_eq(vm.vfio->scmi.platform.lists[SCMI_CLOCK].n_items, 2);
	cr_expect_eq(vm.vfio->scmi.platform.lists[SCMI_RESET].n_items, 1);
	cr_expect_eq(vm.vfio->scmi.platform.lists[SCMI_POWER].n_items, 1);
	cr_expect_str_eq(vm.vfio->scmi.platform.lists[SCMI_CLOCK].items[1].name,
			 "10000000.ahci:bus");
	cr_expect_str_eq(vm.vfio->scmi.platform.lists[SCMI_RESET].items[0].name, "10000000.ahci:0");
	cr_expect_eq(send(0x14, 6, 1, 1, 0, 0, &rate), 0);
	cr_expect_eq(rate, 100000000);
}

Test(vfio_scmi, rates)
{
	cr_assert_eq(start(NULL, NULL), 0);
	cr_expect_eq(clock_set(0, 48000000), 0);
	cr_expect_eq(disk.controls[CLOCK_GATE].value, 48000000);
	cr_expect_eq(clock_set(0, 48000001), INVALID);
	cr_expect_eq(clock_set(1, 48000000), DENIED);
	cr_expect_eq(n_told, 1);
	answer_errno = EPERM;
	cr_expect_eq(clock_set(0, 24000000), DENIED);
	answer_errno = EBUSY;
	cr_expect_eq(clock_set(0, 24000000), -6);
}

/* Nothing reaches a device that is off: not while the driver is told, and not before all is on. */
Test(vfio_scmi, a_device_that_is_off_is_out_of_reach)
{
	cr_assert_eq(start(NULL, NULL), 0);
	cr_expect(is_mapped());
	cr_expect_eq(clock_turn(1, false), 0);
	cr_expect_not(was_mapped);
	cr_expect_not(is_mapped());
	cr_expect_eq(domain_turn(false), 0);
	cr_expect_eq(clock_turn(1, true), 0);
	cr_expect_not(is_mapped(), "its power is off");
	cr_expect_eq(domain_turn(true), 0);
	cr_expect_not(was_mapped, "before the driver has it on");
	cr_expect(is_mapped());
}

Test(vfio_scmi, accesses_meanwhile)
{
	unsigned char data[8] = { 1, 2, 3, 4 };

	cr_assert_eq(start(NULL, NULL), 0);
	cr_expect_eq(line_assert(true), 0);
	mmio_access(&vm.mmio, vdev->regions[0].gpa + 4, data, 4, false);
	cr_expect_eq(*(uint32_t *)data, UINT32_MAX);
	mmio_access(&vm.mmio, vdev->regions[0].gpa + 4, data, 4, true);
	cr_expect_eq(disk.access.n, 0, "the device is not touched");
	cr_expect_eq(vdev->regions[0].n_off, 2);
	cr_expect_eq(line_assert(false), 0);
	mmio_access(&vm.mmio, vdev->regions[0].gpa + 4, data, 4, false);
	cr_expect_eq(disk.access.n, 1, "by the file, not by a mapping");
}

Test(vfio_scmi, counts)
{
	struct vfio_scmi_counts counts;
	unsigned char data[8];

	cr_assert_eq(start(NULL, NULL), 0);
	cr_expect_eq(clock_turn(0, false), 0);
	cr_expect_eq(clock_set(0, 48000001), INVALID);
	mmio_access(&vm.mmio, vdev->regions[0].gpa, data, 4, false);
	scmi_channel_ring(&vm.vfio->scmi.channel);
	cr_expect(vfio_scmi_counts(vm.vfio, &counts));
	cr_expect_eq(counts.n_messages, 2);
	cr_expect_eq(counts.n_errors, 1);
	cr_expect_eq(counts.n_refused, 1, "there is no message in the page");
	cr_expect_eq(counts.n_off, 1);
}

Test(vfio_scmi, what_fails_is_as_before)
{
	cr_assert_eq(start(NULL, NULL), 0);
	answer_errno = EIO;
	cr_expect_eq(clock_turn(0, false), -9);
	cr_expect(is_mapped());
	cr_expect_eq(send(0x16, 4, 3, 0, 1, 0, NULL), -9);
	cr_expect(is_mapped());
}

Test(vfio_scmi, a_pulse)
{
	cr_assert_eq(start(NULL, NULL), 0);
	cr_expect_eq(send(0x16, 4, 3, 0, 1, 0, NULL), 0);
	cr_expect_eq(disk.controls[LINE].action, VFIO_DAIS_CONTROL_PULSE);
	cr_expect_not(was_mapped);
	cr_expect(is_mapped());
}

Test(vfio_scmi, a_guest_reset_gives_all_back)
{
	cr_assert_eq(start(NULL, NULL), 0);
	clock_set(0, 48000000);
	clock_turn(1, false);
	line_assert(true);
	n_told = 0;
	cr_expect_eq(device->class->reset(device, &err), 0, "%s", err.what);
	cr_expect_eq(n_told, 3, "what was not touched is not given back");
	cr_expect_eq(disk.controls[CLOCK_GATE].action, VFIO_DAIS_CONTROL_BACK);
	cr_expect_eq(disk.controls[CLOCK_BUS].action, VFIO_DAIS_CONTROL_BACK);
	cr_expect_eq(disk.controls[LINE].action, VFIO_DAIS_CONTROL_BACK);
	cr_expect(is_mapped());
	cr_expect_eq(device->class->reset(device, &err), 0);
	cr_expect_eq(n_told, 3);
}

Test(vfio_scmi, what_the_user_allows)
{
	cr_assert_eq(start("allow.gate", "rate"), 0, "%s", err.what);
	cr_expect_eq(clock_set(0, 24000000), 0);
	cr_expect_eq(clock_turn(0, false), DENIED);
	cr_expect_eq(clock_turn(1, false), 0);
}

Test(vfio_scmi, nothing_of_it)
{
	cr_assert_eq(start("allow.gate", "none"), 0);
	cr_expect_eq(clock_set(0, 24000000), DENIED);
	cr_expect_eq(clock_turn(0, false), DENIED);
}

Test(vfio_scmi, fixed_clocks)
{
	struct vfio_scmi_counts counts;

	cr_assert_eq(start("clocks", "fixed"), 0);
	cr_expect_null(vm.vfio->scmi.channel.page);
	cr_expect_eq(vm.vfio->scmi.platform.lists[SCMI_CLOCK].n_items, 0);
	cr_expect(vdev->regions[0].by_file == 0);
	cr_expect_not(vfio_scmi_counts(vm.vfio, &counts));
}

/* Rates are those of the host's list of clocks, in which "bus" is off. Who enables what is on does
 * nothing, and all else is refused. */
Test(vfio_scmi, with_vfio_platform_the_guest_only_reads)
{
	uint32_t value;

	use_vfio_platform();
	fake_file("/sys/kernel/debug/clk/clk_summary",
		  " gate 1 1 0 24000000 0 0 50000 Y 10000000.10000000.ahci gate\n"
		  " bus 0 0 0 100000000 0 0 50000 N 10000000.10000000.ahci bus\n");
	cr_assert_eq(start("clocks", "scmi"), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(vm.vfio->scmi.platform.lists[SCMI_CLOCK].n_items, 2);
	cr_expect_eq(vm.vfio->scmi.platform.lists[SCMI_RESET].n_items, 0);
	cr_expect_eq(vm.vfio->scmi.platform.lists[SCMI_POWER].n_items, 1);
	cr_expect_eq(send(0x14, 6, 1, 1, 0, 0, &value), 0);
	cr_expect_eq(value, 100000000);
	cr_expect_eq(send(0x14, 0xf, 1, 0, 0, 0, &value), 0);
	cr_expect_eq(value, 0, "no permissions");
	cr_expect_eq(clock_turn(0, true), 0);
	cr_expect_eq(clock_turn(1, true), DENIED);
	cr_expect_eq(clock_turn(0, false), DENIED);
	cr_expect_eq(clock_set(0, 24000001), DENIED);
	cr_expect_eq(domain_turn(true), 0);
	cr_expect_eq(domain_turn(false), DENIED);
	cr_expect_eq(line_assert(true), -1, "that protocol is not there");
	cr_expect_eq(n_told, 0);
	cr_expect(is_mapped());
	cr_expect_not(vdev->regions[0].by_file);
	cr_expect_eq(device->class->reset(device, &err), 0, "%s", err.what);
}

Test(vfio_scmi, vfio_platform_serves_nothing)
{
	use_vfio_platform();
	cr_assert_eq(start(NULL, NULL), 0);
	cr_expect_null(vm.vfio->scmi.channel.page);
}

Test(vfio_scmi, a_driver_that_does_not_tell)
{
	disk.n_controls = 1;
	cr_assert_eq(start(NULL, NULL), -EINVAL);
	cr_expect(err_says(&err, "10000000.ahci"), "%s", err.what);
	cr_expect(strstr(err.fix, "clocks=fixed"), "%s", err.fix);
}

Test(vfio_scmi, a_kernel_that_does_not_hand_calls_over)
{
	fake_kvm_attr_deny(FAKE_KVM_VM, 0, 0);
	cr_assert_neq(start(NULL, NULL), 0);
	cr_expect(err_says(&err, "since Linux 6.4"), "%s", err.why);
	cr_expect(strstr(err.fix, "clocks=fixed"), "%s", err.fix);
}

Test(vfio_scmi, words_of_allow)
{
	struct device_config config = {
		.class = &vfio_platform_class,
		.name = "disk",
		.where = "x",
		.settings = { { .key = "allow.bus", .value = "gate,speed", .where = "x" } },
		.n_settings = 1,
	};

	cr_expect_neq(device_config_judge(&config, NULL, &err), 0);
	cr_expect(strstr(err.what, "speed"), "%s", err.what);
	config.settings[0].value = "rate, gate reset,power voltage";
	cr_expect_eq(device_config_judge(&config, NULL, &err), 0, "%s", err.what);
	cr_expect_eq(config.settings[0].number, 31);
}
