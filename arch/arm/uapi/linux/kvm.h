/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_ARM_UAPI_LINUX_KVM_H
#define ARCH_ARM_UAPI_LINUX_KVM_H

/*
 * What dais uses of <linux/kvm.h>, for a 32-bit Arm host: the kernel installs none there since its
 * KVM went with Linux 5.7. ABI, with the kernel's names; sources: include/uapi/linux/kvm.h and
 * arch/arm/include/uapi/asm/kvm.h of Linux 5.4, and of later ones what a later program asks an
 * earlier kernel for. The target's compiler lays 64-bit members out as any other does: tests/arm/
 * compares all that stands here with the kernel's own header on the build machine.
 */
#include <linux/types.h>
#include <sys/ioctl.h>

#define KVM_API_VERSION 12

/* /dev/kvm (Documentation/virt/kvm/api.rst) */
#define KVM_GET_API_VERSION    _IO(0xae, 0x00)
#define KVM_CREATE_VM          _IO(0xae, 0x01)
#define KVM_CHECK_EXTENSION    _IO(0xae, 0x03)
#define KVM_GET_VCPU_MMAP_SIZE _IO(0xae, 0x04)

#define KVM_VM_TYPE_ARM_IPA_SIZE(bits) ((bits)&0xff)

#define KVM_CAP_NR_MEMSLOTS         10
#define KVM_CAP_COALESCED_MMIO      15
#define KVM_CAP_IRQFD               32
#define KVM_CAP_IOEVENTFD           36
#define KVM_CAP_MAX_VCPUS           66
#define KVM_CAP_ONE_REG             70
#define KVM_CAP_IRQFD_RESAMPLE      82
#define KVM_CAP_DEVICE_CTRL         89
#define KVM_CAP_ARM_EL1_32BIT       93
#define KVM_CAP_ARM_PSCI_0_2        102
#define KVM_CAP_ARM_PMU_V3          126
#define KVM_CAP_IMMEDIATE_EXIT      136
#define KVM_CAP_ARM_VM_IPA_SIZE     165
#define KVM_CAP_ARM_SVE             170
#define KVM_CAP_ARM_PTRAUTH_ADDRESS 171
#define KVM_CAP_ARM_PTRAUTH_GENERIC 172
#define KVM_CAP_BINARY_STATS_FD     203

/* A VM */
struct kvm_userspace_memory_region {
	__u32 slot;
	__u32 flags;
	__u64 guest_phys_addr;
	__u64 memory_size; /* bytes */
	__u64 userspace_addr;
};
#define KVM_MEM_READONLY (1UL << 1)

struct kvm_irq_level {
	__u32 irq;
	__u32 level;
};
#define KVM_ARM_IRQ_TYPE_SPI 1

struct kvm_irqfd {
	__u32 fd;
	__u32 gsi;
	__u32 flags;
	__u32 resamplefd;
	__u8 pad[16];
};
#define KVM_IRQFD_FLAG_DEASSIGN (1 << 0)
#define KVM_IRQFD_FLAG_RESAMPLE (1 << 1)

struct kvm_ioeventfd {
	__u64 datamatch;
	__u64 addr;
	__u32 len; /* bytes */
	__s32 fd;
	__u32 flags;
	__u8 pad[36];
};
#define KVM_IOEVENTFD_FLAG_DATAMATCH (1 << 0)
#define KVM_IOEVENTFD_FLAG_DEASSIGN  (1 << 2)

struct kvm_coalesced_mmio_zone {
	__u64 addr;
	__u32 size;
	__u32 pad;
};
struct kvm_coalesced_mmio {
	__u64 phys_addr;
	__u32 len;
	__u32 pad;
	__u8 data[8];
};
struct kvm_coalesced_mmio_ring {
	__u32 first, last;
	struct kvm_coalesced_mmio coalesced_mmio[];
};

struct kvm_create_device {
	__u32 type;
	__u32 fd; /* out */
	__u32 flags;
};
#define KVM_CREATE_DEVICE_TEST   1
#define KVM_DEV_TYPE_VFIO        4
#define KVM_DEV_TYPE_ARM_VGIC_V2 5
#define KVM_DEV_TYPE_ARM_VGIC_V3 7

