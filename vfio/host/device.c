// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/device.h"

#include <ctype.h>
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

#define GROUPS "/sys/kernel/iommu_groups"

static const char buses[][12] = { "platform", "amba" };

const char *vfio_host_device_bus(const struct vfio_host_device *host)
{
	return buses[host->amba];
}

const char *vfio_host_next_name(struct vfio_host_names *names)
{
	const char *name;

	while (!(name = file_next_name(names->dir))) {
		own_close_dir(&names->dir);
		names->dir = NULL;
		if (names->bus == n_elems(buses))
			break;
		names->dir = file_open_dir("/sys/bus/%s/devices", buses[names->bus++]);
	}
	return name;
}

static int no_such_device(const char *wrong, struct err *err)
{
	struct vfio_host_names names = { 0 };
	struct nearest nearest = nearest_to(wrong);

	for (const char *name; (name = vfio_host_next_name(&names));)
		nearest_try(&nearest, name);
	err_usage(err, "there is no device %s", wrong);
	err_why(err, "neither /sys/bus/platform/devices nor /sys/bus/amba/devices has it");
	return nearest.name[0]
		       ? err_fix(err, "did you mean %s?", nearest.name)
		       : err_fix(err, "give the device's name as those directories have it");
}

int vfio_host_device_find(struct vfio_host_device *host, const char *name, struct err *err)
{
	char group[32];
	bool found = false;
	uint64_t number;

	*host = (struct vfio_host_device){ .group = -1 };
	if (name[0] && name[0] != '.' && !strchr(name, '/') &&
	    str_copy(host->name, sizeof(host->name), name))
		for (unsigned int i = 0; i < n_elems(buses) && !found; i++) {
			snprintf(host->path, sizeof(host->path), "/sys/bus/%s/devices/%s", buses[i],
				 name);
			host->amba = i;
			found = file_exists("%s", host->path);
		}
	if (!found)
		return no_such_device(name, err);
	if (file_link_name(host->driver, sizeof(host->driver), "%s/driver", host->path))
		host->driver[0] = '\0';
	if (!file_link_name(group, sizeof(group), "%s/iommu_group", host->path) &&
	    !str_to_u64(group, &number) && number <= INT32_MAX)
		host->group = (int)number;
	host->dt_coherent = file_exists("%s/of_node/dma-coherent", host->path);
	return 0;
}

const char *vfio_host_driver(const char *bus)
{
	if (file_exists("/sys/bus/%s/drivers/vfio-dais", bus))
		return "vfio-dais";
	return strcmp(bus, "amba") ? "vfio-platform" : "vfio-amba";
}

bool vfio_host_is_vfio_driver(const char *driver, const char *bus)
{
	return !strncmp(driver, "vfio-", 5) &&
	       (!strcmp(driver + 5, bus) || !strcmp(driver + 5, "dais"));
}

bool vfio_host_device_is_bound(const struct vfio_host_device *host)
{
	return vfio_host_is_vfio_driver(host->driver, vfio_host_device_bus(host));
}

bool vfio_host_device_is_for_dais(const struct vfio_host_device *host)
{
	return !strcmp(vfio_host_device_is_bound(host)
			       ? host->driver
			       : vfio_host_driver(vfio_host_device_bus(host)),
		       "vfio-dais");
}

const char *vfio_host_noiommu_parameter(const struct vfio_host_device *host, const char **name)
{
	bool for_dais = vfio_host_device_is_for_dais(host);

	*name = for_dais ? "allow_dma_without_iommu" : "enable_unsafe_noiommu_mode";
	return for_dais ? "vfio_dais" : "vfio";
}

int vfio_host_device_check_bound(const struct vfio_host_device *host, struct err *err)
{
	if (!vfio_host_device_is_bound(host)) {
		err_set(err, 0, "%s is not bound to %s", host->name,
			vfio_host_driver(vfio_host_device_bus(host)));
		err_why(err, "%s%s has it", host->driver[0] ? "the host's driver " : "no driver",
			host->driver);
		err_fix(err, "as root: dais bind %s; or give dais run the option --bind",
			host->name);
		return err_host(err);
	}
	if (host->group < 0) {
		err_set(err, 0, "%s is in no IOMMU group", host->name);
		return vfio_host_fix_no_iommu(host, err);
	}
	return 0;
}

