/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_POLICY_H
#define VMM_SANDBOX_POLICY_H

#include <stdint.h>

/*
 * What each kind of thread may still ask of the kernel once a guest runs: two tables of data, read
 * by vmm/sandbox/filter.c, which makes seccomp filters of them, and by vmm/sandbox/show.c. What is
 * not in them kills the process.
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

/* What an argument of a system call must be, besides any value. */
enum sandbox_constraint {
	SANDBOX_ANY,
	SANDBOX_NOT_EXEC,    /* the third argument has no PROT_EXEC */
	SANDBOX_OWN_PROCESS, /* the first argument is this process */
	SANDBOX_READ_LIMIT,  /* prlimit64() of itself, without a new limit */
	N_SANDBOX_CONSTRAINTS,
};

struct sandbox_call {
	unsigned int nr; /* of the architecture that this dais is built for */
	const char *name;
	unsigned int roles;
	enum sandbox_constraint constraint;
	const char *why;
};

/* Kinds of open files: an ioctl is allowed on the files of one kind only. Filters look for them in
 * this order. */
enum sandbox_fd_kind {
	SANDBOX_FD_OWN_VCPU, /* the vCPU of the thread; KVM_RUN comes most often */
	SANDBOX_FD_VM,
	SANDBOX_FD_VCPU,
	SANDBOX_FD_KVM_DEVICE, /* the VGIC, the KVM-VFIO device */
	SANDBOX_FD_VFIO_DEVICE,
	SANDBOX_FD_IOMMU, /* containers, iommufd */
	SANDBOX_FD_CONSOLE,
	N_SANDBOX_FD_KINDS,
};

struct sandbox_ioctl {
	uint32_t request;
	const char *name;
	enum sandbox_fd_kind fd;
	unsigned int roles;
	const char *why;
};

extern const struct sandbox_call sandbox_calls[];   /* ends with a NULL why */
extern const struct sandbox_ioctl sandbox_ioctls[]; /* ends with a NULL why */

#endif
