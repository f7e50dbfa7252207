// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <unistd.h>

#include "arch/arch.h"
#include "arch/common/kvm_arm.h"
#include "arch/common/resample.h"
#include "arch/common/vgic.h"
#include "vfio/irq/irq.h"
#include "vmm/base/built.h"
#include "vmm/base/fd_range.h"
#include "vmm/base/own.h"
#include "vmm/check/check.h"
#include "vmm/core/vcpu.h"

void check_say_not_passed(struct check *check, const struct check_vm *vm, const char *path)
{
	check_say(check, CHECK_BLOCKS,
		  "%s: %s is not among the passed descriptors" FIX
		  "pass it as well, or leave out \"fd =\"",
		  vm->name, path);
}

int check_may_open(const struct check_vm *vm, const char *path)
{
	if (!vm->config.fds)
		return sys_access(path, R_OK | W_OK);
	return !vm->passed.has_devices || passed_fds_has(&vm->passed, path) ? 0 : -EBADF;
}

/* Who looks at a file by hand does not have them. */
void check_passed(struct check *check)
{
	check_each_vm (check, vm) {
		struct err err;

		if (config_find_passed(&vm->config, &vm->passed, &err)) {
			passed_fds_destroy(&vm->passed);
			check_say(
				check, CHECK_WARNS,
				"%s: %s: %s: what will be passed to this VM is not passed to this "
				"check, and not looked at" FIX
				"start dais check as dais run is started",
				vm->name, err.what, err.why);
		} else if (vm->passed.n) {
			check_say(check, CHECK_FINE, "%s: %u descriptors are passed", vm->name,
				  vm->passed.n);
		}
		if (check_may_open(vm, "/dev/kvm") == -EBADF)
			check_say_not_passed(check, vm, "/dev/kvm");
	}
}

/* With a better remedy than kvm_open() has: it knows nothing of the file. */
static void say_not_permitted(struct check *check, const struct err *err)
{
	enum check_severity severity = check->n_vms ? CHECK_WARNS : CHECK_BLOCKS;
	struct stat st;
	bool no_group =
		sys_stat("/dev/kvm", &st) == 0 && (st.st_gid == 0 || (st.st_mode & 060) != 060);

	/* Some VM opens it, or is there to do so when none is known. */
	check_each_vm (check, vm)
		if (!vm->config.fds)
			severity = CHECK_BLOCKS;
	check_say(check, severity, "%s: %s" FIX "%ssudo usermod -aG kvm $USER && newgrp kvm",
		  err->what, err->why,
		  no_group ? "sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm && " : "");
}

/* The first VM's that has it, or none. */
static struct passed_fds *find_passed(struct check *check)
{
	check_each_vm (check, vm)
		if (passed_fds_has(&vm->passed, "/dev/kvm"))
			return &vm->passed;
	return NULL;
}

void check_kvm(struct check *check)
{
	struct vm *vm = &check->vm;
	const struct kvm_caps *caps = &vm->kvm.caps;
	struct err err;
	int ret = kvm_open(&vm->kvm, find_passed(check), &err);

	if (ret == -EACCES || ret == -EPERM) {
		say_not_permitted(check, &err);
		return;
	}
	if (ret || fd_ranges_allow(&err) || vm_create(vm, &err)) {
		check_say_err(check, CHECK_BLOCKS, NULL, &err);
		return;
	}
	check_say(check, CHECK_FINE,
		  "/dev/kvm has API version %d, %u address bits and %u vCPUs for a guest",
		  KVM_API_VERSION, caps->ipa_bits, caps->max_vcpus);
	if (!caps->irqfd || !caps->irqfd_resample)
		check_say(
			check, CHECK_WARNS,
			"KVM has no %s: interrupts of devices go through user space, which is slow" FIX
			"boot a kernel with CONFIG_KVM of Linux 3.19 or newer",
			caps->irqfd ? "KVM_CAP_IRQFD_RESAMPLE" : "KVM_CAP_IRQFD");
	check_each_vm (check, v) {
		if (vcpus_check_number(caps, v->config.n_vcpus, &err))
			check_say_err(check, CHECK_BLOCKS, v, &err);
		if (v->config.aarch32 == ARCH_ON && arch_check_aarch32(caps, &err))
			check_say_err(check, CHECK_BLOCKS, v, &err);
	}
}

