// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the programs of all architectures decide, by a small machine for them: no program is loaded
 * here.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <linux/vfio.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "vmm/base/fd_range.h"
#include "vmm/base/range.h"
#include "vmm/sandbox/filter.h"

#include <linux/audit.h>

#define sandbox_insns   aarch64_insns
#define sandbox_starts  aarch64_starts
#define sandbox_numbers aarch64_numbers
#include <sandbox_programs_aarch64.h>
#undef sandbox_insns
#undef sandbox_starts
#undef sandbox_numbers
#define sandbox_insns   arm_insns
#define sandbox_starts  arm_starts
#define sandbox_numbers arm_numbers
#include <sandbox_programs_arm.h>
#undef sandbox_insns
#undef sandbox_starts
#undef sandbox_numbers
#define sandbox_insns   x86_64_insns
#define sandbox_starts  x86_64_starts
#define sandbox_numbers x86_64_numbers
#include <sandbox_programs_x86_64.h>

#define OWN_VCPU 2561
#define PROCESS  4711

static const struct arch {
	const char *name;
	uint32_t audit;
	const struct sock_filter *insns;
	const uint16_t *starts;
	const int32_t *numbers;
	int ioctl; /* its number */
} arches[] = {
	{ "aarch64", AUDIT_ARCH_AARCH64, aarch64_insns, aarch64_starts, aarch64_numbers, 29 },
	{ "arm", AUDIT_ARCH_ARM, arm_insns, arm_starts, arm_numbers, 54 },
	{ "x86_64", AUDIT_ARCH_X86_64, x86_64_insns, x86_64_starts, x86_64_numbers, 16 },
};
static const struct arch *const end = arches + n_elems(arches), *a;
#define EACH_ARCH for (a = arches; a < end; a++)

/* Documentation/networking/filter.rst, as much as seccomp programs have. */
static uint32_t run(const struct sock_filter *insns, unsigned int n,
		    const struct seccomp_data *data, unsigned int *n_done)
{
	uint32_t acc = 0;

	*n_done = 0;
	for (unsigned int pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &insns[pc];
		bool yes = false;

		++*n_done;
		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&acc, (const char *)data + i->k, sizeof(acc));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			acc &= i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = acc == i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = acc > i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = acc >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = acc & i->k;
			break;
		default:
			cr_assert_fail("instruction %#x", i->code);
		}
		pc += yes ? i->jt : i->jf;
	}
	cr_assert_fail("the program ends without a decision");
	return 0;
}

/* Of the program as it is made, with its marks; @n_done: instructions. */
static uint32_t decide(enum sandbox_role role, const struct seccomp_data *data,
		       unsigned int *n_done)
{
	return run(a->insns + a->starts[role],
		   (unsigned int)(a->starts[role + 1] - a->starts[role]), data, n_done);
}

static bool allows(enum sandbox_role role, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	const struct seccomp_data data = { .nr = nr, .arch = a->audit, .args = { a0, a1, a2 } };
	unsigned int n_done;
	uint32_t verdict = decide(role, &data, &n_done);

	cr_assert(verdict == SECCOMP_RET_ALLOW || verdict == SECCOMP_RET_KILL_PROCESS);
	return verdict == SECCOMP_RET_ALLOW;
}

/* -1: this architecture has no such call. */
static int number(const char *name)
{
	for (unsigned int i = 0; sandbox_calls[i].name[0]; i++)
		if (!strcmp(sandbox_calls[i].name, name))
			return a->numbers[i];
	cr_assert_fail("%s is in no list", name);
	return -1;
}

static bool is_listed(enum sandbox_role role, int nr)
{
	for (unsigned int i = 0; sandbox_calls[i].name[0]; i++)
		if (a->numbers[i] == nr && sandbox_calls[i].roles & (1u << role))
			return true;
	return false;
}

static bool takes_process(int nr)
{
	return nr == number("tgkill") || nr == number("kill");
}

