/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_SANDBOX_H
#define VMM_SANDBOX_SANDBOX_H

/*
 * What dais takes from itself before a guest runs, so that a guest that has taken dais over has
 * gained nothing: the layers below, in their order, while there is one thread; then, when all
 * threads are there, a seccomp filter for each (vmm/sandbox/filter.h).
 *
 * All that is needed afterwards is open before: no path leads anywhere any more.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "vmm/base/err.h"

enum sandbox_mode {
	SANDBOX_ON,
	SANDBOX_OFF,   /* no layer at all */
	SANDBOX_SHOW,  /* print what would be done, and end */
	SANDBOX_DEBUG, /* a call that is not allowed is named before the process dies of it */
};

/* In the order in which they are applied. */
enum sandbox_layer {
	SANDBOX_LIMITS,
	SANDBOX_NO_NEW_PRIVS,
	SANDBOX_NAMESPACES,
	SANDBOX_USER,
	SANDBOX_CAPABILITIES,
	SANDBOX_LANDLOCK,
	SANDBOX_UNDUMPABLE,
	SANDBOX_SECCOMP,
	N_SANDBOX_LAYERS,
};

/* Debian's nobody and nogroup, as in most systems. */
#define SANDBOX_NOBODY 65534

struct sandbox_config {
	enum sandbox_mode mode;
	unsigned int may_miss; /* set of layers (1u << layer) that the host may lack */
	uid_t uid;             /* to become, when started as root; not root */
	gid_t gid;
	unsigned int rt_priority; /* that vCPU threads will ask for */
};

/* As --sandbox-allow-missing takes them; ends with NULL. */
extern const char *const sandbox_layer_names[];
/* seccomp, no_new_privs and capabilities are there on every kernel that dais runs on. */
bool sandbox_layer_may_miss(enum sandbox_layer layer);
const char *sandbox_layer_help(enum sandbox_layer layer);

/*
 * Apply all layers but seccomp to the calling process, which has one thread. A layer that the host
 * lacks is an error, unless the configuration lets it be missing: then it is a warning. After an
 * error the process is not to go on.
 */
int sandbox_confine(const struct sandbox_config *config, struct err *err);

/* Say, in red on a terminal, that there is none. */
void sandbox_warn_off(void);

/*
 * The keeper's part of it: it has to reach sysfs and /run/dais to bring devices back, so that it
 * keeps its user and the files; of capabilities only CAP_KILL, to pass signals on to a VMM that is
 * another user. Errors as sandbox_confine().
 */
int sandbox_confine_keeper(const struct sandbox_config *config, struct err *err);

/* Print every layer, and for each role every system call and ioctl that it keeps, with its reason.
 */
void sandbox_show(FILE *out);

#endif
