// SPDX-License-Identifier: GPL-2.0-only
/*
 * held DEVICE: opens a device of vfio-dais, says what the driver holds on for it, a line each:
 * kind, name, state, value; resets it if it can be, says "open", and keeps it open until standard
 * input ends. For each line of it, it touches the first register in all ways that there are, and
 * says how that ends: read and written, by a mapping that is new, and by one that was touched when
 * the device was on. What goes wrong is the exit status's affair: the line of the source.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/module/uapi/vfio_dais.h"

#define N_ENTRIES 16

static void must(int ok, int line)
{
	if (ok)
		return;
	fprintf(stderr, "held.c:%d: %s\n", line, strerror(errno));
	exit(1);
}
#define MUST(ok) must(ok, __LINE__)

static int open_device(const char *name)
{
	char path[256], target[256] = "", group_path[64];
	int container = open("/dev/vfio/vfio", O_RDWR), group;

	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/iommu_group", name);
	MUST(readlink(path, target, sizeof(target) - 1) > 0);
	snprintf(group_path, sizeof(group_path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	group = open(group_path, O_RDWR);
	MUST(container >= 0 && group >= 0);
	MUST(!ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	MUST(!ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	return ioctl(group, VFIO_GROUP_GET_DEVICE_FD, name);
}

/* Asked for with room for @room entries; its last word to a caller that has room for none is how
 * many there are. */
static int feature(int device, struct vfio_device_feature *feature, unsigned int flags,
		   unsigned int room)
{
	struct vfio_dais_held *held = (struct vfio_dais_held *)feature->data;

	memset(feature, 0, sizeof(*feature) + sizeof(*held));
	feature->argsz = sizeof(*feature) + sizeof(*held) + room * sizeof(held->entries[0]);
	feature->flags = flags | VFIO_DAIS_FEATURE_HELD;
	held->n_entries = room;
	return ioctl(device, VFIO_DEVICE_FEATURE, feature);
}

static void list(int device)
{
	static const char *const kinds[] = { "", "supply", "domain", "clock", "reset" };
	static const char *const states[] = { "unknown", "off", "on" };
	static union {
		struct vfio_device_feature feature;
		char room[sizeof(struct vfio_device_feature) + sizeof(struct vfio_dais_held) +
			  N_ENTRIES * sizeof(struct vfio_dais_held_entry)];
	} all;
	struct vfio_dais_held *held = (struct vfio_dais_held *)all.feature.data;
	unsigned int n;

	MUST(!feature(device, &all.feature, VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_PROBE,
		      0));
	MUST(feature(device, &all.feature, VFIO_DEVICE_FEATURE_SET, 0) && errno == EINVAL);
	MUST(!feature(device, &all.feature, VFIO_DEVICE_FEATURE_GET, 0));
	n = held->n_entries;
	MUST(!feature(device, &all.feature, VFIO_DEVICE_FEATURE_GET, N_ENTRIES) &&
	     held->n_entries == n);
	for (unsigned int i = 0; i < n && i < N_ENTRIES; i++)
		printf("%s %s %s %llu\n", kinds[held->entries[i].kind], held->entries[i].name,
		       states[held->entries[i].state], (unsigned long long)held->entries[i].value);
	/* One less than there are: the first ones, and how many there would be. */
	if (n) {
		MUST(!feature(device, &all.feature, VFIO_DEVICE_FEATURE_GET, n - 1) &&
		     held->n_entries == n);
		/* More than there is room for */
		all.feature.argsz -= 1;
		held->n_entries = n - 1;
		MUST(ioctl(device, VFIO_DEVICE_FEATURE, &all.feature) && errno == EINVAL);
	}
}

static sigjmp_buf touched;

static void on_sigbus(int signal)
{
	siglongjmp(touched, signal);
}

static volatile uint32_t *map(int device)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, device, 0);

	MUST(at != MAP_FAILED);
	return at;
}

static const char *touch_mapped(volatile uint32_t *at)
{
	if (sigsetjmp(touched, 1))
		return "SIGBUS";
	(void)*at;
	return "well";
}

static const char *touch_by_call(int device, bool is_write)
{
	uint32_t value = 0;
	ssize_t n = is_write ? pwrite(device, &value, 4, 4) : pread(device, &value, 4, 0);

	return n == 4 ? "well" : strerrorname_np(errno);
}

static void touch(int device, volatile uint32_t *old)
{
	volatile uint32_t *new = map(device);

	printf("touched: read %s", touch_by_call(device, false));
	printf(" write %s new %s", touch_by_call(device, true), touch_mapped(new));
	printf(" old %s\n", touch_mapped(old));
	fflush(stdout);
	munmap((void *)new, 4096);
}

int main(int argc, char **argv)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	volatile uint32_t *old;
	int device;
	char c;

	MUST(argc == 2);
	device = open_device(argv[1]);
	MUST(device >= 0);
	list(device);
	MUST(!ioctl(device, VFIO_DEVICE_GET_INFO, &info));
	if (info.flags & VFIO_DEVICE_FLAGS_RESET) {
		MUST(!ioctl(device, VFIO_DEVICE_RESET));
		puts("reset");
	} else {
		MUST(ioctl(device, VFIO_DEVICE_RESET) && errno == EINVAL);
	}
	signal(SIGBUS, on_sigbus);
	old = map(device);
	touch_mapped(old);
	puts("open");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		if (c == '\n')
			touch(device, old);
	return 0;
}
