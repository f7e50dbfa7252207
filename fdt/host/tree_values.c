// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/tree_values.h"

#include <stdlib.h>
#include <string.h>

#include "fdt/host/tree.h"
#include "vmm/base/kept.h"
#include "vmm/base/range.h"

/* What it takes in the file. */
static uint64_t room_of(uint64_t size)
{
	return sizeof(struct tree_value) + round_up_to(size, 8);
}

/* The one at @at; NULL: it is the end, or what makes no sense. */
static const struct tree_value *value_at(const struct tree_values *values, size_t at)
{
	size_t left = values->n_known - at;
	const struct tree_value *value =
		left < sizeof(*value) ? NULL : (const void *)(values->data + at);

	return value && left >= room_of(value->size) ? value : NULL;
}

void tree_values_open(struct tree_values *values, const char *path, dev_t dev)
{
	const struct tree_value *value;

	*values = (struct tree_values){ .path = path, .dev = (uint32_t)dev };
	if (path)
		kept_read(path, HOST_TREE_MAX_SIZE, &values->data, &values->n_known);
	while ((value = value_at(values, values->size)))
		values->size += room_of(value->size);
	values->n_known = values->size;
}

static const struct tree_value *find(struct tree_values *values, uint64_t inode, size_t from)
{
	const struct tree_value *value;

	for (size_t at = from; (value = value_at(values, at)); at += room_of(value->size)) {
		if (value->inode != inode || value->dev != values->dev)
			continue;
		values->next = at + room_of(value->size);
		return value;
	}
	return NULL;
}

const struct tree_value *tree_values_find(struct tree_values *values, uint64_t inode)
{
	return find(values, inode, values->next) ?: find(values, inode, 0);
}

void tree_values_add(struct tree_values *values, uint64_t inode, const void *value, size_t size)
{
	const size_t room = (size_t)room_of(size);
	char *data = values->path ? realloc(values->data, values->size + room) : NULL;
	struct tree_value *added;

	if (!data)
		return;
	values->data = data;
	added = memset(data + values->size, 0, room);
	*added = (struct tree_value){ inode, values->dev, (uint32_t)size };
	if (size)
		memcpy(added->value, value, size);
	values->size += room;
}

void tree_values_close(struct tree_values *values)
{
	if (values->size != values->n_known)
		kept_write(values->path, values->data, values->size);
	free(values->data);
}
