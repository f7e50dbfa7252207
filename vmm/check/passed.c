// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <unistd.h>

#include "vmm/base/sys.h"
#include "vmm/check/check.h"

#define KVM "/dev/kvm"

void check_say_not_passed(struct check *check, const struct check_vm *vm, const char *path)
{
	check_say(check, CHECK_BLOCKS, "%s: %s is not among the passed descriptors", vm->name,
		  path);
	check_fix(check, "pass it as well, or leave out \"fd =\"");
}

int check_may_open(const struct check_vm *vm, const char *path)
{
	if (!vm->config.fds)
		return sys_access(path, R_OK | W_OK);
	return !vm->passed.has_devices || passed_fds_has(&vm->passed, path) ? 0 : -EBADF;
}

/* Who looks at a file by hand does not have them. */
void check_passed(struct check *check)
{
	check_each_vm (check, vm) {
		struct err err;

		if (config_find_passed(&vm->config, &vm->passed, &err)) {
			passed_fds_destroy(&vm->passed);
			check_say(
				check, CHECK_WARNS,
				"%s: %s: %s: what will be passed to this VM is not passed to this "
				"check, and not looked at",
				vm->name, err.what, err.why);
			check_fix(check, "start dais check as dais run is started");
		} else if (vm->passed.n) {
			check_say(check, CHECK_FINE, "%s: %u descriptors are passed", vm->name,
				  vm->passed.n);
		}
		if (check_may_open(vm, KVM) == -EBADF)
			check_say_not_passed(check, vm, KVM);
	}
}
