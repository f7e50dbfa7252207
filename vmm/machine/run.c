// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>

#include "devices/console.h"
#include "devices/device.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/machine/watch.h"

#define SAME_SIGNAL_MS 300

/* What the main loop waits for beside the devices' own sources. */
struct control {
	struct machine *machine;
	int signal_fd;
	int timer_fd;      /* runs while the guest is being asked to power off */
	bool asked;        /* not to be asked (again): the next signal stops it */
	uint64_t asked_at; /* ns, sys_monotonic_ns() */
	struct err *err;
	int ret;                  /* of a reset that failed */
	struct log_budget resets; /* of a guest that does nothing else */
};

void machine_stop_signals(sigset_t *signals)
{
	struct sigaction hup;

	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	/* A blocked signal comes even when it is ignored. */
	if (sigaction(SIGHUP, NULL, &hup) || hup.sa_handler != SIG_IGN)
		sigaddset(signals, SIGHUP);
}

/* Ask the guest by its power key. False: it has none. */
static bool press_power_key(struct machine *m)
{
	bool pressed = false;

	for (unsigned int i = 0; i < m->n_devices; i++) {
		struct device *device = m->devices[i];

		if (device->class->press_power_key) {
			device->class->press_power_key(device);
			pressed = true;
		}
	}
	return pressed;
}

/*
 * What a terminal or timeout(1) sends to the whole process group comes from there and from the
 * keeper: it is one signal.
 */
static bool is_the_same(const struct control *control)
{
	return sys_monotonic_ns() - control->asked_at < SAME_SIGNAL_MS * 1000000ULL;
}

static void on_signal(void *opaque, uint32_t events)
{
	struct control *control = opaque;
	struct machine *m = control->machine;
	struct itimerspec timeout = { .it_value.tv_sec = m->config->stop_timeout };
	struct signalfd_siginfo info;

	(void)events;
	if (sys_read(control->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (is_the_same(control))
		return;
	if (control->asked || !m->config->stop_timeout || !press_power_key(m)) {
		log_info("%s: stopping the guest", strsignal((int)info.ssi_signo));
		vm_request(&m->vm, VM_REQUEST_STOP);
		return;
	}
	control->asked = true;
	control->asked_at = sys_monotonic_ns();
	log_info("%s: asked the guest to power off; it has %u s, a second signal stops it at once",
		 strsignal((int)info.ssi_signo), m->config->stop_timeout);
	sys_timerfd_settime(control->timer_fd, 0, &timeout);
}

static void on_timeout(void *opaque, uint32_t events)
{
	struct control *control = opaque;
	struct machine *m = control->machine;
	uint64_t n;

	(void)events;
	if (sys_read(control->timer_fd, &n, sizeof(n)) != sizeof(n))
		return;
	log_warn("the guest did not power off within %u s: stopping it", m->config->stop_timeout);
	vm_request(&m->vm, VM_REQUEST_STOP);
}

static void on_request(void *opaque, uint32_t events)
{
	struct control *control = opaque;
	struct vm *vm = &control->machine->vm;

	(void)events;
	if (vm_request_pending(vm) == VM_REQUEST_RESET) {
		log_within(&control->resets, LOG_INFO, "guest reset");
		control->ret = machine_reset(control->machine, control->err);
		if (!control->ret)
			return;
	}
	if (vm_request_pending(vm) != VM_REQUEST_NONE)
		event_loop_stop(&vm->loop);
}

static int serve(struct control *control, struct err *err)
{
	struct event_loop *loop = &control->machine->vm.loop;
	const struct {
		int fd;
		event_fn fn;
	} sources[] = {
		{ control->signal_fd, on_signal },
		{ control->timer_fd, on_timeout },
		{ control->machine->vm.request_fd, on_request },
	};
	struct event_source *added[n_elems(sources)] = { NULL };
	struct watch watch;
	int ret = watch_start(&watch, control->machine, err);

	for (size_t i = 0; !ret && i < n_elems(sources); i++)
		ret = event_loop_add(loop, sources[i].fd, EPOLLIN, sources[i].fn, control,
				     &added[i], err);
	if (!ret)
		ret = sandbox_enter_main(&control->machine->sandbox, err);
	if (!ret) {
		/* What came during the build: a guest that has not begun cannot be asked. */
		control->asked = true;
		on_signal(control, EPOLLIN);
		control->asked = false;
		if (!control->machine->vm.request)
			vcpus_release(&control->machine->vm);
		ret = event_loop_run(loop, err);
		vcpus_park(&control->machine->vm);
		console_drain(control->machine->vm.console);
	}
	for (size_t i = 0; i < n_elems(sources); i++)
		if (added[i])
			event_loop_remove(loop, added[i]);
	watch_stop(&watch);
	return ret ? ret : control->ret;
}

/* What ended the run, as an exit status. */
static int exit_status(struct vm *vm, struct err *err)
{
	switch (vm_request_pending(vm)) {
	case VM_REQUEST_POWEROFF:
		return EXIT_STATUS_OK;
	case VM_REQUEST_EXIT:
		return vm->exit_status;
	case VM_REQUEST_CRASH:
		*err = vm->crash;
		return vm->exit_status;
	default: /* stopped from outside: the guest has not powered off */
		return EXIT_STATUS_FAILURE;
	}
}

/* The threads inherit it: signals reach dais only where the main loop reads them. */
int machine_block_signals(struct err *err)
{
	sigset_t signals;
	int ret;

	machine_stop_signals(&signals);
	sigaddset(&signals, SIGPIPE);
	ret = sys_sigmask(SIG_BLOCK, &signals, NULL);
	return ret ? err_set(err, ret, "block signals") : 0;
}

int machine_run(struct machine *m, struct err *err)
{
	owned_fd int signal_fd = -1, timer_fd = -1;
	struct control control = { .machine = m, .err = err };
	sigset_t signals;
	int ret;

	machine_stop_signals(&signals);
	control.signal_fd = signal_fd = sys_signalfd(&signals);
	if (signal_fd < 0)
		return err_set(err, signal_fd, "wait for signals");
	control.timer_fd = timer_fd = sys_timerfd_create(CLOCK_MONOTONIC);
	if (timer_fd < 0)
		return err_set(err, timer_fd, "create the stop timer");
	ret = serve(&control, err);
	return ret ? ret : exit_status(&m->vm, err);
}
