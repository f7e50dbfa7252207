// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tries every system call, and ioctls on every kind of file, under the real filter of each role:
 * one process for each call. Prints a line "@@ pass|fail NAME REASON" for each role.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmm/base/fd_range.h"
#include "vmm/base/range.h"
#include "vmm/sandbox/filter.h"
#include "vmm/sandbox/sandbox.h"

#define N_CALLS 512 /* more than there are */

static int files[N_SANDBOX_FILES]; /* one of each kind */

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
	for (const struct sandbox_call *call = sandbox_calls; call->name[0]; call++)
		if (sandbox_call_number(call) == (int)nr && (call->roles & (1u << role)))
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
		/* not this process (try_processes()) */
		if (call && (call->constraint == SANDBOX_OWN_PROCESS ||
			     call->constraint == SANDBOX_OWN_VMM))
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
	for (const struct sandbox_ioctl *i = sandbox_ioctls; i->name[0]; i++)
		if (i->request == request && i->roles & (1u << role) &&
		    (i->file == kind || (i->file == SANDBOX_ANY_VCPU && kind == SANDBOX_OWN_VCPU)))
			return true;
	return false;
}

static unsigned int try_ioctl(enum sandbox_role role, const struct sandbox_filter *filter,
			      unsigned int request)
{
	unsigned int wrong = 0;

	for (unsigned int kind = 0; kind < N_SANDBOX_FILES; kind++) {
		const unsigned long args[3] = { (unsigned long)files[kind], request, 0 };
		bool may = may_ioctl(role, request, kind);

		if (survives(filter, SYS_ioctl, args) != may) {
			printf("    ioctl %#x on files of kind %u should %s\n", request, kind,
			       may ? "be allowed" : "kill");
			wrong++;
		}
	}
	return wrong;
}

/* Which processes a role may send signals to: the one that the filter was made for. Signal 0 is
 * none. */
static unsigned int try_processes(enum sandbox_role role, const struct sandbox_filter *filter)
{
	const int parent = getpid(), others[] = { 1, 0, -1, -parent, parent + 1 };
	unsigned int wrong = 0;

	for (size_t i = 0; i <= n_elems(others); i++) {
		int process = i ? others[i - 1] : parent;
		const unsigned long kill[3] = { (unsigned long)process, 0, 0 };
		const unsigned long tgkill[3] = { (unsigned long)process, (unsigned long)process,
						  0 };

		wrong += survives(filter, SYS_kill, kill) != (!i && role == SANDBOX_KEEPER);
		wrong += survives(filter, SYS_tgkill, tgkill) != (!i && role == SANDBOX_MAIN);
	}
	if (wrong)
		printf("    signals: %u wrong\n", wrong);
	return wrong;
}

/* --sandbox=debug: the last words of a process that calls what its role may not. */
static void try_debug(void)
{
	struct sandbox_filter filter;
	char text[512] = "";
	int ends[2];

	if (pipe(ends)) {
		perror("try_debug");
		exit(1);
	}
	sandbox_filter_make(&filter, SANDBOX_VCPU, (uint32_t)getpid(), 0, SANDBOX_TRAP);
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
}

/* Whether @path can be opened; a file that is made is removed again. */
static bool opens(const char *path, int flags)
{
	int fd = open(path, flags, 0600);

	if (fd < 0)
		return false;
	close(fd);
	return !(flags & O_CREAT) || !unlink(path);
}

/* The keeper's layers: of files it has its records, of processes the one that it can signal. */
static void try_keeper(void)
{
	const struct sandbox_config config = { .mode = SANDBOX_ON, .is_keeper = true };
	const char *wrong = NULL;
	struct err err;
	int status;
	pid_t pid;

	mkdir("/run/dais", 0755);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (sandbox_confine(&config, &err)) {
			err_print(&err);
			_exit(2);
		}
		if (!opens("/run/dais/probe", O_CREAT | O_RDWR | O_TRUNC))
			wrong = "it cannot write its records";
		else if (rename("/run/dais/probe", "/run/dais/probe2") != -1 || errno != ENOENT)
			wrong = "it cannot rename its records";
		else if (opens("/proc/self/status", O_RDONLY) || opens("/etc", O_RDONLY) ||
			 opens("/sys/bus/platform/drivers_probe", O_WRONLY) ||
			 opens("/tmp/probe", O_CREAT | O_RDWR))
			wrong = "it can open files of others";
		else if (kill(getppid(), 0))
			wrong = "it cannot send signals to its VMM";
		if (wrong)
			printf("@@ fail sandbox-keeper-landlock %s\n", wrong);
		else
			printf("@@ pass sandbox-keeper-landlock\n");
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		printf("@@ fail sandbox-keeper-landlock status %#x\n", (unsigned int)status);
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

	if (fd_ranges_allow(&(struct err){ 0 })) {
		fprintf(stderr, "no numbers for files\n");
		return 1;
	}
	for (unsigned int kind = 0; kind < N_SANDBOX_FILES; kind++) {
		int fd = kind == SANDBOX_CONSOLE ? STDIN_FILENO : eventfd(0, 0);

		files[kind] = kind == SANDBOX_CONSOLE    ? fd
			      : kind == SANDBOX_OWN_VCPU ? fd_to_range(fd, FD_VCPU)
							 : fd_to_range(fd, SANDBOX_FD_RANGE(kind));
		if (files[kind] < 0) {
			fprintf(stderr, "no file of kind %u: %s\n", kind, strerror(-files[kind]));
			return 1;
		}
	}
	for (unsigned int role = 0; role < N_SANDBOX_ROLES; role++) {
		struct sandbox_filter filter;
		unsigned int wrong;

		sandbox_filter_make(&filter, role, (uint32_t)getpid(),
				    (uint32_t)files[SANDBOX_OWN_VCPU], SANDBOX_KILL);
		wrong = try_calls(role, &filter) + try_processes(role, &filter);
		for (const struct sandbox_ioctl *i = sandbox_ioctls; i->name[0]; i++)
			wrong += try_ioctl(role, &filter, i->request);
		for (size_t i = 0; i < n_elems(forbidden); i++)
			wrong += try_ioctl(role, &filter, forbidden[i]);
		if (wrong)
			printf("@@ fail sandbox-calls-%u %u calls of the %s are not as the tables say\n",
			       role, wrong, sandbox_role_name(role));
		else
			printf("@@ pass sandbox-calls-%u\n", role);
	}
	try_debug();
	try_keeper();
	return 0;
}
