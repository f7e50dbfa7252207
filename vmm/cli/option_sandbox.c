// SPDX-License-Identifier: GPL-2.0-only
/* What the options "sandbox-allow-missing" and "user" mean. */
#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "vmm/base/str.h"
#include "vmm/cli/options.h"
#include "vmm/config/config.h"
#include "vmm/sandbox/sandbox.h"

const char *const sandbox_layer_names[] = {
	[SANDBOX_LIMITS] = "limits",
	[SANDBOX_NO_NEW_PRIVS] = "no_new_privs",
	[SANDBOX_NAMESPACES] = "namespaces",

	[SANDBOX_USER] = "user",
	[SANDBOX_CAPABILITIES] = "capabilities",
	[SANDBOX_LANDLOCK] = "landlock",
	[SANDBOX_UNDUMPABLE] = "undumpable",
	[SANDBOX_SECCOMP] = "seccomp",
	NULL,
};

bool sandbox_layer_may_miss(enum sandbox_layer layer)
{
	return layer != SANDBOX_NO_NEW_PRIVS && layer != SANDBOX_CAPABILITIES &&
	       layer != SANDBOX_SECCOMP;
}

static int add_layer(unsigned int *set, const char *name, struct err *err)
{
	struct nearest nearest = nearest_to(name);

	for (unsigned int i = 0; i < N_SANDBOX_LAYERS; i++) {
		nearest_try(&nearest, sandbox_layer_names[i]);
		if (strcmp(name, sandbox_layer_names[i]))
			continue;
		if (sandbox_layer_may_miss(i)) {
			*set |= 1u << i;
			return 0;
		}
		err_usage(err, "the layer %s cannot be missing", name);
		err_why(err, "every kernel that dais runs on has it");
		return err_fix(err, "leave it out of the list");
	}
	err_usage(err, "unknown layer '%s'", name);
	return err_suggest(err, &nearest, "", "--sandbox=show lists the layers");
}

OPTION_SETTER(option_set_may_miss)
{
	unsigned int set = 0;

	for (const char *p = value->text; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL) {
		char name[32];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(p, ","), p);
		if (add_layer(&set, name, err))
			return err->code;
	}
	((struct vm_config *)target)->sandbox.may_miss = set;
	return 0;
}

static bool find_id(const char *name, bool is_group, unsigned int *id)
{
	const struct group *group = is_group ? getgrnam(name) : NULL;
	const struct passwd *user = is_group ? NULL : getpwnam(name);

	*id = group ? group->gr_gid : user ? user->pw_uid : 0;
	return group || user;
}

/* A number, or a name; not root. */
static int read_id(const char *text, bool is_group, unsigned int *id, struct err *err)
{
	const char *kind = is_group ? "group" : "user";
	uint64_t number;

	if (str_to_u64(text, &number) == 0 && number < UINT32_MAX) {
		*id = (unsigned int)number;
	} else if (!find_id(text, is_group, id)) {
		err_usage(err, "there is no %s '%s'", kind, text);
		return err_fix(err, "give a name that this system knows, or a number");
	}
	if (*id)
		return 0;
	err_usage(err, "%s %s is root's", kind, text);
	err_why(err, "the guest's process is to own nothing");
	return err_fix(err, "give an unprivileged %s", kind);
}

OPTION_SETTER(option_set_user)
{
	struct sandbox_config *sandbox = &((struct vm_config *)target)->sandbox;
	const char *colon = strchr(value->text, ':');
	const struct passwd *entry;
	unsigned int uid, gid;
	char user[64];

	snprintf(user, sizeof(user), "%.*s", (int)strcspn(value->text, ":"), value->text);
	if (read_id(user, false, &uid, err) || (colon && read_id(colon + 1, true, &gid, err)))
		return err->code;
	if (!colon) {
		entry = getpwuid(uid);
		gid = entry && entry->pw_gid ? entry->pw_gid : uid;
	}
	sandbox->uid = uid;
	sandbox->gid = gid;
	return 0;
}
