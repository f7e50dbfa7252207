// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox_filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/sys.h"
#include "vmm/base/sys_confine.h"

/* A 64-bit register holds what the kernel takes for 32 bits: the upper half says nothing. */
#define LOW_HALF 0xffffffffULL

static int allow_call(scmp_filter_ctx ctx, const struct sandbox_call *call)
{
	switch (call->constraint) {
	case SANDBOX_NOT_EXEC:
		return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call->nr, 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	case SANDBOX_OWN_PROCESS:
		return seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, call->nr, 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_HALF, (scmp_datum_t)getpid()));
	case SANDBOX_READ_LIMIT:
		return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call->nr, 2,
					SCMP_A0(SCMP_CMP_EQ, 0, 0), SCMP_A2(SCMP_CMP_EQ, 0, 0));
	default:
		return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, call->nr, 0);
	}
}

static int allow_ioctl(scmp_filter_ctx ctx, const struct sandbox_ioctl *ioctl,
		       const struct sandbox_fd_list *list)
{
	int ret = 0;

	for (unsigned int i = 0; i < list->n_fds && !ret; i++)
		ret = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 2,
				       SCMP_A0(SCMP_CMP_MASKED_EQ, LOW_HALF,
					       (scmp_datum_t)(unsigned int)list->fds[i]),
				       SCMP_A1(SCMP_CMP_MASKED_EQ, LOW_HALF, ioctl->request));
	return ret;
}

static int add_rules(scmp_filter_ctx ctx, enum sandbox_role role, const struct sandbox_fds *fds)
{
	int ret = 0;

	for (const struct sandbox_call *call = sandbox_calls; call->why && !ret; call++)
		if (call->roles & (1u << role))
			ret = allow_call(ctx, call);
	for (const struct sandbox_ioctl *i = sandbox_ioctls; i->why && !ret; i++)
		if (i->roles & (1u << role))
			ret = allow_ioctl(ctx, i, &fds->kinds[i->fd]);
	return ret;
}

/* libseccomp hands a program out by a file only. */
static int export(struct sandbox_filter *filter, scmp_filter_ctx ctx)
{
	owned_fd int fd = sys_memfd_create("dais-seccomp");
	struct stat st;
	int ret = fd < 0 ? fd : seccomp_export_bpf(ctx, fd);

	if (!ret)
		ret = sys_fstat(fd, &st);
	if (ret)
		return ret;
	filter->insns = malloc((size_t)st.st_size + 1);
	if (!filter->insns)
		return -ENOMEM;
	filter->n_insns = (unsigned short)((size_t)st.st_size / sizeof(struct sock_filter));
	return file_pread_all(fd, filter->insns, (size_t)st.st_size, 0);
}

int sandbox_filter_make(struct sandbox_filter *filter, enum sandbox_role role,
			const struct sandbox_fds *fds, enum sandbox_verdict verdict,
			struct err *err)
{
	scmp_filter_ctx ctx =
		seccomp_init(verdict == SANDBOX_TRAP ? SCMP_ACT_TRAP : SCMP_ACT_KILL_PROCESS);
	int ret = ctx ? 0 : -ENOMEM;

	*filter = (struct sandbox_filter){ 0 };
	/* Another instruction set's calls have other numbers: not for this program. */
	if (!ret)
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	/* A binary tree: the kernel goes through it for every number when a filter is loaded, to
	   remember what is always allowed (seccomp_cache_prepare() of kernel/seccomp.c). */
	if (!ret)
		ret = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!ret)
		ret = add_rules(ctx, role, fds);
	if (!ret)
		ret = export(filter, ctx);
	seccomp_release(ctx);
	if (verdict == SANDBOX_TRAP)
		sandbox_debug_mark(filter, role);
	return ret ? err_set(err, ret, "make the seccomp filter of the %s", sandbox_role_name(role))
		   : 0;
}

int sandbox_filter_copy(struct sandbox_filter *copy, const struct sandbox_filter *filter, int from,
			int to, struct err *err)
{
	size_t size = filter->n_insns * sizeof(struct sock_filter);
	struct sock_filter *insns = malloc(size);

	*copy = (struct sandbox_filter){ insns, filter->n_insns };
	if (!insns)
		return err_set(err, ENOMEM, "copy a seccomp filter");
	memcpy(insns, filter->insns, size);
	for (unsigned int i = 0; i < copy->n_insns; i++)
		if (insns[i].code == (BPF_JMP | BPF_JEQ | BPF_K) && insns[i].k == (uint32_t)from)
			insns[i].k = (uint32_t)to;
	return 0;
}

int sandbox_filter_load(const struct sandbox_filter *filter)
{
	const struct sock_fprog program = { filter->n_insns, filter->insns };

	return sys_seccomp_filter(&program);
}

void sandbox_filter_destroy(struct sandbox_filter *filter)
{
	free(take_ptr(&filter->insns));
}
