// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/sandbox.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <termios.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/sandbox/layers.h"

static int forbid_new_privileges(const struct sandbox_config *config, struct err *err)
{
	int ret = sys_prctl(PR_SET_NO_NEW_PRIVS, 1);

	(void)config;
	return ret ? err_set(err, ret, "PR_SET_NO_NEW_PRIVS") : 0;
}

/* Nobody of the same user may look into guest RAM by /proc or ptrace(). */
static int forbid_dumps(const struct sandbox_config *config, struct err *err)
{
	int ret = sys_prctl(PR_SET_DUMPABLE, 0);

	(void)config;
	return ret ? err_set(err, ret, "PR_SET_DUMPABLE") : 0;
}

typedef int apply_layer(const struct sandbox_config *config, struct err *err);

static const struct layer {
	const char *help;
	apply_layer *apply;  /* in the VMM */
	apply_layer *keeper; /* in the keeper; NULL: it has no such layer */
} layers[N_SANDBOX_LAYERS] = {
	[SANDBOX_LIMITS] = { "no core dump; no more descriptors than a guest reset needs",
			     sandbox_set_limits, sandbox_set_limits },
	[SANDBOX_NO_NEW_PRIVS] = { "no program gives privileges back", forbid_new_privileges,
				   forbid_new_privileges },
	[SANDBOX_NAMESPACES] = { "mounts, network, IPC, host name and control groups of its own; "
				 "the root directory is empty and read-only",
				 sandbox_enter_namespaces, NULL },
	/* after the mounts, which take privileges; the bounding set goes with them */
	[SANDBOX_USER] = { "an unprivileged user and group, no others, when started as root",
			   sandbox_change_user, NULL },
	[SANDBOX_CAPABILITIES] = { "none, in any set (the keeper: CAP_KILL)",
				   sandbox_drop_capabilities, sandbox_drop_but_kill },
	[SANDBOX_LANDLOCK] = { "no file and no TCP port can be reached", sandbox_apply_landlock,
			       NULL },
	/* a change of user has made it dumpable or not, as the system is set up */
	[SANDBOX_UNDUMPABLE] = { "nobody reads its memory", forbid_dumps, forbid_dumps },
	[SANDBOX_SECCOMP] = { "each thread keeps the system calls that its work needs", NULL,
			      NULL },
};

const char *sandbox_layer_help(enum sandbox_layer layer)
{
	return layers[layer].help;
}

static int apply(enum sandbox_layer layer, apply_layer *fn, const struct sandbox_config *config,
		 struct err *err)
{
	const char *name = sandbox_layer_names[layer];
	int ret = fn ? fn(config, err) : 0;

	trace_line(TRACE_VM, "sandbox: %s: %d", name, ret);
	if (!ret)
		return 0;
	if (config->may_miss & (1u << layer)) {
		log_warn("the sandbox lacks the layer %s, as allowed: %s", name, err->what);
		*err = (struct err){ 0 };
		return 0;
	}
	err_prefix(err, "sandbox, layer %s", name);
	if (!err->why[0])
		err_why(err, "this kernel, or a policy of this host, does not allow it");
	if (!err->fix[0] && sandbox_layer_may_miss(layer))
		err_fix(err, "where the host cannot have it: --sandbox-allow-missing=%s", name);
	return err_host(err);
}

int sandbox_confine(const struct sandbox_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < n_elems(layers) && !ret; i++)
		ret = apply(i, layers[i].apply, config, err);
	return ret;
}

void sandbox_warn_off(void)
{
	struct termios t;
	bool terminal = !sys_ioctl(STDERR_FILENO, TCGETS, &t);

	log_warn(
		"%sthe sandbox is off: whoever takes dais over from the guest has all that this user has%s",
		terminal ? "\033[31m" : "", terminal ? "\033[0m" : "");
}

int sandbox_confine_keeper(const struct sandbox_config *config, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < n_elems(layers) && !ret; i++)
		ret = apply(i, layers[i].keeper, config, err);
	return ret;
}
