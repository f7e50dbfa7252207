// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fake_process.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/fakes/fake_confine.h"
#include "tests/fakes/fake_fds.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

struct fake_process fake_process;

void fake_process_reset(void)
{
	memset(&fake_process, 0, sizeof(fake_process));
}

pid_t sys_fork(void)
{
	fail_if_chosen();
	fake_process.is_reaped = false;
	return fake_process.be_parent ? FAKE_CHILD : 0;
}

pid_t sys_setsid(void)
{
	return FAKE_CHILD;
}

int sys_execv(const char *path, char *const *argv)
{
	fail_if_chosen();
	fake_process.on_exec(path, argv);
	return -EACCES;
}

int sys_become(uid_t uid, gid_t gid)
{
	fail_if_chosen();
	fake_process.uid = uid;
	fake_process.gid = gid;
	fake_process.death_signal = 0;
	return 0;
}

int sys_pidfd_open(pid_t pid)
{
	fail_if_chosen();
	assert(pid == FAKE_CHILD);
	return fake_fd_real(eventfd(0, EFD_CLOEXEC));
}

int sys_pidfd_signal(int pidfd, int signal)
{
	assert(fake_fd_find(pidfd));
	return sys_kill(FAKE_CHILD, signal);
}

/* Of a pidfd. */
int sys_wait_readable(int fd, int timeout_ms)
{
	assert(fake_fd_find(fd) && timeout_ms > 0);
	for (unsigned int i = 0; i < fake_process.n_sent; i++)
		if (fake_process.sent[i] == fake_process.ends_by)
			return 1;
	return !fake_process.ends_by;
}

/* The parent is the test itself, before it forked. */
pid_t sys_getppid(void)
{
	return fake_process.parent_gone ? 1 : getpid();
}

int sys_prctl(int option, unsigned long arg)
{
	fail_if_chosen();
	if (fake_process.on_prctl)
		fake_process.on_prctl(option);
	if (option == PR_SET_PDEATHSIG)
		fake_process.death_signal = (int)arg;
	else if (option == PR_SET_NAME)
		snprintf(fake_process.name, sizeof(fake_process.name), "%s", (const char *)arg);
	else if (option == PR_CAPBSET_READ)
		return fake_confine_bounds(arg);
	else if (option == PR_CAPBSET_DROP && arg < FAKE_N_CAPS)
		fake_process.n_dropped++;
	else if (option != PR_SET_NO_NEW_PRIVS && option != PR_SET_DUMPABLE)
		return -EINVAL;
	return 0;
}

int sys_kill(pid_t pid, int signal)
{
	fail_if_chosen();
	assert(pid == FAKE_CHILD && !fake_process.is_reaped);
	assert(fake_process.n_sent < n_elems(fake_process.sent));
	fake_process.sent[fake_process.n_sent++] = signal;
	return 0;
}

int sys_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	int signal = fake_process.signals[fake_process.n_signals];

	fail_if_chosen();
	assert(signal && sigismember(set, signal));
	fake_process.n_signals++;
	memset(info, 0, sizeof(*info));
	info->si_signo = signal;
	return signal;
}

int sys_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	fail_if_chosen();
	assert(type == P_PID && id == FAKE_CHILD && options & WEXITED);
	if (fake_process.is_reaped)
		return -ECHILD;
	memset(info, 0, sizeof(*info));
	if (options & WNOHANG && fake_process.signals[fake_process.n_signals])
		return 0;
	fake_process.is_reaped = true;
	if (fake_process.on_end)
		fake_process.on_end();
	info->si_pid = FAKE_CHILD;
	info->si_code = fake_process.code;
	info->si_status = fake_process.status;
	return 0;
}
