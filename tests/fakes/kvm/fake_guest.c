// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/kvm/fake_guest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "devices/console.h"
#include "fdt/builder.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define N_SPIS     64
#define MAX_ROUNDS 100000
#define QUIET_MS   5 /* longer than any delay by which a device bundles its work */

static int vm_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	struct fake_guest *g = opaque;
	const struct kvm_irq_level *line = arg;

	(void)fd;
	switch (request) {
	case KVM_SET_USER_MEMORY_REGION:
		g->slot = *(struct kvm_userspace_memory_region *)arg;
		return 0;
	case KVM_REGISTER_COALESCED_MMIO:
		g->zone = *(struct kvm_coalesced_mmio_zone *)arg;
		return 0;
	case KVM_UNREGISTER_COALESCED_MMIO:
		g->zone.size = 0;
		return 0;
	case KVM_IOEVENTFD:
		if (((struct kvm_ioeventfd *)arg)->flags & KVM_IOEVENTFD_FLAG_DEASSIGN)
			return memcmp(&g->caught, arg, offsetof(struct kvm_ioeventfd, flags))
				       ? -ENOENT
				       : (g->caught.len = 0, 0);
		g->caught = *(struct kvm_ioeventfd *)arg;
		return 0;
	case KVM_IRQ_LINE:
		break;
	default:
		return -ENOTTY;
	}
	if (line->level)
		g->why = g->slot.memory_size
				 ? *(uint32_t *)(uintptr_t)(g->slot.userspace_addr + g->why_offset)
				 : UINT32_MAX;
	g->irq = line->level;
	g->n_irqs += line->level;
	g->intid = line->irq & 0xffffff;
	return 0;
}

/* KVM_CHECK_EXTENSION: of the ring, which is the second page */
static int kvm_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	(void)fd;
	(void)opaque;
	return request == KVM_CHECK_EXTENSION && (uintptr_t)arg == KVM_CAP_COALESCED_MMIO;
}

static const struct fake_fd_ops kvm_ops = { .ioctl = kvm_ioctl };
static const struct fake_fd_ops vm_ops = { .ioctl = vm_ioctl };

static void make_pipes(struct fake_guest *g)
{
	int in[2], out[2];

	assert(!pipe(in) && !pipe(out));
	assert(dup2(in[0], STDIN_FILENO) == STDIN_FILENO);
	assert(dup2(out[1], STDOUT_FILENO) == STDOUT_FILENO);
	close(in[0]);
	close(out[1]);
	g->input = in[1];
	g->output = out[0];
	assert(!fcntl(g->output, F_SETFL, O_NONBLOCK));
}

void fake_guest_begin(struct fake_guest *g)
{
	int ret;

	memset(g, 0, sizeof(*g));
	fake_sys_reset();
	vm_init(&g->vm);
	g->vm.fd = fake_fd_new(&vm_ops, g);
	g->vm.request_fd = sys_eventfd(0, EFD_NONBLOCK);
	memmap_init(&g->vm.memmap, 40);
	platform_bus_init(&g->bus, &g->vm.memmap, NULL, N_SPIS);
	g->vm.bus = &g->bus;
	make_pipes(g);
	ret = event_loop_create(&g->vm.loop, &g->err);
	assert(!ret);
	ret = console_create("stdio", NULL, &g->vm, &g->vm.console, &g->err);
	assert(!ret);
}

int fake_guest_add(struct fake_guest *g, const struct device_class *class)
{
	int ret;

	g->config.name = class->name;
	g->config.class = class;
	ret = device_config_judge(&g->config, NULL, &g->err);
	if (!ret)
		ret = class->create(&g->config, &g->vm, &g->device, &g->err);
	if (!ret)
		ret = class->attach(g->device, &g->err);
	if (!ret)
		g->gpa = g->vm.mmio.regions[0].gpa.start;
	return ret;
}

void fake_guest_has_direct(struct fake_guest *g)
{
	g->vm.kvm.caps.n_memslots = 8;
	g->vm.kvm.caps.ioeventfd = 1;
	g->vm.kvm.fd = fake_fd_new(&kvm_ops, g);
	g->vm.kvm.run_size = 2 * sys_page_size();
	g->vcpu.run = calloc(1, g->vm.kvm.run_size);
	assert(g->vcpu.run);
	g->vm.vcpus = &g->vcpu;
	g->vm.n_vcpus = 1;
}

void fake_guest_start(struct fake_guest *g, const struct device_class *class)
{
	int ret = fake_guest_add(g, class);

	assert(!ret);
	mmio_table_seal(&g->vm.mmio);
	ret = console_start(g->vm.console, &g->err);
	assert(!ret);
	fake_guest_serve(g, 0);
}

void fake_guest_init(struct fake_guest *g, const struct device_class *class)
{
	fake_guest_begin(g);
	fake_guest_start(g, class);
}

unsigned int fake_guest_fail_each(struct fake_guest *g, const struct device_class *class)
{
	unsigned int n = 0;
	bool failed;
	int ret;

	do {
		fake_guest_begin(g);
		fake_fail_at(++n, EMFILE);
		ret = fake_guest_add(g, class);
		failed = fake_failed();
		assert(ret == (failed ? -EMFILE : 0));
		fake_fail_at(0, 0);
		fake_guest_end(g);
	} while (failed);
	return n - 1;
}

