// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/guest/overlay.h"

#include <libfdt.h>
#include <string.h>

#include "fdt/builder.h"
#include "fdt/host/tree.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

#define SYMBOLS "/__symbols__"
#define FIXUPS  "/__fixups__"

/* Room for node headers, names and "/__symbols__" itself, on top of what the overlay has. */
#define ROOM 4096

static int fail(struct err *err, const struct overlay *overlay, const char *doing, int fdt_error)
{
	if (fdt_error == -FDT_ERR_NOSPACE)
		return err_set(err, ENOMEM, "%s overlay %s", doing, overlay->path);
	return err_usage(err, "%s overlay %s: %s", doing, overlay->path, fdt_strerror(fdt_error));
}

const char *overlay_symbol(const struct overlay *overlay, const char *label)
{
	int node = fdt_path_offset(overlay->blob, SYMBOLS), size;
	const char *path = node < 0 ? NULL : fdt_getprop(overlay->blob, node, label, &size);

	return path && size > 1 && path[size - 1] == '\0' && path[0] == '/' ? path : NULL;
}

static bool changes(const struct overlay *overlay, const char *label)
{
	int node = fdt_path_offset(overlay->blob, FIXUPS);

	return node >= 0 && fdt_getprop(overlay->blob, node, label, NULL);
}

bool overlay_brings(const struct overlay *overlay, const char *label)
{
	const char *path = overlay_symbol(overlay, label);

	return path && fdt_path_offset(overlay->blob, path) >= 0;
}

/* Labels that overlays find in every guest's tree, which crosvm promises: its create_gic_node()
 * (aarch64/src/fdt.rs of 2025). */
static const struct overlay_promise {
	const char *label;
	uint32_t phandle;
} promises[] = { { "intc", DT_PHANDLE_GIC } };

static bool is_promised(const char *label)
{
	for (size_t i = 0; i < n_elems(promises); i++)
		if (strcmp(promises[i].label, label) == 0)
			return true;
	return false;
}

/* How many labels the overlay has there, but for promised ones; *label is the last of them. */
static unsigned int find_labels(const void *blob, const char *path, const char **label)
{
	int node = fdt_path_offset(blob, path), property;
	unsigned int n = 0;

	if (node < 0)
		return 0;
	fdt_for_each_property_offset(property, blob, node)
	{
		const char *name = NULL;

		if (!fdt_getprop_by_offset(blob, property, &name, NULL) || is_promised(name))
			continue;
		*label = name;
		n++;
	}
	return n;
}

const char *overlay_label(const struct overlay *overlay)
{
	const char *label = NULL;
	unsigned int n;

	if (host_tree_check_blob(overlay->blob, overlay->size))
		return NULL;
	n = find_labels(overlay->blob, FIXUPS, &label)
		    ?: find_labels(overlay->blob, SYMBOLS, &label);
	return n == 1 ? label : NULL;
}

/*
 * libfdt takes the offsets in an overlay's __local_fixups__ and __fixups__ on trust
 * (fdt_overlay.c), so they are checked first. Their form: dtc's
 * Documentation/dt-object-internal.txt.
 */

/* Each property lists byte offsets of phandles in the property of the same name at @node. */
static bool check_offsets(const void *blob, int fixup, int node)
{
	const char *name = NULL;
	int size, value_size;
	const fdt32_t *offsets = fdt_getprop_by_offset(blob, fixup, &name, &size);

	if (!offsets || size % (int)sizeof(fdt32_t) || !fdt_getprop(blob, node, name, &value_size))
		return false;
	for (int i = 0; i < size / (int)sizeof(fdt32_t); i++) {
		uint64_t end = (uint64_t)fdt32_ld(&offsets[i]) + sizeof(fdt32_t);

		if (end > (uint64_t)value_size)
			return false;
	}
	return true;
}

