// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sizes, offsets and numbers by which dais talks to the kernel, against the values that they have
 * in the kernel's ABI. Built twice: for 32-bit Arm, with the definitions of arch/arm/uapi, and for
 * the build machine, with the kernel's own, which shows that the values here are right.
 */
#include <errno.h>
#include <linux/if_tun.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <linux/vhost.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>

#include "arch/arm/kvm_reg.h"
#include "arch/common/kvm_arm.h"
#include "devices/virtio/vhost_user_message.h"
#include "vfio/iommu/iommufd_uapi.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define VALUE(expression, value)                                     \
	{                                                            \
#expression, (unsigned long long)(expression), value \
	}
#define SIZE(type, size)             VALUE(sizeof(type), size)
#define OFFSET(type, member, offset) VALUE(offsetof(type, member), offset)

static const struct row {
	const char *what;
	unsigned long long is, should;
} rows[] = {
	SIZE(off_t, 8),
	SIZE(time_t, 8),

	/* linux/kvm.h */
	SIZE(struct kvm_userspace_memory_region, 32),
	SIZE(struct kvm_irq_level, 8),
	SIZE(struct kvm_irqfd, 32),
	SIZE(struct kvm_ioeventfd, 64),
	SIZE(struct kvm_create_device, 12),
	SIZE(struct kvm_device_attr, 24),
	SIZE(struct kvm_one_reg, 16),
	SIZE(struct kvm_stats_header, 24),
	SIZE(struct kvm_stats_desc, 16),
	OFFSET(struct kvm_userspace_memory_region, userspace_addr, 24),
	OFFSET(struct kvm_irqfd, resamplefd, 12),
	OFFSET(struct kvm_ioeventfd, len, 16),
	OFFSET(struct kvm_ioeventfd, flags, 24),
	OFFSET(struct kvm_create_device, fd, 4),
	OFFSET(struct kvm_device_attr, addr, 16),
	OFFSET(struct kvm_run, immediate_exit, 1),
	OFFSET(struct kvm_run, exit_reason, 8),
	OFFSET(struct kvm_run, mmio.phys_addr, 0x20),
	OFFSET(struct kvm_run, mmio.data, 0x28),
	OFFSET(struct kvm_run, mmio.len, 0x30),
	OFFSET(struct kvm_run, mmio.is_write, 0x34),
	OFFSET(struct kvm_run, fail_entry.hardware_entry_failure_reason, 0x20),
	OFFSET(struct kvm_run, internal.suberror, 0x20),
	OFFSET(struct kvm_run, system_event.type, 0x20),
	OFFSET(struct kvm_run, arm_nisv.fault_ipa, 0x28),
	VALUE(KVM_API_VERSION, 12),
	VALUE(KVM_GET_API_VERSION, 0xae00),
	VALUE(KVM_CREATE_VM, 0xae01),
	VALUE(KVM_CHECK_EXTENSION, 0xae03),
	VALUE(KVM_GET_VCPU_MMAP_SIZE, 0xae04),
	VALUE(KVM_CREATE_VCPU, 0xae41),
	VALUE(KVM_SET_USER_MEMORY_REGION, 0x4020ae46),
	VALUE(KVM_IRQ_LINE, 0x4008ae61),
	VALUE(KVM_IRQFD, 0x4020ae76),
	VALUE(KVM_IOEVENTFD, 0x4040ae79),
	VALUE(KVM_RUN, 0xae80),
	VALUE(KVM_GET_ONE_REG, 0x4010aeab),
	VALUE(KVM_SET_ONE_REG, 0x4010aeac),
	VALUE(KVM_GET_STATS_FD, 0xaece),
	VALUE(KVM_CREATE_DEVICE, 0xc00caee0),
	VALUE(KVM_SET_DEVICE_ATTR, 0x4018aee1),
	VALUE(KVM_GET_DEVICE_ATTR, 0x4018aee2),
	VALUE(KVM_HAS_DEVICE_ATTR, 0x4018aee3),
	VALUE(KVM_CAP_NR_MEMSLOTS, 10),
	VALUE(KVM_CAP_IRQFD, 32),
	VALUE(KVM_CAP_IOEVENTFD, 36),
	VALUE(KVM_CAP_MAX_VCPUS, 66),
	VALUE(KVM_CAP_ONE_REG, 70),
	VALUE(KVM_CAP_IRQFD_RESAMPLE, 82),
	VALUE(KVM_CAP_DEVICE_CTRL, 89),
	VALUE(KVM_CAP_ARM_EL1_32BIT, 93),
	VALUE(KVM_CAP_ARM_PSCI_0_2, 102),
	VALUE(KVM_CAP_ARM_PMU_V3, 126),
	VALUE(KVM_CAP_IMMEDIATE_EXIT, 136),
	VALUE(KVM_CAP_ARM_VM_IPA_SIZE, 165),
	VALUE(KVM_CAP_ARM_SVE, 170),
	VALUE(KVM_CAP_ARM_PTRAUTH_ADDRESS, 171),
	VALUE(KVM_CAP_ARM_PTRAUTH_GENERIC, 172),
	VALUE(KVM_CAP_BINARY_STATS_FD, 203),
	VALUE(KVM_VM_TYPE_ARM_IPA_SIZE(36), 36),
	VALUE(KVM_MEM_READONLY, 2),
	VALUE(KVM_IRQFD_FLAG_DEASSIGN, 1),
	VALUE(KVM_IRQFD_FLAG_RESAMPLE, 2),
	VALUE(KVM_IOEVENTFD_FLAG_DATAMATCH, 1),
	VALUE(KVM_IOEVENTFD_FLAG_DEASSIGN, 4),
	VALUE(KVM_CREATE_DEVICE_TEST, 1),
	VALUE(KVM_DEV_TYPE_VFIO, 4),
	VALUE(KVM_DEV_TYPE_ARM_VGIC_V2, 5),
	VALUE(KVM_DEV_TYPE_ARM_VGIC_V3, 7),
	VALUE(KVM_DEV_VFIO_GROUP, 1),
	VALUE(KVM_DEV_VFIO_GROUP_ADD, 1),
	VALUE(KVM_DEV_VFIO_GROUP_DEL, 2),
	VALUE(KVM_EXIT_MMIO, 6),
	VALUE(KVM_EXIT_FAIL_ENTRY, 9),
	VALUE(KVM_EXIT_INTERNAL_ERROR, 17),
	VALUE(KVM_EXIT_SYSTEM_EVENT, 24),
	VALUE(KVM_EXIT_ARM_NISV, 28),
	VALUE(KVM_SYSTEM_EVENT_SHUTDOWN, 1),
	VALUE(KVM_SYSTEM_EVENT_RESET, 2),
	VALUE(KVM_SYSTEM_EVENT_CRASH, 3),
#ifdef __arm__ /* of asm/kvm.h */
	VALUE(KVM_ARM_IRQ_TYPE_SPI, 1),
#endif

	/* asm/kvm.h, which is the target's and not the build machine's */
	SIZE(struct kvmarm_vcpu_init, 32),
	VALUE(KVMARM_VCPU_INIT, 0x4020aeae),
	VALUE(KVMARM_PREFERRED_TARGET, 0x8020aeaf),
	VALUE(KVM32_TARGET_CORTEX_A15, 0),
	VALUE(KVM32_TARGET_CORTEX_A7, 1),
	VALUE(KVM32_FEATURE_POWER_OFF, 0),
	VALUE(KVM32_FEATURE_PSCI_0_2, 1),
	VALUE(KVM32_REG_R(0), 0x4020000000100000),
	VALUE(KVM32_REG_R(2), 0x4020000000100002),
	VALUE(KVM32_REG_PC, 0x402000000010000f),
	VALUE(KVM32_REG_MPIDR, 0x40200000000f0005),
	VALUE(KVM32_REG_CP15(0, 14, 3, 1), 0x40200000000f7181), /* the virtual timer's CTL */

	/* linux/vfio.h and linux/iommufd.h */
	SIZE(struct vfio_group_status, 8),
	SIZE(struct vfio_iommu_type1_dma_map, 32),
	SIZE(struct vfio_iommu_type1_dma_unmap, 24),
	SIZE(struct vfio_region_info, 32),
	SIZE(struct vfio_irq_info, 16),
	SIZE(struct vfio_irq_set, 20),
	VALUE(VFIO_GROUP_GET_DEVICE_FD, 0x3b6a),
	VALUE(VFIO_DEVICE_SET_IRQS, 0x3b6e),
	VALUE(VFIO_DEVICE_RESET, 0x3b6f),
	VALUE(VFIO_IOMMU_MAP_DMA, 0x3b71),
	VALUE(VFIO_NOIOMMU_IOMMU, 8),
	VALUE(IOAS_MAP, 0x3b85),

	/* linux/vhost.h and linux/if_tun.h */
	SIZE(struct vhost_vring_state, 8),
	SIZE(struct vhost_vring_file, 8),
	SIZE(struct vhost_vring_addr, 40),
	SIZE(struct vhost_memory_region, 32),
	OFFSET(struct vhost_memory, regions, 8),
	OFFSET(struct vhost_vring_addr, desc_user_addr, 8),
	VALUE(VHOST_GET_FEATURES, 0x8008af00),
	VALUE(VHOST_SET_FEATURES, 0x4008af00),
	VALUE(VHOST_SET_OWNER, 0xaf01),
	VALUE(VHOST_SET_MEM_TABLE, 0x4008af03),
	VALUE(VHOST_SET_VRING_NUM, 0x4008af10),
	VALUE(VHOST_SET_VRING_ADDR, 0x4028af11),
	VALUE(VHOST_SET_VRING_BASE, 0x4008af12),
	VALUE(VHOST_SET_VRING_KICK, 0x4008af20),
	VALUE(VHOST_SET_VRING_CALL, 0x4008af21),
	VALUE(VHOST_SET_VRING_ERR, 0x4008af22),
	VALUE(VHOST_NET_SET_BACKEND, 0x4008af30),
	VALUE(VHOST_VSOCK_SET_GUEST_CID, 0x4008af60),
	VALUE(VHOST_VSOCK_SET_RUNNING, 0x4004af61),
	VALUE(TUNSETIFF, 0x400454ca),
	VALUE(TUNSETOFFLOAD, 0x400454d0),
	VALUE(TUNSETVNETHDRSZ, 0x400454d8),

	/* messages of vhost-user: what follows the header has 64-bit members that are not aligned
	 */
	OFFSET(struct vhost_user_message, u64, VHOST_USER_HEADER),
	OFFSET(struct vhost_user_message, addr.desc_user_addr, VHOST_USER_HEADER + 8),
	OFFSET(struct vhost_user_message, memory.regions, VHOST_USER_HEADER + 8),
	OFFSET(struct vhost_user_message, one.region, VHOST_USER_HEADER + 8),
	OFFSET(struct vhost_user_message, config.bytes, VHOST_USER_HEADER + 12),
	SIZE(struct vhost_user_region, 32),
};

int main(void)
{
	int status = 0;

#ifdef __arm__
	void *addr;

	if (sys_mmap(NULL, 1ULL << 32, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0, &addr) !=
	    -ENOMEM) {
		printf("4 GiB are mapped, or what was left of them\n");
		status = 1;
	}
#endif
	for (size_t i = 0; i < n_elems(rows); i++) {
		if (rows[i].is == rows[i].should)
			continue;
		printf("%s is 0x%llx, not 0x%llx\n", rows[i].what, rows[i].is, rows[i].should);
		status = 1;
	}
	printf("%zu numbers\n", n_elems(rows));
	return status;
}
