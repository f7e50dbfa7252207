/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

/*
 * What an architecture brings: vCPUs with their features, the boot protocol, and its nodes of the
 * guest's device tree. One implementation is linked: arch/arm64, or arch/arm for 32-bit hosts. The
 * interrupt controller is in arch/common/vgic.h.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct dt;
struct host_tree;
struct kvm_caps;
struct vm;

/*
 * A 32-bit host: its guests are 32-bit ones, too, and have a GICv2: KVM there numbers the registers
 * of a GICv3 in another way. No kernel after Linux 5.6 has KVM on one.
 */
extern const bool arch_is_32bit;

enum arch_switch {
	ARCH_AUTO, /* what the host has */
	ARCH_ON,   /* or an error */
	ARCH_OFF,
};

/* What the vCPUs shall have; in: what the user wants, out: what they got. */
struct arch_cpu_config {
	enum arch_switch pmu;
	enum arch_switch sve;
	enum arch_switch pauth;
	/* The guest is a 32-bit one; ARCH_AUTO: as its kernel. Decided by arch_boot_probe(). */
	enum arch_switch aarch32;
	/*
	 * Host CPUs on which vCPUs may run, VCPU_AFFINITY_WORDS words per vCPU, or NULL: decides
	 * on hosts with several PMUs.
	 */
	const uint64_t *affinity;

	/* Filled by arch_vcpus_init(), for the functions below. */
	uint32_t kvm_target;   /* of KVM_ARM_VCPU_INIT */
	uint32_t kvm_features; /* its first word, of every vCPU */
	int pmu_type; /* perf's number of the host PMU behind the vPMU; -1: KVM's default */
};

/*
 * KVM_ARM_VCPU_INIT (the generic v8 target, else the preferred one) and FINALIZE for all vCPUs:
 * vCPU 0 on, the others off until PSCI CPU_ON. Before the VGIC is initialised. Replaces ARCH_AUTO
 * in @config by what was chosen and logs what was left out and why.
 */
int arch_vcpus_init(struct vm *vm, struct arch_cpu_config *config, struct err *err);

/*
 * The code of the guest that tries interrupts (arch/common/check_guest.h), a kernel that
 * arch_boot_load() takes; its parameters follow it. The source is beside the words:
 * tests/lint/check-guest assembles that and compares.
 */
#define ARCH_CHECK_GUEST_WORDS 64
extern const uint32_t arch_check_guest[ARCH_CHECK_GUEST_WORDS];

/* Whether the host's processors run 32-bit guests. */
int arch_check_aarch32(const struct kvm_caps *caps, struct err *err);

/* Bits of the guest's physical addresses. */
static inline unsigned int arch_ipa_bits(enum arch_switch aarch32, unsigned int kvm_bits)
{
	return aarch32 == ARCH_ON ? 32 : kvm_bits;
}

/* What wants an initialised VGIC: the PMU. After vgic_init(). */
int arch_vcpus_finish(struct vm *vm, const struct arch_cpu_config *config, struct err *err);

/*
 * All vCPUs back to their reset state with the features they have; all are parked. Their timers go
 * too, counters go on. Then arch_boot_set_entry().
 */
int arch_vcpus_reset(struct vm *vm, const struct arch_cpu_config *config, struct err *err);

/* Where the parts of a boot stand in guest RAM. */
struct arch_boot {
	uint64_t entry;       /* gpa of the first instruction */
	uint64_t args[3];     /* the first registers there: x0 to x2, or r0 to r2 */
	uint64_t kernel_max;  /* bytes free for the image from there on */
	uint64_t initrd;      /* gpa; 0 when there is none */
	uint64_t initrd_size; /* bytes */
	uint64_t dtb;         /* gpa, 2 MiB-aligned */
	uint64_t dtb_max;     /* bytes reserved for it */
};

/*
 * Descriptors of the images, opened once at start so that a guest reset can load them again.
 * Regular files only. @initrd may be NULL. boot_files_close() after a failure too, and on
 * BOOT_FILES_NONE.
 */
struct boot_files {
	int kernel_fd; /* -1: none */
	int initrd_fd;
	char *kernel_path; /* for messages */
	char *initrd_path;
};
#define BOOT_FILES_NONE ((struct boot_files){ .kernel_fd = -1, .initrd_fd = -1 })

int boot_files_open(struct boot_files *files, const char *kernel, const char *initrd,
		    struct err *err);
void boot_files_close(struct boot_files *files);

/*
 * Look at the kernel: is it one for the vCPUs that @config wants? Decides config->aarch32. Before
 * anything of the host is touched.
 */
int arch_boot_probe(const struct boot_files *files, struct arch_cpu_config *config,
		    struct err *err);

/*
 * Load the kernel (an arm64 Image: plain, gzip or EFI zboot; or a 32-bit kernel's zImage) and the
 * initrd into zeroed guest RAM and say where things are. All stand in one bank, if one has the
 * room: the kernel at its start, the initrd at its end, the DTB below that, so that what is between
 * is free for a kernel that does not say how much it needs. Checks header, sizes and overlap. Used
 * for the first boot and each reset.
 */
int arch_boot_load(struct vm *vm, const struct arch_cpu_config *config,
		   const struct boot_files *files, struct arch_boot *boot, struct err *err);

/*
 * Put the finished DTB where arch_boot_load() left room, and point vCPU 0 at the entry with its
 * arguments. The rest is as arch_vcpus_init() or arch_vcpus_reset() left it: zero, EL1h or SVC
 * mode, exceptions masked.
 */
int arch_boot_set_entry(struct vm *vm, const struct arch_boot *boot, const void *dtb,
			size_t dtb_size, struct err *err);

/*
 * /cpus, /psci, /timer, /pmu nodes (bindings arm/cpus.yaml, arm/psci.yaml,
 * timer/arm,arch_timer.yaml, arm/pmu.yaml). @host: its tree, which tells what is wrong with its
 * timer, and so with the guest's; NULL: nothing is known.
 */
void arch_describe(struct vm *vm, const struct arch_cpu_config *config,
		   const struct host_tree *host, struct dt *dt);

#endif
