// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "arch/common/kvm_arm.h"
#include "arch/common/vgic.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/core/memmap.h"
#include "vmm/core/vm.h"

/* A host: which VGICs it has, and what it was told of the one made. */
static struct host {
	bool has_v2, has_v3;
	uint32_t created;
	struct {
		uint32_t group;
		uint64_t attr, value;
	} set[16];
	unsigned int n_set;
} host;

static struct vm vm;

static int vgic_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	const struct kvm_device_attr *a = arg;

	(void)fd;
	(void)opaque;
	cr_assert_eq(request, KVM_SET_DEVICE_ATTR);
	cr_assert_lt(host.n_set, 16);
	host.set[host.n_set].group = a->group;
	host.set[host.n_set].attr = a->attr;
	if (a->group == KVMARM_VGIC_GRP_ADDR)
		host.set[host.n_set].value = *(uint64_t *)(uintptr_t)a->addr;
	else if (a->group == KVMARM_VGIC_GRP_NR_IRQS)
		host.set[host.n_set].value = *(uint32_t *)(uintptr_t)a->addr;
	host.n_set++;
	return 0;
}

static const struct fake_fd_ops vgic_ops = { .ioctl = vgic_ioctl };

static int vm_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct kvm_create_device *d = arg;

	(void)fd;
	(void)opaque;
	cr_assert_eq(request, KVM_CREATE_DEVICE);
	if (!(d->type == KVM_DEV_TYPE_ARM_VGIC_V2 ? host.has_v2 : host.has_v3))
		return -ENODEV;
	if (d->flags & KVM_CREATE_DEVICE_TEST)
		return 0;
	host.created = d->type;
	d->fd = (uint32_t)fake_fd_new(&vgic_ops, NULL);
	return 0;
}

static const struct fake_fd_ops vm_ops = { .ioctl = vm_ioctl };

static void set_up(bool has_v2, bool has_v3, unsigned int n_vcpus)
{
	fake_sys_reset();
	memset(&host, 0, sizeof(host));
	host.has_v2 = has_v2;
	host.has_v3 = has_v3;
	memset(&vm, 0, sizeof(vm));
	vm.fd = fake_fd_new(&vm_ops, NULL);
	vm.n_vcpus = n_vcpus;
}

