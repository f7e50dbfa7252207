// SPDX-License-Identifier: GPL-2.0-only
/*
 * cdev /dev/vfio/devices/vfioN: forwards interrupt 0 of a device that is opened by its own file,
 * without a group, for a VM without a guest, and lets go of everything in different orders. Says
 * what goes wrong and ends with 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* include/uapi/linux/vfio.h of 6.6 and later, and include/uapi/linux/kvm.h with kernel/patches */
struct bind_iommufd {
	uint32_t argsz, flags;
	int32_t iommufd;
	uint32_t out_devid;
};
#define BIND_IOMMUFD          _IO(VFIO_TYPE, VFIO_BASE + 18)
#define VFIO_DEVICE           2
#define VFIO_DEVICE_FORWARD   1
#define VFIO_DEVICE_UNFORWARD 2
struct device_irq {
	int32_t fd;
	uint32_t index, subindex, gsi;
};

/* arch/arm64/include/uapi/asm/kvm.h */
#define GRP_ADDR     0
#define GRP_CTRL     4
#define V2_DIST      0
#define V2_CPU       1
#define V3_DIST      2
#define V3_REDIST    3
#define CTRL_INIT    0
#define TYPE_VGIC_V2 5
#define TYPE_VGIC_V3 7

static int vm, vgic, kvm_vfio, device, iommufd;

#define EXPECT(wanted, call) expect(wanted, (call) < 0 ? errno : 0, #call)
static void expect(int wanted, int error, const char *call)
{
	if (error == wanted)
		return;
	printf("cdev: %s: %s, expected: %s\n", call, strerror(error), strerror(wanted));
	exit(1);
}

static int set_attr(int fd, uint32_t group, uint64_t number, void *arg)
{
	struct kvm_device_attr attr = { .group = group, .attr = number, .addr = (uintptr_t)arg };

	return ioctl(fd, KVM_SET_DEVICE_ATTR, &attr);
}

static int create_device(uint32_t type)
{
	struct kvm_create_device create = { .type = type };

	return ioctl(vm, KVM_CREATE_DEVICE, &create) < 0 ? -1 : (int)create.fd;
}

static int forward(uint64_t attr)
{
	struct device_irq irq = { .fd = device, .gsi = 7 };

	return set_attr(kvm_vfio, VFIO_DEVICE, attr, &irq);
}

static int set_trigger(int fd)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} arg = {
		.set = {
			.argsz = sizeof(arg),
			.flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD,
			.count = 1,
		},
		.fd = fd,
	};

	return ioctl(device, VFIO_DEVICE_SET_IRQS, &arg);
}

static void make_vm(void)
{
	uint64_t dist = 0x8000000, other = 0x80a0000;
	int kvm = open("/dev/kvm", O_RDWR);
	int vcpu;

	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	close(kvm);
	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	EXPECT(0, vcpu);
	close(vcpu);
	vgic = create_device(TYPE_VGIC_V3);
	if (vgic >= 0) {
		EXPECT(0, set_attr(vgic, GRP_ADDR, V3_DIST, &dist));
		EXPECT(0, set_attr(vgic, GRP_ADDR, V3_REDIST, &other));
	} else {
		vgic = create_device(TYPE_VGIC_V2);
		EXPECT(0, set_attr(vgic, GRP_ADDR, V2_DIST, &dist));
		EXPECT(0, set_attr(vgic, GRP_ADDR, V2_CPU, &other));
	}
	kvm_vfio = create_device(KVM_DEV_TYPE_VFIO);
	EXPECT(0, kvm_vfio);
}

static void forward_device(const char *path)
{
	struct bind_iommufd bind = { .argsz = sizeof(bind) };
	int trigger = eventfd(0, 0);

	device = open(path, O_RDWR);
	EXPECT(0, device);
	EXPECT(ENOENT, forward(VFIO_DEVICE_FORWARD));
	EXPECT(0, set_attr(kvm_vfio, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, &device));
	EXPECT(EINVAL, forward(VFIO_DEVICE_FORWARD));
	iommufd = open("/dev/iommu", O_RDWR);
	bind.iommufd = iommufd;
	EXPECT(0, ioctl(device, BIND_IOMMUFD, &bind));
	EXPECT(EAGAIN, forward(VFIO_DEVICE_FORWARD));
	EXPECT(0, set_attr(vgic, GRP_CTRL, CTRL_INIT, NULL));
	EXPECT(0, forward(VFIO_DEVICE_FORWARD));
	EXPECT(EBUSY, forward(VFIO_DEVICE_FORWARD));
	EXPECT(0, set_trigger(trigger));
	EXPECT(0, set_trigger(-1));
	EXPECT(0, set_trigger(trigger));
	close(trigger);
}

/* @order: the fds to be closed, d k v g i; D: FILE_DEL; U: UNFORWARD. */
static void let_go(const char *order)
{
	static int *const fds[128] = {
		['d'] = &device, ['k'] = &kvm_vfio, ['v'] = &vm, ['g'] = &vgic, ['i'] = &iommufd,
	};
	int error = 0;

	for (const char *what = order; *what; what++) {
		if (*what == 'D') {
			EXPECT(0, set_attr(kvm_vfio, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_DEL,
					   &device));
			error = ENOENT;
		} else if (*what == 'U') {
			EXPECT(error, forward(VFIO_DEVICE_UNFORWARD));
		} else {
			close(*fds[(unsigned char)*what]);
		}
	}
}

int main(int argc, char **argv)
{
	static const char *const orders[] = { "dkvgi",  "gvkid",  "vkgdi",  "vUdkgi",
					      "Udkgvi", "Dkdvgi", "DUdkvgi" };

	for (unsigned int i = 0; argc == 2 && i < sizeof(orders) / sizeof(orders[0]); i++) {
		make_vm();
		forward_device(argv[1]);
		let_go(orders[i]);
		usleep(10000);
	}
	puts("cdev: done");
	return argc != 2;
}
