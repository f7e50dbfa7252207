// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hostile.c does to a device. To an edu it writes only what raises and acknowledges its
 * interrupt: of its DMA QEMU would end, and its factorials take long.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "kernel/module/uapi/vfio_dais.h"
#include "tests/system/hostile.h"

#define ARENA    (64 * PAGE) /* what follows it cannot be touched */
#define N_EVENTS 8

static unsigned char *arena;
static int events[N_EVENTS];

uint32_t hostile_random(struct worker *w, uint32_t n)
{
	w->state ^= w->state << 13;
	w->state ^= w->state >> 7;
	w->state ^= w->state << 17;
	return (uint32_t)(w->state >> 16) % n;
}

uint64_t hostile_odd_number(struct worker *w)
{
	static const uint64_t odd[] = {
		0,
		1,
		2,
		3,
		4,
		7,
		8,
		12,
		16,
		24,
		32,
		40,
		48,
		64,
		100,
		255,
		256,
		4095,
		4096,
		4097,
		8192,
		65536,
		0xfffff,
		0x100000,
		0x7fffffff,
		0x80000000,
		0xfffffff0,
		0xffffffff,
		0x100000000,
		REGION - 1,
		REGION,
		REGION + 4096,
		2 * REGION,
		255 * REGION,
		0x7fffffffffffffff,
		0x8000000000000000,
		0xfffffffffffff000,
		0xffffffffffffffff,
	};

	return odd[hostile_random(w, sizeof(odd) / sizeof(odd[0]))] +
	       (hostile_random(w, 8) ? 0 : (uint64_t)(int64_t)(hostile_random(w, 9) - 4));
}

