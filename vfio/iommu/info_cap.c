// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/iommu/info_cap.h"

#include <errno.h>
#include <linux/vfio.h>
#include <string.h>

#include "vmm/base/own.h"

/* No answer of the kernel comes near it. */
#define MAX_INFO_SIZE (1U << 20)

int vfio_info_read(int fd, unsigned long request, const void *arg, uint32_t size, void **info)
{
	uint32_t room = size;

	for (;;) {
		owned_ptr char *buf = calloc(1, room);
		uint32_t wanted;
		int ret;

		if (!buf)
			return -ENOMEM;
		memcpy(buf, arg, size);
		memcpy(buf, &room, sizeof(room));
		ret = sys_ioctl(fd, request, buf);
		if (ret < 0)
			return ret;
		memcpy(&wanted, buf, sizeof(wanted));
		if (wanted > MAX_INFO_SIZE)
			return -EPROTO;
		if (wanted <= room) {
			memcpy(buf, &room, sizeof(room));
			*info = take_ptr(&buf);
			return 0;
		}
		room = wanted;
	}
}

const void *vfio_info_cap(const void *info, size_t info_size, uint32_t offset, uint16_t id,
			  size_t min_size)
{
	/*
	 * Offsets grow along the chain; one that does not would be a loop. Kernels before 6.6 may
	 * put a capability at an odd multiple of 4, where it cannot be read as a struct: as good as
	 * none.
	 */
	for (uint32_t last = 0; offset > last && offset % sizeof(uint64_t) == 0;) {
		const struct vfio_info_cap_header *header;

		if (offset > info_size || info_size - offset < sizeof(*header))
			return NULL;
		header = (const void *)((const char *)info + offset);
		if (header->id == id)
			return info_size - offset >= min_size ? header : NULL;
		last = offset;
		offset = header->next;
	}
	return NULL;
}

size_t vfio_info_cap_room(const void *info, size_t info_size, const void *from)
{
	return info_size - (size_t)((const char *)from - (const char *)info);
}
