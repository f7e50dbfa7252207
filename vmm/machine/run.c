// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>

#include "devices/console.h"
#include "devices/device.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"
#include "vmm/sandbox/sandbox.h"

/*
 * What a terminal or timeout(1) sends to the whole process group comes from there and from the
 * keeper: it is one signal.
 */
#define SAME_SIGNAL_NS 300000000ULL

/* What the main loop waits for beside the devices' own sources. */
struct control {
	struct machine *machine;
	int signal_fd;
	struct event_timer timer; /* runs while the guest is being asked to power off */
	bool asked;               /* not to be asked (again): the next signal stops it */
	uint64_t asked_at;        /* ns, sys_monotonic_ns() */
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

static void on_signal(void *opaque)
{
	struct control *control = opaque;
	struct machine *m = control->machine;
	struct signalfd_siginfo info;

	if (sys_read(control->signal_fd, &info, sizeof(info)) != sizeof(info) ||
	    sys_monotonic_ns() - control->asked_at < SAME_SIGNAL_NS)
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
	event_timer_set(&control->timer, 0, m->config->stop_timeout, 0);
}

static void on_timeout(void *opaque)
{
	struct control *control = opaque;
	struct machine *m = control->machine;

	if (!event_timer_take(&control->timer))
		return;
	log_warn("the guest did not power off within %u s: stopping it", m->config->stop_timeout);
	vm_request(&m->vm, VM_REQUEST_STOP);
}

static void run_errands(struct vm *vm)
{
	owned_lock pthread_mutex_t *lock = take_lock(&vm->lock);

	while (vm_run_errand(vm))
		;
}

static void on_request(void *opaque)
{
	struct control *control = opaque;
	struct vm *vm = &control->machine->vm;
	/* Once: what comes after that makes request_fd readable again. */
	enum vm_request request = vm_request_pending(vm);

	if (BUILT(VIRTIO))
		run_errands(vm);
	if (request == VM_REQUEST_RESET) {
		log_within(&control->resets, LOG_INFO, "guest reset");
		control->ret = machine_reset(control->machine, control->err);
		if (!control->ret)
			return;
	}
	if (request != VM_REQUEST_NONE)
		event_loop_stop(&vm->loop);
}

static int add_sources(struct control *control, struct event_source *sources[2], struct err *err)
{
	struct vm *vm = &control->machine->vm;
	struct event_loop *loop = &vm->loop;

	return event_loop_add(loop, control->signal_fd, on_signal, control, &sources[0], err)
		       ?: event_loop_add(loop, vm->request_fd, on_request, control, &sources[1], err)
		       ?: event_timer_create(loop, CLOCK_MONOTONIC, on_timeout, control,
					     &control->timer, "stop-timeout", err);
}

static int serve(struct control *control, struct err *err)
{
	struct machine *m = control->machine;
	struct event_source *sources[2] = { NULL };
	struct watch watch;
	int ret = (BUILT(SUMMARY) ? watch_start(&watch, m, err) : 0)
			  ?: add_sources(control, sources, err)
			  ?: sandbox_enter_main(m, err);

	if (!ret) {
		/* What came during the build: a guest that has not begun cannot be asked. */
		control->asked = true;
		on_signal(control);
		control->asked = false;
		if (!m->vm.request)
			vcpus_release(&m->vm);
		ret = event_loop_run(&m->vm.loop, err);
		vcpus_park(&m->vm);
		console_drain(m->vm.console);
	}
	event_timer_destroy(&m->vm.loop, &control->timer);
	for (size_t i = 0; i < n_elems(sources); i++)
		event_loop_remove(&m->vm.loop, sources[i]);
	if (BUILT(SUMMARY))
		watch_stop(&watch);
	return ret ?: control->ret;
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
	owned_fd int signal_fd = -1;
	struct control control = { .machine = m, .err = err };
	sigset_t signals;

	machine_stop_signals(&signals);
	control.signal_fd = signal_fd = sys_signalfd(&signals);
	if (signal_fd < 0)
		return err_set(err, signal_fd, "wait for signals");
	return serve(&control, err) ?: exit_status(&m->vm, err);
}
