// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/device.h"

#include <inttypes.h>
#include <linux/vfio.h>
#include <string.h>

#include "vfio/context.h"
#include "vfio/held.h"
#include "vfio/irq/irq.h"
#include "vfio/quiet.h"
#include "vfio/region.h"
#include "vmm/base/built.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/core/vm.h"

static enum vfio_mmap mmap_of(const struct device_config *config, unsigned int index)
{
	const struct device_setting *mmap = device_config_find(config, "mmap", (int)index);

	return !mmap ? VFIO_MMAP_AUTO : mmap->on ? VFIO_MMAP_ON : VFIO_MMAP_OFF;
}

static bool is_of_irq(const char *key)
{
	return strncmp(key, "spi", 3) == 0 || strncmp(key, "irq-mode", 8) == 0 ||
	       strncmp(key, "eoi", 3) == 0;
}

static bool is_indexed(const char *key)
{
	return strncmp(key, "gpa", 3) == 0 || strncmp(key, "mmap.", 5) == 0 || is_of_irq(key);
}

/* "gpa.3=" of a device with two regions would be lost silently. */
static int check_indices(const struct vfio_device *vdev, const struct device_config *config,
			 struct err *err)
{
	for (unsigned int i = 0; i < config->n_settings; i++) {
		const struct device_setting *setting = &config->settings[i];
		const char *dot = strchr(setting->key, '.');
		bool of_irq = is_of_irq(setting->key);
		unsigned int n = of_irq ? vdev->n_irqs : vdev->n_regions;
		uint64_t index = 0;

		if (!is_indexed(setting->key))
			continue;
		if ((!dot || str_to_u64(dot + 1, &index) == 0) && index < n)
			continue;
		err_usage(err, "%s: %s=%s", setting->where, setting->key, setting->value);
		err_why(err, "%s has no such %s: it has %u", vdev->host.name,
			of_irq ? "interrupt" : "region", n);
		return err_fix(err, "count from 0, or leave it out");
	}
	return 0;
}

static int query_regions(struct vfio_device *vdev, const struct device_config *config,
			 unsigned int n, struct err *err)
{
	int ret = 0;

	vdev->regions = calloc(n ? n : 1, sizeof(*vdev->regions));
	if (!vdev->regions)
		return err_set(err, ENOMEM, "regions");
	for (unsigned int i = 0; i < n && !ret; i++) {
		struct vfio_region *region = &vdev->regions[vdev->n_regions++];

		region->name = vdev->node.parts[i].name;
		region->page_offset = vfio_host_device_page_offset(&vdev->host, i);
		region->mmap = mmap_of(config, i);
		ret = vfio_region_query(region, vdev->handle.fd, i, err);
		vdev->node.regions[i] = (struct range){ region->page_offset, region->size };
	}
	return ret;
}

static int query_irqs(struct vfio_device *vdev, const struct device_config *config, unsigned int n,
		      struct err *err)
{
	int ret = 0;

	vdev->irqs = calloc(n ? n : 1, sizeof(*vdev->irqs));
	if (!vdev->irqs)
		return err_set(err, ENOMEM, "interrupts");
	for (unsigned int i = 0; i < n && !ret; i++) {
		struct vfio_irq *irq = &vdev->irqs[vdev->n_irqs++];

		irq->name = vdev->node.parts[vdev->node.n_regions + i].name;
		irq->trigger_fd = irq->resample_fd = -1;
		irq->is_repeated = host_facts_first_irq(&vdev->node.facts, i) != i;
		irq->wanted_mode =
			device_config_get(config, "irq-mode", (int)i, choice, VFIO_IRQ_AUTO);
		vfio_irq_eoi_of(config, i, &irq->eoi);
		ret = vfio_irq_query(irq, vdev->handle.fd, i, err);
		vdev->node.irqs[i].edge = !irq->level;
	}
	return ret;
}

