// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/builder.h"

#include <assert.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Most trees fit; a larger one doubles. */
#define FIRST_SIZE     8192
/*
 * Devicetree Specification 0.4, 2.2.1: node-name and unit-address have at most 31 characters each;
 * be generous.
 */
#define NODE_NAME_SIZE 128

static int grow(struct dt *dt)
{
	size_t size = dt->size ? 2 * dt->size : FIRST_SIZE;
	void *bigger;

	if (size > INT_MAX)
		return -FDT_ERR_NOSPACE;
	bigger = malloc(size);
	if (!bigger)
		return -FDT_ERR_NOSPACE;
	if (dt->blob)
		dt->error = fdt_resize(dt->blob, bigger, (int)size);
	free(dt->blob);
	dt->blob = bigger;
	dt->size = size;
	return dt->error;
}

/* Run a libfdt call again and again with more room until it fits; the first other error sticks. */
#define WRITE(dt, call)                                                        \
	do {                                                                   \
		int write_ret = (dt)->error;                                   \
                                                                               \
		while (!write_ret && (write_ret = (call)) == -FDT_ERR_NOSPACE) \
			write_ret = grow(dt);                                  \
		(dt)->error = write_ret;                                       \
	} while (0)

void dt_init(struct dt *dt)
{
	memset(dt, 0, sizeof(*dt));
	dt->error = grow(dt);
	WRITE(dt, fdt_create(dt->blob, (int)dt->size));
	WRITE(dt, fdt_finish_reservemap(dt->blob));
	WRITE(dt, fdt_begin_node(dt->blob, ""));
	dt_prop_u32(dt, "#address-cells", DT_ADDRESS_CELLS);
	dt_prop_u32(dt, "#size-cells", DT_SIZE_CELLS);
}

void dt_begin_node(struct dt *dt, const char *fmt, ...)
{
	char name[NODE_NAME_SIZE];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	if (!dt->error && (size_t)n >= sizeof(name))
		dt->error = -FDT_ERR_BADVALUE;
	WRITE(dt, fdt_begin_node(dt->blob, name));
	dt->depth++;
}

void dt_end_node(struct dt *dt)
{
	assert(dt->depth > 0);
	dt->depth--;
	WRITE(dt, fdt_end_node(dt->blob));
}

void *dt_prop_room(struct dt *dt, const char *name, size_t size)
{
	void *value = NULL;

	if (!dt->error && size > INT_MAX / 2)
		dt->error = -FDT_ERR_BADVALUE;
	WRITE(dt, fdt_property_placeholder(dt->blob, name, (int)size, &value));
	return dt->error ? NULL : value;
}

void dt_prop(struct dt *dt, const char *name, const void *value, size_t size)
{
	void *room = dt_prop_room(dt, name, size);

	if (room && size)
		memcpy(room, value, size);
}

void dt_prop_empty(struct dt *dt, const char *name)
{
	dt_prop(dt, name, NULL, 0);
}

void dt_prop_u32(struct dt *dt, const char *name, uint32_t value)
{
	dt_prop_cells(dt, name, &value, 1);
}

void dt_prop_u64(struct dt *dt, const char *name, uint64_t value)
{
	fdt64_t cell = cpu_to_fdt64(value);

	dt_prop(dt, name, &cell, sizeof(cell));
}

void dt_prop_str(struct dt *dt, const char *name, const char *value)
{
	dt_prop(dt, name, value, strlen(value) + 1);
}

void dt_prop_strs(struct dt *dt, const char *name, const char *const *values, size_t n)
{
	size_t size = 0;
	char *p;

	for (size_t i = 0; i < n; i++)
		size += strlen(values[i]) + 1;
	p = dt_prop_room(dt, name, size);
	for (size_t i = 0; p && i < n; i++)
		p = stpcpy(p, values[i]) + 1;
}

void dt_prop_cells(struct dt *dt, const char *name, const uint32_t *cells, size_t n)
{
	char *p = dt_prop_room(dt, name, n * sizeof(fdt32_t));

	for (size_t i = 0; p && i < n; i++)
		fdt32_st(p + i * sizeof(fdt32_t), cells[i]);
}

void dt_put_ranges(void *cells, const struct range *ranges, size_t n)
{
	char *at = cells;

	for (size_t i = 0; i < n; i++, at += 2 * sizeof(fdt64_t)) {
		fdt64_st(at, ranges[i].start);
		fdt64_st(at + sizeof(fdt64_t), ranges[i].size);
	}
}

void dt_prop_reg(struct dt *dt, const struct range *ranges, size_t n)
{
	void *room = dt_prop_room(dt, "reg", n * 2 * sizeof(fdt64_t));

	if (room)
		dt_put_ranges(room, ranges, n);
}

void dt_prop_interrupt(struct dt *dt, uint32_t type, uint32_t number, uint32_t trigger)
{
	dt_prop_cells(dt, "interrupts", (const uint32_t[]){ type, number, trigger }, 3);
}

uint32_t dt_new_phandle(struct dt *dt)
{
	return DT_PHANDLE_FIRST + dt->n_phandles++;
}

int dt_finish(struct dt *dt, void **blob, size_t *size, struct err *err)
{
	assert(dt->depth == 0);
	WRITE(dt, fdt_end_node(dt->blob));
	WRITE(dt, fdt_finish(dt->blob));
	if (dt->error == -FDT_ERR_NOSPACE)
		return err_set(err, ENOMEM, "write the guest's device tree");
	if (dt->error) {
		return err_set(err, 0, "write the guest's device tree: %s",
			       fdt_strerror(dt->error));
	}
	*blob = dt->blob;
	*size = fdt_totalsize(dt->blob);
	dt->blob = NULL;
	return 0;
}

void dt_destroy(struct dt *dt)
{
	free(dt->blob);
	dt->blob = NULL;
}