/* The nodes of __local_fixups__ mirror the overlay's own. */
static bool check_local(const void *blob, int fixups, int node)
{
	int property, child;

	fdt_for_each_property_offset(property, blob, fixups)
	{
		if (!check_offsets(blob, property, node))
			return false;
	}
	fdt_for_each_subnode(child, blob, fixups)
	{
		int mirrored = fdt_subnode_offset(blob, node, fdt_get_name(blob, child, NULL));

		if (mirrored < 0 || !check_local(blob, child, mirrored))
			return false;
	}
	return true;
}

/* "PATH:PROPERTY:OFFSET", NUL-terminated. */
static bool check_place(const void *blob, const char *place)
{
	const char *property = strchr(place, ':');
	const char *offset = property ? strchr(property + 1, ':') : NULL;
	int node, size;
	char *end;
	unsigned long at;

	if (!offset)
		return false;
	at = strtoul(offset + 1, &end, 10);
	node = fdt_path_offset_namelen(blob, place, (int)(property - place));
	if (node < 0 || end == offset + 1 || *end ||
	    !fdt_getprop_namelen(blob, node, property + 1, (int)(offset - property - 1), &size))
		return false;
	return at <= INT32_MAX && (uint64_t)at + sizeof(fdt32_t) <= (uint64_t)size;
}

static bool check_places(const void *blob, int property)
{
	int size;
	const char *places = fdt_getprop_by_offset(blob, property, NULL, &size);
	const char *end = places + size;

	if (!places || size < 1 || places[size - 1] != '\0')
		return false;
	for (; places < end; places += strlen(places) + 1)
		if (!check_place(blob, places))
			return false;
	return true;
}

static bool fixups_are_sound(const void *blob)
{
	int local = fdt_path_offset(blob, "/__local_fixups__"), property;
	int fixups = fdt_path_offset(blob, "/__fixups__");

	if (local >= 0 && !check_local(blob, local, 0))
		return false;
	if (fixups < 0)
		return true;
	fdt_for_each_property_offset(property, blob, fixups)
	{
		if (!check_places(blob, property))
			return false;
	}
	return true;
}

int overlay_check(const struct overlay *overlay, const char *label, struct err *err)
{
	struct host_tree *tree = NULL;
	int ret = host_tree_parse(overlay->blob, overlay->size, overlay->path, &tree, err);

	host_tree_destroy(tree);
	if (!ret && !fixups_are_sound(overlay->blob))
		ret = fail(err, overlay, "read", -FDT_ERR_BADOVERLAY);
	if (ret) {
		err->status = EXIT_STATUS_USAGE;
		err_fix(err, "compile it with \"dtc -@ -O dtb\"");
		return ret;
	}
	if (overlay_brings(overlay, label) || changes(overlay, label))
		return 0;
	err_usage(err, "overlay %s does not name %s", overlay->path, label);
	err_why(err, "the label \"%s\" stands neither in its __symbols__ nor in its __fixups__",
		label);
	return err_fix(
		err, "compile it with \"dtc -@\", or say dt-symbol=LABEL with a label that it has");
}

static bool is_device(const struct overlay_device *devices, size_t n, const char *label)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(devices[i].label, label) == 0)
			return devices[i].path;
	return false;
}

/* libfdt only says that something was not found. */
static int check_labels(const struct overlay *overlay, const struct overlay_device *devices,
			size_t n, struct err *err)
{
	int fixups = fdt_path_offset(overlay->blob, FIXUPS), property;

	if (fixups < 0)
		return 0;
	fdt_for_each_property_offset(property, overlay->blob, fixups)
	{
		const char *label = NULL;

		fdt_getprop_by_offset(overlay->blob, property, &label, NULL);
		if (label && (is_promised(label) || is_device(devices, n, label)))
			continue;
		err_usage(err, "apply overlay %s: no device has the label %s", overlay->path,
			  label ?: "(none)");
		err_why(err, "it may name devices by their dt-symbol, and the GIC as intc");
		return err_fix(err, "give the device that it means dt-symbol=%s", label ?: "LABEL");
	}
	return 0;
}

/*
 * A label stands for its node's phandle; the graft writes none that nobody has asked for. The
 * overlay finds the node by the label.
 */
