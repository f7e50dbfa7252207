/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_SANDBOX_H
#define VMM_SANDBOX_SANDBOX_H

/*
 * What dais takes from itself before a guest runs, so that a guest that has taken dais over has
 * gained nothing: the layers below, in their order, while there is one thread; then, when all
 * threads are there, a seccomp program for each (vmm/sandbox/filter.h).
 *
 * All that is needed afterwards is open before: no path leads anywhere any more.
 */
#include <stdbool.h>
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
	bool is_keeper;           /* of its layers: sandbox_confine() */
	const char *ram_dir; /* of the keeper: files of guest RAM are removed there; NULL: none */
};

struct machine;

/* As --sandbox-allow-missing takes them; ends with NULL. */
extern const char *const sandbox_layer_names[];
/* seccomp, no_new_privs and capabilities are there on every kernel that dais runs on. */
bool sandbox_layer_may_miss(enum sandbox_layer layer);
const char *sandbox_layer_help(enum sandbox_layer layer);

/*
 * Apply all layers but seccomp to the calling process, which has one thread. A layer that the host
 * lacks is an error, unless the configuration lets it be missing: then it is a warning. After an
 * error the process is not to go on.
 *
 * The keeper keeps its user, for files of root that were opened before; of capabilities CAP_KILL,
 * to pass signals on to a VMM that is another user; of files what Landlock lets it have: records in
 * /run/dais, and with config->ram_dir the files there and the processes of /proc. All of sysfs that
 * it writes is open.
 */
int sandbox_confine(const struct sandbox_config *config, struct err *err);

/* Before the keeper is forked, for both processes: the bounding set of capabilities. */
int sandbox_empty_bounds(struct err *err);

/*
 * Each thread loads its seccomp program; none does when the machine's configuration has the sandbox
 * off. Order of calls: sandbox_confine(), enter_vcpu on each vCPU's thread, enter_main.
 */

/* As vcpu_start's enter; @machine is a struct machine. */
int sandbox_enter_vcpu(void *machine, unsigned int index);
int sandbox_enter_main(const struct machine *machine, struct err *err);
/* All of it for the keeper, which has one thread: sandbox_confine() and its program. */
int sandbox_enter_keeper(const struct machine *machine, struct err *err);

/* Say, in red on a terminal, that there is none. */
void sandbox_warn_off(void);

/*
 * Print every layer, for each role every system call and ioctl that it keeps, with its reason, and
 * its seccomp program.
 */
void sandbox_show(FILE *out);

#endif
