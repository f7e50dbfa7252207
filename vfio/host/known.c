// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/known.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "fdt/host/reference.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

/* Of include/uapi/linux/netdevice.h: the device's own address, and one that the user has set.
 * Random ones are of this boot only. */
#define NET_ADDR_PERM 0
#define NET_ADDR_SET  3

/* ---- The address of a network interface */

/* False: it is that of a group, or none. */
static bool parse_mac(const char *text, uint64_t *mac)
{
	*mac = 0;
	for (unsigned int i = 0; i < 6; i++, text += 3) {
		unsigned int byte;
		char end;

		/* Of other networks they are longer. */
		if (sscanf(text, "%2x%c", &byte, &end) != 1 + (i < 5) || (i < 5 && end != ':'))
			return false;
		*mac = *mac << 8 | byte;
	}
	return *mac && !(*mac >> 40 & 1);
}

/* Of the only interface in DIR/net. */
static bool read_interface(const char *dir, char *text, size_t size)
{
	owned_dir DIR *d = file_open_dir("%s/net", dir);
	const char *entry = file_next_name(d);
	char name[64], address[64];
	uint64_t type, mac;

	if (!entry || !str_copy(name, sizeof(name), entry) || file_next_name(d) ||
	    file_read_u64(&type, "%s/net/%s/addr_assign_type", dir, name) ||
	    (type != NET_ADDR_PERM && type != NET_ADDR_SET) ||
	    file_read_line(address, sizeof(address), "%s/net/%s/address", dir, name) ||
	    !parse_mac(address, &mac))
		return false;
	return str_copy(text, size, address);
}

/* Of the device itself, or of the one that it makes on a bus of its own (virtio). */
static void read_mac(const char *device, char *text, size_t size)
{
	owned_dir DIR *d = file_open_dir("%s", device);

	text[0] = '\0';
	if (read_interface(device, text, size))
		return;
	for (const char *entry; (entry = file_next_name(d));) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", device, entry);
		if (strncmp(entry, "virtio", 6) == 0 && read_interface(path, text, size))
			return;
	}
}

/* ---- Rates and voltages: "WHAT=NUMBER WHAT=NUMBER" */

/* Which clock of the device @device: the path of its consumer below it, and the index. */
static const char *clock_key(const struct host_node *device, const struct host_node *consumer,
			     unsigned int index, char *buf, size_t size)
{
	char above[PATH_MAX], path[PATH_MAX];

	host_node_path(device, above, sizeof(above));
	host_node_path(consumer, path, sizeof(path));
	snprintf(buf, size, "%s:%u", path + strlen(above), index);
	return buf;
}

static void put(struct text *text, const char *key, uint64_t number)
{
	char word[512];

	/* All of it or nothing. */
	if (snprintf(word, sizeof(word), "%s%s=%" PRIu64, text->used ? " " : "", key, number) <
	    (int)(text->size - text->used))
		text_add(text, "%s", word);
}

static int get(const char *text, const char *key, uint64_t *number)
{
	size_t n = strlen(key);

	for (; *text; text += strcspn(text, " "), text += *text == ' ')
		if (!strncmp(text, key, n) && text[n] == '=')
			return sscanf(text + n + 1, "%" SCNu64, number) == 1 && *number ? 0
											: -ENOENT;
	return -ENOENT;
}

static void add_property(const struct graft_host *host, const struct host_tree *tree,
			 const struct host_node *device, const struct host_node *node,
			 const struct host_property *property, struct text *rates,
			 struct text *voltages)
{
	struct reference_list refs;
	enum reference_kind kind;
	char key[PATH_MAX];

	if (reference_find(tree, node, property, &refs, &kind))
		return;
	for (unsigned int i = 0; i < refs.n_refs; i++) {
		uint64_t hz;
		uint32_t microvolt;

		if (!strcmp(property->name, "clocks") &&
		    !host->clock_rate(host->opaque, node, i, &hz))
			put(rates, clock_key(device, node, i, key, sizeof(key)), hz);
		if (kind == REFERENCE_SUPPLY && refs.refs[i].target &&
		    !host->supply_voltage(host->opaque, refs.refs[i].target, &microvolt))
			put(voltages, host_node_path(refs.refs[i].target, key, sizeof(key)),
			    microvolt);
	}
	reference_list_destroy(&refs);
}