void hostile_prepare(struct worker *w)
{
	arena = mmap(NULL, ARENA + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	/* Nor may a device be mapped there: the kernel would write to it in any width. */
	mprotect(arena + ARENA, PAGE, PROT_NONE);
	for (size_t i = 0; i < ARENA / 2; i++)
		arena[i] = (unsigned char)hostile_random(w, 256);
	for (int i = 0; i < N_EVENTS; i++)
		events[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
}

/* Room for @size bytes, sometimes less, or none at all */
static void *odd_buffer(struct worker *w, size_t size)
{
	switch (hostile_random(w, 12)) {
	case 0:
		return NULL;
	case 1:
		return (void *)hostile_odd_number(w);
	case 2:
		return arena + ARENA - hostile_random(w, (uint32_t)size + 1);
	default:
		return arena + hostile_random(w, ARENA - 8 * PAGE);
	}
}

static int event_of(struct worker *w)
{
	return hostile_random(w, 6) ? events[hostile_random(w, N_EVENTS)]
				    : (int)hostile_random(w, 40) - 3;
}

static void set_irqs(struct worker *w)
{
	union {
		struct vfio_irq_set set;
		int32_t words[sizeof(struct vfio_irq_set) / sizeof(int32_t) + 4];
	} s = { .set = { .argsz = sizeof(s.set) + sizeof(int32_t), .count = 1 } };
	int32_t *data = s.words + sizeof(s.set) / sizeof(int32_t);

	s.set.flags = 1u << hostile_random(w, 3) | 8u << hostile_random(w, 3);
	if (s.set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		data[0] = event_of(w);
	else
		data[0] = (int32_t)hostile_random(w, 2);
	switch (hostile_random(w, 8)) {
	case 0:
		s.set.argsz = (uint32_t)hostile_odd_number(w);
		break;
	case 1:
		s.set.flags = (uint32_t)hostile_odd_number(w);
		break;
	case 2:
		s.set.index = (uint32_t)hostile_odd_number(w);
		break;
	case 3:
		s.set.start = (uint32_t)hostile_odd_number(w);
		break;
	case 4:
		s.set.count = (uint32_t)hostile_odd_number(w);
		break;
	default:
		s.set.index = hostile_random(w, 3);
	}
	ioctl(w->victim->fd, VFIO_DEVICE_SET_IRQS, &s);
}

static void feature(struct worker *w)
{
	union {
		struct vfio_device_feature head;
		uint64_t words[sizeof(struct vfio_device_feature) / sizeof(uint64_t) + 12];
	} f = { .head = { .argsz = sizeof(f) } };
	uint64_t *data = f.words + sizeof(f.head) / sizeof(uint64_t);
	uint32_t which = hostile_random(w, 5);

	f.head.flags =
		which == 4 ? (uint32_t)hostile_odd_number(w) : VFIO_DAIS_FEATURE_HELD + which;
	f.head.flags |= 1u << (16 + hostile_random(w, 3));
	if (!hostile_random(w, 6))
		f.head.flags = (uint32_t)hostile_odd_number(w);
	for (size_t i = 0; i < 12; i++)
		data[i] = hostile_random(w, 3) ? 0 : hostile_odd_number(w);
	if (which == 0)
		data[0] = hostile_random(w, 12);
	if (hostile_random(w, 2)) {
		data[0] = (uintptr_t)arena + hostile_random(w, 64) * PAGE;
		data[1] = hostile_random(w, 16) * PAGE;
	}
	if (!hostile_random(w, 8))
		f.head.argsz = (uint32_t)hostile_odd_number(w);
	ioctl(w->victim->fd, VFIO_DEVICE_FEATURE, &f);
	/* What was told of a page, for the feature that takes it back */
	f.head.flags = VFIO_DEVICE_FEATURE_SET | VFIO_DAIS_FEATURE_UNPIN;
	data[0] = data[2];
	if (hostile_random(w, 2))
		ioctl(w->victim->fd, VFIO_DEVICE_FEATURE, &f);
}

/* Any number, any argument; of the group and the container, too */
static void any_ioctl(struct worker *w)
{
	const int fds[] = { w->victim->fd, w->victim->fd, w->victim->fd, w->victim->group,
			    w->victim->container };
	uint32_t *words = odd_buffer(w, 64);
	unsigned long command = (unsigned long)_IO(VFIO_TYPE, VFIO_BASE + hostile_random(w, 26));

	if ((unsigned char *)words >= arena && (unsigned char *)words < arena + ARENA - PAGE)
		for (uint32_t i = 0, n = hostile_random(w, 16); i < n; i++)
			words[i] = (uint32_t)hostile_odd_number(w);
	if (!hostile_random(w, 10))
		command = hostile_odd_number(w);
	ioctl(fds[hostile_random(w, 5)], command, words);
}

static void information(struct worker *w)
{
	struct vfio_region_info region = { .argsz = sizeof(region) };
	struct vfio_irq_info irq = { .argsz = sizeof(irq) };

	region.index =
		hostile_random(w, 2) ? hostile_random(w, 3) : (uint32_t)hostile_odd_number(w);
	irq.index = region.index;
	if (!hostile_random(w, 4))
		region.argsz = irq.argsz = (uint32_t)hostile_odd_number(w);
	ioctl(w->victim->fd, VFIO_DEVICE_GET_REGION_INFO, &region);
	ioctl(w->victim->fd, VFIO_DEVICE_GET_IRQ_INFO, &irq);
}

/* What the device bears of an offset, or a size */
static uint64_t whole(const struct worker *w, uint64_t n)
{
	return w->victim->words_only ? n & ~3ULL : n;
}

static void read_or_write(struct worker *w)
{
	uint64_t at = hostile_random(w, 2) ? hostile_random(w, 0x1000) : hostile_odd_number(w);
	size_t size = hostile_random(w, 2) ? hostile_random(w, 40) : hostile_odd_number(w);
	void *buffer = odd_buffer(w, size > PAGE ? PAGE : size);

	at = whole(w, at);
	size = whole(w, size > 8192 ? 8192 : size); /* it is slow */
	if (hostile_random(w, 2)) {
		pread(w->victim->fd, buffer, size, (off_t)at);
		return;
	}
	if ((at & (REGION - 1)) < NO_REGISTERS) {
		at = (at & ~(REGION - 1)) + IRQ_REGISTERS + (at & 7);
		size = size > 8 - (at & 7) ? 8 - (at & 7) : size;
	}
	pwrite(w->victim->fd, buffer, size, (off_t)at);
}

/* There and back, in a message that is perhaps never received */
static void send_and_receive(struct worker *w)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec io = { &byte, 1 };
	struct msghdr message = { .msg_iov = &io,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	int ends[2], fd;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return;
	memcpy(CMSG_DATA(&control.head), &w->victim->fd, sizeof(int));
	if (sendmsg(ends[0], &message, 0) > 0 && hostile_random(w, 3) &&
	    recvmsg(ends[1], &message, MSG_DONTWAIT) > 0 && message.msg_controllen) {
		memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
		pread(fd, arena, 4, 0);
		close(fd);
	}
	close(ends[0]);
	close(ends[1]);
}

static void descriptors(struct worker *w)
{
	struct pollfd poll_fd = { w->victim->fd, (short)hostile_random(w, 64), 0 };
	int fd;

	switch (hostile_random(w, 6)) {
	case 0:
		fd = dup(w->victim->fd);
		pread(fd, arena, 4, 0);
		close(fd);
		break;
	case 1:
		/* another one of the same device, where the kernel gives it */
		fd = ioctl(w->victim->group, VFIO_GROUP_GET_DEVICE_FD, w->victim->name);
		pread(fd, arena, 4, 0);
		if (hostile_random(w, 4))
			close(fd);
		break;
	case 2:
		poll(&poll_fd, 1, 0);
		lseek(w->victim->fd, (off_t)whole(w, hostile_odd_number(w)),
		      (int)hostile_random(w, 4));
		read(w->victim->fd, arena, whole(w, hostile_random(w, 20)));
		break;
	case 3:
		sendfile(events[0], w->victim->fd, &(off_t){ 0 }, whole(w, hostile_random(w, 20)));
		ftruncate(w->victim->fd, (off_t)hostile_odd_number(w));
		break;
	case 4:
		fd = hostile_random(w, N_EVENTS); /* of which interrupts may hang */
		close(events[fd]);
		events[fd] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		break;
	default:
		send_and_receive(w);
	}
}

static void memory(struct worker *w)
{
	struct vfio_iommu_type1_dma_map map = { .argsz = sizeof(map), .flags = 3 };
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap) };

	map.vaddr = (uintptr_t)arena + hostile_random(w, 60) * PAGE;
	map.iova = (0x100000 + hostile_random(w, 64)) * PAGE;
	map.size = (1 + hostile_random(w, 8)) * PAGE;
	unmap.iova = map.iova;
	unmap.size = map.size;
	ioctl(w->victim->container, VFIO_IOMMU_MAP_DMA, &map);
	if (hostile_random(w, 2))
		ioctl(w->victim->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

void hostile_op(struct worker *w)
{
	static void (*const ops[])(struct worker *) = {
		set_irqs,      set_irqs,    feature,     any_ioctl,   information, read_or_write,
		read_or_write, hostile_map, hostile_map, descriptors, memory,
	};
	uint32_t which = hostile_random(w, 128);

	if (which < 120) {
		ops[which % (sizeof(ops) / sizeof(ops[0]))](w);
	} else if (which < 124) {
		ioctl(w->victim->fd, VFIO_DEVICE_RESET);
	} else {
		uint64_t one = 1;

		write(events[hostile_random(w, N_EVENTS)], &one, sizeof(one));
	}
}
