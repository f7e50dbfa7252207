// SPDX-License-Identifier: GPL-2.0-only
/*
 * hostile [SEED [ROUNDS [SECONDS]]] DEVICE…: throws at vfio-dais what a hostile user could. Each
 * round is a process with four threads and what comes of it: it opens one of the devices, by its
 * group or its own file, and does wild things to it (hostile_ops.c), while others kill it or unbind
 * the device. Ends after so many rounds, or so many seconds if that is not 0, with a line that says
 * what was done. Status 1: a device could not be bound or opened any more; 2: something hangs.
 *
 * The order of what each thread does is the seed's; how the threads meet is not.
 *
 * hostile crossed DEVICE: what signals one interrupt of a device with two edus unmasks the other,
 * and both are up for two seconds: the host has to stay able to work.
 */
#include "tests/system/hostile.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>

#define N_THREADS 4
#define N_OPS     150 /* of each thread in a round */
#define HANGS_S   120

static unsigned long n_killed, n_unbound, n_refused;

static char *link_name(const char *device, const char *link, char *buf, size_t size)
{
	char path[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/%s", device, link);
	n = readlink(path, buf, size - 1);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? strrchr(buf, '/') + 1 : NULL;
}

static int write_file(const char *text, const char *path)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	close(fd);
	return n < 0 ? -1 : 0;
}

static int bind_driver(const char *device, const char *action)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/platform/drivers/vfio-dais/%s", action);
	return write_file(device, path);
}

