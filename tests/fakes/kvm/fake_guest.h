/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_KVM_FAKE_GUEST_H
#define TESTS_FAKES_KVM_FAKE_GUEST_H

/*
 * A machine around one emulated device, on top of fake_sys: its registers through the MMIO table,
 * its interrupt line, the event loop, and the standard streams as pipes.
 */
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/platform_bus.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

struct fake_guest {
	struct vm vm;
	struct platform_bus bus;
	struct device_config config; /* settings may be added before fake_guest_add() */
	struct device *device;
	uint64_t gpa;        /* of the device's registers */
	bool irq;            /* level of its line */
	unsigned int n_irqs; /* times it went up */
	uint32_t intid;
	/*
	 * What KVM does without an exit: reads in a memslot, writes in a range that it coalesces,
	 * and writes that signal an eventfd. Between fake_guest_begin() and _add()
	 * fake_guest_has_direct() gives all.
	 */
	struct kvm_userspace_memory_region slot;
	struct kvm_coalesced_mmio_zone zone; /* size 0: none */
	struct kvm_ioeventfd caught;         /* len 0: none */
	/* what the guest reads at an offset without an exit when the line goes up */
	uint64_t why_offset;
	uint32_t why; /* UINT32_MAX: by an exit */
	struct vcpu vcpu;
	unsigned int n_exits; /* of the guest's accesses */
	int input;            /* write here: the console's standard input */
	int output;           /* read here: its standard output; does not block */
	struct err err;
};

/* Everything but the device. Standard input and output become pipes, the console is on them. */
void fake_guest_begin(struct fake_guest *g);
/* Create and attach; what failed is in g->err. */
int fake_guest_add(struct fake_guest *g, const struct device_class *class);
/* Each system call of fake_guest_add() fails once, which must be its error and leak nothing.
 * Returns how many there are. */
unsigned int fake_guest_fail_each(struct fake_guest *g, const struct device_class *class);
/* Until fake_guest_end(). */
void fake_guest_has_direct(struct fake_guest *g);
/* Add, which must work, and start the console; and begin first. */
void fake_guest_start(struct fake_guest *g, const struct device_class *class);
void fake_guest_init(struct fake_guest *g, const struct device_class *class);

uint64_t fake_guest_read(struct fake_guest *g, uint64_t offset, unsigned int width);
void fake_guest_write(struct fake_guest *g, uint64_t offset, unsigned int width, uint64_t value);
uint32_t fake_guest_read32(struct fake_guest *g, uint64_t offset);
void fake_guest_write32(struct fake_guest *g, uint64_t offset, uint32_t value);
/* What is in the memslot is the same as what an exit reads. */
void fake_guest_page_is_true(struct fake_guest *g);
/* Every width at every offset with all sorts of values; returns when the device took it. */
void fake_guest_poke(struct fake_guest *g);

/*
 * Wait up to @timeout_ms for the first event, then serve the event loop until all is quiet.
 * False if there was none.
 */
bool fake_guest_serve(struct fake_guest *g, int timeout_ms);
/* The guest reset of vmm/machine/reset.c, for this device. */
void fake_guest_reset(struct fake_guest *g);
/* The tree with the node of this device; the caller frees it. */
void *fake_guest_tree(struct fake_guest *g);
/* Destroy all; asserts that nothing is left open. */
void fake_guest_end(struct fake_guest *g);

#endif
