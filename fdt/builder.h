/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_BUILDER_H
#define FDT_BUILDER_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"

/*
 * Writes a device tree front to back over libfdt's sequential writer: a node's properties come
 * before its children. Errors stick: after one, every call does nothing and dt_finish() reports
 * the first. Grows as needed.
 *
 *	dt_init(&dt);				the root is open, its cells are written
 *	dt_prop_str(&dt, "compatible", …);	further properties of the root
 *	dt_begin_node(&dt, "memory@%llx", …);	its children
 *	…
 *	dt_end_node(&dt);
 *	ret = dt_finish(&dt, &blob, &size, err);	closes the root
 *	dt_destroy(&dt);			on every path
 */
struct dt {
	void *blob;          /* under construction; malloc'ed */
	size_t size;         /* bytes allocated */
	int error;           /* first libfdt error, 0 */
	unsigned int depth;  /* open nodes below the root */
	uint32_t n_phandles; /* given out so far */
};

/* Cells of "reg" in children of the root (Devicetree Specification 0.4, 2.3.5). */
#define DT_ADDRESS_CELLS 2
#define DT_SIZE_CELLS    2

/* Specifier cells of interrupts (bindings/interrupt-controller/arm,gic.yaml). */
#define DT_GIC_SPI         0
#define DT_GIC_PPI         1
#define DT_IRQ_EDGE_RISING 1
#define DT_IRQ_LEVEL_HIGH  4

void dt_init(struct dt *dt);
void dt_begin_node(struct dt *dt, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void dt_end_node(struct dt *dt);
void dt_prop(struct dt *dt, const char *name, const void *value, size_t size); /* raw bytes */
/*
 * A property of @size bytes for the caller to fill before the next call (big-endian, not aligned);
 * NULL when the tree has failed.
 */
void *dt_prop_room(struct dt *dt, const char *name, size_t size);
void dt_prop_empty(struct dt *dt, const char *name);
void dt_prop_u32(struct dt *dt, const char *name, uint32_t value);
void dt_prop_u64(struct dt *dt, const char *name, uint64_t value);
void dt_prop_str(struct dt *dt, const char *name, const char *value);
void dt_prop_strs(struct dt *dt, const char *name, const char *const *values, size_t n);
void dt_prop_cells(struct dt *dt, const char *name, const uint32_t *cells, size_t n);
/* Ranges as "reg" has them, each of DT_ADDRESS_CELLS and DT_SIZE_CELLS, at @cells. */
void dt_put_ranges(void *cells, const struct range *ranges, size_t n);
void dt_prop_reg(struct dt *dt, const struct range *ranges, size_t n);
/* "interrupts" of one interrupt: @type DT_GIC_SPI or DT_GIC_PPI. Several: dt_prop_cells. */
void dt_prop_interrupt(struct dt *dt, uint32_t type, uint32_t number, uint32_t trigger);

/* A new phandle, not used by any node yet; write it with dt_prop_u32(dt, "phandle", …). */
uint32_t dt_new_phandle(struct dt *dt);

/*
 * Close the tree. On success the caller owns *blob (*size bytes, packed). -ENOMEM or -EINVAL (what
 * libfdt said).
 */
int dt_finish(struct dt *dt, void **blob, size_t *size, struct err *err);
void dt_destroy(struct dt *dt);

/* Phandles that every part of the tree knows; the graft numbers its nodes itself
 * (fdt/guest/graft.h). */
#define DT_PHANDLE_GIC         1
#define DT_PHANDLE_APB_PCLK    2 /* fixed-clock of the emulated PrimeCells, 24 MHz */
#define DT_PHANDLE_SCMI_SHMEM  3 /* devices/scmi/channel.h */
#define DT_PHANDLE_SCMI_POWER  4
#define DT_PHANDLE_SCMI_CLOCK  5
#define DT_PHANDLE_SCMI_RESET  6
#define DT_PHANDLE_FIRST       16     /* dt_new_phandle() starts here */
#define DT_PHANDLE_SCMI_SUPPLY 0x8000 /* … and the number of the voltage domain */
#define DT_PHANDLE_GRAFT       0x10000

#endif
