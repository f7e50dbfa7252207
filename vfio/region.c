// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/region.h"

#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>

#include "devices/platform_bus.h"
#include "vfio/iommu/info_cap.h"
#include "vmm/base/array.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/core/mmio.h"
#include "vmm/core/vm.h"

/* An access is done; @ret: how many bytes of it. */
static void accessed(struct vfio_region *region, bool is_write, uint64_t offset, unsigned int width,
		     ssize_t ret)
{
	if (region->accessed)
		region->accessed(region->accessed_opaque, region, offset, width, is_write);
	if (ret == (ssize_t)width)
		return;
	log_within(&region->failures, LOG_WARN, "%s: %u-byte %s at offset %#" PRIx64 " failed: %s",
		   region->name, width, is_write ? "write" : "read", offset,
		   ret < 0 ? strerrordesc_np((int)-ret) : "cut short");
}

/*
 * The register, where dais has it mapped although the guest has not: what most accesses are is done
 * without a system call. NULL: pread and pwrite do it. @flag: VFIO_REGION_INFO_FLAG_READ or _WRITE.
 */
static volatile uint32_t *find_register(const struct vfio_region *region, uint32_t flag,
					uint64_t offset, unsigned int width)
{
	if (BUILT(VFIO_IRQ_EVENTFD) + BUILT(VFIO_IRQ_PROBE) == 0 || /* then nothing mapped traps */
	    region->by_file || width != sizeof(uint32_t) || offset % width ||
	    !(region->flags & flag))
		return NULL;
	for (unsigned int i = 0; i < region->n_areas; i++) {
		const struct vfio_area *area = &region->areas[i];

		if (area->hva && range_contains(area->range, (struct range){ offset, width }))
			return (void *)((char *)area->hva + (offset - area->range.start));
	}
	return NULL;
}

/* To touch a device that is off hangs many a machine. */
static bool is_off(struct vfio_region *region)
{
	if (!BUILT(SCMI) || !__atomic_load_n(&region->off, __ATOMIC_ACQUIRE))
		return false;
	__atomic_fetch_add(&region->n_off, 1, __ATOMIC_RELAXED);
	return true;
}

/* Hosts are little-endian: the first bytes of a number are its low ones. */
static uint64_t region_read(void *opaque, uint64_t offset, unsigned int width)
{
	struct vfio_region *region = opaque;
	volatile uint32_t *reg = find_register(region, VFIO_REGION_INFO_FLAG_READ, offset, width);
	uint64_t value = 0;
	ssize_t ret = width;

	if (is_off(region))
		return UINT64_MAX;
	if (reg)
		value = *reg;
	else
		ret = sys_pread(region->device_fd, &value, width,
				(off_t)(region->file_offset + offset));
	accessed(region, false, offset, width, ret);
	return ret == (ssize_t)width ? value : 0;
}

static void region_write(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	struct vfio_region *region = opaque;
	volatile uint32_t *reg = find_register(region, VFIO_REGION_INFO_FLAG_WRITE, offset, width);
	ssize_t ret = width;

	if (is_off(region))
		return;
	if (reg)
		*reg = (uint32_t)value;
	else
		ret = sys_pwrite(region->device_fd, &value, width,
				 (off_t)(region->file_offset + offset));
	accessed(region, true, offset, width, ret);
}

static const struct mmio_ops region_ops = {
	.read = region_read,
	.write = region_write,
};

/* As @like traps; NULL: not. */
static int add_area(struct vfio_region *region, struct range range, const struct vfio_area *like,
		    struct err *err)
{
	const struct vfio_area new = { .range = range,
				       .slot = -1,
				       .rest = like ? like->rest : VFIO_TRAP_NOTHING,
				       .trap = like ? like->trap : VFIO_TRAP_NOTHING };
	struct range whole = { 0, region->size };

	if (!range_valid(range) || !range_contains(whole, range) ||
	    !is_aligned(range.start | range.size, sys_page_size()))
		return 0;
	return array_append(region->areas, region->n_areas, &new)
		       ? err_set(err, ENOMEM, "%s", region->name)
		       : 0;
}

