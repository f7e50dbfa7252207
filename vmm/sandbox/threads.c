// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/sandbox.h"

#include <unistd.h>

#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/sandbox/filter.h"

static int load(const struct machine *m, enum sandbox_role role, pid_t process, int own_vcpu)
{
	enum sandbox_mode mode = m->config->sandbox.mode;
	struct sandbox_filter filter;
	int ret;

	if (mode == SANDBOX_OFF)
		return 0;
	if (mode == SANDBOX_DEBUG && (ret = sandbox_debug_start()))
		return ret;
	sandbox_filter_make(&filter, role, (uint32_t)process, (uint32_t)own_vcpu,
			    mode == SANDBOX_DEBUG ? SANDBOX_TRAP : SANDBOX_KILL);
	return sandbox_filter_load(&filter);
}

static int load_failed(int code, enum sandbox_role role, struct err *err)
{
	return code ? err_set(err, code, "load the seccomp program of the %s",
			      sandbox_role_name(role))
		    : 0;
}

int sandbox_enter_vcpu(void *machine, unsigned int index)
{
	const struct machine *m = machine;

	return load(m, SANDBOX_VCPU, getpid(), m->vm.vcpus[index].fd);
}

int sandbox_enter_main(const struct machine *m, struct err *err)
{
	return load_failed(load(m, SANDBOX_MAIN, getpid(), -1), SANDBOX_MAIN, err);
}

int sandbox_enter_keeper(const struct machine *m, struct err *err)
{
	struct sandbox_config config = m->config->sandbox;

	if (config.mode == SANDBOX_OFF)
		return 0;
	config.is_keeper = true;
	config.ram_dir = m->phys.fd >= 0 ? m->config->mem_path : NULL;
	return sandbox_confine(&config, err)
		       ?: load_failed(load(m, SANDBOX_KEEPER, m->keeper.vmm, -1), SANDBOX_KEEPER,
				      err);
}
