// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/vgic.h"

#include <linux/kvm.h>

#include "arch/arch.h"
#include "arch/common/kvm_arm.h"
#include "fdt/builder.h"
#include "vmm/base/own.h"
#include "vmm/core/irq_line.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

static uint32_t device_type(enum vgic_version version)
{
	return version == VGIC_V2 ? KVM_DEV_TYPE_ARM_VGIC_V2 : KVM_DEV_TYPE_ARM_VGIC_V3;
}

bool vgic_host_has(struct vm *vm, enum vgic_version version)
{
	if (version == VGIC_V3 && arch_is_32bit)
		return false;
	return kvm_device_create(vm, device_type(version), true) >= 0;
}

static int choose_version(struct vm *vm, enum vgic_version wanted, enum vgic_version *version,
			  struct err *err)
{
	bool has_v3 = vgic_host_has(vm, VGIC_V3);
	bool has_v2 = vgic_host_has(vm, VGIC_V2);

	*version = wanted != VGIC_AUTO ? wanted : has_v3 ? VGIC_V3 : VGIC_V2;
	if (*version == VGIC_V3 ? has_v3 : has_v2)
		return 0;

	err_set(err, ENODEV, "create a GICv%d", *version == VGIC_V2 ? 2 : 3);
	if (has_v2 || has_v3) {
		err_why(err, "KVM on this host can only give guests a GICv%d", has_v2 ? 2 : 3);
		err_fix(err, "--irqchip %s, or auto", has_v2 ? "gicv2" : "gicv3");
	} else {
		err_why(err, "KVM on this host has no interrupt controller for guests");
		err_fix(err, "use a host with a GICv3, or a GICv2 with virtualization extensions, "
			     "which its device tree tells of: dmesg | grep -i -e gic -e kvm");
	}
	return err_host(err);
}

static int check_n_vcpus(struct vm *vm, enum vgic_version version, unsigned int n, struct err *err)
{
	unsigned int max = version == VGIC_V2 ? KVMARM_VGIC_V2_MAX_VCPUS : MEMMAP_GICV3_N_REDIST;

	if (n <= max)
		return 0;
	err_usage(err, "%u vCPUs", n);
	err_why(err, "a GICv%d serves %u vCPUs at most", version == VGIC_V2 ? 2 : 3, max);
	if (version == VGIC_V2 && vgic_host_has(vm, VGIC_V3))
		err_fix(err, "--irqchip gicv3, or --cpus %u or fewer", max);
	else
		err_fix(err, "--cpus %u or fewer", max);
	return err->code;
}

int vgic_choose(struct vm *vm, enum vgic_version wanted, unsigned int n_vcpus,
		enum vgic_version *version, struct err *err)
{
	int ret = choose_version(vm, wanted, version, err);

	return ret ? ret : check_n_vcpus(vm, *version, n_vcpus, err);
}

static int set_address(struct vgic *vgic, uint64_t attr, uint64_t gpa, struct err *err)
{
	int ret = kvm_attr_set(vgic->fd, KVMARM_VGIC_GRP_ADDR, attr, &gpa);

	if (ret < 0)
		return err_set(err, ret, "place the GIC at 0x%llx", (unsigned long long)gpa);
	return 0;
}

static int set_up(struct vgic *vgic, unsigned int n_spis, struct err *err)
{
	bool v2 = vgic->version == VGIC_V2;
	uint32_t n_irqs = KVMARM_VGIC_MAX_IRQS;
	int ret;

	ret = set_address(vgic, v2 ? KVMARM_VGIC_ADDR_V2_DIST : KVMARM_VGIC_ADDR_V3_DIST,
			  MEMMAP_GIC_DIST, err);
	if (ret < 0)
		return ret;
	ret = set_address(vgic, v2 ? KVMARM_VGIC_ADDR_V2_CPU : KVMARM_VGIC_ADDR_V3_REDIST,
			  v2 ? MEMMAP_GICV2_CPU : MEMMAP_GICV3_REDIST, err);
	if (ret < 0)
		return ret;
	if (n_spis && n_spis < n_irqs)
		n_irqs = (uint32_t)round_up_to(SPI_TO_INTID(n_spis), 32);
	if (n_irqs > KVMARM_VGIC_MAX_IRQS)
		n_irqs = KVMARM_VGIC_MAX_IRQS;
	ret = kvm_attr_set(vgic->fd, KVMARM_VGIC_GRP_NR_IRQS, 0, &n_irqs);
	if (ret < 0)
		return err_set(err, ret, "give the GIC %u interrupts", n_irqs);
	vgic->n_spis = n_irqs - SPI_TO_INTID(0);
	return 0;
}

int vgic_create(struct vm *vm, enum vgic_version wanted, unsigned int n_spis, struct vgic **vgic,
		struct err *err)
{
	struct vgic *v;
	enum vgic_version version;
	int ret;

	ret = vgic_choose(vm, wanted, vm->n_vcpus, &version, err);
	if (ret < 0)
		return ret;

	v = calloc(1, sizeof(*v));
	if (!v)
		return err_set(err, ENOMEM, "create the GIC");
	v->vm = vm;
	v->version = version;
	v->fd = kvm_device_create(vm, device_type(version), false);
	ret = v->fd < 0 ? err_set(err, v->fd, "create the GIC") : set_up(v, n_spis, err);
	if (ret < 0) {
		vgic_destroy(v);
		return ret;
	}
	*vgic = v;
	return 0;
}

int vgic_init(struct vgic *vgic, struct err *err)
{
	int ret = kvm_attr_set(vgic->fd, KVMARM_VGIC_GRP_CTRL, KVMARM_VGIC_CTRL_INIT, NULL);

	return ret < 0 ? err_set(err, ret, "initialise the GIC") : 0;
}

void vgic_describe(const struct vgic *vgic, struct dt *dt)
{
	bool v2 = vgic->version == VGIC_V2;
	struct range reg[] = {
		{ MEMMAP_GIC_DIST, v2 ? KVMARM_VGIC_V2_DIST_SIZE : KVMARM_VGIC_V3_DIST_SIZE },
		{ v2 ? MEMMAP_GICV2_CPU : MEMMAP_GICV3_REDIST,
		  v2 ? KVMARM_VGIC_V2_CPU_SIZE
		     : (uint64_t)vgic->vm->n_vcpus * KVMARM_VGIC_V3_REDIST_SIZE },
	};

	dt_begin_node(dt, "interrupt-controller@%llx", MEMMAP_GIC_DIST);
	dt_prop_str(dt, "compatible", v2 ? "arm,cortex-a15-gic" : "arm,gic-v3");
	dt_prop_reg(dt, reg, n_elems(reg));
	dt_prop_empty(dt, "interrupt-controller");
	dt_prop_u32(dt, "#interrupt-cells", 3);
	dt_prop_u32(dt, "phandle", DT_PHANDLE_GIC);
	dt_end_node(dt);
}

void vgic_destroy(struct vgic *vgic)
{
	if (!vgic)
		return;
	close_fd(&vgic->fd);
	free(vgic);
}