void check_gic(struct check *check)
{
	enum vgic_version version;
	struct err err;
	bool v2, v3;

	if (check->vm.fd < 0)
		return;
	if (vgic_choose(&check->vm, VGIC_AUTO, 1, &version, &err)) {
		check_say_err(check, CHECK_BLOCKS, NULL, &err);
		return;
	}
	v2 = vgic_host_has(&check->vm, VGIC_V2);
	v3 = vgic_host_has(&check->vm, VGIC_V3);
	check_say(check, CHECK_FINE, "guests can have a %s",
		  v2 && v3 ? "GICv2 or a GICv3"
		  : v3     ? "GICv3"
			   : "GICv2, with 8 vCPUs at most");
	check_each_vm (check, vm)
		if (vgic_choose(&check->vm, vm->config.irqchip, vm->config.n_vcpus, &version, &err))
			check_say_err(check, CHECK_BLOCKS, vm, &err);
}

void check_resample(struct check *check)
{
	bool works = false, v2_works = false;
	struct err err;

	if (!BUILT(VFIO_IRQ_PROBE))
		return;
	if (check->vm.fd < 0)
		check_say(check, CHECK_FINE,
			  "not tried, without /dev/kvm: whether KVM resamples level interrupts");
	for (enum vgic_version gic = VGIC_V2; check->vm.fd >= 0 && gic <= VGIC_V3; gic++) {
		if (!vgic_host_has(&check->vm, gic))
			continue;
		if (resample_try(&check->vm.kvm, gic, NULL, &works, &err))
			check_say_err(check, CHECK_WARNS, NULL, &err);
		else if (works)
			check_say(check, CHECK_FINE,
				  "KVM resamples level interrupts of a guest with a GICv%d",
				  gic == VGIC_V2 ? 2 : 3);
		else
			check_say(
				check, CHECK_WARNS,
				"KVM does not resample a level interrupt that a guest with a "
				"GICv%d ends without an exit: dais traps accesses to its device, "
				"which makes the interrupt about 4 times as dear" FIX
				"boot a kernel with the resample patch of dais's kernel/patches%s",
				gic == VGIC_V2 ? 2 : 3,
				v2_works ? ", or give guests a GICv2: irqchip = gicv2" : "");
		v2_works = works;
	}
}

/* The first device that wants its interrupts forwarded, or nothing; NULL: none. */
static const char *who_wants_forwarding(const struct check *check)
{
	check_each_device (check, device) {
		const struct device_config *config = device->config;

		for (unsigned int s = 0; s < config->n_settings; s++)
			if (!strncmp(config->settings[s].key, "irq-mode", 8) &&
			    !strcmp(config->settings[s].value, "forward"))
				return config->name;
	}
	return NULL;
}

void check_forward(struct check *check)
{
	const char *wanted = who_wants_forwarding(check);
	owned_fd int fd = -1;

	if (check->vm.fd < 0)
		return;
	fd = kvm_device_create(&check->vm, KVM_DEV_TYPE_VFIO, false);
	if (fd < 0) {
		check_say(check, CHECK_WARNS,
			  "KVM has no KVM-VFIO device: %s" FIX
			  "boot a kernel with CONFIG_KVM_VFIO and CONFIG_VFIO",
			  strerrordesc_np(-fd));
	} else if (vfio_irq_can_forward(fd)) {
		check_say(check, CHECK_FINE, "the kernel forwards level interrupts to guests");
	} else if (check_parameter_is("kvm", "forward_irqs", 'N')) {
		check_say(check, wanted ? CHECK_BLOCKS : CHECK_WARNS,
			  "forwarding of interrupts is switched off%s%s" FIX
			  "echo Y | sudo tee /sys/module/kvm/parameters/forward_irqs",
			  wanted ? ", and wanted by " : "", wanted ?: "");
	} else {
		check_say(check, wanted ? CHECK_BLOCKS : CHECK_FINE,
			  "the kernel does not forward interrupts: their mode is irqfd%s%s" FIX
			  "%s",
			  wanted ? ", and not forward as wanted by " : "", wanted ?: "",
			  wanted ? "irq-mode = auto, or boot a kernel with dais's patches" : "");
	}
}
