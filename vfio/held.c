// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/held.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

/* More are told of as so many more. */
#define MAX_ENTRIES 64

static const struct {
	const char *what, *unit;
} kinds[] = {
	[VFIO_DAIS_HELD_SUPPLY] = { "supply", "uV" },
	[VFIO_DAIS_HELD_DOMAIN] = { "power domain", "" },
	[VFIO_DAIS_HELD_CLOCK] = { "clock", "Hz" },
	[VFIO_DAIS_HELD_RESET] = { "reset line", "" },
};

static void add_entry(struct text *text, const struct vfio_dais_held_entry *entry)
{
	text_add(text, "%s%s ", text->used ? ", " : "", kinds[entry->kind].what);
	if (entry->name[0])
		text_add_escaped(text, entry->name, strnlen(entry->name, sizeof(entry->name)));
	else
		text_add(text, "%u", entry->index);
	if (entry->value)
		text_add(text, " at %" PRIu64 " %s", (uint64_t)entry->value,
			 kinds[entry->kind].unit);
}

/* What the driver tells; *held points into it. NULL: it does not, or there is no memory. */
static struct vfio_device_feature *read_held(int fd, const struct vfio_dais_held **held)
{
	/* One after the other, as the kernel writes them. */
	const size_t size = sizeof(struct vfio_device_feature) + sizeof(struct vfio_dais_held) +
			    MAX_ENTRIES * sizeof(struct vfio_dais_held_entry);
	struct vfio_device_feature *feature = calloc(1, size);

	if (!feature)
		return NULL;
	feature->argsz = (uint32_t)size;
	feature->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DAIS_FEATURE_HELD;
	((struct vfio_dais_held *)feature->data)->n_entries = MAX_ENTRIES;
	*held = (const struct vfio_dais_held *)feature->data;
	if (!sys_ioctl(fd, VFIO_DEVICE_FEATURE, feature))
		return feature;
	free(feature);
	return NULL;
}

int vfio_held_supply(int fd, const char *name)
{
	const struct vfio_dais_held *held;
	owned_ptr struct vfio_device_feature *feature = read_held(fd, &held);
	char property[sizeof(held->entries[0].name)];

	snprintf(property, sizeof(property), "%s-supply", name);
	for (unsigned int i = 0; feature && i < held->n_entries && i < MAX_ENTRIES; i++) {
		const struct vfio_dais_held_entry *entry = &held->entries[i];

		if (entry->kind == VFIO_DAIS_HELD_SUPPLY &&
		    (!strncmp(entry->name, property, sizeof(entry->name)) ||
		     !strncmp(entry->name, name, sizeof(entry->name))))
			return entry->index;
	}
	return -ENOENT;
}

void vfio_held_tell(const char *device, int fd)
{
	const struct vfio_dais_held *held;
	owned_ptr struct vfio_device_feature *feature = read_held(fd, &held);
	char on[1024], off[1024];
	struct text on_text = text_in(on), off_text = text_in(off);

	if (!feature)
		return;
	for (unsigned int i = 0; i < held->n_entries && i < MAX_ENTRIES; i++) {
		const struct vfio_dais_held_entry *entry = &held->entries[i];

		if (entry->kind >= 1 && entry->kind < n_elems(kinds))
			add_entry(entry->state == VFIO_DAIS_STATE_OFF ? &off_text : &on_text,
				  entry);
	}
	if (held->n_entries > MAX_ENTRIES)
		text_add(&on_text, ", and %u more", held->n_entries - MAX_ENTRIES);
	if (on_text.used)
		log_info("%s: vfio-dais holds on: %s%s", device, on, on_text.cut ? " ..." : "");
	if (off_text.used)
		log_warn(
			"%s: off, although vfio-dais has switched it on: %s: the device may not work",
			device, off);
}
