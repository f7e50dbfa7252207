// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <linux/kvm.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"
#include "tests/fakes/fake_sys.h"
#include "tests/fakes/kvm/fake_kvm.h"
#include "tests/fakes/vfio/fake_vfio.h"
#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

static struct machine machine;
static struct fake_vfio_device dev;
static struct device *device;
static struct watch watch;
static struct err err;

/* A machine whose vCPU runs, with one armed level interrupt on SPI 0. */
static void setup(void)
{
	struct vm *vm = &machine.vm;

	log_set_level(LOG_ERROR);
	fake_vm_create(vm);
	cr_assert_eq(event_loop_create(&vm->loop, &err), 0);
	cr_assert_eq(vcpus_create(vm, 1, &err), 0);
	cr_assert_eq(vgic_create(vm, VGIC_V3, 0, &vm->vgic, &err), 0, "%s", err.what);
	device = fake_vm_add_device(vm, &dev);
	cr_assert_eq(vcpus_start(vm, NULL, &err), 0);
	vcpus_release(vm);
	cr_assert_eq(watch_start(&watch, &machine, &err), 0);
}

static void teardown(void)
{
	watch_stop(&watch);
	vcpus_join(&machine.vm);
	vfio_platform_class.destroy(device);
	vgic_destroy(machine.vm.vgic);
	vcpus_destroy(&machine.vm);
	fake_vm_destroy(&machine.vm);
	cr_expect_eq(fake_n_open_fds(), 0);
}

TestSuite(watch, .init = setup, .fini = teardown);

static void set_line(bool up)
{
	fake_kvm_attr_put(FAKE_KVM_DEV(KVM_DEV_TYPE_ARM_VGIC_V3), KVMARM_VGIC_GRP_LEVEL_INFO, 32,
			  up);
}

Test(watch, a_line_that_stays_up_is_told_of_once)
{
	set_line(true);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_MOVES, "it never came");
	fake_vfio_raise(&dev, 0);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_MOVES);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_UP);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_TOLD);
	dev.irqs[0].masked = false;
	fake_vfio_raise(&dev, 0);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_TOLD);
}

Test(watch, one_that_is_handled_is_not_asked_again)
{
	fake_vfio_raise(&dev, 0);
	watch_look(&watch);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_FINE);
	set_line(true);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_FINE);
}

Test(watch, a_handler_that_takes_its_time_is_not_told_of)
{
	set_line(true);
	fake_vfio_raise(&dev, 0);
	watch_look(&watch);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_UP);
	set_line(false);
	watch_look(&watch);
	cr_expect_eq(watch.irqs[0].state, WATCH_FINE);
}
