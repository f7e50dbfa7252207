// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "arch/common/check_guest.h"
#include "vfio/vfio.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/check/check.h"
#include "vmm/cli/options.h"
#include "vmm/config/config.h"
#include "vmm/core/event_loop.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

#define N_FIRED  3 /* the guest's to handle; the second comes only if the first was completed */
#define TICK_NS  10000000
#define N_MASKED 10  /* ticks with the line masked, before it is let go */
#define N_TICKS  300 /* in all */

static const char *const modes[] = { "forward", "irqfd", "eventfd" };

static const char *const ways[] = {
	[VFIO_IRQ_FIRE] = "DATA_NONE",
	[VFIO_IRQ_FIRE_BOOL] = "DATA_BOOL",
};

/* One run: one interrupt, in one mode, fired in one way; of a machine whose devices are open. */
struct trial {
	struct machine machine;
	struct vm_config config;
	const char *device;
	int n_options; /* of the user's */
	char *const *options;
	const char *mode;
	unsigned int index;
	enum vfio_irq_action way;
	int image_fd; /* of the guest; -1: none */
	struct event_timer timer;
	unsigned int n_ticks;
	unsigned int n_fired; /* while it was not masked: the guest can have so many at most */
	bool masked;
	int failed; /* negative errno of an action */
};

static int make_image(int *fd, struct err *err)
{
	uint8_t image[CHECK_GUEST_SIZE];
	int ret;

	check_guest_image(image);
	*fd = ret = sys_memfd_create("dais-check", 0);
	if (ret >= 0)
		ret = file_write_all(*fd, image, sizeof(image));
	return ret ? err_set(err, ret, "make the guest's image") : 0;
}

static int configure(struct trial *t, struct err *err)
{
	char kernel[32], device[512];
	char *const fixed[] = {
		(char *)"--kernel",          kernel,
		(char *)"--memory",          (char *)"16M",
		(char *)"--console",         (char *)"none",
		(char *)"--default-devices", (char *)"no",
		(char *)"--keeper",          (char *)"no",
		(char *)"--device",          (char *)"test-device",
		(char *)"--device",          device,
	};
	const size_t n = n_elems(fixed) + (size_t)t->n_options;
	owned_ptr char **argv = calloc(n, sizeof(*argv));
	enum options_wish wish;
	int ret;

	config_init(&t->config);
	if (!argv)
		return err_set(err, ENOMEM, "check %s", t->device);
	memcpy(argv, fixed, sizeof(fixed));
	memcpy(argv + n_elems(fixed), t->options, (size_t)t->n_options * sizeof(*argv));
	snprintf(kernel, sizeof(kernel), "/proc/self/fd/%d", t->image_fd);
	snprintf(device, sizeof(device), "vfio-platform,host=%s", t->device);
	/* As much as this host has: the guest is dais's own. */
	t->config.sandbox.may_miss =
		1u << SANDBOX_NAMESPACES | 1u << SANDBOX_USER | 1u << SANDBOX_LANDLOCK;
	ret = options_parse(&t->config, (int)n, argv, &wish, err);
	if (ret || wish == OPTIONS_RUN)
		return ret;
	err_usage(err, "check --irq %s: its options are for a run", t->device);
	return err_fix(err, "leave out what only tells something");
}

static int act(struct trial *t, enum vfio_irq_action action)
{
	return vfio_irq_act(t->machine.vm.vfio, t->index, action);
}

/* Fires until the guest has enough: an interrupt that is not completed yet swallows one. */
static void on_tick(void *opaque)
{
	struct trial *t = opaque;

	if (!event_timer_take(&t->timer))
		return;
	event_timer_set(&t->timer, 0, 0, TICK_NS);
	if (t->masked && t->n_ticks == N_MASKED) {
		t->failed = act(t, VFIO_IRQ_UNMASK);
		t->masked = false;
	}
	t->n_fired += !t->masked;
	if (t->failed >= 0)
		t->failed = act(t, t->way);
	if (t->failed < 0 || ++t->n_ticks == N_TICKS)
		vm_request(&t->machine.vm, VM_REQUEST_STOP);
}

/* The machine is built. Returns what machine_run() does. */
static int run_guest(struct trial *t, struct err *err)
{
	struct machine *m = &t->machine;
	owned_ptr struct vfio_irq_count *irqs = NULL;
	unsigned int n_irqs = machine_irq_counts(m, &irqs);
	struct vfio_irq_count irq =
		t->index < n_irqs ? irqs[t->index] : (struct vfio_irq_count){ 0 };
	const struct check_guest wish = {
		.gic = m->vm.vgic->version,
		.spi = irq.spi,
		.edge = !irq.level,
		.n = N_FIRED,
		.touch = irq.level && !strcmp(t->mode, "eventfd") ? irq.eoi_gpa : 0,
		.touch_write = irq.eoi_by_write,
	};
	uint8_t *image = ram_ptr(&m->vm.ram, m->boot.entry, CHECK_GUEST_SIZE);
	int ret = event_timer_create(&m->vm.loop, CLOCK_MONOTONIC, on_tick, t, &t->timer,
				     "fire interrupts", err);

	if (ret)
		return ret;
	check_guest_set(image, &wish);
	/*
	 * Edges cannot be masked (VFIO_IRQ_INFO_MASKABLE), and one that is forwarded comes even so
	 * when it is not the hardware that fires.
	 */
	t->masked = irq.level && strcmp(t->mode, "forward");
	t->failed = t->masked ? act(t, VFIO_IRQ_MASK) : 0;
	event_timer_set(&t->timer, 0, 0, TICK_NS);
	ret = machine_run(m, err);
	event_timer_destroy(&m->vm.loop, &t->timer);
	return ret;
}

