// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/vfio.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/text.h"
#include "vmm/core/kvm_stats.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

/* KVM's own names for exits of an arm64 vCPU that do not all come to user space:
 * arch/arm64/kvm/guest.c. */
static const struct kvm_stat kernel_exits[] = {
	{ .name = "exits" },         { .name = "wfi_exit_stat" },    { .name = "wfe_exit_stat" },
	{ .name = "hvc_exit_stat" }, { .name = "mmio_exit_kernel" }, { .name = "mmio_exit_user" },
	{ .name = "signal_exits" },
};

unsigned int machine_irq_counts(const struct machine *m, struct vfio_irq_count **counts)
{
	unsigned int n = vfio_irq_counts(m->vm.vfio, NULL, 0);

	*counts = n ? calloc(n, sizeof(**counts)) : NULL;
	return *counts ? vfio_irq_counts(m->vm.vfio, *counts, n) : 0;
}

/* "name value, name value"; counters that are 0 or that this kernel does not have are left out. */
static void add(struct text *text, const char *name, uint64_t value)
{
	if (value)
		text_add(text, "%s%s %" PRIu64, text->used ? ", " : "", name, value);
}

static void summarize_kernel_exits(const struct vm *vm)
{
	struct kvm_stat sums[n_elems(kernel_exits)];
	char buf[512];
	struct text text = text_in(buf);

	memcpy(sums, kernel_exits, sizeof(sums));
	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		struct kvm_stat stats[n_elems(kernel_exits)];
		struct err err;

		memcpy(stats, kernel_exits, sizeof(stats));
		if (vm->vcpus[i].stats_fd < 0 ||
		    kvm_stats_read(vm->vcpus[i].stats_fd, stats, n_elems(stats), &err))
			return;
		for (size_t s = 0; s < n_elems(stats); s++)
			sums[s].value += stats[s].value;
	}
	for (size_t s = 1; s < n_elems(sums); s++)
		add(&text, sums[s].name, sums[s].value);
	log_info("summary: %" PRIu64 " exits to KVM (%s)", sums[0].value, buf);
}

static void summarize_user_exits(const struct vm *vm)
{
	char buf[512];
	struct text text = text_in(buf);
	uint64_t total = 0;

	for (unsigned int e = 0; e < N_VCPU_EXITS; e++) {
		uint64_t sum = 0;

		for (unsigned int i = 0; i < vm->n_vcpus; i++)
			sum += vm->vcpus[i].n_exits[e];
		add(&text, vcpu_exit_name(e), sum);
		total += sum;
	}
	log_info("summary: %" PRIu64 " exits to user space (%s) of %u vCPUs, %u guest resets",
		 total, buf, vm->n_vcpus, vm->n_resets);
}

static void summarize_interrupts(const struct machine *m)
{
	owned_ptr struct vfio_irq_count *counts = NULL;
	unsigned int n = machine_irq_counts(m, &counts);

	for (unsigned int i = 0; i < n; i++) {
		const struct vfio_irq_count *c = &counts[i];

		if (c->known)
			log_info("summary: %s: interrupt %u (SPI %u, %s, %s): %" PRIu64
				 " interrupts, %" PRIu64 " handled by dais",
				 c->device, c->index, c->spi, c->level ? "level" : "edge", c->mode,
				 c->n_interrupts, c->n_wakeups);
	}
}

void machine_summarize(const struct machine *m)
{
	summarize_kernel_exits(&m->vm);
	summarize_user_exits(&m->vm);
	summarize_interrupts(m);
}