static void add_node(const struct graft_host *host, const struct host_tree *tree,
		     const struct host_node *device, const struct host_node *node,
		     struct text *rates, struct text *voltages)
{
	for (size_t i = 0; i < node->n_properties; i++)
		add_property(host, tree, device, node, &node->properties[i], rates, voltages);
	for (const struct host_node *child = node->child; child; child = child->next)
		add_node(host, tree, device, child, rates, voltages);
}

void host_known_read(const struct vfio_host_device *host, struct device_record *record)
{
	struct text rates = text_in(record->rates), voltages = text_in(record->voltages);
	struct host_tree *tree = NULL;
	struct host_live *live = NULL;
	const struct host_node *node;
	struct graft_host asks;
	struct err err;

	read_mac(host->path, record->mac, sizeof(record->mac));
	if (host_tree_read_live(VFIO_HOST_TREE, VFIO_KEPT_TREE, &tree, &err))
		return;
	node = host_live_node(tree, host->name);
	if (node && !host_live_create(tree, &live, &err)) {
		host_live_for_graft(live, &asks);
		add_node(&asks, tree, node, node, &rates, &voltages);
	}
	host_live_destroy(live);
	host_tree_destroy(tree);
}

/* ---- For the graft */

static void read_records(struct host_live *live)
{
	unsigned int n = 0;
	struct err err;

	records_list(RECORD_OF_DEVICE, RECORD_BROKEN_SKIPS, &live->records, &n, &err);
	live->recorded = calloc(n + 1, sizeof(struct host_node *));
	live->n_records = live->recorded ? n : 0;
	for (unsigned int i = 0; i < live->n_records; i++)
		live->recorded[i] = host_live_node(live->tree, live->records[i].name);
}

/* The next record, from *@i on, of the device that is @node, or above it; *@device is its node. */
static const struct device_record *next_record(struct host_live *live, unsigned int *i,
					       const struct host_node *node,
					       const struct host_node **device)
{
	if (!live->records_read)
		read_records(live);
	live->records_read = true;
	while (*i < live->n_records) {
		const struct device_record *record = &live->records[*i];
		const struct host_node *above = node;

		*device = live->recorded[(*i)++];
		while (*device && above && above != *device)
			above = above->parent;
		if (!node || (*device && above))
			return record;
	}
	return NULL;
}

static int clock_rate(void *opaque, const struct host_node *consumer, unsigned int index,
		      uint64_t *hz)
{
	struct graft_host host;
	const struct device_record *record;
	const struct host_node *device;
	char key[PATH_MAX];
	int ret;

	host_live_for_graft(opaque, &host);
	ret = host.clock_rate(opaque, consumer, index, hz);
	for (unsigned int i = 0; ret && (record = next_record(opaque, &i, consumer, &device));)
		ret = get(record->rates, clock_key(device, consumer, index, key, sizeof(key)), hz);
	return ret;
}

static int supply_voltage(void *opaque, const struct host_node *regulator, uint32_t *microvolt)
{
	struct graft_host host;
	const struct device_record *record;
	const struct host_node *device;
	char key[PATH_MAX];
	uint64_t value = 0;
	int ret;

	host_live_for_graft(opaque, &host);
	ret = host.supply_voltage(opaque, regulator, microvolt);
	if (!ret)
		return 0;
	host_node_path(regulator, key, sizeof(key));
	for (unsigned int i = 0; ret && (record = next_record(opaque, &i, NULL, &device));)
		ret = get(record->voltages, key, &value);
	*microvolt = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
	return ret;
}

static int mac_address(void *opaque, const struct host_node *node, uint64_t *mac)
{
	const struct device_record *record;
	const struct host_node *device;
	char text[18] = "", name[128], path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s",
		 host_node_is_amba(node) ? "amba" : "platform",
		 host_node_device_name(node, name, sizeof(name)));
	read_mac(path, text, sizeof(text));
	for (unsigned int i = 0; !text[0] && (record = next_record(opaque, &i, node, &device));)
		if (device == node)
			str_copy(text, sizeof(text), record->mac);
	return text[0] && parse_mac(text, mac) ? 0 : -ENOENT;
}

void host_known_for_graft(struct host_live *live, struct graft_host *host)
{
	*host = (struct graft_host){
		.opaque = live,
		.clock_rate = clock_rate,
		.supply_voltage = supply_voltage,
		.mac_address = mac_address,
	};
}
