// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/nodes/shadow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fdt/host/facts.h"
#include "fdt/host/reference.h"
#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

/* No syscon of Debian's trees is larger than 1 MiB but for memory and whole buses. */
#define MAX_SIZE ((uint64_t)1 << 20)
/* A line of the kernel's list for each byte. */
#define MAX_LIST ((size_t)64 << 20)

static unsigned int count(const struct vfio_shadows *shadows)
{
	return BUILT(SYSCON) ? shadows->n : 0;
}

/*
 * Where the kernel tells: its regmap, which is there once a driver has asked for it
 * (of_syscon_register() in drivers/mfd/syscon.c, regmap_debugfs_init() of Linux 6.12). @digits: of
 * its physical addresses.
 */
static void registers_path(const struct host_node *node, int digits, char *path, size_t size)
{
	struct range region = { 0, 0 };

	host_region(node, 0, &region);
	snprintf(path, size, "/sys/kernel/debug/regmap/dummy-%.*s@0x%0*" PRIx64 "/registers",
		 (int)strcspn(node->name, "@"), node->name, digits, region.start);
}

static bool find_registers(const struct host_node *node, char *path, size_t size)
{
	for (int digits = 16; digits >= 8; digits -= 8) {
		registers_path(node, digits, path, size);
		if (file_exists("%s", path))
			return true;
	}
	return false;
}

static int add(struct vfio_shadows *shadows, const struct host_node *device,
	       const struct host_node *node, bool live, const char *name, struct err *err)
{
	struct vfio_shadow *wanted;
	struct graft_shadow *guest;
	struct range region = { 0, 0 };
	char path[256];

	for (unsigned int i = 0; i < shadows->n; i++)
		if (shadows->wanted[i].device == device && shadows->guest[i].node == node)
			return 0; /* by another of its properties */
	wanted = array_add(shadows->wanted, shadows->n);
	guest = array_add(shadows->guest, shadows->n);
	if (!wanted || !guest)
		return err_set(err, ENOMEM, "list stand-ins");
	if (!node || !host_region(node, 0, &region) || !region.size || region.size > MAX_SIZE) {
		err_usage(err, "syscon.%s=shadow: nothing can stand in for what it names", name);
		err_why(err, "%s",
			!node                    ? "it is no node of the host's tree"
			: region.size > MAX_SIZE ? "its registers are more than 1 MiB"
						 : "it has no registers of its own");
		return err_fix(err, "\"dais plan\" names what a device can be given");
	}
	*wanted = (struct vfio_shadow){ .device = device, .size = region.size };
	snprintf(wanted->name, sizeof(wanted->name), "stand-in for %.64s", node->name);
	*guest = (struct graft_shadow){ .node = node,
					.guest = { region.start, region.size },
					.known = live && find_registers(node, path, sizeof(path)) };
	shadows->n++;
	return 0;
}

const struct host_node *vfio_node_named(const struct host_tree *tree,
					const struct host_node *device, const char *name,
					const char **last)
{
	const char *slash = strrchr(name, '/');
	char above[512] = "", path[1024];

	*last = slash ? slash + 1 : name;
	if (!slash)
		return device;
	if (name[0] != '/')
		host_node_path(device, above, sizeof(above));
	snprintf(path, sizeof(path), "%s%s%.*s", above, above[0] ? "/" : "", (int)(slash - name),
		 name);
	return host_tree_find(tree, path);
}

int vfio_shadows_add(struct vfio_shadows *shadows, const struct host_tree *tree, bool live,
		     const struct host_node *device, const char *what,
		     const struct vfio_answers *answers, struct err *err)
{
	int ret = 0;

	if (!BUILT(SYSCON) && answers->n_syscons)
		return err_not_built(err, "SYSCON");
	for (unsigned int i = 0; BUILT(SYSCON) && i < answers->n_syscons && !ret; i++) {
		const char *name = answers->syscons[i], *last;
		const struct host_node *owner = vfio_node_named(tree, device, name, &last);
		const struct host_property *property = owner ? host_node_find(owner, last) : NULL;
		struct reference_list refs = { 0 };

		if (!property)
			ret = add(shadows, device, NULL, live, name, err);
		else if (reference_find(tree, owner, property, &refs, NULL))
			ret = err_set(err, ENOMEM, "list stand-ins");
		for (size_t k = 0; k < refs.n_refs && !ret; k++)
			ret = add(shadows, device, refs.refs[k].target, live, name, err);
		reference_list_destroy(&refs);
	}
	return ret ? err_prefix(err, "%s", what) : 0;
}

/* The first of those that stand in for the same. */
static unsigned int find_first(const struct vfio_shadows *shadows, unsigned int n)
{
	unsigned int first = 0;

	while (shadows->guest[first].node != shadows->guest[n].node)
		first++;
	return first;
}

