// SPDX-License-Identifier: GPL-2.0-only
/*
 * Preloaded into dais, whose interrupts are to be wired by irqfd and resampling: forwards each of
 * them by KVM's VFIO device as soon as it is signalled, and does to it meanwhile what the
 * environment says. So the kernel is tested with any guest, and by orders of calls that dais itself
 * never makes. What goes wrong is said, and ends the process with EXIT_WRONG.
 *
 *   FORWARD_TEST=hold    nothing more
 *   FORWARD_TEST=toggle  unforward and forward all the time
 *   FORWARD_TEST=delete  the same by deleting and adding the VFIO file
 *   FORWARD_TEST=signal  signalling off and on all the time
 *   FORWARD_TEST=errors  calls that the kernel has to refuse, once
 *   FORWARD_TEST=hidden  the attributes are not there
 *   FORWARD_TEST=refused forwarding is, with EOPNOTSUPP
 *   FORWARD_TEST=inherit a child keeps the device open for two seconds after everything else ends
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#define EXIT_WRONG 99
#define N_MAX      64

/* include/uapi/linux/kvm.h as kernel/patches makes it */
#define VFIO_DEVICE           2
#define VFIO_DEVICE_FORWARD   1
#define VFIO_DEVICE_UNFORWARD 2
struct device_irq {
	int32_t fd;
	uint32_t index, subindex, gsi;
};

struct line {
	struct device_irq irq;
	int trigger;
};

static int (*real_ioctl)(int fd, unsigned long request, ...);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct line lines[N_MAX];
static unsigned int n_lines;
static int gsi_of_eventfd[1024];
static int kvm_vfio = -1, vfio_file = -1;
static const char *mode;
static _Thread_local bool disturbing;
static unsigned int n_disturbed;

__attribute__((constructor)) static void init(void)
{
	real_ioctl = dlsym(RTLD_NEXT, "ioctl");
	mode = getenv("FORWARD_TEST");
}

#define EXPECT(wanted, call) expect(wanted, (call) < 0 ? errno : 0, #call)
static void expect(int wanted, int error, const char *call)
{
	if (error == wanted)
		return;
	if (error == EBADF && disturbing) {
		/* dais has closed the device and is about to end. */
		fprintf(stderr, "forward: disturbed %u times\n", n_disturbed);
		pthread_mutex_unlock(&lock);
		for (;;)
			pause();
	}
	fprintf(stderr, "forward: %s: %s, expected: %s\n", call, strerror(error), strerror(wanted));
	_exit(EXIT_WRONG);
}

static int set_attr(int device, uint32_t group, uint64_t attr, void *arg)
{
	struct kvm_device_attr a = { .group = group, .attr = attr, .addr = (uintptr_t)arg };

	return real_ioctl(device, KVM_SET_DEVICE_ATTR, &a);
}

static int has_attr(int device, uint64_t attr)
{
	struct kvm_device_attr a = { .group = VFIO_DEVICE, .attr = attr };

	return real_ioctl(device, KVM_HAS_DEVICE_ATTR, &a);
}

static int forward(struct device_irq irq)
{
	return set_attr(kvm_vfio, VFIO_DEVICE, VFIO_DEVICE_FORWARD, &irq);
}

static int unforward(struct device_irq irq)
{
	return set_attr(kvm_vfio, VFIO_DEVICE, VFIO_DEVICE_UNFORWARD, &irq);
}

static int set_trigger(const struct line *line, bool on)
{
	struct {
		struct vfio_irq_set set;
		int32_t fd;
	} arg = {
		.set = {
			.argsz = sizeof(arg),
			.flags = VFIO_IRQ_SET_ACTION_TRIGGER |
				 (on ? VFIO_IRQ_SET_DATA_EVENTFD : VFIO_IRQ_SET_DATA_NONE),
			.index = line->irq.index,
			.count = on,
		},
		.fd = line->trigger,
	};

	return real_ioctl(line->irq.fd, VFIO_DEVICE_SET_IRQS, &arg);
}