struct kvm_device_attr {
	__u32 flags;
	__u32 group;
	__u64 attr;
	__u64 addr; /* of the value */
};
#define KVM_DEV_VFIO_GROUP     1
#define KVM_DEV_VFIO_GROUP_ADD 1
#define KVM_DEV_VFIO_GROUP_DEL 2

#define KVM_CREATE_VCPU               _IO(0xae, 0x41)
#define KVM_SET_USER_MEMORY_REGION    _IOW(0xae, 0x46, struct kvm_userspace_memory_region)
#define KVM_IRQ_LINE                  _IOW(0xae, 0x61, struct kvm_irq_level)
#define KVM_REGISTER_COALESCED_MMIO   _IOW(0xae, 0x67, struct kvm_coalesced_mmio_zone)
#define KVM_UNREGISTER_COALESCED_MMIO _IOW(0xae, 0x68, struct kvm_coalesced_mmio_zone)
#define KVM_IRQFD                     _IOW(0xae, 0x76, struct kvm_irqfd)
#define KVM_IOEVENTFD                 _IOW(0xae, 0x79, struct kvm_ioeventfd)
#define KVM_CREATE_DEVICE             _IOWR(0xae, 0xe0, struct kvm_create_device)
#define KVM_SET_DEVICE_ATTR           _IOW(0xae, 0xe1, struct kvm_device_attr)
#define KVM_GET_DEVICE_ATTR           _IOW(0xae, 0xe2, struct kvm_device_attr)
#define KVM_HAS_DEVICE_ATTR           _IOW(0xae, 0xe3, struct kvm_device_attr)

/* A vCPU */
struct kvm_one_reg {
	__u64 id;
	__u64 addr; /* of the value */
};
#define KVM_RUN          _IO(0xae, 0x80)
#define KVM_GET_ONE_REG  _IOW(0xae, 0xab, struct kvm_one_reg)
#define KVM_SET_ONE_REG  _IOW(0xae, 0xac, struct kvm_one_reg)
#define KVM_GET_STATS_FD _IO(0xae, 0xce)

#define KVM_EXIT_HYPERCALL      3
#define KVM_EXIT_MMIO           6
#define KVM_EXIT_FAIL_ENTRY     9
#define KVM_EXIT_INTERNAL_ERROR 17
#define KVM_EXIT_SYSTEM_EVENT   24
#define KVM_EXIT_ARM_NISV       28

#define KVM_SYSTEM_EVENT_SHUTDOWN 1
#define KVM_SYSTEM_EVENT_RESET    2
#define KVM_SYSTEM_EVENT_CRASH    3

/* The beginning of a vCPU's mapping, whose size KVM_GET_VCPU_MMAP_SIZE tells. */
struct kvm_run {
	__u8 request_interrupt_window;
	__u8 immediate_exit;
	__u8 padding1[6];
	__u32 exit_reason;
	__u8 padding2[20];
	union {
		struct {
			__u64 hardware_entry_failure_reason;
		} fail_entry;
		struct {
			__u64 phys_addr;
			__u8 data[8];
			__u32 len;
			__u8 is_write;
		} mmio;
		struct {
			__u32 suberror;
		} internal;
		struct {
			__u32 type;
			__u32 ndata;
			__u64 data[16];
		} system_event;
		struct {
			__u64 esr_iss;
			__u64 fault_ipa;
		} arm_nisv;
		__u8 padding[256];
	};
};

/* Binary statistics: no kernel that has KVM on such a host has them */
struct kvm_stats_header {
	__u32 flags;
	__u32 name_size; /* bytes */
	__u32 num_desc;
	__u32 id_offset;
	__u32 desc_offset;
	__u32 data_offset;
};

struct kvm_stats_desc {
	__u32 flags;
	__s16 exponent;
	__u16 size;
	__u32 offset;
	__u32 bucket_size;
	char name[];
};

#endif