static int query(struct vfio_device *vdev, const struct device_config *config, struct err *err)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret = sys_ioctl(vdev->handle.fd, VFIO_DEVICE_GET_INFO, &info);

	if (ret < 0)
		return err_set(err, ret, "VFIO_DEVICE_GET_INFO");
	if (!(info.flags & (VFIO_DEVICE_FLAGS_PLATFORM | VFIO_DEVICE_FLAGS_AMBA)) ||
	    info.num_regions > OPTION_MAX_INDEX || info.num_irqs > OPTION_MAX_INDEX) {
		err_set(err, 0, "VFIO does not call it a platform or AMBA device (flags %#x)",
			info.flags);
		return err_host(err);
	}
	vdev->flags = info.flags;
	vdev->user.quiet_ms = device_config_get(config, "mmap-timeout", -1, choice, VFIO_QUIET_MS);
	ret = vfio_node_make_room(&vdev->node, info.num_regions, info.num_irqs, err);
	if (!ret)
		ret = query_regions(vdev, config, info.num_regions, err);
	if (!ret)
		ret = query_irqs(vdev, config, info.num_irqs, err);
	vdev->device.n_spis = vdev->n_irqs;
	return ret ? ret : check_indices(vdev, config, err);
}

/* To read them takes as long as there are lines, so that it is done once for each device. */
static void read_irq_lines(struct vfio *vfio)
{
	free(vfio->irq_lines);
	vfio->irq_lines = host_irq_lines(vfio->interrupts_fd, &vfio->irq_lines_size);
}

/*
 * Which lines of /proc/interrupts are the device's? Those that opening it has added. Where that is
 * not as many as it has interrupts (an older kernel asks for them later), nothing is counted.
 */
static void find_host_irqs(struct vfio_device *vdev, const struct host_irq_list *before)
{
	struct vfio *vfio = vdev->device.vm->vfio;
	struct host_irq_list after;
	unsigned int i = 0, n = 0, n_wired = 0;

	if (!BUILT(SUMMARY))
		return;
	read_irq_lines(vfio);
	host_irq_find(vfio->irq_lines, vfio->irq_lines_size, &vdev->host, &after);
	for (unsigned int k = 0; k < vdev->n_irqs; k++)
		n_wired += !vdev->irqs[k].is_repeated;
	if (after.n_irqs != before->n_irqs + n_wired)
		return;
	for (unsigned int k = 0; k < after.n_irqs; k++) {
		struct vfio_irq *irq;

		if (i < before->n_irqs && before->irqs[i].number == after.irqs[k].number) {
			i++;
			continue;
		}
		while (n < vdev->n_irqs && vdev->irqs[n].is_repeated)
			n++;
		if (n == vdev->n_irqs)
			return;
		irq = &vdev->irqs[n++];
		irq->host_irq = after.irqs[k].number;
		irq->n_before = after.irqs[k].count;
		irq->host_irq_known = true;
	}
}

int vfio_device_open(struct vfio_device *vdev, const struct device_config *config, struct err *err)
{
	struct vfio *vfio = vdev->device.vm->vfio;
	struct host_irq_list irqs_before;
	int ret;

	if (BUILT(SUMMARY) && !vfio->irq_lines)
		read_irq_lines(vfio);
	host_irq_find(vfio->irq_lines, vfio->irq_lines_size, &vdev->host, &irqs_before);
	ret = vfio_handle_open(vfio, &vdev->host, &vdev->handle, err);
	if (ret)
		return ret;
	ret = query(vdev, config, err);
	if (ret)
		return ret;
	find_host_irqs(vdev, &irqs_before);
	vdev->quiet = BUILT(BIND) ? vfio_quiet_kind(&vdev->host, vdev->node.host) : NULL;
	ret = vfio_reset_policy_read(vdev, config, err);
	if (!ret)
		ret = vfio_device_reset(vdev, err);
	if (BUILT(SUMMARY) && !ret)
		vfio_held_tell(vdev->host.name, vdev->handle.fd);
	return ret;
}

void vfio_device_detach(struct vfio_device *vdev)
{
	vfio_user_irqs_destroy(vdev);
	for (unsigned int i = vdev->n_regions; i-- > 0;)
		vfio_region_detach(&vdev->regions[i], vdev->device.vm);
}

void vfio_device_close(struct vfio_device *vdev)
{
	while (vdev->n_irqs)
		vfio_irq_destroy(&vdev->irqs[--vdev->n_irqs]);
	while (vdev->n_regions)
		vfio_region_destroy(&vdev->regions[--vdev->n_regions]);
	free(vdev->irqs);
	free(vdev->regions);
	vdev->irqs = NULL;
	vdev->regions = NULL;
	vfio_handle_close(vdev->device.vm->vfio, &vdev->handle);
	vfio_node_destroy(&vdev->node);
}
