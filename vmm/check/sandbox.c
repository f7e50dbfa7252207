// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "arch/arch.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/check/check.h"
#include "vmm/sandbox/sandbox.h"

/* Layers of the sandbox that a kernel may lack, and the file that has @word where it does not;
 * of Landlock a call tells. */
static const struct {
	enum sandbox_layer layer;
	const char *file, *word;
	const char *name, *fix;
} layers[] = {
	{ SANDBOX_SECCOMP, "/proc/sys/kernel/seccomp/actions_avail", "kill_process",
	  "seccomp filters",
	  "scripts/config -e SECCOMP_FILTER, in the kernel's sources; build and boot it" },
	{ SANDBOX_LANDLOCK, NULL, NULL, "Landlock",
	  "add lsm=landlock,$(cat /sys/kernel/security/lsm) to the kernel's command line, or "
	  "build it with CONFIG_SECURITY_LANDLOCK" },
	{ SANDBOX_NO_NEW_PRIVS, "/proc/self/status", "NoNewPrivs:", "no_new_privs",
	  "boot Linux 4.10 or newer" },
};

/* Some VM of the set insists on the layer. */
static bool is_wanted(const struct check *check, enum sandbox_layer layer)
{
	check_each_vm (check, vm) {
		const struct sandbox_config *config = &vm->config.sandbox;

		if (vm->is_file && config->mode != SANDBOX_OFF &&
		    !(config->may_miss & (1u << layer)))
			return true;
	}
	return false;
}

static void check_namespaces(struct check *check)
{
	uint64_t n_namespaces = 0, unprivileged = 1;

	file_read_u64(&n_namespaces, "/proc/sys/user/max_user_namespaces");
	/* Debian's own switch. */
	file_read_u64(&unprivileged, "/proc/sys/kernel/unprivileged_userns_clone");
	if (n_namespaces && unprivileged) {
		check_say(check, CHECK_FINE, "users may make namespaces");
		return;
	}
	check_say(check, CHECK_WARNS, "users may not make namespaces" FIX "sudo sysctl %s",
		  n_namespaces ? "kernel.unprivileged_userns_clone=1"
			       : "user.max_user_namespaces=15000");
}

void check_sandbox(struct check *check)
{
	for (size_t i = 0; i < n_elems(layers); i++) {
		owned_ptr char *text = NULL;
		size_t size;

		if (layers[i].file ? !file_read(&text, &size, 65536, "%s", layers[i].file) &&
					     strstr(text, layers[i].word)
				   : sys_landlock_version() > 0) {
			check_say(check, CHECK_FINE, "%s: there", layers[i].name);
			continue;
		}
		check_say(check, is_wanted(check, layers[i].layer) ? CHECK_BLOCKS : CHECK_WARNS,
			  "the kernel has no %s" FIX "%s", layers[i].name,
			  arch_is_32bit && layers[i].layer == SANDBOX_LANDLOCK
				  ? "sandbox-allow-missing = landlock: Linux 5.13 brought it"
				  : layers[i].fix);
	}
	check_namespaces(check);
}
