/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_KVM_FAKE_KVM_H
#define TESTS_FAKES_KVM_FAKE_KVM_H

/*
 * An arm64 host's /dev/kvm on top of fake_sys. A test describes the host, runs the code, and reads
 * what KVM was told. One state per process; fake_kvm_reset() begins anew, after fake_sys_reset(): a
 * host with GICv3, 48 IPA bits, all features, 512 vCPUs. What KVM is told is of the VM
 * made last, but for attributes and registers; when a second one is closed, of the first again.
 */
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#define FAKE_KVM_N_VCPUS    512
#define FAKE_KVM_N_DEVICES  8
#define FAKE_KVM_N_MEMSLOTS 64
#define FAKE_KVM_N_IRQFDS   128
#define FAKE_KVM_N_LINES    256
#define FAKE_KVM_N_CAPS     256
#define FAKE_KVM_N_TYPES    16

struct fake_kvm_vcpu {
	unsigned int index;
	struct kvm_run *run;  /* NULL until mapped */
	unsigned int n_inits; /* KVM_ARM_VCPU_INIT, with the last target and features below */
	uint32_t target;
	uint32_t features[7];
	uint32_t finalized;  /* bit per feature given to KVM_ARM_VCPU_FINALIZE */
	unsigned int n_runs; /* KVM_RUN; atomic */
	/* an MMIO read or write of an exit that the next KVM_RUN completes, as the kernel does it
	 */
	bool mmio_pending;
	uint64_t mmio_value; /* what the last completed read gave */
	unsigned int n_mmio; /* completed ones */
	uint32_t mp_state;
};

struct fake_kvm_device {
	uint32_t type; /* KVM_DEV_TYPE_* */
	int fd;
};

struct fake_kvm {
	/* the host */
	int api_version;
	int caps[FAKE_KVM_N_CAPS];           /* by KVM_CAP_* */
	int device_errors[FAKE_KVM_N_TYPES]; /* by KVM_DEV_TYPE_*: positive errno of
						KVM_CREATE_DEVICE, 0: it works */
	uint32_t preferred_target; /* KVM_ARM_PREFERRED_TARGET; the generic target 5 always works,
				      unless … */
	bool no_generic_target;    /* … this (a kernel before 4.2) */
	uint32_t vcpu_features;    /* word 0 of what KVM_ARM_VCPU_INIT takes */
	bool vgic_initialised;     /* set by KVM_DEV_ARM_VGIC_CTRL_INIT; KVM_IRQFD wants it */
	bool can_forward;          /* KVM_DEV_VFIO_DEVICE, as kernel/ adds it */
	int forward_error;         /* positive errno of FORWARD_IRQ */
	/*
	 * A VM with nothing but a page of memory is arch/common/resample.c's: KVM_RUN ends with its
	 * guest's last write, after it has signalled the resample eventfd, so often at most.
	 */
	unsigned int n_resamples;
	unsigned int n_probes; /* KVM_RUN that did this */
	/*
	 * What a vCPU does in KVM_RUN; NULL: it waits like a guest in WFI until it is kicked.
	 * Called on vCPU threads.
	 */
	int (*run)(struct fake_kvm_vcpu *vcpu);

	/* what KVM was told */
	unsigned long vm_type; /* argument of KVM_CREATE_VM */
	struct fake_kvm_vcpu vcpus[FAKE_KVM_N_VCPUS];
	unsigned int n_vcpus;
	struct fake_kvm_device devices[FAKE_KVM_N_DEVICES];
	unsigned int n_devices;
	struct kvm_userspace_memory_region
		memslots[FAKE_KVM_N_MEMSLOTS];      /* by slot; memory_size 0: none */
	struct kvm_irqfd irqfds[FAKE_KVM_N_IRQFDS]; /* those that are wired now */
	unsigned int n_irqfds;
	struct kvm_ioeventfd ioeventfd;                     /* the last one given or taken away */
	struct kvm_ioeventfd ioeventfds[FAKE_KVM_N_IRQFDS]; /* all, in order */
	unsigned int n_ioeventfds;
	struct fake_kvm_forward {
		int32_t fd;
		uint32_t index, subindex, gsi;
	} forwards[FAKE_KVM_N_IRQFDS]; /* those that are forwarded now */
	unsigned int n_forwards;
	struct kvm_irq_level lines[FAKE_KVM_N_LINES]; /* each KVM_IRQ_LINE in order */
	unsigned int n_lines;
};

extern struct fake_kvm fake_kvm;

void fake_kvm_reset(void);

/* Wait as a guest in WFI does, until a signal or immediate_exit ends it: -EINTR. */
int fake_kvm_wait(struct fake_kvm_vcpu *vcpu);

/* Let every ioctl of this number fail with @code (a positive errno; 0: work again). */
void fake_kvm_fail(unsigned long request, int code);

/* Who has an attribute: the VM, a vCPU, or the device of a type. */
#define FAKE_KVM_VM        0x000u
#define FAKE_KVM_DEV(type) (0x100u + (type))
#define FAKE_KVM_VCPU(i)   (0x200u + (i))

/*
 * Attributes. A set one is kept, a get gives it back, 0 when it was never set (a test can put what
 * the host would answer, before the device exists). A denied one does not exist: -ENXIO.
 */
void fake_kvm_attr_put(uint32_t owner, uint32_t group, uint64_t attr, uint64_t value);
bool fake_kvm_attr(uint32_t owner, uint32_t group, uint64_t attr,
		   uint64_t *value); /* false: nobody set or put it */
void fake_kvm_attr_deny(uint32_t owner, uint32_t group, uint64_t attr);

/* The sets in order. */
struct fake_kvm_attr_set {
	uint32_t owner;
	uint32_t group;
	uint64_t attr;
	uint64_t value;
};
unsigned int fake_kvm_n_attr_sets(void);
struct fake_kvm_attr_set fake_kvm_attr_set(unsigned int i);

/*
 * Registers, up to 64 bytes each. Reading one that nobody set or put gives -ENOENT; MPIDR_EL1 is
 * put when a vCPU is created.
 */
void fake_kvm_reg_put(unsigned int vcpu, uint64_t id, uint64_t value);
bool fake_kvm_reg(unsigned int vcpu, uint64_t id, uint64_t *value);

#endif
