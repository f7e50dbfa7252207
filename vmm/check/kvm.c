// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"
#include "vfio/irq/mode.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/check/check.h"

/* A better remedy than kvm_open() has: it knows nothing of the file. */
static void fix_permission(struct check *check)
{
	struct stat st;

	if (sys_stat("/dev/kvm", &st) == 0 && (st.st_gid == 0 || (st.st_mode & 060) != 060))
		check_fix(
			check,
			"sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm && sudo usermod -aG kvm "
			"$USER && newgrp kvm");
	else
		check_fix(check, "sudo usermod -aG kvm $USER && newgrp kvm");
}

/* The first VM's that has it, or none. */
static struct passed_fds *find_passed(struct check *check)
{
	for (unsigned int i = 0; i < check->n_vms; i++)
		if (passed_fds_has(&check->vms[i].passed, "/dev/kvm"))
			return &check->vms[i].passed;
	return NULL;
}

/* Some VM opens it, or is there to do so when none is known. */
static bool is_opened(const struct check *check)
{
	for (unsigned int i = 0; i < check->n_vms; i++)
		if (!check->vms[i].config.fds)
			return true;
	return !check->n_vms;
}

void check_kvm(struct check *check)
{
	struct vm *vm = &check->vm;
	struct err err;
	int ret = kvm_open(&vm->kvm, find_passed(check), &err);

	if (ret == -EACCES || ret == -EPERM) {
		check_say(check, is_opened(check) ? CHECK_BLOCKS : CHECK_WARNS, "%s: %s", err.what,
			  err.why);
		fix_permission(check);
		return;
	}
	if (ret) {
		check_say_err(check, CHECK_BLOCKS, NULL, &err);
		return;
	}
	if (vm_create(vm, &err)) {
		check_say_err(check, CHECK_BLOCKS, NULL, &err);
		return;
	}
	check_say(check, CHECK_FINE,
		  "/dev/kvm has API version %d, %u address bits and %u vCPUs for a guest",
		  KVM_API_VERSION, vm->kvm.caps.ipa_bits, vm->kvm.caps.max_vcpus);
	if (!vm->kvm.caps.irqfd || !vm->kvm.caps.irqfd_resample) {
		check_say(
			check, CHECK_WARNS,
			"KVM has no %s: interrupts of devices go through user space, which is slow",
			vm->kvm.caps.irqfd ? "KVM_CAP_IRQFD_RESAMPLE" : "KVM_CAP_IRQFD");
		check_fix(check, "boot a kernel with CONFIG_KVM of Linux 3.19 or newer");
	}
	for (unsigned int i = 0; i < check->n_vms; i++) {
		const struct check_vm *wish = &check->vms[i];

		if (wish->config.n_vcpus <= vm->kvm.caps.max_vcpus)
			continue;
		check_say(check, CHECK_BLOCKS, "%s: cpus = %u, and KVM gives a guest %u at most",
			  wish->name, wish->config.n_vcpus, vm->kvm.caps.max_vcpus);
		check_fix(check, "cpus = %u", vm->kvm.caps.max_vcpus);
	}
	for (unsigned int i = 0; i < check->n_vms; i++) {
		if (check->vms[i].config.aarch32 != ARCH_ON || vm->kvm.caps.el1_32bit)
			continue;
		check_say(check, CHECK_BLOCKS,
			  "%s: its guest is a 32-bit one, and this processor's EL1 is 64-bit only",
			  check->vms[i].name);
		check_fix(check, "kernel = an arm64 Image");
	}
}

static void check_vm_gic(struct check *check, const struct check_vm *vm, bool v2, bool v3)
{
	enum vgic_version wanted = vm->config.irqchip;

	if ((wanted == VGIC_V2 && !v2) || (wanted == VGIC_V3 && !v3)) {
		check_say(check, CHECK_BLOCKS,
			  "%s: irqchip = gicv%d, which KVM on this host has not", vm->name,
			  wanted == VGIC_V2 ? 2 : 3);
		check_fix(check, "irqchip = auto");
	} else if ((wanted == VGIC_V2 || !v3) && vm->config.n_vcpus > KVMARM_VGIC_V2_MAX_VCPUS) {
		check_say(check, CHECK_BLOCKS, "%s: cpus = %u, and a GICv2 serves %d", vm->name,
			  vm->config.n_vcpus, KVMARM_VGIC_V2_MAX_VCPUS);
		if (v3)
			check_fix(check, "irqchip = gicv3");
		else
			check_fix(check, "cpus = %d", KVMARM_VGIC_V2_MAX_VCPUS);
	}
}

void check_gic(struct check *check)
{
	bool v2, v3;

	if (check->vm.fd < 0)
		return;
	v2 = vgic_host_has(&check->vm, VGIC_V2);
	v3 = vgic_host_has(&check->vm, VGIC_V3);
	if (!v2 && !v3) {
		check_say(check, CHECK_BLOCKS,
			  "KVM has no interrupt controller for guests: the host's GIC has no "
			  "virtualization extensions, or its device tree does not tell of them");
		check_fix(check, "dmesg | grep -i -e gic -e kvm");
		return;
	}
	check_say(check, CHECK_FINE, "guests can have a %s",
		  v2 && v3 ? "GICv2 or a GICv3"
		  : v3     ? "GICv3"
			   : "GICv2, with 8 vCPUs at most");
	for (unsigned int i = 0; i < check->n_vms; i++)
		check_vm_gic(check, &check->vms[i], v2, v3);
}

/* The first device that wants its interrupts forwarded, or nothing; NULL: none. */
static const char *who_wants_forwarding(const struct check *check)
{
	for (unsigned int i = 0; i < check->n_vms; i++) {
		for (unsigned int k = 0; k < check->vms[i].n_devices; k++) {
			const struct device_config *config = check->vms[i].devices[k].config;

			for (unsigned int s = 0; s < config->n_settings; s++)
				if (!strncmp(config->settings[s].key, "irq-mode", 8) &&
				    !strcmp(config->settings[s].value, "forward"))
					return config->name;
		}
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
		check_say(check, CHECK_WARNS, "KVM has no KVM-VFIO device: %s",
			  strerrordesc_np(-fd));
		check_fix(check, "boot a kernel with CONFIG_KVM_VFIO and CONFIG_VFIO");
		return;
	}
	if (vfio_irq_can_forward(fd)) {
		check_say(check, CHECK_FINE, "the kernel forwards level interrupts to guests");
	} else if (check_parameter_is("kvm", "forward_irqs", 'N')) {
		check_say(check, wanted ? CHECK_BLOCKS : CHECK_WARNS,
			  "forwarding of interrupts is switched off%s%s",
			  wanted ? ", and wanted by " : "", wanted ?: "");
		check_fix(check, "echo Y | sudo tee /sys/module/kvm/parameters/forward_irqs");
	} else {
		check_say(check, wanted ? CHECK_BLOCKS : CHECK_FINE,
			  "the kernel does not forward interrupts: their mode is irqfd%s%s",
			  wanted ? ", and not forward as wanted by " : "", wanted ?: "");
		if (wanted)
			check_fix(check, "irq-mode = auto, or boot a kernel with dais's patches");
	}
}