/* What the kernel would map: all of it, or the areas of the sparse mmap capability. */
static int find_areas(struct vfio_region *region, const struct vfio_region_info *info,
		      struct err *err)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse = NULL;
	int ret = 0;

	if (!(info->flags & VFIO_REGION_INFO_FLAG_MMAP))
		return 0;
	region->page_offset = 0; /* the flag says so: vfio_platform_regions_init() */
	if (info->flags & VFIO_REGION_INFO_FLAG_CAPS)
		sparse = vfio_info_cap(info, info->argsz, info->cap_offset,
				       VFIO_REGION_INFO_CAP_SPARSE_MMAP, sizeof(*sparse));
	if (!sparse)
		return add_area(region, (struct range){ 0, region->size }, NULL, err);
	if (sparse->nr_areas >
	    vfio_info_cap_room(info, info->argsz, sparse->areas) / sizeof(sparse->areas[0]))
		return err_set(err, EPROTO, "%s: list of areas", region->name);
	for (uint32_t i = 0; i < sparse->nr_areas && !ret; i++)
		ret = add_area(region,
			       (struct range){ sparse->areas[i].offset, sparse->areas[i].size },
			       NULL, err);
	return ret;
}

static int apply_mmap_setting(struct vfio_region *region, struct err *err)
{
	char size[32];

	if (region->n_areas) {
		if (region->mmap == VFIO_MMAP_OFF)
			region->n_areas = 0;
		return 0;
	}
	if (region->mmap == VFIO_MMAP_ON) {
		err_usage(err, "mmap=on: %s cannot be mapped", region->name);
		err_why(err,
			"only whole pages of %zu bytes can be; it has %" PRIu64
			" bytes at offset %#" PRIx64 " of a page",
			sys_page_size(), region->size, region->page_offset);
		return err_fix(err, "leave mmap out for this region: each access is then trapped");
	}
	if (region->mmap == VFIO_MMAP_AUTO)
		log_info("%s (%s) does not fill whole pages: its accesses are trapped",
			 region->name, str_size(region->size, size));
	return 0;
}

int vfio_region_query(struct vfio_region *region, int device_fd, unsigned int index,
		      struct err *err)
{
	owned_ptr struct vfio_region_info *info = NULL;
	const struct vfio_region_info ask = { .argsz = sizeof(ask), .index = index };
	int ret = vfio_info_read(device_fd, VFIO_DEVICE_GET_REGION_INFO, &ask, sizeof(ask),
				 (void **)&info);

	if (ret < 0)
		return err_set(err, ret, "VFIO_DEVICE_GET_REGION_INFO of %s", region->name);
	pthread_mutex_init(&region->lock, NULL);
	region->device_fd = device_fd;
	region->size = info->size;
	region->file_offset = info->offset;
	region->flags = info->flags;
	if (!region->size ||
	    !(region->flags & (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE))) {
		err_set(err, 0, "%s can be neither read nor written", region->name);
		err_why(err, "the kernel's VFIO driver serves memory only, no I/O ports");
		return err_host(err);
	}
	ret = find_areas(region, info, err);
	return ret ? ret : apply_mmap_setting(region, err);
}

void vfio_region_put(struct vfio_region *region, uint64_t gpa)
{
	region->gpa = gpa;
	trace_line(TRACE_VFIO, "%s: size %#" PRIx64 " at gpa %#" PRIx64 ", %s", region->name,
		   region->size, gpa, region->n_areas ? "mapped" : "trapped");
}

static void raise_trap(struct vfio_area *area, enum vfio_trap trap, bool always)
{
	if (area->trap < trap)
		area->trap = trap;
	if (always && area->rest < trap)
		area->rest = trap;
}

/* The page of @offset becomes @area; what was around it there is two more, which trap as before. */
static int split_area(struct vfio_region *region, unsigned int i, uint64_t offset, struct err *err)
{
	const uint64_t size = sys_page_size(), page = round_down_to(offset, size);
	const struct vfio_area old = region->areas[i];
	const struct range before = { old.range.start, page - old.range.start };
	const struct range after = { page + size, old.range.start + old.range.size - page - size };

	region->areas[i].range = (struct range){ page, size };
	return add_area(region, before, &old, err) ?: add_area(region, after, &old, err);
}

int vfio_region_trappable(struct vfio_region *region, uint64_t offset, enum vfio_trap trap,
			  bool always, struct err *err)
{
	for (unsigned int i = 0; i < region->n_areas; i++) {
		int ret = 0;

		if (offset != VFIO_REGION_ALL) {
			if (!range_contains(region->areas[i].range, (struct range){ offset, 1 }))
				continue;
			ret = split_area(region, i, offset, err);
		}
		/* two interrupts with one page, or only one with eoi=: the stricter */
		raise_trap(&region->areas[i], trap, always);
		if (ret || offset != VFIO_REGION_ALL)
			return ret;
	}
	return 0;
}