static int open_by_group(const char *name, struct victim *victim)
{
	char target[256], path[64];
	const char *group = link_name(name, "iommu_group", target, sizeof(target));

	if (!group)
		return -1;
	snprintf(path, sizeof(path), "/dev/vfio/%s", group);
	victim->group = open(path, O_RDWR);
	victim->container = open("/dev/vfio/vfio", O_RDWR);
	if (ioctl(victim->group, VFIO_GROUP_SET_CONTAINER, &victim->container) ||
	    ioctl(victim->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -1;
	return ioctl(victim->group, VFIO_GROUP_GET_DEVICE_FD, name);
}

/* VFIO_DEVICE_BIND_IOMMUFD, VFIO_DEVICE_ATTACH_IOMMUFD_PT and IOMMU_IOAS_ALLOC of Linux 6.6 */
static int open_by_itself(const char *name, struct victim *victim)
{
	struct {
		__u32 size, flags, id;
	} ioas = { .size = sizeof(ioas) };
	struct {
		__u32 argsz, flags;
		__s32 iommufd;
		__u32 id;
	} bind = { .argsz = sizeof(bind) };
	struct {
		__u32 argsz, flags, id;
	} attach = { .argsz = sizeof(attach) };
	char path[300];
	int fd = -1;

	for (int i = 0; i < 8 && fd < 0; i++) {
		snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/vfio-dev/vfio%d", name,
			 i);
		if (access(path, F_OK))
			continue;
		snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", i);
		fd = open(path, O_RDWR);
	}
	victim->container = open("/dev/iommu", O_RDWR);
	bind.iommufd = victim->container;
	if (fd < 0 || ioctl(fd, _IO(VFIO_TYPE, VFIO_BASE + 18), &bind) ||
	    ioctl(victim->container, _IO(';', 0x81), &ioas)) {
		close(fd);
		return -1;
	}
	attach.id = ioas.id;
	ioctl(fd, _IO(VFIO_TYPE, VFIO_BASE + 19), &attach);
	return fd;
}

static bool open_victim(const char *name, bool by_group, struct victim *victim)
{
	*victim = (struct victim){
		.container = -1, .group = -1, .name = name, .words_only = !strstr(name, "virtio")
	};
	victim->fd = by_group ? open_by_group(name, victim) : open_by_itself(name, victim);
	if (victim->fd >= 0)
		return true;
	close(victim->container);
	close(victim->group);
	return false;
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	hostile_catch();
	for (unsigned int i = 0; i < N_OPS; i++)
		hostile_op(worker);
	return NULL;
}

/* The process of a round. Some leave all to exit(), some close first what others still use. */
static void round_of(uint64_t seed, const char *name)
{
	struct victim victim;
	struct worker workers[N_THREADS];
	pthread_t threads[N_THREADS];
	struct worker own = { .state = seed, .victim = &victim };
	bool by_group = hostile_random(&own, 3);

	/* Somebody may unbind it meanwhile; not every kernel has iommufd. */
	if (!open_victim(name, by_group, &victim) && !open_victim(name, true, &victim))
		_exit(1);
	/*
	 * So that the device stays open, whatever the threads close: the group then stays in its
	 * container. VFIO (vfio_fops_unl_ioctl() of Linux 6.12 and 7.3) does not keep what a call
	 * on a container uses from being freed when its last group leaves it, and dies of that,
	 * whoever has the device.
	 */
	dup(victim.fd);
	hostile_prepare(&own);
	for (unsigned int i = 0; i < N_THREADS; i++) {
		workers[i] =
			(struct worker){ .state = seed + 1000003 * (i + 1), .victim = &victim };
		pthread_create(&threads[i], NULL, work, &workers[i]);
	}
	if (!hostile_random(&own, 4)) {
		usleep(hostile_random(&own, 20000));
		if (hostile_random(&own, 2))
			close(victim.fd);
		else
			_exit(0);
	}
	for (unsigned int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static int wait_for(pid_t pid, const char *what)
{
	int status;

	for (unsigned int ms = 0; ms < HANGS_S * 1000; ms++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		usleep(1000);
	}
	printf("hostile: %s hangs\n", what);
	exit(2);
}

/* While the round goes on: an unbind waits for the last close, and the device is bound again. */
static pid_t start_unbind(const char *name)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	_exit(bind_driver(name, "unbind") || bind_driver(name, "bind"));
}

static void check_device(const char *name)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	bool is_open = false;
	char target[256];
	struct victim victim;

	if (link_name(name, "driver", target, sizeof(target)) == NULL &&
	    bind_driver(name, "bind")) {
		printf("hostile: %s is not bound any more\n", name);
		exit(1);
	}
	/* What the round has forked may have it a little longer. */
	for (unsigned int ms = 0; !is_open && ms < HANGS_S * 1000; ms += 10) {
		is_open = open_victim(name, true, &victim);
		if (!is_open)
			usleep(10000);
	}
	if (!is_open || ioctl(victim.fd, VFIO_DEVICE_GET_INFO, &info) || !info.num_regions) {
		printf("hostile: %s does not open any more: %m\n", name);
		exit(1);
	}
	close(victim.fd);
	close(victim.group);
	close(victim.container);
}

static void do_round(uint64_t seed, const char *name)
{
	struct worker own = { .state = seed ^ 0x5deece66d };
	bool unbinds = !hostile_random(&own, 5), kills = !hostile_random(&own, 3);
	unsigned int kill_after = hostile_random(&own, 60000);
	pid_t pid = fork(), unbinder = -1;
	int status;

	if (!pid) {
		alarm(HANGS_S / 2);
		round_of(seed, name);
	}
	if (unbinds) {
		usleep(hostile_random(&own, 10000));
		unbinder = start_unbind(name);
		n_unbound++;
	}
	if (kills) {
		usleep(kill_after);
		kill(pid, SIGKILL);
		n_killed++;
	}
	status = wait_for(pid, "a round");
	if (WIFEXITED(status) && WEXITSTATUS(status))
		n_refused++;
	else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		printf("hostile: seed %llu ended by signal %d\n", (unsigned long long)seed,
		       WTERMSIG(status));
	if (unbinder > 0)
		wait_for(unbinder, "an unbind");
	check_device(name);
}

static int give_eventfd(int fd, unsigned int index, unsigned int action, int eventfd)
{
	union {
		struct vfio_irq_set set;
		int32_t words[sizeof(struct vfio_irq_set) / sizeof(int32_t) + 1];
	} s = { .set = { .argsz = sizeof(s),
			 .flags = VFIO_IRQ_SET_DATA_EVENTFD | action,
			 .index = index,
			 .count = 1 } };

	s.words[sizeof(s.set) / sizeof(int32_t)] = eventfd;
	return ioctl(fd, VFIO_DEVICE_SET_IRQS, &s);
}

static int crossed(const char *name)
{
	const uint32_t one = 1;
	struct victim victim;
	int ret = 0;

	if (!open_victim(name, true, &victim)) {
		printf("hostile: %s does not open: %m\n", name);
		return 1;
	}
	for (unsigned int i = 0; i < 2; i++) {
		int event = eventfd(0, EFD_CLOEXEC);

		ret |= give_eventfd(victim.fd, !i, VFIO_IRQ_SET_ACTION_UNMASK, event);
		ret |= give_eventfd(victim.fd, i, VFIO_IRQ_SET_ACTION_TRIGGER, event);
	}
	for (off_t i = 0; i < 2; i++)
		ret |= pwrite(victim.fd, &one, 4, i * (off_t)REGION + IRQ_REGISTERS) != 4;
	sleep(2);
	for (off_t i = 0; i < 2; i++)
		ret |= pwrite(victim.fd, &one, 4, i * (off_t)REGION + IRQ_REGISTERS + 4) != 4;
	printf("hostile: %s\n", ret ? "something was refused" : "both were up");
	return ret != 0;
}

int main(int argc, char **argv)
{
	int first = 1;
	unsigned long long numbers[3] = { (unsigned long long)time(NULL), 20, 0 }, n;
	time_t end;

	if (argc == 3 && !strcmp(argv[1], "crossed"))
		return crossed(argv[2]);
	for (int i = 0; i < 3 && first < argc && !strchr(argv[first], '.'); i++)
		numbers[i] = strtoull(argv[first++], NULL, 0);
	if (first == argc) {
		fputs("usage: hostile [SEED [ROUNDS [SECONDS]]] DEVICE…\n", stderr);
		return 3;
	}
	printf("hostile: seed %llu\n", numbers[0]);
	fflush(stdout);
	end = time(NULL) + (time_t)numbers[2];
	for (n = 0; numbers[2] ? time(NULL) < end : n < numbers[1]; n++)
		do_round(numbers[0] + n * 7919,
			 argv[first + (int)(n % (unsigned int)(argc - first))]);
	printf("hostile: %llu rounds, %lu killed, %lu unbound meanwhile, %lu found no device\n", n,
	       n_killed, n_unbound, n_refused);
	return 0;
}