int vfio_host_fix_no_iommu(const struct vfio_host_device *host, struct err *err)
{
	const char *parameter, *module = vfio_host_noiommu_parameter(host, &parameter);

	err_why(err, "no IOMMU of this host stands between the device and memory");
	err_fix(err,
		"enable the IOMMU in the host's kernel and name it in the device's node (iommus); "
		"if both are so, dmesg | grep -i streamid; if there is none, iommu=none (dais(1) "
		"tells the danger): " VFIO_NOIOMMU_FIX ", and bind the device again",
		module, parameter);
	return err_host(err);
}

int vfio_host_device_check_unbind(const struct vfio_host_device *host, struct err *err)
{
	char module[64], name[64];

	if (!host->driver[0] || vfio_host_device_is_bound(host) ||
	    file_exists("%s/driver/unbind", host->path))
		return 0;
	err_set(err, 0, "the host's driver %s cannot be unbound from %s", host->driver, host->name);
	err_why(err, "the driver forbids it (suppress_bind_attrs): sysfs has no unbind for it");
	if (!file_link_name(module, sizeof(module), "%s/driver/module", host->path)) {
		err_fix(err, "rmmod %s, which takes the driver from all its devices", module);
	} else {
		str_copy(name, sizeof(name), host->driver);
		for (char *c = name; (c = strpbrk(c, "-."));)
			*c = '_';
		err_fix(err,
			"it is built in: boot the host with initcall_blacklist=FUNCTION, which takes "
			"the driver from all its devices; its FUNCTION: sudo grep -i '%s.*init' "
			"/proc/kallsyms",
			name);
	}
	return err_host(err);
}

bool vfio_host_device_cdev(const struct vfio_host_device *host, char *path, size_t size)
{
	owned_dir DIR *dir = file_open_dir("%s/vfio-dev", host->path);
	const char *name = file_next_name(dir);

	return name && snprintf(path, size, "/dev/vfio/devices/%s", name) < (int)size;
}

/* A big-endian cell, in the host's order. */
static uint32_t cell_at(const char *data)
{
	uint32_t cell;

	memcpy(&cell, data, sizeof(cell));
	return be32toh(cell);
}

/* Value of a property of one cell of the node's parent; 0 where there is none. */
static uint32_t read_cell(const struct vfio_host_device *host, const char *name)
{
	owned_ptr char *data = NULL;
	size_t size;

	return !file_read(&data, &size, 4, "%s/of_node/../%s", host->path, name) && size == 4
		       ? cell_at(data)
		       : 0;
}

uint64_t vfio_host_device_page_offset(const struct vfio_host_device *host, unsigned int index)
{
	uint32_t n_address = read_cell(host, "#address-cells");
	uint32_t n_size = read_cell(host, "#size-cells");
	owned_ptr char *reg = NULL;
	size_t size, at;

	if (n_address < 1 || n_address > 4 || n_size > 4 ||
	    file_read(&reg, &size, 65536, "%s/of_node/reg", host->path))
		return 0;
	/* The last cell of the address: buses in between move whole pages. */
	at = ((size_t)index * (n_address + n_size) + n_address - 1) * 4;
	return at + 4 > size ? 0 : cell_at(reg + at) & (sys_page_size() - 1);
}

const char *vfio_group_next_member(struct vfio_group_members *members)
{
	const char *name;

	if (!members->dir && members->group >= 0)
		members->dir = file_open_dir(GROUPS "/%d/devices", members->group);
	name = file_next_name(members->dir);
	if (!name)
		own_close_dir(&members->dir);
	else if (file_link_name(members->driver, sizeof(members->driver),
				GROUPS "/%d/devices/%s/driver", members->group, name))
		members->driver[0] = '\0';
	return name;
}

