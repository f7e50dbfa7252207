// SPDX-License-Identifier: GPL-2.0-only
/*
 * libfdt takes the offsets in an overlay's __local_fixups__ and __fixups__ on trust
 * (fdt_overlay.c), so they are checked first. Their form: dtc's
 * Documentation/dt-object-internal.txt.
 */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/guest/overlay_fixups.h"

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
	for (; places < end; places += strlen(places) + 1) {
		if (!check_place(blob, places))
			return false;
	}
	return true;
}

bool overlay_fixups_are_sound(const void *blob)
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
