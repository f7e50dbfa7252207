// SPDX-License-Identifier: GPL-2.0-only
/* What the filters decide, by a small machine for their programs: no filter is loaded here. */
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

#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/sandbox/arch.h"
#include "vmm/sandbox/filter.h"

static const int vm_fd = 20, vcpu_fds[] = { 21, 22, 23 }, device_fds[] = { 30, 40 };
static struct sandbox_filter filters[N_SANDBOX_ROLES];

static void make(enum sandbox_verdict verdict)
{
	const struct sandbox_fds fds = { .kinds = {
						 [SANDBOX_FD_VM] = { &vm_fd, 1 },
						 [SANDBOX_FD_OWN_VCPU] = { &vcpu_fds[1], 1 },
						 [SANDBOX_FD_VCPU] = { vcpu_fds,
								       n_elems(vcpu_fds) },
						 [SANDBOX_FD_VFIO_DEVICE] = { device_fds,
									      n_elems(device_fds) },
					 } };
	struct err err;

	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		cr_assert_eq(sandbox_filter_make(&filters[role], role, &fds, verdict, &err), 0,
			     "%s", err.what);
	}
}

static void setup(void)
{
	fake_sys_reset();
	make(SANDBOX_KILL);
}

static void teardown(void)
{
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++)
		sandbox_filter_destroy(&filters[role]);
	cr_expect_eq(fake_n_open_fds(), 0);
}

TestSuite(sandbox_filter, .init = setup, .fini = teardown);

/* Documentation/networking/filter.rst, as much as seccomp programs have. */
static uint32_t decide(const struct sandbox_filter *filter, const struct seccomp_data *data)
{
	const struct sock_filter *insns = filter->insns;
	uint32_t a = 0;

	for (unsigned int pc = 0; pc < filter->n_insns; pc++) {
		const struct sock_filter *i = &insns[pc];
		bool yes = false;

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + i->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= i->k;
			continue;
		case BPF_RET | BPF_K:
			return i->k;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == i->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > i->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= i->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = a & i->k;
			break;
		default:
			cr_assert_fail("instruction %#x", i->code);
		}
		pc += yes ? i->jt : i->jf;
	}
	cr_assert_fail("the program ends without a decision");
	return 0;
}

static bool allows(enum sandbox_role role, int nr, uint64_t a0, uint64_t a1, uint64_t a2)
{
	const struct seccomp_data data = {
		.nr = nr,
		.arch = SANDBOX_ARCH,
		.args = { a0, a1, a2 },
	};
	uint32_t verdict = decide(&filters[role], &data);

	cr_assert(verdict == SECCOMP_RET_ALLOW || verdict == SECCOMP_RET_KILL_PROCESS);
	return verdict == SECCOMP_RET_ALLOW;
}

static bool is_listed(enum sandbox_role role, unsigned int nr)
{
	for (const struct sandbox_call *call = sandbox_calls; call->why; call++)
		if (call->nr == nr && (call->roles & (1u << role)))
			return true;
	return false;
}

Test(sandbox_filter, every_other_call_kills)
{
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++)
		for (int nr = 0; nr < 1024; nr++)
			if (nr != SYS_ioctl && nr != SYS_tgkill)
				cr_expect_eq(allows(role, nr, 0, 0, 0),
					     is_listed(role, (unsigned int)nr), "role %u, call %d",
					     role, nr);
}

/* The ones that matter most, by name: the tables themselves could be wrong. */
Test(sandbox_filter, what_no_role_of_the_vmm_has)
{
	static const int calls[] = {
		SYS_open,           SYS_openat,
		SYS_execve,         SYS_execveat,
		SYS_socket,         SYS_clone,
		SYS_clone3,         SYS_fork,
		SYS_ptrace,         SYS_kill,
		SYS_mount,          SYS_prctl,
		SYS_memfd_create,   SYS_process_vm_writev,
		SYS_io_uring_setup, SYS_bpf,
		SYS_userfaultfd,
	};

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
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		cr_expect(allows(role, SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE));
		cr_expect_not(allows(role, SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC));
		cr_expect_not(allows(role, SYS_mprotect, 0, 4096, PROT_EXEC));
	}
}