Test(sandbox_filter, every_other_call_kills)
{
	EACH_ARCH
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++)
		for (int nr = 0; nr < 1024; nr++)
			if (nr != a->ioctl && !takes_process(nr))
				cr_expect_eq(allows(role, nr, 0, 0, 0), is_listed(role, nr),
					     "%s, role %u, call %d", a->name, role, nr);
}

/* x32 and, on Arm, what is above the table; the numbers with which libseccomp names missing ones.
 */
Test(sandbox_filter, numbers_that_are_none_kill)
{
	EACH_ARCH
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++)
		for (int nr = 0; nr < 1024; nr++) {
			cr_expect_not(allows(role, -nr - 1, 0, 0, 0), "%s %d", a->name, nr);
			cr_expect_not(allows(role, 0x40000000 | nr, 0, 0, 0), "%s %d", a->name, nr);
		}
}

/* The ones that matter most, by name: the tables themselves could be wrong. Unlike the programs,
 * their numbers here are the build machine's. */
Test(sandbox_filter, what_no_role_of_the_vmm_has)
{
	static const int calls[] = {
		SYS_openat2,        SYS_openat,
		SYS_execve,         SYS_execveat,
		SYS_socket,         SYS_clone,
		SYS_clone3,         SYS_fork,
		SYS_ptrace,         SYS_kill,
		SYS_mount,          SYS_prctl,
		SYS_memfd_create,   SYS_process_vm_writev,
		SYS_io_uring_setup, SYS_bpf,
		SYS_userfaultfd,
	};

	for (a = arches; a < end && a->ioctl != SYS_ioctl;)
		a++;
	cr_assert(a < end);
	for (size_t i = 0; i < n_elems(calls); i++) {
		cr_expect_not(allows(SANDBOX_MAIN, calls[i], 0, 0, 0), "%d", calls[i]);
		cr_expect_not(allows(SANDBOX_VCPU, calls[i], 0, 0, 0), "%d", calls[i]);
	}
	cr_expect_not(allows(SANDBOX_KEEPER, SYS_execve, 0, 0, 0));
	cr_expect_not(allows(SANDBOX_KEEPER, SYS_socket, 0, 0, 0));
	cr_expect_not(allows(SANDBOX_KEEPER, SYS_clone, 0, 0, 0));
}

Test(sandbox_filter, no_executable_memory)
{
	EACH_ARCH
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		int mmap = number("mmap") >= 0 ? number("mmap") : number("mmap2");

		cr_expect(allows(role, mmap, 0, 4096, PROT_READ | PROT_WRITE));
		cr_expect_not(allows(role, mmap, 0, 4096, PROT_READ | PROT_EXEC));
		cr_expect_not(allows(role, number("mprotect"), 0, 4096, PROT_EXEC));
	}
}

Test(sandbox_filter, limits_of_itself_only_and_only_to_read)
{
	EACH_ARCH
	{
		int prlimit = number("prlimit64");

		cr_expect(allows(SANDBOX_MAIN, prlimit, 0, 8, 0));
		cr_expect_not(allows(SANDBOX_MAIN, prlimit, 0, 8, 0x1000));
		cr_expect_not(allows(SANDBOX_MAIN, prlimit, 1, 8, 0));
		if (strcmp(a->name, "arm")) /* a pointer has 64 bits */
			cr_expect_not(allows(SANDBOX_MAIN, prlimit, 0, 8, 1ULL << 32));
	}
}

/* The main loop to its own process, the keeper to its VMM, both with any signal. */
Test(sandbox_filter, signals_to_one_process_only)
{
	EACH_ARCH
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		static const int others[] = { 0, 1, -1, PROCESS, PROCESS + 1, -PROCESS };
		const uint64_t mark = SANDBOX_MARK_PROCESS;

		cr_expect_eq(allows(role, number("tgkill"), mark, 1, 35), role == SANDBOX_MAIN);
		cr_expect_eq(allows(role, number("kill"), mark, 9, 0), role == SANDBOX_KEEPER);
		for (size_t i = 0; i < n_elems(others); i++) {
			uint64_t other = (uint64_t)others[i];

			cr_expect_not(allows(role, number("tgkill"), other, 1, 35));
			cr_expect_not(allows(role, number("kill"), other, 9, 0));
		}
	}
}