Test(vgic, version_is_the_wanted_one_or_the_hosts_best)
{
	static const struct {
		bool has_v2, has_v3;
		enum vgic_version wanted, got; /* got VGIC_AUTO: none */
		const char *why, *fix;
	} cases[] = {
		{ false, true, VGIC_AUTO, VGIC_V3, NULL, NULL },
		{ true, true, VGIC_AUTO, VGIC_V3, NULL, NULL },
		{ true, false, VGIC_AUTO, VGIC_V2, NULL, NULL },
		{ true, true, VGIC_V2, VGIC_V2, NULL, NULL },
		{ false, true, VGIC_V2, VGIC_AUTO, "only give guests a GICv3", "gicv3" },
		{ true, false, VGIC_V3, VGIC_AUTO, "only give guests a GICv2", "gicv2" },
		{ false, false, VGIC_AUTO, VGIC_AUTO, "no interrupt controller", "GICv3" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct vgic *vgic = NULL;
		struct err err = { 0 };
		int ret;

		set_up(cases[i].has_v2, cases[i].has_v3, 2);
		ret = vgic_create(&vm, cases[i].wanted, 0, &vgic, &err);
		if (cases[i].got == VGIC_AUTO) {
			cr_expect_eq(ret, -ENODEV, "case %zu", i);
			cr_expect_eq(err_exit_status(&err), EXIT_STATUS_HOST);
			cr_expect(strstr(err.why, cases[i].why), "%s", err.why);
			cr_expect(strstr(err.fix, cases[i].fix), "%s", err.fix);
			continue;
		}
		cr_assert_eq(ret, 0, "case %zu: %s", i, err.what);
		cr_expect_eq(vgic->version, cases[i].got);
		cr_expect_eq(host.created, cases[i].got == VGIC_V2 ? KVM_DEV_TYPE_ARM_VGIC_V2
								   : KVM_DEV_TYPE_ARM_VGIC_V3);
		vgic_destroy(vgic);
		cr_expect_eq(fake_n_open_fds(), 1);
	}
}

Test(vgic, more_vcpus_than_it_serves)
{
	static const struct {
		bool has_v3;
		enum vgic_version wanted;
		unsigned int n;
		const char *fix;
	} cases[] = {
		{ true, VGIC_V2, 9, "--irqchip gicv3, or --cpus 8" },
		{ false, VGIC_AUTO, 9, "--cpus 8 or fewer" },
		{ true, VGIC_AUTO, 513, "--cpus 512 or fewer" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct vgic *vgic;
		struct err err;

		set_up(true, cases[i].has_v3, cases[i].n);
		cr_expect_eq(vgic_create(&vm, cases[i].wanted, 0, &vgic, &err), -EINVAL);
		cr_expect_eq(err_exit_status(&err), EXIT_STATUS_USAGE);
		cr_expect(strstr(err.fix, cases[i].fix) == err.fix, "%s", err.fix);
		vm.n_vcpus--;
		cr_assert_eq(vgic_create(&vm, cases[i].wanted, 0, &vgic, &err), 0);
		vgic_destroy(vgic);
	}
}

Test(vgic, addresses_and_interrupts_then_init)
{
	for (enum vgic_version v = VGIC_V2; v <= VGIC_V3; v++) {
		const bool v2 = v == VGIC_V2;
		struct vgic *vgic;
		struct err err;

		set_up(true, true, 3);
		cr_assert_eq(vgic_create(&vm, v, 0, &vgic, &err), 0);
		cr_assert_eq(host.n_set, 3);
		cr_expect_eq(host.set[0].attr,
			     v2 ? KVMARM_VGIC_ADDR_V2_DIST : KVMARM_VGIC_ADDR_V3_DIST);
		cr_expect_eq(host.set[0].value, MEMMAP_GIC_DIST);
		cr_expect_eq(host.set[1].attr,
			     v2 ? KVMARM_VGIC_ADDR_V2_CPU : KVMARM_VGIC_ADDR_V3_REDIST);
		cr_expect_eq(host.set[1].value, v2 ? MEMMAP_GICV2_CPU : MEMMAP_GICV3_REDIST);
		cr_expect_eq(host.set[2].group, KVMARM_VGIC_GRP_NR_IRQS);
		/* KVM: a multiple of 32 not above 1023 */
		cr_expect_eq(host.set[2].value, 992);
		cr_expect_eq(vgic->n_spis, 960);

		cr_assert_eq(vgic_init(vgic, &err), 0);
		cr_expect_eq(host.set[3].group, KVMARM_VGIC_GRP_CTRL);
		cr_expect_eq(host.set[3].attr, KVMARM_VGIC_CTRL_INIT);
		vgic_destroy(vgic);
	}
	vgic_destroy(NULL);
}

Test(vgic, has_the_interrupts_that_are_wanted)
{
	static const unsigned int cases[][2] = {
		{ 1, 32 }, { 32, 32 }, { 33, 64 }, { 960, 960 }, { 961, 960 }, { 5000, 960 },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		struct vgic *vgic;
		struct err err;

		set_up(true, true, 1);
		cr_assert_eq(vgic_create(&vm, VGIC_AUTO, cases[i][0], &vgic, &err), 0);
		cr_expect_eq(vgic->n_spis, cases[i][1], "%u", cases[i][0]);
		cr_expect_eq(host.set[2].value, cases[i][1] + 32);
		vgic_destroy(vgic);
	}
}

Test(vgic, each_failing_call_is_told_and_leaves_nothing)
{
	for (unsigned int n = 3;; n++) { /* 1 and 2 ask what the host has */
		struct vgic *vgic = NULL;
		struct err err = { 0 };
		int ret;

		set_up(true, true, 1);
		fake_fail_at(n, EIO);
		ret = vgic_create(&vm, VGIC_AUTO, 0, &vgic, &err);
		if (!ret)
			ret = vgic_init(vgic, &err);
		if (!fake_failed()) {
			cr_expect_eq(ret, 0);
			cr_expect_eq(n, 9);
			vgic_destroy(vgic);
			break;
		}
		cr_expect_eq(ret, -EIO);
		cr_expect(strstr(err.what, "the GIC"), "%s", err.what);
		vgic_destroy(vgic);
		cr_expect_eq(fake_n_open_fds(), 1);
	}
}