Test(sandbox_filter, signals_and_limits_of_itself_only)
{
	uint64_t pid = (uint64_t)getpid();

	cr_expect(allows(SANDBOX_MAIN, SYS_tgkill, pid, 1, 35));
	cr_expect_not(allows(SANDBOX_MAIN, SYS_tgkill, pid + 1, 1, 35));
	cr_expect_not(allows(SANDBOX_VCPU, SYS_tgkill, pid, 1, 35));
	cr_expect(allows(SANDBOX_MAIN, SYS_prlimit64, 0, 8, 0));
	cr_expect_not(allows(SANDBOX_MAIN, SYS_prlimit64, 0, 8, 0x1000));
	cr_expect_not(allows(SANDBOX_MAIN, SYS_prlimit64, 1, 8, 0));
}

/* Each request of the tables on each descriptor there is, and a neighbour of each request. */
Test(sandbox_filter, ioctls_by_request_and_file)
{
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		for (const struct sandbox_ioctl *i = sandbox_ioctls; i->why; i++) {
			for (int fd = 0; fd < 64; fd++) {
				bool expected = false;

				for (const struct sandbox_ioctl *k = sandbox_ioctls; k->why; k++) {
					if (k->request != i->request || !(k->roles & (1u << role)))
						continue;
					expected |= k->fd == SANDBOX_FD_VM && fd == vm_fd;
					expected |=
						k->fd == SANDBOX_FD_OWN_VCPU && fd == vcpu_fds[1];
					expected |=
						k->fd == SANDBOX_FD_VCPU && fd >= 21 && fd <= 23;
					expected |= k->fd == SANDBOX_FD_VFIO_DEVICE &&
						    (fd == 30 || fd == 40);
				}
				cr_expect_eq(allows(role, SYS_ioctl, (uint64_t)fd, i->request, 0),
					     expected, "role %u, %s of %d", role, i->name, fd);
			}
		}
		cr_expect_not(allows(role, SYS_ioctl, 20, KVM_CREATE_VCPU, 0));
		cr_expect_not(allows(role, SYS_ioctl, 20, KVM_CREATE_DEVICE, 0));
		cr_expect_not(allows(role, SYS_ioctl, 30, VFIO_DEVICE_GET_INFO, 0));
		cr_expect_not(allows(role, SYS_ioctl, 0, 0x5412 /* TIOCSTI */, 0));
	}
	/* the kernel looks at 32 bits of both */
	cr_expect(allows(SANDBOX_VCPU, SYS_ioctl, 0xffffffff00000016ULL,
			 0xffffffff00000000ULL | KVM_RUN, 0));
}

Test(sandbox_filter, another_instruction_set_kills)
{
	const struct seccomp_data data = { .nr = SYS_read, .arch = AUDIT_ARCH_MIPS };

	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++)
		cr_expect_eq(decide(&filters[role], &data), SECCOMP_RET_KILL_PROCESS);
}

Test(sandbox_filter, debug_traps_and_says_the_role)
{
	struct seccomp_data data = { .nr = SYS_execve, .arch = SANDBOX_ARCH };

	teardown();
	make(SANDBOX_TRAP);
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++)
		cr_expect_eq(decide(&filters[role], &data), SECCOMP_RET_TRAP | role);
}

/* As many vCPUs as KVM has, and then more devices than a program has room for. */
Test(sandbox_filter, many_files)
{
	static int fds[BPF_MAXINSNS];
	struct sandbox_fds files = { .kinds = { [SANDBOX_FD_VCPU] = { fds, 512 },
						[SANDBOX_FD_VFIO_DEVICE] = { fds, 64 } } };
	struct sandbox_filter filter;
	struct err err;

	for (size_t i = 0; i < n_elems(fds); i++)
		fds[i] = 100 + (int)i;
	teardown();
	cr_assert_eq(sandbox_filter_make(&filters[0], SANDBOX_MAIN, &files, SANDBOX_KILL, &err), 0);
	for (unsigned int fd = 0; fd < 700; fd++) {
		cr_expect_eq(allows(SANDBOX_MAIN, SYS_ioctl, fd, KVM_SET_ONE_REG, 0),
			     fd >= 100 && fd < 612, "%u", fd);
		cr_expect_eq(allows(SANDBOX_MAIN, SYS_ioctl, fd, VFIO_DEVICE_RESET, 0),
			     fd >= 100 && fd < 164, "%u", fd);
	}
	files.kinds[SANDBOX_FD_VFIO_DEVICE].n_fds = n_elems(fds);
	cr_assert_eq(sandbox_filter_make(&filter, SANDBOX_MAIN, &files, SANDBOX_KILL, &err),
		     -E2BIG);
	cr_expect(strstr(err.what, "main loop"), "%s", err.what);
	cr_expect(strstr(err.fix, "fewer devices"), "%s", err.fix);
	sandbox_filter_destroy(&filter);
}
