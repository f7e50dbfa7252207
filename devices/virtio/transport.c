// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>
#include <sys/eventfd.h>

#include "devices/platform_bus.h"
#include "devices/virtio/registers.h"
#include "devices/virtio/virtio.h"
#include "fdt/builder.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

/*
 * Those of the device (VIRTIO 1.2, 2.2), and those of the queues that are a matter of guest and
 * back end alone. Not: ACCESS_PLATFORM, for which there is no IOMMU; NOTIFICATION_DATA, by which a
 * notification would have other values than the numbers of queues; RING_RESET.
 */
#define OFFERED                                                                 \
	(0xffffffULL | ~0ULL << 50 | VIRTIO_BIT(VIRTIO_RING_F_INDIRECT_DESC) |  \
	 VIRTIO_BIT(VIRTIO_RING_F_EVENT_IDX) | VIRTIO_BIT(VIRTIO_F_VERSION_1) | \
	 VIRTIO_BIT(VIRTIO_F_RING_PACKED) | VIRTIO_BIT(VIRTIO_F_IN_ORDER) |     \
	 VIRTIO_BIT(VIRTIO_F_ORDER_PLATFORM))

uint64_t virtio_offered(uint64_t features)
{
	return features & VIRTIO_BIT(VIRTIO_F_VERSION_1) ? features & OFFERED : 0;
}

void virtio_init(struct virtio *v, const struct device_config *config, struct vm *vm,
		 const struct virtio_ops *ops)
{
	v->device = (struct device){ .class = config->class,
				     .vm = vm,
				     .name = config->name,
				     .n_spis = 1,
				     .n_ram_pieces = UINT32_MAX };
	v->ops = ops;
	v->wanted_spi = device_config_get(config, "spi", -1, number, PLATFORM_BUS_ANY);
	v->queue_size = VIRTIO_QUEUE_SIZE;
	v->call_fd = v->err_fd = v->ack_fd = -1;
	for (unsigned int i = 0; i < VIRTIO_MAX_QUEUES; i++)
		v->queues[i].kick_fd = -1;
	pthread_mutex_init(&v->lock, NULL);
}

static int make_event(struct virtio *v, int *fd, struct err *err)
{
	*fd = sys_eventfd(0, EFD_NONBLOCK);
	return *fd < 0 ? err_set(err, *fd, "%s: create an event descriptor", v->device.name) : 0;
}

/* A write of @value to this register goes to @fd, in the kernel. */
static int catch (struct virtio *v, unsigned int offset, uint64_t value, int fd, struct err *err)
{
	int ret = ioeventfd_set(v->device.vm, v->gpa + offset, 4, &value, fd, true);

	return ret ? err_set(err, ret, "%s: catch a write of the guest's (KVM_IOEVENTFD)",
			     v->device.name)
		   : 0;
}

/* They go with the VM, which ends before another has these addresses. */
static int make_events(struct virtio *v, struct err *err)
{
	int ret = make_event(v, &v->call_fd, err)
			  ?: make_event(v, &v->ack_fd, err)
			  ?: catch(v, VIRTIO_MMIO_INTERRUPT_ACK, VIRTIO_MMIO_INT_VRING, v->ack_fd,
				   err);

	for (unsigned int i = 0; i < v->n_queues && !ret; i++) {
		int *kick = &v->queues[i].kick_fd;

		ret = make_event(v, kick, err)
			      ?: catch (v, VIRTIO_MMIO_QUEUE_NOTIFY, i, *kick, err);
	}
	return ret;
}

static int make_page(struct virtio *v, struct err *err)
{
	const struct mmio_region region = {
		.gpa = { v->gpa, sys_page_size() },
		.name = v->device.name,
		.ops = &virtio_mmio_ops,
		.opaque = v,
	};
	int ret = register_page_create(&v->page, v->device.vm, v->gpa, region.name, err);

	if (ret)
		return ret;
	virtio_registers_init(v);
	return mmio_table_add(&v->device.vm->mmio, &region, err);
}