char *vfio_host_group_reserved(int group)
{
	return file_text(1 << 20, GROUPS "/%d/reserved_regions", group);
}

/* "0x0000000008000000 0x00000000080fffff msi", a line each. */
bool vfio_reserved_next(char **text, struct vfio_reserved *reserved)
{
	uint64_t first, last;

	for (const char *line; (line = strsep(text, "\n"));) {
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %23s", &first, &last, reserved->kind) !=
			    3 ||
		    last < first)
			continue;
		reserved->iova = (struct range){ first, last - first + 1 };
		return true;
	}
	return false;
}

bool vfio_host_group_is_noiommu(int group)
{
	char name[32];

	/* vfio_noiommu_group_alloc() of drivers/vfio/iommu/group.c */
	return !file_read_line(name, sizeof(name), GROUPS "/%d/name", group) &&
	       !strcmp(name, "vfio-noiommu");
}

/* The group's device, as vfio_create_group() names it */
bool vfio_host_device_is_emulated(const struct vfio_host_device *host)
{
	return !strcmp(host->driver, "vfio-dais") && vfio_host_group_is_noiommu(host->group) &&
	       file_exists("/sys/class/vfio/%d", host->group);
}

void vfio_host_group_members(int group, char *buf, size_t size)
{
	struct vfio_group_members members = { .group = group };
	struct text list = text_start(buf, size);

	for (const char *name; (name = vfio_group_next_member(&members));)
		text_add(&list, "%s%s (%s)", list.used ? ", " : "", name,
			 members.driver[0] ? members.driver : "no driver");
}

bool vfio_host_driver_shares_group(const char *driver)
{
	return !driver[0] || !strncmp(driver, "vfio-", 5);
}

int vfio_host_device_check_noiommu(const struct vfio_host_device *host, struct err *err)
{
	if (vfio_host_group_is_noiommu(host->group))
		return 0;
	err_usage(err, "iommu=none: %s has an IOMMU", host->name);
	err_why(err, "it is in IOMMU group %d: without it, the device could write anywhere",
		host->group);
	return err_fix(err, "give iommu=auto");
}

/* " 23:   5   0   GICv3  36 Level   vfio-irq[23](10000000.ahci)": a number per CPU, then what is no
 * number. */
static bool parse_line(const char *line, const char *name, struct host_irq *irq)
{
	const char *action = strstr(line, "vfio-irq[");
	char *end;

	if (!action || !strstr(action, name))
		return false;
	irq->number = (unsigned int)strtoul(line, &end, 10);
	if (end == line || *end != ':')
		return false;
	irq->count = 0;
	for (const char *p = end + 1;; p = end) {
		unsigned long long n = strtoull(p, &end, 10);

		if (end == p || !isspace((unsigned char)*end))
			return true;
		irq->count += n;
	}
}

char *host_irq_lines(int fd, size_t *size)
{
	char *text = NULL;

	if (file_read_again(fd, 16 << 20, &text, size))
		return NULL;
	for (char *end = text; (end = strchr(end, '\n'));)
		*end++ = '\0';
	return text;
}

void host_irq_find(const char *lines, size_t size, const struct vfio_host_device *host,
		   struct host_irq_list *list)
{
	char name[sizeof(host->name) + 16];

	list->n_irqs = 0;
	if (!BUILT(SUMMARY))
		return;
	/* vfio_platform_irq_init(), and the names that vfio_platform.c and vfio_amba.c give it;
	 * kernel/module/irq.c does as the former. */
	if (host->amba && strcmp(host->driver, "vfio-dais"))
		str_copy(name, sizeof(name), "](vfio-amba-");
	else
		snprintf(name, sizeof(name), "](%s)", host->name);
	for (const char *line = lines; line && line < lines + size && list->n_irqs < HOST_IRQ_MAX;
	     line += strlen(line) + 1)
		list->n_irqs += parse_line(line, name, &list->irqs[list->n_irqs]);
}
