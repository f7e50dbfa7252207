// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/machine/keeper.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"
#include "vmm/core/at_work.h"

/* What would end a process that does not expect it, and is not its own fault. */
static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

/* Why a VMM may have died of a signal, and what to do; of others the name says enough. */
static const struct {
	int signal;
	const char *why, *fix;
} deaths[] = {
	{ SIGKILL, "somebody killed it, or the host ran out of memory",
	  "see dmesg: \"Out of memory\" or \"oom-kill\" names the process" },
	{ SIGSYS, "it made a system call that its seccomp filter does not allow",
	  "this is a fault of dais, or an attack: --sandbox=debug names the call, and so does dmesg (type=1326) "
	  "where the kernel audits" },
	{ SIGSEGV, "it crashed",
	  "this is a fault of dais: report it, with the core if there is one" },
	{ SIGBUS, "its memory could not be read: a hugepage too few, or a hardware error",
	  "see dmesg" },
	{ SIGABRT, "it found an error of its own",
	  "this is a fault of dais: report it, with the message before this one" },
};

/* SIGCHLD as well, which must not be ignored: the kernel would then forget how the VMM ended. */
static int block_signals(struct keeper *k, struct err *err)
{
	int ret;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&k->signals);
	sigaddset(&k->signals, SIGCHLD);
	for (size_t i = 0; i < n_elems(forwarded); i++)
		sigaddset(&k->signals, forwarded[i]);
	ret = sys_sigmask(SIG_BLOCK, &k->signals, &k->before);
	return ret ? err_set(err, ret, "keeper: block signals") : 0;
}

int keeper_fork(struct keeper *k, struct err *err)
{
	void *page;
	int ret = sys_mmap(NULL, sys_page_size(), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0, &page);

	if (ret)
		return err_set(err, ret, "keeper: share a page with the VMM");
	k->at_work = page;
	ret = block_signals(k, err);
	if (ret)
		return ret;
	terminal_save(&k->terminal);
	fflush(NULL); /* or both would write what is in there */
	k->keeper = getpid();
	k->vmm = sys_fork();
	if (k->vmm < 0) {
		ret = err_set(err, k->vmm, "fork the VMM from its keeper");
		sys_sigmask(SIG_SETMASK, &k->before, NULL);
		return ret;
	}
	/* Only a name for ps. */
	if (k->vmm)
		(void)sys_prctl(PR_SET_NAME, (uintptr_t) "dais-keeper");
	return k->vmm != 0;
}

int keeper_follow(const struct keeper *k, struct err *err)
{
	int ret = sys_sigmask(SIG_SETMASK, &k->before, NULL);

	return ret ? err_set(err, ret, "unblock signals") : keeper_die_with(k, err);
}

int keeper_die_with(const struct keeper *k, struct err *err)
{
	int ret = sys_prctl(PR_SET_PDEATHSIG, SIGKILL);

	if (ret)
		return err_set(err, ret, "ask to be killed when the keeper dies");
	/* It may have died before that. */
	if (sys_getppid() != k->keeper)
		return err_set(err, 0, "the keeper has died");
	return 0;
}

/* ": vCPU 1 was at work then", as far as it said so. */
static void tell_who(const uint8_t *at_work, char *buf, size_t size)
{
	struct text text = text_start(buf, size);

	for (unsigned int i = 0; i < sys_page_size(); i++) {
		if (!at_work[i])
			continue;
		text_add(&text, "%s", text.used ? ", " : ": at work then was ");
		if (i == AT_WORK_MAIN)
			text_add(&text, "the main loop");
		else
			text_add(&text, "vCPU %u", i - AT_WORK_VCPU(0));
	}
}

static void tell_death(int signal, const uint8_t *at_work, struct err *err)
{
	char who[128] = "";

	err_set(err, 0, "the VMM was killed by signal %d (SIG%s)", signal,
		sigabbrev_np(signal) ?: "?");
	if (signal != SIGKILL)
		tell_who(at_work, who, sizeof(who));
	for (size_t i = 0; i < n_elems(deaths); i++) {
		if (deaths[i].signal == signal) {
			err_why(err, "%s%s", deaths[i].why, who);
			err_fix(err, "%s", deaths[i].fix);
			return;
		}
	}
	err_why(err, "%s", strsignal(signal));
	err_fix(err, "find out who sent it");
}

/* Until the VMM is gone, passing signals on. */
static int await(struct keeper *k, siginfo_t *end, struct err *err)
{
	for (;;) {
		siginfo_t info;
		int ret;

		memset(end, 0, sizeof(*end));
		ret = sys_waitid(P_PID, (id_t)k->vmm, end, WEXITED | WNOHANG);
		if (ret)
			return err_set(err, ret, "keeper: look after the VMM");
		if (end->si_pid)
			return 0;
		ret = sys_sigwaitinfo(&k->signals, &info);
		if (ret < 0)
			return err_set(err, ret, "keeper: wait for signals");
		if (ret != SIGCHLD) {
			log_debug("keeper: %s for the VMM", strsignal(ret));
			sys_kill(k->vmm, ret);
		}
	}
}

void keeper_end(struct keeper *k)
{
	siginfo_t end;

	sys_kill(k->vmm, SIGKILL);
	sys_waitid(P_PID, (id_t)k->vmm, &end, WEXITED);
	terminal_restore(&k->terminal);
}

int keeper_wait(struct keeper *k, struct err *err)
{
	siginfo_t end;
	int ret = await(k, &end, err);

	if (ret) {
		/* Nobody shall use what is about to be given back. */
		keeper_end(k);
		return ret;
	}
	if (end.si_code == CLD_EXITED)
		return end.si_status;
	terminal_restore(&k->terminal);
	tell_death(end.si_status, k->at_work, err);
	return EXIT_STATUS_FAILURE;
}

void keeper_destroy(struct keeper *k)
{
	if (k->at_work)
		sys_munmap(k->at_work, sys_page_size());
	k->at_work = NULL;
}