uint64_t fake_guest_read(struct fake_guest *g, uint64_t offset, unsigned int width)
{
	const struct range slot = { g->slot.guest_phys_addr, g->slot.memory_size };
	uint64_t value = 0;

	if (range_contains(slot, (struct range){ g->gpa + offset, width })) {
		memcpy(&value, (char *)(uintptr_t)g->slot.userspace_addr + offset, width);
		return value;
	}
	g->n_exits++;
	mmio_access(&g->vm.mmio, g->gpa + offset, (uint8_t *)&value, width, false);
	return value;
}

/* virt/kvm/coalesced_mmio.c */
static bool coalesce(struct fake_guest *g, uint64_t gpa, unsigned int width, uint64_t value)
{
	const size_t page = sys_page_size();
	struct kvm_coalesced_mmio_ring *ring = (void *)((char *)g->vcpu.run + page);
	const uint32_t n = (uint32_t)((page - sizeof(*ring)) / sizeof(ring->coalesced_mmio[0]));
	struct kvm_coalesced_mmio *entry;

	if (!range_contains((struct range){ g->zone.addr, g->zone.size },
			    (struct range){ gpa, width }) ||
	    (ring->last + 1) % n == ring->first)
		return false;
	entry = &ring->coalesced_mmio[ring->last];
	*entry = (struct kvm_coalesced_mmio){ .phys_addr = gpa, .len = width };
	memcpy(entry->data, &value, width);
	ring->last = (ring->last + 1) % n;
	return true;
}

void fake_guest_write(struct fake_guest *g, uint64_t offset, unsigned int width, uint64_t value)
{
	if (coalesce(g, g->gpa + offset, width, value) ||
	    (g->caught.len == width && g->caught.addr == g->gpa + offset &&
	     g->caught.datamatch == value))
		return;
	g->n_exits++;
	mmio_access(&g->vm.mmio, g->gpa + offset, (uint8_t *)&value, width, true);
}

uint32_t fake_guest_read32(struct fake_guest *g, uint64_t offset)
{
	return (uint32_t)fake_guest_read(g, offset, 4);
}

void fake_guest_write32(struct fake_guest *g, uint64_t offset, uint32_t value)
{
	fake_guest_write(g, offset, 4, value);
}

void fake_guest_page_is_true(struct fake_guest *g)
{
	const struct kvm_userspace_memory_region slot = g->slot;

	assert(slot.guest_phys_addr == g->gpa && slot.flags == KVM_MEM_READONLY);
	for (uint64_t offset = 0; offset < slot.memory_size; offset += 4) {
		uint32_t in_page = fake_guest_read32(g, offset), by_exit;

		g->slot.memory_size = 0;
		by_exit = fake_guest_read32(g, offset);
		g->slot = slot;
		if (by_exit != in_page)
			fprintf(stderr, "offset %#llx: %#x in the page, %#x by an exit\n",
				(unsigned long long)offset, in_page, by_exit);
		assert(by_exit == in_page);
	}
}

void fake_guest_poke(struct fake_guest *g)
{
	uint64_t value = 0x9e3779b97f4a7c15;

	for (unsigned int width = 1; width <= 8; width *= 2) {
		for (uint64_t offset = 0; offset <= 0x1000 - width; offset++) {
			value = value * 6364136223846793005 + 1442695040888963407;
			fake_guest_write(g, offset, width, value >> (offset % 64));
			fake_guest_read(g, offset, width);
		}
	}
}

static void stop_loop(void *opaque)
{
	event_loop_stop(opaque);
}

bool fake_guest_serve(struct fake_guest *g, int timeout_ms)
{
	struct event_loop *loop = &g->vm.loop;
	struct pollfd ready = { .fd = loop->epoll_fd, .events = POLLIN };
	int stop_fd = eventfd(1, 0), ret, n;

	/* The stop is always ready and gets its turn after the others. */
	for (n = 0; poll(&ready, 1, n || timeout_ms < QUIET_MS ? QUIET_MS : timeout_ms) == 1; n++) {
		struct event_source *stop = NULL;

		assert(n < MAX_ROUNDS);
		ret = event_loop_add(loop, stop_fd, stop_loop, loop, &stop, &g->err);
		assert(!ret);
		ret = event_loop_run(loop, &g->err);
		assert(!ret);
		event_loop_remove(loop, stop);
	}
	close(stop_fd);
	return n > 0;
}

void fake_guest_reset(struct fake_guest *g)
{
	const struct device_class *class = g->device->class;
	int ret;

	if (class->quiesce)
		class->quiesce(g->device);
	ret = class->reset ? class->reset(g->device, &g->err) : 0;
	assert(!ret);
	ret = class->arm ? class->arm(g->device, &g->err) : 0;
	assert(!ret);
}

void *fake_guest_tree(struct fake_guest *g)
{
	struct dt dt;
	void *blob;
	size_t size;
	int ret;

	dt_init(&dt);
	dt_describe_apb_pclk(&dt);
	ret = g->device->class->describe(g->device, &dt, &g->err);
	assert(!ret);
	ret = dt_finish(&dt, &blob, &size, &g->err);
	assert(!ret);
	dt_destroy(&dt);
	return blob;
}

void fake_guest_end(struct fake_guest *g)
{
	if (g->device)
		g->device->class->destroy(g->device);
	console_destroy(g->vm.console);
	vm_destroy(&g->vm);
	free(g->vcpu.run);
	close(g->input);
	close(g->output);
	assert(fake_n_open_fds() == 0);
	assert(fake_n_mappings() == 0);
}
