// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/check.h"

#define SECURITYFS "/sys/kernel/security"

/* What dais can be confined with. Presence only: no run fails without it. */
static const struct {
	const char *path, *word; /* a file, and what stands in it where the layer is there */
	const char *name;
	const char *fix;
} layers[] = {
	{ "/proc/sys/kernel/seccomp/actions_avail", "kill_process", "seccomp filters",
	  "scripts/config -e SECCOMP_FILTER, in the kernel's sources; build and boot it" },
	{ SECURITYFS "/lsm", "landlock", "Landlock",
	  "add lsm=landlock,$(cat " SECURITYFS "/lsm) to the kernel's command line" },
	{ "/proc/self/status", "NoNewPrivs:", "no_new_privs", "boot Linux 4.10 or newer" },
};

static bool file_has(const char *path, const char *word)
{
	owned_ptr char *text = NULL;
	size_t size;

	return !file_read(path, 65536, &text, &size) && strstr(text, word);
}

static void check_namespaces(struct check *check)
{
	uint64_t n_namespaces = 0, unprivileged = 1;

	file_read_u64("/proc/sys/user/max_user_namespaces", &n_namespaces);
	/* Debian's own switch. */
	file_read_u64("/proc/sys/kernel/unprivileged_userns_clone", &unprivileged);
	if (n_namespaces && unprivileged) {
		check_say(check, CHECK_FINE, "users may make namespaces");
		return;
	}
	check_say(check, CHECK_WARNS, "users may not make namespaces");
	check_fix(check, "sudo sysctl %s",
		  n_namespaces ? "kernel.unprivileged_userns_clone=1"
			       : "user.max_user_namespaces=15000");
}

void check_sandbox(struct check *check)
{
	for (size_t i = 0; i < n_elems(layers); i++) {
		if (file_has(layers[i].path, layers[i].word)) {
			check_say(check, CHECK_FINE, "%s: there", layers[i].name);
		} else if (!strncmp(layers[i].path, SECURITYFS, strlen(SECURITYFS)) &&
			   !file_exists(layers[i].path)) {
			check_say(check, CHECK_WARNS, "securityfs does not tell of %s",
				  layers[i].name);
			check_fix(check, "sudo mount -t securityfs securityfs " SECURITYFS);
		} else {
			check_say(check, CHECK_WARNS, "the kernel has no %s", layers[i].name);
			check_fix(check, "%s", layers[i].fix);
		}
	}
	check_namespaces(check);
}