/* Whether the tables allow a request on this descriptor. */
static bool may_ioctl(enum sandbox_role role, uint32_t request, uint32_t fd)
{
	for (const struct sandbox_ioctl *i = sandbox_ioctls; i->name[0]; i++) {
		static const struct {
			uint32_t first, mask;
		} ranges[] = FD_RANGES;

		if (i->request != request || !(i->roles & (1u << role)))
			continue;
		if (i->file == SANDBOX_OWN_VCPU ? fd == SANDBOX_MARK_OWN_VCPU
		    : i->file == SANDBOX_CONSOLE
			    ? fd == 0
			    : fd >= ranges[SANDBOX_FD_RANGE(i->file)].first &&
				      fd - ranges[SANDBOX_FD_RANGE(i->file)].first <=
					      ~ranges[SANDBOX_FD_RANGE(i->file)].mask)
			return true;
	}
	return false;
}

/* Each request of the tables on each descriptor there is, and neighbours of the requests. */
Test(sandbox_filter, ioctls_by_request_and_file)
{
	EACH_ARCH
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		for (const struct sandbox_ioctl *i = sandbox_ioctls; i->name[0]; i++) {
			for (uint32_t fd = 0; fd < 4096; fd++)
				cr_expect_eq(allows(role, a->ioctl, fd, i->request, 0),
					     may_ioctl(role, i->request, fd),
					     "%s, role %u, %s of %u", a->name, role, i->name, fd);
			cr_expect_eq(allows(role, a->ioctl, SANDBOX_MARK_OWN_VCPU, i->request, 0),
				     may_ioctl(role, i->request, SANDBOX_MARK_OWN_VCPU));
			cr_expect_not(allows(role, a->ioctl, UINT32_MAX, i->request, 0));
		}
		cr_expect_not(allows(role, a->ioctl, 3072, KVM_CREATE_VCPU, 0));
		cr_expect_not(allows(role, a->ioctl, 3072, KVM_CREATE_DEVICE, 0));
		cr_expect_not(allows(role, a->ioctl, 1024, VFIO_DEVICE_GET_INFO, 0));
		cr_expect_not(allows(role, a->ioctl, 0, 0x5412 /* TIOCSTI */, 0));
		/* the kernel looks at 32 bits of both */
		cr_expect_eq(allows(role, a->ioctl, 0xffffffff00000000ULL | SANDBOX_MARK_OWN_VCPU,
				    0xffffffff00000000ULL | KVM_RUN, 0),
			     role == SANDBOX_VCPU);
	}
}

Test(sandbox_filter, another_instruction_set_kills)
{
	unsigned int n_done;

	EACH_ARCH
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		const struct seccomp_data data = { .nr = number("read"), .arch = AUDIT_ARCH_MIPS };

		cr_expect_eq(decide(role, &data, &n_done), SECCOMP_RET_KILL_PROCESS);
	}
}