static void toggle(void)
{
	for (unsigned int i = 0; i < n_lines; i++)
		EXPECT(0, unforward(lines[i].irq));
	usleep((useconds_t)(rand() % 2000));
	for (unsigned int i = 0; i < n_lines; i++)
		EXPECT(0, forward(lines[i].irq));
}

static void delete_file(void)
{
	EXPECT(0, set_attr(kvm_vfio, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_DEL, &vfio_file));
	for (unsigned int i = 0; i < n_lines; i++) {
		EXPECT(ENOENT, unforward(lines[i].irq));
		EXPECT(ENOENT, forward(lines[i].irq));
	}
	EXPECT(0, set_attr(kvm_vfio, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, &vfio_file));
	for (unsigned int i = 0; i < n_lines; i++)
		EXPECT(0, forward(lines[i].irq));
}

static void signalling(void)
{
	for (unsigned int i = 0; i < n_lines; i++)
		EXPECT(0, set_trigger(&lines[i], false));
	usleep((useconds_t)(rand() % 2000));
	for (unsigned int i = 0; i < n_lines; i++)
		EXPECT(0, set_trigger(&lines[i], true));
}

static void *disturb(void *act)
{
	disturbing = true;
	for (;; n_disturbed++) {
		usleep((useconds_t)(rand() % 5000));
		pthread_mutex_lock(&lock);
		((void (*)(void))act)();
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void start(void (*act)(void))
{
	pthread_t thread;

	if (n_lines == 1 && pthread_create(&thread, NULL, disturb, (void *)act))
		_exit(EXIT_WRONG);
}

static int other_vm(int *vm)
{
	struct kvm_create_device create = { .type = KVM_DEV_TYPE_VFIO };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	*vm = real_ioctl(kvm, KVM_CREATE_VM, 0);
	EXPECT(0, real_ioctl(*vm, KVM_CREATE_DEVICE, &create));
	close(kvm);
	return (int)create.fd;
}

static void check_errors(struct device_irq irq)
{
	struct device_irq bad = irq;
	int vm, own = kvm_vfio;

	EXPECT(EBUSY, forward(irq));
	bad.gsi++;
	EXPECT(ENOENT, unforward(bad));
	bad = irq;
	bad.subindex = 1;
	EXPECT(ENOENT, unforward(bad));
	EXPECT(EINVAL, forward(bad));
	EXPECT(0, unforward(irq));
	EXPECT(ENOENT, unforward(irq));
	EXPECT(EINVAL, forward(bad));
	bad = irq;
	bad.index = 1000;
	EXPECT(EINVAL, forward(bad));
	bad = irq;
	bad.gsi = 988;
	EXPECT(EINVAL, forward(bad));
	bad.gsi = ~0U;
	EXPECT(EINVAL, forward(bad));
	bad = irq;
	bad.fd = -1;
	EXPECT(EBADF, forward(bad));
	bad.fd = own;
	EXPECT(ENOENT, forward(bad));
	EXPECT(EFAULT, set_attr(own, VFIO_DEVICE, VFIO_DEVICE_FORWARD, NULL));
	EXPECT(ENXIO, set_attr(own, VFIO_DEVICE, 3, &irq));
	EXPECT(ENXIO, has_attr(own, 3));
	EXPECT(0, has_attr(own, VFIO_DEVICE_FORWARD));
	EXPECT(0, has_attr(own, VFIO_DEVICE_UNFORWARD));

	kvm_vfio = other_vm(&vm);
	EXPECT(ENOENT, forward(irq));
	EXPECT(0, set_attr(kvm_vfio, KVM_DEV_VFIO_GROUP, KVM_DEV_VFIO_GROUP_ADD, &vfio_file));
	EXPECT(EAGAIN, forward(irq));
	EXPECT(0, set_attr(own, VFIO_DEVICE, VFIO_DEVICE_FORWARD, &irq));
	EXPECT(EBUSY, forward(irq));
	EXPECT(ENOENT, unforward(irq));
	close(kvm_vfio);
	close(vm);
	kvm_vfio = own;
	EXPECT(EBUSY, forward(irq));
}

/* A copy of the device's fd in a process that outlives dais and all of its other fds. */
static void inherit(int device)
{
	if (fork())
		return;
	for (int fd = 3; fd < 1024; fd++)
		if (fd != device)
			close(fd);
	prctl(PR_SET_PDEATHSIG, 0);
	setsid();
	signal(SIGTERM, SIG_IGN);
	while (getppid() != 1)
		usleep(10000);
	sleep(2);
	_exit(0);
}

static void line_is_on(int device, uint32_t index, int trigger)
{
	struct line *line = &lines[n_lines];

	line->trigger = trigger;
	line->irq = (struct device_irq){ device, index, 0, (uint32_t)gsi_of_eventfd[trigger] };
	if (!strcmp(mode, "hidden")) {
		EXPECT(ENXIO, has_attr(kvm_vfio, VFIO_DEVICE_FORWARD));
		EXPECT(ENXIO, has_attr(kvm_vfio, VFIO_DEVICE_UNFORWARD));
		EXPECT(ENXIO, forward(line->irq));
		return;
	}
	if (!strcmp(mode, "refused")) {
		EXPECT(0, has_attr(kvm_vfio, VFIO_DEVICE_FORWARD));
		EXPECT(EOPNOTSUPP, forward(line->irq));
		return;
	}
	EXPECT(0, forward(line->irq));
	n_lines++;
	fprintf(stderr, "forward: index %u, SPI %u\n", index, line->irq.gsi);
	if (!strcmp(mode, "toggle"))
		start(toggle);
	else if (!strcmp(mode, "delete"))
		start(delete_file);
	else if (!strcmp(mode, "signal"))
		start(signalling);
	else if (!strcmp(mode, "errors"))
		check_errors(line->irq);
	else if (!strcmp(mode, "inherit"))
		inherit(device);
}

static bool is_known(int device, uint32_t index)
{
	for (unsigned int i = 0; i < n_lines; i++)
		if (lines[i].irq.fd == device && lines[i].irq.index == index)
			return true;
	return false;
}

static void watch(int fd, unsigned long request, void *arg)
{
	struct kvm_device_attr *attr = arg;
	struct vfio_irq_set *set = arg;
	struct kvm_irqfd *irqfd = arg;
	bool trigger;

	if (request == KVM_SET_DEVICE_ATTR && attr->group == KVM_DEV_VFIO_GROUP &&
	    attr->attr == KVM_DEV_VFIO_GROUP_ADD && attr->addr && fd != kvm_vfio && kvm_vfio < 0) {
		char name[64], link[64] = "";

		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		if (readlink(name, link, sizeof(link) - 1) < 0 || !strstr(link, "kvm-vfio"))
			return;
		kvm_vfio = fd;
		vfio_file = *(int32_t *)(uintptr_t)attr->addr;
	}
	if (request == KVM_IRQFD && !(irqfd->flags & KVM_IRQFD_FLAG_DEASSIGN))
		gsi_of_eventfd[irqfd->fd] = (int)irqfd->gsi;
	if (request != VFIO_DEVICE_SET_IRQS || !(set->flags & VFIO_IRQ_SET_ACTION_TRIGGER))
		return;
	trigger = (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) && *(int32_t *)set->data >= 0;
	if (trigger && !is_known(fd, set->index))
		line_is_on(fd, set->index, *(int32_t *)set->data);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;
	int ret, error;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == KVM_RUN || !mode)
		return real_ioctl(fd, request, arg);
	pthread_mutex_lock(&lock);
	ret = real_ioctl(fd, request, arg);
	error = errno;
	if (ret >= 0)
		watch(fd, request, arg);
	pthread_mutex_unlock(&lock);
	errno = error;
	return ret;
}
