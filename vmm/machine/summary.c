// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "vfio/vfio.h"
#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/core/vcpu.h"
#include "vmm/machine/machine.h"

#define N_TOLD 7 /* of machine_vcpu_exits(): all but what polling did */

bool machine_vcpu_exits(const struct vcpu *vcpu, struct kvm_stat stats[MACHINE_N_VCPU_EXITS])
{
	/* kvm_vcpu_stats_desc of arch/arm64/kvm/guest.c, and KVM_GENERIC_VCPU_STATS() */
	static const char *const names[MACHINE_N_VCPU_EXITS] = {
		"exits",         "wfi_exit_stat",        "wfe_exit_stat",
		"hvc_exit_stat", "mmio_exit_kernel",     "mmio_exit_user",
		"signal_exits",  "halt_successful_poll", "halt_attempted_poll",
		"halt_wakeup",
	};
	struct err err;

	for (size_t i = 0; i < MACHINE_N_VCPU_EXITS; i++)
		stats[i].name = names[i];
	return vcpu->stats_fd >= 0 &&
	       !kvm_stats_read(vcpu->stats_fd, stats, MACHINE_N_VCPU_EXITS, &err);
}

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
	struct kvm_stat stats[MACHINE_N_VCPU_EXITS] = { 0 };
	uint64_t sums[N_TOLD] = { 0 };
	char buf[512];
	struct text text = text_in(buf);

	for (unsigned int i = 0; i < vm->n_vcpus; i++) {
		if (!machine_vcpu_exits(&vm->vcpus[i], stats))
			return;
		for (size_t s = 0; s < N_TOLD; s++)
			sums[s] += stats[s].value;
	}
	for (size_t s = 1; s < N_TOLD; s++)
		add(&text, stats[s].name, sums[s]);
	log_info("summary: %" PRIu64 " exits to KVM (%s)", sums[0], buf);
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

static void summarize_scmi(const struct machine *m)
{
	struct vfio_scmi_counts counts;

	if (BUILT(SCMI) && vfio_scmi_counts(m->vm.vfio, &counts))
		log_info("summary: SCMI: %" PRIu64 " messages, %" PRIu64
			 " of them answered with an error, %" PRIu64 " calls refused, %" PRIu64
			 " accesses to devices that were off",
			 counts.n_messages, counts.n_errors, counts.n_refused, counts.n_off);
}

void machine_summarize(const struct machine *m)
{
	summarize_kernel_exits(&m->vm);
	summarize_user_exits(&m->vm);
	summarize_interrupts(m);
	summarize_scmi(m);
}