int virtio_attach(struct device *device, struct err *err)
{
	struct virtio *v = virtio_of(device);
	struct platform_bus *bus = device->vm->bus;

	return platform_bus_place(bus, device->name, sys_page_size(), 0, PLATFORM_BUS_ANY, &v->gpa,
				  err)
		       ?: platform_bus_take_spi(bus, device->name, v->wanted_spi, &v->spi, err)
		       ?: make_page(v, err)
		       ?: make_events(v, err)
		       ?: (v->ops->attach ? v->ops->attach(v, err) : 0);
}

static void on_error(void *opaque)
{
	struct virtio *v = opaque;
	owned_lock pthread_mutex_t *lock = take_lock(&v->lock);
	uint64_t n;
	struct err err;

	sys_read(v->err_fd, &n, sizeof(n));
	if (!v->is_started)
		return;
	v->ops->stop(v);
	err_set(&err, 0, "the back end at %s found an error in a queue of the guest's",
		v->back_end);
	virtio_lost(v, &err);
}

int virtio_watch_errors(struct virtio *v, const char *back_end, struct err *err)
{
	v->back_end = back_end;
	return make_event(v, &v->err_fd, err)
		       ?: event_loop_add(&v->device.vm->loop, v->err_fd, on_error, v,
					 &v->err_source, err);
}

void virtio_ignore_errors(struct virtio *v)
{
	if (v->err_source)
		event_loop_remove(&v->device.vm->loop, take_ptr(&v->err_source));
}

/* bindings/virtio/mmio.yaml */
int virtio_describe(struct device *device, struct dt *dt, struct err *err)
{
	const struct virtio *v = virtio_of(device);
	const struct range reg = { v->gpa, sys_page_size() };

	(void)err;
	dt_begin_node(dt, "virtio@%" PRIx64, v->gpa);
	dt_prop_str(dt, "compatible", "virtio,mmio");
	dt_prop_reg(dt, &reg, 1);
	dt_prop_interrupt(dt, DT_GIC_SPI, v->spi, DT_IRQ_EDGE_RISING);
	dt_prop_empty(dt, "dma-coherent");
	dt_end_node(dt);
	return 0;
}

int virtio_arm(struct device *device, struct err *err)
{
	struct virtio *v = virtio_of(device);
	int ret = irqfd_add(device->vm, v->spi, v->call_fd, -1, err);

	v->is_armed = !ret;
	return ret;
}

void virtio_quiesce(struct device *device)
{
	struct virtio *v = virtio_of(device);
	owned_lock pthread_mutex_t *lock = take_lock(&v->lock);
	uint64_t n;

	virtio_stop(v);
	if (v->is_armed)
		irqfd_remove(device->vm, v->spi, v->call_fd);
	v->is_armed = false;
	if (v->call_fd >= 0)
		sys_read(v->call_fd, &n, sizeof(n));
}

int virtio_reset_device(struct device *device, struct err *err)
{
	struct virtio *v = virtio_of(device);
	owned_lock pthread_mutex_t *lock = take_lock(&v->lock);

	(void)err;
	virtio_registers_reset(v);
	return 0;
}

void virtio_detach(struct device *device)
{
	struct virtio *v = virtio_of(device);

	if (v->ops->detach)
		v->ops->detach(v);
	virtio_ignore_errors(v);
	for (unsigned int i = 0; i < VIRTIO_MAX_QUEUES; i++)
		close_fd(&v->queues[i].kick_fd);
	close_fd(&v->call_fd);
	close_fd(&v->err_fd);
	close_fd(&v->ack_fd);
	register_page_destroy(&v->page);
}

void virtio_destroy(struct device *device)
{
	struct virtio *v = virtio_of(device);

	if (!device)
		return;
	virtio_detach(device);
	if (v->ops->destroy)
		v->ops->destroy(v);
	pthread_mutex_destroy(&v->lock);
	free(v);
}
