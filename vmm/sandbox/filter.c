// SPDX-License-Identifier: GPL-2.0-only
/*
 * A seccomp program is made here, and not by a library, because it takes a hundredth of the time:
 *
 *	another instruction set?  kill
 *	ioctl?                    for each kind of files: one of its requests, on one of its files?
 *	                          allow; else kill
 *	any other call            a binary search; allow, or look at the arguments; else kill
 *
 * The search is short also for calls that are not in it: the kernel runs the program for every
 * number when it is loaded, to remember what is always allowed (seccomp_cache_prepare() of its
 * kernel/seccomp.c).
 */
#include "vmm/sandbox/filter.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/base/own.h"
#include "vmm/base/sys_confine.h"
#include "vmm/sandbox/arch.h"

/* At most so many calls of one role: up to twice that many instructions are jumped over, and the
   field has 8 bits. */
#define MAX_CALLS 100

/* Arguments are 64 bits, of which a program sees 32 at a time. Of what the kernel takes for 32 bits
   the upper half says nothing. */
#define LOWER(n) offsetof(struct seccomp_data, args[n])
#define UPPER(n) (LOWER(n) + sizeof(uint32_t))
static_assert(__BYTE_ORDER == __LITTLE_ENDIAN, "the order of the halves");

struct program {
	unsigned int n; /* may be more than there is room for: then it is too long */
	struct sock_filter insns[BPF_MAXINSNS];
};

/* @yes, @no: how many instructions a jump leaves out. */
static void emit(struct program *p, unsigned int code, uint32_t k, unsigned int yes,
		 unsigned int no)
{
	assert(yes <= UINT8_MAX && no <= UINT8_MAX);
	if (p->n < BPF_MAXINSNS)
		p->insns[p->n] =
			(struct sock_filter){ (uint16_t)code, (uint8_t)yes, (uint8_t)no, k };
	p->n++;
}

static void emit_load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void emit_if_equal(struct program *p, uint32_t k, unsigned int yes, unsigned int no)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, yes, no);
}

static void emit_return(struct program *p, uint32_t verdict)
{
	emit(p, BPF_RET | BPF_K, verdict, 0, 0);
}

static unsigned int sort_calls(enum sandbox_role role, const struct sandbox_call *calls[MAX_CALLS])
{
	unsigned int n = 0, i;

	for (const struct sandbox_call *call = sandbox_calls; call->why; call++) {
		if (!(call->roles & (1u << role)))
			continue;
		assert(n < MAX_CALLS);
		for (i = n++; i && calls[i - 1]->nr > call->nr; i--)
			calls[i] = calls[i - 1];
		assert(!i || calls[i - 1]->nr != call->nr); /* one row for each role */
		calls[i] = call;
	}
	return n;
}

/* Numbers from this one to that of the next interval, and where they lead to. */
struct interval {
	unsigned int first;
	unsigned int target; /* a constraint, or KILL */
};
#define KILL N_SANDBOX_CONSTRAINTS

static unsigned int make_intervals(enum sandbox_role role, struct interval intervals[])
{
	const struct sandbox_call *calls[MAX_CALLS];
	unsigned int n_calls = sort_calls(role, calls), n = 0;

	intervals[n++] = (struct interval){ 0, KILL };
	for (unsigned int i = 0; i < n_calls; i++) {
		unsigned int nr = calls[i]->nr, target = calls[i]->constraint;

		if (intervals[n - 1].first == nr)
			n--;
		if (!n || intervals[n - 1].target != target)
			intervals[n++] = (struct interval){ nr, target };
		intervals[n++] = (struct interval){ nr + 1, KILL };
	}
	return n;
}

/* @n - 1 instructions, of which each halves the numbers, as far as intervals let it. @targets:
 * instructions. */
static void emit_search(struct program *p, const struct interval *intervals, unsigned int n,
			const unsigned int *targets)
{
	unsigned int middle = (intervals[0].first + intervals[n - 1].first) / 2;
	unsigned int half = 1, next = p->n + 1;

	while (half < n - 1 && intervals[half].first < middle)
		half++;
	emit(p, BPF_JMP | BPF_JGE | BPF_K, intervals[half].first,
	     half < n - 1 ? half - 1 : targets[intervals[half].target] - next,
	     half > 1 ? 0 : targets[intervals[0].target] - next);
	if (half > 1)
		emit_search(p, intervals, half, targets);
	if (half < n - 1)
		emit_search(p, intervals + half, n - half, targets);
}