static int add_label(void *base, const char *label, const char *path)
{
	int node = fdt_path_offset(base, path), ret = 0;
	uint32_t phandle;

	if (node >= 0 && !fdt_get_phandle(base, node))
		ret = fdt_generate_phandle(base, &phandle)
			      ?: fdt_setprop_u32(base, node, "phandle", phandle);
	return ret ?: fdt_setprop_string(base, fdt_path_offset(base, SYMBOLS), label, path);
}

static int add_promised(void *base, const struct overlay_promise *promise)
{
	int node = fdt_node_offset_by_phandle(base, promise->phandle);
	char path[128];

	return node < 0 ? 0
			: fdt_get_path(base, node, path, sizeof(path))
				  ?: add_label(base, promise->label, path);
}

static int fill_node(void *blob, int node, const struct graft_facts *facts)
{
	void *cells;
	int ret = 0;

	if (facts->n_regions) {
		ret = fdt_setprop_placeholder(
			blob, node, "reg", (int)(facts->n_regions * 2 * sizeof(fdt64_t)), &cells);
		if (!ret)
			dt_put_ranges(cells, facts->regions, facts->n_regions);
	}
	if (!ret && facts->n_irqs) {
		ret = fdt_setprop_placeholder(blob, node, "interrupts",
					      (int)(facts->n_irqs * 3 * sizeof(fdt32_t)), &cells);
		if (!ret)
			graft_put_irqs(cells, facts->irqs, facts->n_irqs);
	}
	return ret;
}

/* Labels for @base; and the nodes that the overlay brings get what only dais knows. */
static int prepare(void *base, void *copy, const struct overlay *overlay,
		   const struct overlay_device *devices, size_t n)
{
	int symbols = fdt_add_subnode(base, 0, &SYMBOLS[1]), ret = symbols < 0 ? symbols : 0;

	for (size_t i = 0; i < n_elems(promises) && !ret; i++)
		ret = add_promised(base, &promises[i]);
	for (size_t i = 0; i < n && !ret; i++) {
		const char *path = overlay_symbol(overlay, devices[i].label);
		int node = path ? fdt_path_offset(copy, path) : -FDT_ERR_NOTFOUND;

		if (devices[i].path)
			ret = add_label(base, devices[i].label, devices[i].path);
		if (!ret && node >= 0)
			ret = fill_node(copy, node, &devices[i].facts);
	}
	return ret;
}

static size_t facts_size(const struct overlay_device *devices, size_t n)
{
	size_t size = 0;

	for (size_t i = 0; i < n; i++)
		size += devices[i].facts.n_regions * 2 * sizeof(fdt64_t) +
			devices[i].facts.n_irqs * 3 * sizeof(fdt32_t) + strlen(devices[i].label) +
			strlen(devices[i].path ?: "") + 128;
	return size;
}

static int merge(void *base, void *copy)
{
	int ret = fdt_overlay_apply(base, copy);
	int symbols = ret ? ret : fdt_path_offset(base, SYMBOLS);

	if (symbols >= 0) /* they served the overlay only */
		ret = fdt_del_node(base, symbols);
	return ret ?: fdt_pack(base);
}

int overlay_apply(void **blob, size_t *size, const struct overlay *overlay,
		  const struct overlay_device *devices, size_t n_devices, struct err *err)
{
	size_t room = facts_size(devices, n_devices) + ROOM;
	size_t copy_size = overlay->size + room, base_size = *size + 2 * overlay->size + 2 * room;
	owned_ptr void *copy = malloc(copy_size), *base = malloc(base_size);
	int ret = check_labels(overlay, devices, n_devices, err);

	if (ret)
		return ret;
	if (!copy || !base || base_size > INT_MAX)
		return fail(err, overlay, "apply", -FDT_ERR_NOSPACE);
	ret = fdt_open_into(overlay->blob, copy, (int)copy_size)
		      ?: fdt_open_into(*blob, base, (int)base_size)
		      ?: prepare(base, copy, overlay, devices, n_devices)
		      ?: merge(base, copy);
	if (ret)
		return fail(err, overlay, "apply", ret);
	free(*blob);
	*blob = take_ptr(&base);
	*size = fdt_totalsize(*blob);
	return 0;
}
