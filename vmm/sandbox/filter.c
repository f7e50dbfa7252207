// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/filter.h"

#include <linux/seccomp.h>
#include <string.h>

#include "vmm/base/sys.h"

#include <sandbox_programs.h>

void sandbox_filter_make(struct sandbox_filter *filter, enum sandbox_role role, uint32_t process,
			 uint32_t own_vcpu, enum sandbox_verdict verdict)
{
	filter->n = sandbox_starts[role + 1] - sandbox_starts[role];
	memcpy(filter->insns, &sandbox_insns[sandbox_starts[role]],
	       filter->n * sizeof(*filter->insns));
	for (unsigned int i = 0; i < filter->n; i++) {
		struct sock_filter *insn = &filter->insns[i];

		if (insn->k == SANDBOX_MARK_PROCESS)
			insn->k = process;
		else if (insn->k == SANDBOX_MARK_OWN_VCPU)
			insn->k = own_vcpu;
		else if (verdict == SANDBOX_TRAP && insn->code == (BPF_RET | BPF_K) &&
			 insn->k == SECCOMP_RET_KILL_PROCESS)
			insn->k = SECCOMP_RET_TRAP | role;
	}
}

int sandbox_filter_load(const struct sandbox_filter *filter)
{
	const struct sock_fprog program = { (unsigned short)filter->n,
					    (struct sock_filter *)filter->insns };

	return sys_seccomp_filter(&program);
}

int sandbox_call_number(const struct sandbox_call *call)
{
	return sandbox_numbers[call - sandbox_calls];
}