/* A slot cannot change between read-only and not, so it is emptied first. */
static int change_slot(struct vfio_region *region, struct vfio_area *area, struct vm *vm,
		       enum vfio_trap want)
{
	bool read_only = !(region->flags & VFIO_REGION_INFO_FLAG_WRITE) || want == VFIO_TRAP_WRITES;
	uint64_t gpa = region->gpa + area->range.start;
	int ret = 0;

	if (area->now == want)
		return 0;
	if (area->now != VFIO_TRAP_ALL)
		ret = vm_memslot_change(vm, area->slot, gpa, area->range.size, NULL, false);
	if (ret)
		return ret;
	area->now = VFIO_TRAP_ALL;
	if (want != VFIO_TRAP_ALL)
		ret = vm_memslot_change(vm, area->slot, gpa, area->range.size, area->hva,
					read_only);
	if (!ret)
		area->now = want;
	return ret;
}

/* With the region's lock */
static int change_slots(struct vfio_region *region, struct vm *vm)
{
	int ret = 0;

	for (unsigned int i = 0; i < region->n_areas && !ret; i++)
		ret = change_slot(region, &region->areas[i], vm,
				  region->off ? VFIO_TRAP_ALL : region->areas[i].wanted);
	return ret;
}

int vfio_region_trap(struct vfio_region *region, struct vm *vm, bool on, struct err *err)
{
	owned_lock pthread_mutex_t *lock = take_lock(&region->lock);
	int ret;

	for (unsigned int i = 0; i < region->n_areas; i++) {
		struct vfio_area *area = &region->areas[i];

		area->wanted = on ? area->trap : area->rest;
	}
	ret = change_slots(region, vm);
	if (!ret)
		return 0;
	return err_set(err, ret, "%s: %s", region->name, on ? "trap accesses" : "map it again");
}

int vfio_region_set_off(struct vfio_region *region, struct vm *vm, bool off)
{
	owned_lock pthread_mutex_t *lock = take_lock(&region->lock);

	__atomic_store_n(&region->off, off, __ATOMIC_RELEASE);
	return change_slots(region, vm);
}

static int map_area(struct vfio_region *region, struct vfio_area *area, struct vm *vm,
		    struct err *err)
{
	bool writable = region->flags & VFIO_REGION_INFO_FLAG_WRITE;
	bool readable = region->flags & VFIO_REGION_INFO_FLAG_READ;
	int ret = sys_mmap(NULL, area->range.size,
			   (readable ? PROT_READ : 0) | (writable ? PROT_WRITE : 0), MAP_SHARED,
			   region->device_fd, (off_t)(region->file_offset + area->range.start),
			   &area->hva);

	if (ret) {
		area->hva = NULL;
		err_set(err, ret, "mmap %s", region->name);
		err_why(err, "the kernel says that it can be mapped and then does not");
		err_fix(err, "mmap=off traps each access instead, which is slow");
		return err_host(err);
	}
	area->wanted = area->now = area->rest;
	if (area->rest == VFIO_TRAP_ALL)
		return 0;
	ret = vm_memslot_add(vm, region->gpa + area->range.start, area->range.size, area->hva,
			     !writable || area->rest == VFIO_TRAP_WRITES, region->name, err);
	if (ret < 0)
		return ret;
	area->slot = ret;
	return 0;
}

int vfio_region_attach(struct vfio_region *region, struct vm *vm, struct err *err)
{
	const struct mmio_region mmio = {
		.gpa = { region->gpa, region->size },
		.name = region->name,
		.ops = &region_ops,
		.opaque = region,
		.memslot_mapped = region->n_areas,
	};
	int ret = mmio_table_add(&vm->mmio, &mmio, err);

	for (unsigned int i = 0; i < region->n_areas && !ret; i++)
		ret = map_area(region, &region->areas[i], vm, err);
	return ret;
}

void vfio_region_detach(struct vfio_region *region, struct vm *vm)
{
	for (unsigned int i = region->n_areas; i-- > 0;) {
		struct vfio_area *area = &region->areas[i];

		if (area->slot >= 0 && area->now != VFIO_TRAP_ALL)
			vm_memslot_change(vm, area->slot, 0, 0, NULL, false);
		if (area->hva)
			sys_munmap(area->hva, area->range.size);
		area->slot = -1;
		area->hva = NULL;
	}
}

void vfio_region_destroy(struct vfio_region *region)
{
	pthread_mutex_destroy(&region->lock);
	free(region->areas);
	region->areas = NULL;
	region->n_areas = 0;
}
