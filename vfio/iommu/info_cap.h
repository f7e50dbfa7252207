/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_IOMMU_INFO_CAP_H
#define VFIO_IOMMU_INFO_CAP_H

#include <stddef.h>
#include <stdint.h>

/*
 * VFIO's *_INFO ioctls: a struct that begins with argsz, and behind it a chain of capabilities,
 * each with the offset of the next from the struct's start (struct vfio_info_cap_header in
 * <linux/vfio.h>).
 */

/*
 * Do @request on @fd with a copy of @arg (@size bytes, argsz set), again with as much room as the
 * kernel asks for. On success *info is the caller's to free, of the larger of @size and its argsz
 * bytes. Returns as sys_ioctl.
 */
int vfio_info_read(int fd, unsigned long request, const void *arg, uint32_t size, void **info);

/*
 * The capability @id of @info, at least @min_size bytes of it inside @info_size, or NULL. The chain
 * begins at @offset bytes of it; 0: there is none.
 */
const void *vfio_info_cap(const void *info, size_t info_size, uint32_t offset, uint16_t id,
			  size_t min_size);

/* Bytes from @from, inside @info, to the end of @info. */
size_t vfio_info_cap_room(const void *info, size_t info_size, const void *from);

#endif
