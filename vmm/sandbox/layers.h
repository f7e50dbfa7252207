/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_SANDBOX_LAYERS_H
#define VMM_SANDBOX_LAYERS_H

/*
 * The layers of sandbox.c that take more than a call. Each acts on the calling process, which has
 * one thread, and returns 0, or a negative errno with @err filled.
 */
#include "vmm/sandbox/sandbox.h"

int sandbox_set_limits(const struct sandbox_config *config, struct err *err);

/*
 * Mount, network, IPC, UTS and cgroup namespaces; as an unprivileged user in a user namespace of
 * its own that maps this user and group to themselves, user_namespaces(7).
 */
int sandbox_enter_namespaces(const struct sandbox_config *config, struct err *err);

/* After sandbox_enter_namespaces(). Works with a root that is a file system, and on an initramfs.
 */
int sandbox_empty_root(const struct sandbox_config *config, struct err *err);

/* Does nothing when the effective user is not root. */
int sandbox_change_user(const struct sandbox_config *config, struct err *err);

/* Effective, permitted, inheritable, ambient; and bounding, while CAP_SETPCAP is there. */
int sandbox_drop_capabilities(const struct sandbox_config *config, struct err *err);

/* The same but for CAP_KILL, if it is there. */
int sandbox_drop_but_kill(const struct sandbox_config *config, struct err *err);

/* A ruleset of all that this kernel's Landlock can refuse, and no rule. */
int sandbox_apply_landlock(const struct sandbox_config *config, struct err *err);

#endif
