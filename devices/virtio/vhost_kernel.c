// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/vhost_kernel.h"

#include <fcntl.h>
#include <linux/vhost.h>
#include <stdlib.h>

#include "vmm/base/fd_range.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/vm.h"

static struct vhost_kernel *to_vhost_kernel(struct virtio *virtio)
{
	return container_of(virtio, struct vhost_kernel, virtio);
}

static int fail(const struct vhost_kernel *vk, int code, const char *request, struct err *err)
{
	return err_set(err, code, "%s: %s", vk->driver->path, request);
}

/* An ioctl of the driver's, by its name. */
#define ASK(vk, request, arg, err)                                  \
	({                                                          \
		int ask_ret = sys_ioctl((vk)->fd, request, arg);    \
		ask_ret < 0 ? fail(vk, ask_ret, #request, err) : 0; \
	})

/* --- what the transport asks */

static int start_queue(struct vhost_kernel *vk, unsigned int i, struct err *err)
{
	const struct virtio_queue *queue = &vk->virtio.queues[i];
	const struct ram *ram = &vk->virtio.device.vm->ram;
	struct vhost_vring_state size = { i, queue->size }, base = { i, 0 };
	struct vhost_vring_file kick = { i, queue->kick_fd }, call = { i, vk->virtio.call_fd },
				error = { i, vk->virtio.err_fd };
	/* the transport has seen that they are RAM */
	struct vhost_vring_addr addresses = {
		.index = i,
		.desc_user_addr = (uintptr_t)ram_ptr(ram, queue->desc, 1),
		.avail_user_addr = (uintptr_t)ram_ptr(ram, queue->avail, 1),
		.used_user_addr = (uintptr_t)ram_ptr(ram, queue->used, 1),
	};

	return ASK(vk, VHOST_SET_VRING_NUM, &size, err)
		       ?: ASK(vk, VHOST_SET_VRING_BASE, &base, err)
		       ?: ASK(vk, VHOST_SET_VRING_ADDR, &addresses, err)
		       ?: ASK(vk, VHOST_SET_VRING_CALL, &call, err)
		       ?: ASK(vk, VHOST_SET_VRING_ERR, &error, err)
		       ?: ASK(vk, VHOST_SET_VRING_KICK, &kick, err);
}

static int vhost_kernel_start(struct virtio *v, struct err *err)
{
	struct vhost_kernel *vk = to_vhost_kernel(v);
	uint64_t features = v->accepted & vk->features;
	int ret = ASK(vk, VHOST_SET_FEATURES, &features, err);

	for (unsigned int i = 0; i < vk->driver->n_served && !ret; i++)
		if (v->queues[i].is_ready)
			ret = start_queue(vk, i, err);
	if (ret)
		return ret;
	ret = vk->driver->run(vk, true);
	if (!ret)
		return 0;
	vk->driver->run(vk, false);
	return fail(vk, ret, "begin to serve the guest's queues", err);
}

static void vhost_kernel_stop(struct virtio *v)
{
	struct vhost_kernel *vk = to_vhost_kernel(v);

	vk->driver->run(vk, false);
}

static void vhost_kernel_detach(struct virtio *v)
{
	struct vhost_kernel *vk = to_vhost_kernel(v);

	close_fd(&vk->fd);
	close_fd(&vk->tap);
}

/* --- before the guest is there */

int vhost_kernel_explain(const char *path, const char *module, int code, struct err *err)
{
	err_set(err, code, "open %s", path);
	if (code == -EACCES || code == -EPERM) {
		err_why(err, "this user may not use it");
		err_fix(err,
			"add the user to the group that \"ls -l %s\" shows, or run: setfacl "
			"-m u:$USER:rw %s",
			path, path);
	} else if (code == -ENOENT || code == -ENODEV || code == -ENXIO) {
		err_why(err, "the host's kernel has not loaded the driver %s", module);
		err_fix(err, "modprobe %s", module);
	}
	return err_host(err);
}

int vhost_kernel_open(const char *path, const char *module, struct err *err)
{
	int fd = fd_to_range(sys_open(path, O_RDWR), FD_VHOST);

	return fd < 0 ? vhost_kernel_explain(path, module, fd, err) : fd;
}

/* It sees guest RAM as dais does: a bank is one piece, wherever its pages are in their file. */
static int give_memory(struct vhost_kernel *vk, struct err *err)
{
	const struct ram *ram = &vk->virtio.device.vm->ram;
	owned_ptr struct vhost_memory *memory =
		calloc(1, sizeof(*memory) + ram->n_banks * sizeof(memory->regions[0]));
	unsigned int n = 0;
	int ret;

	if (!memory)
		return err_set(err, ENOMEM, "list %u banks of RAM", ram->n_banks);
	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (!ram->banks[i].is_foreign)
			memory->regions[n++] = (struct vhost_memory_region){
				.guest_phys_addr = ram->banks[i].gpa.start,
				.memory_size = ram->banks[i].gpa.size,
				.userspace_addr = (uintptr_t)ram->banks[i].hva,
			};
	memory->nregions = n;
	ret = ASK(vk, VHOST_SET_MEM_TABLE, memory, err);
	if (ret != -E2BIG)
		return ret;
	err_why(err, "guest RAM is in %u pieces, more than the kernel's vhost takes", n);
	return err_fix(err,
		       "give mem-path=, of larger huge pages, or load the module vhost with "
		       "max_mem_regions=%u",
		       n);
}

static int vhost_kernel_attach(struct virtio *v, struct err *err)
{
	struct vhost_kernel *vk = to_vhost_kernel(v);

	/* By the process that has guest RAM: not where the file was opened, before the fork. */
	return ASK(vk, VHOST_SET_OWNER, NULL, err) ?: give_memory(vk, err)
		       ?: virtio_watch_errors(v, vk->driver->path, err);
}

static const struct virtio_ops vhost_kernel_ops = {
	.attach = vhost_kernel_attach,
	.start = vhost_kernel_start,
	.stop = vhost_kernel_stop,
	.detach = vhost_kernel_detach,
};

int vhost_kernel_create(const struct device_config *config, struct vm *vm,
			const struct vhost_driver *driver, struct vhost_kernel **vk,
			struct err *err)
{
	struct vhost_kernel *made = calloc(1, sizeof(*made));
	struct virtio *v;

	if (!made)
		return err_set(err, ENOMEM, "create %s", config->name);
	v = &made->virtio;
	virtio_init(v, config, vm, &vhost_kernel_ops);
	v->device.n_ram_pieces = 0; /* it is in this process that the kernel sees guest RAM */
	v->id = driver->id;
	v->n_queues = driver->n_queues;
	made->driver = driver;
	made->tap = -1;
	made->fd = vhost_kernel_open(driver->path, driver->module, err);
	if (made->fd < 0 || ASK(made, VHOST_GET_FEATURES, &made->features, err)) {
		virtio_destroy(&v->device);
		return err->code;
	}
	v->features = virtio_offered(made->features);
	if (v->features) {
		*vk = made;
		return 0;
	}
	err_set(err, ENOTSUP, "%s: features 0x%llx", driver->path,
		(unsigned long long)made->features);
	virtio_destroy(&v->device);
	return err_why(err, "it knows nothing of VIRTIO 1.0 (VIRTIO_F_VERSION_1)");
}
