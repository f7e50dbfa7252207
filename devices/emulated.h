/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_EMULATED_H
#define DEVICES_EMULATED_H

/*
 * What the emulated devices share: one page of 32-bit registers at a fixed address, one level
 * interrupt, one lock, and for a PrimeCell its identification registers and device tree node.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/device.h"
#include "devices/register_page.h"
#include "vmm/core/event_loop.h"
#include "vmm/core/irq_line.h"
#include "vmm/core/mmio.h"

struct dt;
struct emulated;

#define EMULATED_SIZE 0x1000 /* bytes of registers */

/* The constant part of a device. */
struct emulated_type {
	const char *node; /* name of the device tree node without unit address */
	const char *compatible;
	uint64_t gpa;
	size_t object_size;     /* of the struct that begins with a struct emulated */
	uint32_t peripheral_id; /* bytes of PeriphID3-0, from the TRM; 0: no PrimeCell */
	const char *clock;      /* a PrimeCell's name for its clock besides apb_pclk, or NULL */
	/* NULL: emulated_mmio_ops; they get the struct emulated */
	const struct mmio_ops *ops;
	/* All that follows is called under the lock. */
	void (*reset)(struct emulated *emu); /* as at power-on; the timer stands */
	/* It has a timer, which went off (event_loop.h); NULL: none */
	void (*on_timer)(struct emulated *emu);
	int timer_clock; /* CLOCK_MONOTONIC or CLOCK_REALTIME */
	/*
	 * A 32-bit register at @offset, a multiple of 4. Return false for an offset where nothing
	 * is: reads as zero, and the write goes nowhere. Narrow writes arrive zero-extended: a
	 * PrimeCell has no byte lanes.
	 */
	bool (*read)(struct emulated *emu, uint64_t offset, uint32_t *value);
	bool (*write)(struct emulated *emu, uint64_t offset, uint32_t value);
	/*
	 * What the guest reads of the registers up to @last_shown without an exit
	 * (register_page.h): as read, which here changes nothing. emulated_update() keeps it true.
	 * NULL: reads trap.
	 */
	bool (*look)(struct emulated *emu, uint64_t offset, uint32_t *value);
	unsigned int last_shown;
};

/* First member of every emulated device. */
struct emulated {
	struct device device;
	const struct emulated_type *type;
	uint64_t wanted_spi;  /* or PLATFORM_BUS_ANY */
	pthread_mutex_t lock; /* of all that can change in the device */
	struct irq_line irq;
	struct event_timer timer;  /* where the type has one */
	struct register_page page; /* the same, with its identification */
	struct log_budget nonsense_log;
};

/*
 * The members of struct device_class of these names, for devices that need no more. What create
 * makes is zeroed but for this part.
 */
#define EMULATED_CLASS(type)                                                   \
	.keys = emulated_keys, .emulated = &(type), .create = emulated_create, \
	.quiesce = emulated_quiesce, .reset = emulated_reset
int emulated_create(const struct device_config *config, struct vm *vm, struct device **device,
		    struct err *err);
int emulated_attach(struct device *device, struct err *err);
int emulated_reset(struct device *device, struct err *err);
int emulated_describe(struct device *device, struct dt *dt, struct err *err);
void emulated_quiesce(struct device *device);
void emulated_destroy(struct device *device);

/* After a change: registers from @first on may read otherwise; the interrupt is up or not. */
void emulated_update(struct emulated *emu, unsigned int first, bool is_up);

/* Any width and alignment, over the 32-bit registers of the type; takes the lock. */
extern const struct mmio_ops emulated_mmio_ops;

/*
 * Begin the node, with reg, interrupts and compatible, and for a PrimeCell its clocks; the caller
 * adds the rest and dt_end_node().
 */
void emulated_begin_node(const struct emulated *emu, struct dt *dt);

#endif
