/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_POLICY_H
#define VMM_SANDBOX_POLICY_H

#include <stdint.h>

/*
 * What each kind of thread may still ask of the kernel once a guest runs: two tables of data. What
 * is not in them kills the process. vmm/sandbox/gen/programs.c makes seccomp programs of them when
 * dais is built; vmm/sandbox/show.c prints them.
 */

enum sandbox_role {
	SANDBOX_MAIN,   /* the main loop: console, timers, guest resets, the end */
	SANDBOX_VCPU,   /* a vCPU thread: KVM_RUN and what its exits lead to */
	SANDBOX_KEEPER, /* the process that gives the devices back */
	N_SANDBOX_ROLES,
};

const char *sandbox_role_name(enum sandbox_role role);

/* Sets of roles. */
#define FOR_MAIN   (1u << SANDBOX_MAIN)
#define FOR_VCPU   (1u << SANDBOX_VCPU)
#define FOR_KEEPER (1u << SANDBOX_KEEPER)
#define FOR_VMM    (FOR_MAIN | FOR_VCPU)
#define FOR_ALL    (FOR_VMM | FOR_KEEPER)
#define ONLY_32BIT 0x80u /* not where the architecture has 64 bits */

/* What an argument of a system call must be, besides any value. */
enum sandbox_constraint {
	SANDBOX_ANY,
	SANDBOX_NOT_EXEC,    /* the third argument has no PROT_EXEC */
	SANDBOX_OWN_PROCESS, /* the first argument is this process */
	SANDBOX_OWN_VMM,     /* the first argument is the keeper's VMM */
	SANDBOX_READ_LIMIT,  /* prlimit64() of itself, without a new limit */
};

struct sandbox_call {
	const char *name; /* as libseccomp knows it; an architecture need not have it */
	uint8_t roles;
	uint8_t constraint;
	const char *why;
};

/* Kinds of open files: an ioctl is allowed on the files of one kind only. */
enum sandbox_file {
	SANDBOX_OWN_VCPU,    /* the vCPU of the thread */
	SANDBOX_VFIO_DEVICE, /* from here on as in vmm/base/fd_range.h */
	SANDBOX_IOMMU,
	SANDBOX_KVM_DEVICE,
	SANDBOX_VHOST,
	SANDBOX_ANY_VCPU,
	SANDBOX_VM,
	SANDBOX_CONSOLE, /* standard input */
	N_SANDBOX_FILES,
};
#define SANDBOX_FD_RANGE(file) ((file)-SANDBOX_VFIO_DEVICE)

struct sandbox_ioctl {
	uint32_t request;
	const char *name;
	uint8_t file;
	uint8_t roles;
	const char *why;
};

extern const struct sandbox_call sandbox_calls[];   /* ends with an empty name */
extern const struct sandbox_ioctl sandbox_ioctls[]; /* ends with an empty name */

/*
 * What stands in the programs for values that only a run knows. No process and no descriptor has
 * such a number, so that a program in which they were left allows nothing by them.
 */
#define SANDBOX_MARK_PROCESS  0x7da15001u /* getpid(); in the keeper the VMM */
#define SANDBOX_MARK_OWN_VCPU 0x7da15002u

#endif