/* What is loaded is the program, but for the values at its marks. */
Test(sandbox_filter, marks_get_their_values)
{
	for (a = arches; a < end && a->ioctl != SYS_ioctl;)
		a++;
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		unsigned int n_marks[2] = { 0, 0 };
		struct sandbox_filter filter;

		sandbox_filter_make(&filter, role, PROCESS, OWN_VCPU, SANDBOX_KILL);
		cr_assert_eq(filter.n, a->starts[role + 1] - a->starts[role]);
		for (unsigned int i = 0; i < filter.n; i++) {
			struct sock_filter made = a->insns[a->starts[role] + i];

			n_marks[0] += made.k == SANDBOX_MARK_PROCESS;
			n_marks[1] += made.k == SANDBOX_MARK_OWN_VCPU;
			if (made.k == SANDBOX_MARK_PROCESS)
				made.k = PROCESS;
			else if (made.k == SANDBOX_MARK_OWN_VCPU)
				made.k = OWN_VCPU;
			cr_expect_eq(memcmp(&made, &filter.insns[i], sizeof(made)), 0);
		}
		cr_expect_eq(n_marks[0], role != SANDBOX_VCPU);
		cr_expect_eq(n_marks[1], role == SANDBOX_VCPU);
	}
}

Test(sandbox_filter, debug_traps_and_says_the_role)
{
	for (a = arches; a < end && a->ioctl != SYS_ioctl;)
		a++;
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		struct seccomp_data data = { .nr = SYS_execve, .arch = a->audit };
		struct sandbox_filter filter;
		unsigned int n_done;

		sandbox_filter_make(&filter, role, PROCESS, OWN_VCPU, SANDBOX_TRAP);
		cr_expect_eq(run(filter.insns, filter.n, &data, &n_done), SECCOMP_RET_TRAP | role);
		data.nr = SYS_read;
		cr_expect_eq(run(filter.insns, filter.n, &data, &n_done), SECCOMP_RET_ALLOW);
	}
}

/*
 * Instructions of what a guest makes dais call most often, on arm64; "before": of the programs that
 * dais made itself, until 82f2f27. Of calls that are always allowed the kernel runs nothing, from
 * Linux 5.11 on. The main thread's KVM_IRQ_LINE had 12 until it got the two calls by which printing
 * costs a guest hundreds of exits instead of thousands (core/coalesced.h).
 */
Test(sandbox_filter, hot_calls_are_short)
{
	static const struct {
		enum sandbox_role role;
		const char *call; /* NULL: ioctl() */
		uint32_t fd, request;
		unsigned int before, most;
	} calls[] = {
		{ SANDBOX_VCPU, NULL, SANDBOX_MARK_OWN_VCPU, KVM_RUN, 10, 10 },
		{ SANDBOX_VCPU, NULL, 3072, KVM_IRQ_LINE, 14, 14 },
		{ SANDBOX_VCPU, NULL, 1024, VFIO_DEVICE_SET_IRQS, 18, 18 },
		{ SANDBOX_VCPU, "pread64", 0, 0, 11, 11 },
		{ SANDBOX_VCPU, "pwrite64", 0, 0, 11, 11 },
		{ SANDBOX_VCPU, "write", 0, 0, 10, 11 },
		{ SANDBOX_VCPU, "futex", 0, 0, 12, 10 },
		{ SANDBOX_MAIN, NULL, 3072, KVM_IRQ_LINE, 10, 14 },
		{ SANDBOX_MAIN, NULL, 1024, VFIO_DEVICE_SET_IRQS, 26, 27 },
		{ SANDBOX_MAIN, "epoll_pwait", 0, 0, 11, 11 },
		{ SANDBOX_MAIN, "read", 0, 0, 10, 11 },
		{ SANDBOX_MAIN, "pread64", 0, 0, 11, 11 },
	};

	a = &arches[0];
	for (size_t i = 0; i < n_elems(calls); i++) {
		const struct seccomp_data data = {
			.nr = calls[i].call ? number(calls[i].call) : a->ioctl,
			.arch = a->audit,
			.args = { calls[i].fd, calls[i].request },
		};
		unsigned int n_done;

		cr_expect_eq(decide(calls[i].role, &data, &n_done), SECCOMP_RET_ALLOW);
		cr_expect_leq(n_done, calls[i].most, "%s %#x of role %u: %u, %u before",
			      calls[i].call ?: "ioctl", calls[i].request, calls[i].role, n_done,
			      calls[i].before);
	}
}
