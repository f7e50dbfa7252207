// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tries every system call, and ioctls on every kind of file, under the real filter of each role:
 * one process for each call. Prints a line "@@ pass|fail NAME REASON" for each role.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/range.h"
#include "vmm/sandbox/filter.h"

#define N_CALLS 512 /* more than there are */

static int kind_fds[N_SANDBOX_FD_KINDS];

/* Whether a process under @filter survives the call. */
static bool survives(const struct sandbox_filter *filter, long nr, const unsigned long args[3])
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	if (!pid) {
		/* one that waits for ever has survived as well */
		alarm(2);
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || sandbox_filter_load(filter))
			syscall(SYS_exit_group, 99);
		syscall(nr, args[0], args[1], args[2], -1L, -1L, -1L);
		syscall(SYS_exit_group, 0);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 99) {
		fprintf(stderr, "the filter cannot be loaded\n");
		exit(1);
	}
	return !(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static const struct sandbox_call *find_call(enum sandbox_role role, unsigned int nr)
{
	for (const struct sandbox_call *call = sandbox_calls; call->why; call++)
		if (call->nr == nr && (call->roles & (1u << role)))
			return call;
	return NULL;
}

static unsigned int try_calls(enum sandbox_role role, const struct sandbox_filter *filter)
{
	unsigned int wrong = 0;

	for (unsigned int nr = 0; nr < N_CALLS; nr++) {
		const struct sandbox_call *call = find_call(role, nr);
		unsigned long args[3] = { -1UL, -1UL, 0 };

		if (nr == SYS_ioctl)
			continue;
		if (call && call->constraint == SANDBOX_READ_LIMIT)
			args[0] = 0;
		/* the child's own process: a number that only it knows, so none is allowed here */
		if (call && call->constraint == SANDBOX_OWN_PROCESS)
			call = NULL;
		if (survives(filter, nr, args) != (call != NULL)) {
			printf("    system call %u should %s\n", nr, call ? "be allowed" : "kill");
			wrong++;
		}
	}
	return wrong;
}

static bool may_ioctl(enum sandbox_role role, unsigned int request, unsigned int kind)
{
	for (const struct sandbox_ioctl *i = sandbox_ioctls; i->why; i++)
		if (i->request == request && i->fd == kind && (i->roles & (1u << role)))
			return true;
	return false;
}

static unsigned int try_ioctl(enum sandbox_role role, const struct sandbox_filter *filter,
			      unsigned int request)
{
	unsigned int wrong = 0;

	for (unsigned int kind = 0; kind < N_SANDBOX_FD_KINDS; kind++) {
		const unsigned long args[3] = { (unsigned long)kind_fds[kind], request, 0 };
		bool may = may_ioctl(role, request, kind);

		if (survives(filter, SYS_ioctl, args) != may) {
			printf("    ioctl %#x on files of kind %u should %s\n", request, kind,
			       may ? "be allowed" : "kill");
			wrong++;
		}
	}
	return wrong;
}

/* --sandbox=debug: the last words of a process that calls what its role may not. */
static void try_debug(const struct sandbox_fds *fds)
{
	struct sandbox_filter filter;
	char text[512] = "";
	struct err err;
	int ends[2];

	if (pipe(ends) || sandbox_filter_make(&filter, SANDBOX_VCPU, fds, SANDBOX_TRAP, &err)) {
		perror("try_debug");
		exit(1);
	}
	fflush(stdout);
	if (!fork()) {
		dup2(ends[1], STDERR_FILENO);
		if (sandbox_debug_start() || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    sandbox_filter_load(&filter))
			syscall(SYS_exit_group, 99);
		syscall(SYS_openat, 1, 2, 3, 0);
		syscall(SYS_exit_group, 0);
	}
	close(ends[1]);
	if (read(ends[0], text, sizeof(text) - 1) > 0 &&
	    strstr(text, "the vCPU called openat(0x1, 0x2, 0x3)"))
		printf("@@ pass sandbox-debug-names\n");
	else
		printf("@@ fail sandbox-debug-names it said: %s\n", text);
	sandbox_filter_destroy(&filter);
}

int main(void)
{
	static const unsigned int forbidden[] = {
		KVM_CREATE_VM,
		KVM_CREATE_VCPU,
		KVM_CREATE_DEVICE,
		KVM_CHECK_EXTENSION,
		KVM_GET_VCPU_MMAP_SIZE,
		VFIO_DEVICE_GET_INFO,
		VFIO_SET_IOMMU,
		VFIO_GROUP_SET_CONTAINER,
		VFIO_GROUP_GET_DEVICE_FD,
		TIOCSTI,
		TIOCSCTTY,
		FIOCLEX,
		FIONBIO,
		0,
	};
	struct sandbox_fds fds;

	for (unsigned int kind = 0; kind < N_SANDBOX_FD_KINDS; kind++) {
		kind_fds[kind] = eventfd(0, 0);
		fds.kinds[kind] = (struct sandbox_fd_list){ &kind_fds[kind], 1 };
	}
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		struct sandbox_filter filter;
		unsigned int wrong;
		struct err err;

		if (sandbox_filter_make(&filter, role, &fds, SANDBOX_KILL, &err)) {
			err_print(&err);
			return 1;
		}
		wrong = try_calls(role, &filter);
		for (const struct sandbox_ioctl *i = sandbox_ioctls; i->why; i++)
			wrong += try_ioctl(role, &filter, i->request);
		for (size_t i = 0; i < n_elems(forbidden); i++)
			wrong += try_ioctl(role, &filter, forbidden[i]);
		if (wrong)
			printf("@@ fail sandbox-calls-%u %u calls of the %s are not as the tables say\n",
			       role, wrong, sandbox_role_name(role));
		else
			printf("@@ pass sandbox-calls-%u\n", role);
		sandbox_filter_destroy(&filter);
	}
	try_debug(&fds);
	return 0;
}