static void emit_calls(struct program *p, enum sandbox_role role, uint32_t verdict)
{
	/* the bits of @mask in a half of an argument must be @value; no mask: that is all */
	const struct {
		size_t half;
		uint32_t mask, value;
	} checks[N_SANDBOX_CONSTRAINTS][4] = {
		[SANDBOX_NOT_EXEC] = { { LOWER(2), PROT_EXEC, 0 } },
		[SANDBOX_OWN_PROCESS] = { { LOWER(0), UINT32_MAX, (uint32_t)getpid() } },
		[SANDBOX_READ_LIMIT] = { { LOWER(0), UINT32_MAX, 0 },
					 { LOWER(2), UINT32_MAX, 0 },
					 { UPPER(2), UINT32_MAX, 0 } },
	};
	struct interval intervals[2 * MAX_CALLS + 1];
	unsigned int n = make_intervals(role, intervals), targets[N_SANDBOX_CONSTRAINTS + 1];
	unsigned int end = p->n + n - 1;

	for (unsigned int i = 0; i < N_SANDBOX_CONSTRAINTS; i++) {
		targets[i] = end++;
		for (unsigned int k = 0; checks[i][k].mask; k++)
			end += 3;
	}
	targets[KILL] = end;
	emit_search(p, intervals, n, targets);
	for (unsigned int i = 0; i < N_SANDBOX_CONSTRAINTS; i++) {
		for (unsigned int k = 0; checks[i][k].mask; k++) {
			emit_load(p, checks[i][k].half);
			emit(p, BPF_ALU | BPF_AND | BPF_K, checks[i][k].mask, 0, 0);
			emit_if_equal(p, checks[i][k].value, 0, end - p->n - 1);
		}
		emit_return(p, SECCOMP_RET_ALLOW);
	}
	emit_return(p, verdict);
}

static unsigned int count_requests(enum sandbox_role role, enum sandbox_fd_kind kind)
{
	unsigned int n = 0;

	for (const struct sandbox_ioctl *i = sandbox_ioctls; i->why; i++)
		n += i->fd == kind && (i->roles & (1u << role));
	return n;
}

static void emit_ioctls(struct program *p, enum sandbox_role role, const struct sandbox_fds *fds,
			uint32_t verdict)
{
	for (unsigned int kind = 0; kind < N_SANDBOX_FD_KINDS; kind++) {
		unsigned int n_fds = fds->kinds[kind].n_fds, n = count_requests(role, kind);

		if (!n || !n_fds)
			continue;
		emit_load(p, LOWER(1));
		for (const struct sandbox_ioctl *i = sandbox_ioctls; i->why; i++)
			if (i->fd == kind && (i->roles & (1u << role)))
				emit_if_equal(p, i->request, n--, 0);
		emit(p, BPF_JMP | BPF_JA, 1 + 2 * n_fds, 0, 0);
		emit_load(p, LOWER(0));
		for (unsigned int i = 0; i < n_fds; i++) {
			emit_if_equal(p, (uint32_t)fds->kinds[kind].fds[i], 0, 1);
			emit_return(p, SECCOMP_RET_ALLOW);
		}
	}
	emit_return(p, verdict);
}

int sandbox_filter_make(struct sandbox_filter *filter, enum sandbox_role role,
			const struct sandbox_fds *fds, enum sandbox_verdict verdict,
			struct err *err)
{
	uint32_t no = verdict == SANDBOX_TRAP ? SECCOMP_RET_TRAP | role : SECCOMP_RET_KILL_PROCESS;
	struct program p;
	unsigned int over;

	*filter = (struct sandbox_filter){ 0 };
	p.n = 0;
	emit_load(&p, offsetof(struct seccomp_data, arch));
	/* Its calls have other numbers. */
	emit_if_equal(&p, SANDBOX_ARCH, 1, 0);
	emit_return(&p, SECCOMP_RET_KILL_PROCESS);
	emit_load(&p, offsetof(struct seccomp_data, nr));
	emit_if_equal(&p, SYS_ioctl, 0, 1);
	over = p.n; /* the calls, to the ioctls */
	emit(&p, BPF_JMP | BPF_JA, 0, 0, 0);
	emit_calls(&p, role, no);
	p.insns[over].k = p.n - over - 1;
	emit_ioctls(&p, role, fds, no);
	if (p.n > BPF_MAXINSNS) {
		err_set(err, E2BIG, "make the seccomp filter of the %s", sandbox_role_name(role));
		err_why(err,
			"it takes two instructions for each vCPU and each file of a device: %u; the "
			"kernel takes %u",
			p.n, BPF_MAXINSNS);
		err_fix(err, "assign fewer devices");
		return err->code;
	}
	filter->insns = malloc(p.n * sizeof(*p.insns));
	if (!filter->insns)
		return err_set(err, ENOMEM, "make the seccomp filter of the %s",
			       sandbox_role_name(role));
	memcpy(filter->insns, p.insns, p.n * sizeof(*p.insns));
	filter->n_insns = (unsigned short)p.n;
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
