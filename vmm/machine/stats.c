// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "devices/virtio/virtio.h"
#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

#define MAX_ADDRESS_SPACES 64

static void set(json_t *object, const char *name, uint64_t value)
{
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

/* Those that this kernel counts; NULL when memory ran out. */
static json_t *kernel_exits(const struct vcpu *vcpu)
{
	struct kvm_stat stats[MACHINE_N_VCPU_EXITS];
	json_t *object = json_object();

	if (machine_vcpu_exits(vcpu, stats))
		for (size_t i = 0; i < n_elems(stats); i++)
			if (stats[i].found)
				set(object, stats[i].name, stats[i].value);
	return object;
}

static json_t *user_exits(const struct vcpu *vcpu)
{
	json_t *object = json_object();

	for (unsigned int e = 0; e < N_VCPU_EXITS; e++)
		set(object, vcpu_exit_name(e), vcpu->n_exits[e]);
	return object;
}

static json_t *describe_vcpus(const struct vm *vm)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < vm->n_vcpus; i++)
		json_array_append_new(array, json_pack("{s:i, s:o, s:o}", "vcpu", (int)i,
						       "kernel_exits", kernel_exits(&vm->vcpus[i]),
						       "user_exits", user_exits(&vm->vcpus[i])));
	return array;
}

static json_t *describe_irq(const struct vfio_irq_count *c)
{
	json_t *object =
		json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:I}", "device", c->device, "index",
			  (int)c->index, "spi", (int)c->spi, "trigger", c->level ? "level" : "edge",
			  "mode", c->mode, "why", c->why, "user_wakeups", (json_int_t)c->n_wakeups);

	/* null: the host did not tell */
	json_object_set_new(object, "host_interrupts",
			    c->known ? json_integer((json_int_t)c->n_interrupts) : json_null());
	return object;
}

static json_t *describe_irqs(const struct machine *machine)
{
	owned_ptr struct vfio_irq_count *counts = NULL;
	unsigned int n = machine_irq_counts(machine, &counts);
	json_t *array = json_array();

	for (unsigned int i = 0; i < n; i++)
		json_array_append_new(array, describe_irq(&counts[i]));
	return array;
}

/* null: the guest has none. */
static json_t *describe_scmi(const struct vfio *vfio)
{
	struct vfio_scmi_counts counts;
	json_t *object;

	if (!BUILT(SCMI) || !vfio_scmi_counts(vfio, &counts))
		return json_null();
	object = json_object();
	set(object, "messages", counts.n_messages);
	set(object, "errors", counts.n_errors);
	set(object, "refused", counts.n_refused);
	set(object, "accesses_while_off", counts.n_off);
	return object;
}

static json_t *describe_virtio_device(struct virtio *v)
{
	owned_lock pthread_mutex_t *lock = take_lock(&v->lock);

	return json_pack("{s:s, s:i, s:b, s:I, s:I, s:I}", "device", v->device.name, "type",
			 (int)v->id, "served", v->is_started, "starts", (json_int_t)v->n_starts,
			 "failures", (json_int_t)v->n_failures, "accesses",
			 (json_int_t)v->n_accesses);
}

static json_t *describe_virtio(const struct machine *machine)
{
	json_t *array = json_array();

	for (unsigned int i = 0; BUILT(VIRTIO) && i < machine->n_devices; i++)
		if (machine->devices[i]->class->describe == virtio_describe)
			json_array_append_new(
				array, describe_virtio_device(virtio_of(machine->devices[i])));
	return array;
}

/* Of the guest's RAM; bytes. */
static json_t *describe_memory(const struct vm *vm)
{
	struct vfio_mapped mapped[MAX_ADDRESS_SPACES];
	unsigned int n = vfio_mapped(vm->vfio, mapped, MAX_ADDRESS_SPACES);
	json_t *spaces = json_array();
	json_int_t locked = 0, set_apart = 0;

	for (unsigned int i = 0; i < n && i < MAX_ADDRESS_SPACES; i++) {
		json_array_append_new(spaces, json_pack("{s:s, s:I}", "backend", mapped[i].backend,
							"mapped", (json_int_t)mapped[i].size));
		locked += (json_int_t)mapped[i].size;
	}
	for (unsigned int i = 0; i < vm->ram.n_carveouts; i++)
		set_apart += (json_int_t)vm->ram.carveouts[i].size;
	return json_pack("{s:I, s:i, s:I, s:I, s:I, s:I, s:o}", "size", (json_int_t)vm->ram.size,
			 "banks", (int)vm->ram.n_banks, "page", (json_int_t)vm->ram.page, "wasted",
			 (json_int_t)ram_wasted(&vm->ram), "set_apart", set_apart, "locked", locked,
			 "address_spaces", spaces);
}

/* How long each stage of the build took, and no more: "make RAM": 12345 nanoseconds. */
static json_t *describe_start(const struct machine *machine)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < machine->n_stages; i++)
		set(object, machine_stage_name(i), machine->stage_ns[i]);
	return object;
}

int stats_open(const char *path, int *fd, struct err *err)
{
	/* jansson opens /dev/urandom with its first object otherwise: too late then. */
	json_object_seed(0);
	if (strcmp(path, "-"))
		*fd = sys_create(path, O_WRONLY | O_TRUNC, 0644);
	else
		*fd = sys_dup(STDOUT_FILENO);
	return *fd < 0 ? err_set(err, *fd, "create %s", path) : 0;
}

int stats_write(const struct machine *machine, int fd, struct err *err)
{
	const struct vm *vm = &machine->vm;
	json_t *root =
		json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "guest_resets", (int)vm->n_resets,
			  "vcpus", describe_vcpus(vm), "interrupts", describe_irqs(machine), "scmi",
			  describe_scmi(vm->vfio), "virtio", describe_virtio(machine), "memory",
			  describe_memory(vm), "start_ns", describe_start(machine));
	owned_ptr char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;
	int ret;

	json_decref(root);
	if (!text)
		return err_set(err, ENOMEM, "collect the statistics");
	ret = file_write_all(fd, text, strlen(text)) ?: file_write_all(fd, "\n", 1);
	return ret ? err_set(err, ret, "write the statistics") : 0;
}