int vfio_shadows_place(struct vfio_shadows *shadows, const struct host_node *device,
		       struct platform_bus *bus, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < count(shadows) && !ret; i++) {
		struct range *guest = &shadows->guest[i].guest;
		unsigned int first = find_first(shadows, i);

		if (shadows->wanted[i].device != device || first != i)
			continue;
		ret = platform_bus_place(bus, shadows->wanted[i].name, guest->size, 0,
					 PLATFORM_BUS_ANY, &guest->start, err);
		for (unsigned int k = i + 1; k < count(shadows); k++)
			if (find_first(shadows, k) == i)
				shadows->guest[k].guest = *guest;
	}
	return ret;
}

/* What it holds. */
static uint8_t *memory_of(const struct vfio_shadow *shadow)
{
	return shadow->initial + shadow->size;
}

/* Hosts are little-endian: the first bytes of a number are its low ones. */
static uint64_t shadow_read(void *opaque, uint64_t offset, unsigned int width)
{
	struct vfio_shadow *shadow = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&shadow->lock);
	uint64_t value = 0;

	memcpy(&value, memory_of(shadow) + offset, width);
	return value;
}

static void shadow_write(void *opaque, uint64_t offset, unsigned int width, uint64_t value)
{
	struct vfio_shadow *shadow = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&shadow->lock);

	memcpy(memory_of(shadow) + offset, &value, width);
}

static const struct mmio_ops shadow_ops = { shadow_read, shadow_write };

/* Lines "OFFSET: VALUE" in hex; what cannot be read has another value. */
static void parse(const struct host_node *node, const char *line, uint64_t size, uint8_t *bytes)
{
	unsigned int width = host_node_u32(node, "reg-io-width", 4);
	bool big = host_node_has(node, "big-endian");
	uint64_t offset, value;

	for (; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (sscanf(line, "%" SCNx64 ": %" SCNx64, &offset, &value) != 2 || width > 8 ||
		    offset >= size || width > size - offset)
			continue;
		for (unsigned int i = 0; i < width; i++)
			bytes[offset + i] = (uint8_t)(value >> 8 * (big ? width - 1 - i : i));
	}
}

/* Twice its size, zeros where the host does not tell; NULL: no memory. */
static uint8_t *read_initial(struct arena *arena, const struct vfio_shadow *shadow,
			     const struct graft_shadow *guest)
{
	uint8_t *bytes = arena_alloc(arena, 2 * shadow->size);
	owned_ptr char *text = NULL;
	char path[256];
	size_t size;

	if (bytes && guest->known && find_registers(guest->node, path, sizeof(path)) &&
	    !file_read(&text, &size, MAX_LIST, "%s", path))
		parse(guest->node, text, shadow->size, bytes);
	if (bytes)
		memcpy(bytes + shadow->size, bytes, shadow->size);
	return bytes;
}

int vfio_shadows_attach(struct vfio_shadows *shadows, const struct host_node *device, struct vm *vm,
			struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < count(shadows) && !ret; i++) {
		struct vfio_shadow *shadow = &shadows->wanted[i];
		const struct mmio_region region = { .gpa = shadows->guest[i].guest,
						    .name = shadow->name,
						    .ops = &shadow_ops,
						    .opaque = shadow };

		if (shadow->device != device || find_first(shadows, i) != i)
			continue;
		pthread_mutex_init(&shadow->lock, NULL);
		shadow->initial = read_initial(&shadows->initial, shadow, &shadows->guest[i]);
		ret = shadow->initial ? mmio_table_add(&vm->mmio, &region, err)
				      : err_set(err, ENOMEM, "%s", shadow->name);
	}
	return ret;
}

void vfio_shadows_reset(struct vfio_shadows *shadows, const struct host_node *device)
{
	for (unsigned int i = 0; i < count(shadows); i++)
		if (shadows->wanted[i].device == device && shadows->wanted[i].initial)
			memcpy(memory_of(&shadows->wanted[i]), shadows->wanted[i].initial,
			       shadows->wanted[i].size);
}

void vfio_shadows_of(const struct vfio_shadows *shadows, const struct host_node *device,
		     struct graft_facts *facts)
{
	facts->shadows = NULL;
	facts->n_shadows = 0;
	for (unsigned int i = 0; i < count(shadows); i++) {
		if (shadows->wanted[i].device != device)
			continue;
		if (!facts->n_shadows++)
			facts->shadows = &shadows->guest[i];
	}
}

void vfio_shadows_destroy(struct vfio_shadows *shadows)
{
	arena_free(&shadows->initial);
	free(shadows->wanted);
	free(shadows->guest);
	*shadows = (struct vfio_shadows){ 0 };
}