static const char *verdict(const struct trial *t, int ret)
{
	if (t->failed < 0)
		return "the kernel refused VFIO_DEVICE_SET_IRQS";
	if (ret == EXIT_STATUS_OK && t->masked)
		return "it came while it was masked, or the device itself raises it";
	/* Its handler did not leave the guest, in a mode but eventfd. */
	if (ret == EXIT_STATUS_OK && t->n_fired < N_FIRED)
		return "it came again without cause, as KVM does not resample (see dais check), "
		       "or the device itself raises it";
	if (ret == EXIT_STATUS_OK)
		return NULL;
	return "it did not come, or was not completed";
}

static void tell(const struct trial *t, const char *what, const char *why)
{
	printf("  %-8s %s: %s%s\n", t->mode, ways[t->way], what, why);
}

/* Of the one vCPU; behind "ok". */
static const char *count_exits(const struct trial *t, char buf[80])
{
	const struct vcpu *vcpu = t->machine.vm.vcpus;
	struct kvm_stat stats[MACHINE_N_VCPU_EXITS] = { 0 };
	uint64_t n_user = 0;

	for (unsigned int e = 0; e < N_VCPU_EXITS; e++)
		n_user += vcpu->n_exits[e];
	if (machine_vcpu_exits(vcpu, stats))
		snprintf(buf, 80, ", %" PRIu64 " exits to KVM, %" PRIu64 " of them on to dais",
			 stats[0].value, n_user);
	else
		snprintf(buf, 80, ", %" PRIu64 " exits to dais", n_user);
	return buf;
}

enum outcome { WELL, NOT_WELL, NOT_HERE };

/* Prints one line. */
static enum outcome build_and_run(struct trial *t)
{
	struct err err = { 0 };
	enum outcome outcome = NOT_WELL;
	const char *wrong = NULL;
	char exits[80];
	int ret;

	vfio_irq_want(t->machine.vm.vfio, t->index, t->mode);
	ret = machine_build_on(&t->machine, MACHINE_FOR_TRIAL, &err);
	if (!ret) {
		ret = run_guest(t, &err);
		wrong = ret < 0 ? err.what : verdict(t, ret);
		tell(t, wrong ? "FAILED: " : "ok", wrong ?: count_exits(t, exits));
		outcome = wrong ? NOT_WELL : WELL;
	} else if (err_exit_status(&err) == EXIT_STATUS_HOST) {
		tell(t, "not here: ", err.why[0] ? err.why : err.what);
		outcome = NOT_HERE;
	} else {
		err_print(&err);
	}
	machine_destroy(&t->machine);
	return outcome;
}

/* In a process of its own: it ends shut in. Returns the outcome, or a negative errno. */
static int try_one(struct trial *t, struct err *err)
{
	siginfo_t end;
	pid_t pid;
	int ret;

	t->n_ticks = t->n_fired = 0;
	fflush(stdout);
	pid = sys_fork();
	if (!pid)
		exit((int)build_and_run(t));
	ret = pid < 0 ? pid : sys_waitid(P_PID, (id_t)pid, &end, WEXITED);
	if (ret)
		return err_set(err, ret, "run a guest in a process of its own");
	if (end.si_code == CLD_EXITED)
		return end.si_status;
	tell(t, "FAILED: it died of SIG", sigabbrev_np(end.si_status) ?: "?");
	return NOT_WELL;
}

/* A line that the device lists more than once is in @irqs where it comes first. */
static int try_all(struct trial *t, const struct vfio_irq_count *irqs, unsigned int n_irqs,
		   struct err *err)
{
	unsigned int n[] = { [WELL] = 0, [NOT_WELL] = 0, [NOT_HERE] = 0 };

	for (t->index = 0; t->index < n_irqs; t->index++) {
		printf("interrupt %u\n", irqs[t->index].index);
		for (size_t m = 0; m < n_elems(modes); m++) {
			t->mode = modes[m];
			for (t->way = VFIO_IRQ_FIRE; t->way <= VFIO_IRQ_FIRE_BOOL; t->way++) {
				int ret = try_one(t, err);

				if (ret < 0)
					return ret;
				n[ret == WELL || ret == NOT_HERE ? ret : NOT_WELL]++;
			}
		}
	}
	if (n[WELL] || n[NOT_WELL])
		return n[NOT_WELL] != 0;
	err_set(err, 0, "check --irq %s: nothing was tested", t->device);
	err_why(err, n_irqs ? "no mode could be tried on this host"
			    : "VFIO offers no interrupt of the device");
	return err_host(err);
}

int check_irq(const char *device, int n_options, char *const *options, struct err *err)
{
	owned_ptr struct trial *t = calloc(1, sizeof(*t));
	owned_fd int image_fd = -1;
	owned_ptr struct vfio_irq_count *irqs = NULL;
	unsigned int n_irqs = 0;
	int ret;

	if (!t)
		return err_set(err, ENOMEM, "check %s", device);
	printf("%s is opened, and so reset where the kernel can; each interrupt is fired %u times "
	       "in each mode.\n",
	       device, N_FIRED);
	ret = make_image(&image_fd, err);
	if (ret)
		return ret;
	t->image_fd = image_fd;
	t->device = device;
	t->n_options = n_options;
	t->options = options;
	ret = configure(t, err);
	if (!ret)
		ret = machine_build(&t->machine, &t->config, MACHINE_FOR_DEVICES, err);
	if (!ret) {
		n_irqs = machine_irq_counts(&t->machine, &irqs);
		ret = try_all(t, irqs, n_irqs, err);
	}
	machine_destroy(&t->machine);
	config_destroy(&t->config);
	return ret;
}
