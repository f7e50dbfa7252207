/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef GUEST_LIB_FDT_H
#define GUEST_LIB_FDT_H

/*
 * A reader of flattened device trees (Devicetree Specification 0.4, chapter 5). A node is the
 * offset of its begin token; negative: no such node. The tree is trusted.
 */
#include <stdbool.h>
#include <stdint.h>

struct fdt_irq {
	unsigned int intid;
	bool edge;
};

void fdt_init(const void *fdt);

/* The blob's size in bytes and the address given to fdt_init(). */
uint32_t fdt_size(void);
const void *fdt_blob(void);

/* The next node in the order of the tree (the first child, if any); -1 as @node: the root. */
int fdt_next(int node);

/* The next node after @after (-1: from the start) one of whose strings in @property is @value. */
int fdt_find(int after, const char *property, const char *value);
int fdt_find_compatible(int after, const char *compatible);

/* @path is absolute, each part with its unit address. */
int fdt_path(const char *path);

/* NULL if there is none; @size (may be NULL) takes its length in bytes. */
const void *fdt_prop(int node, const char *name, uint32_t *size);

uint32_t fdt_cell(const void *prop, unsigned int index);

/*
 * The n-th entry of reg, with two cells of address and two of size, as dais and QEMU's virt have
 * it.
 */
bool fdt_reg(int node, unsigned int n, uint64_t *addr, uint64_t *size);

/* The n-th entry of interrupts, in the three cells of the GIC's binding. */
bool fdt_irq(int node, unsigned int n, struct fdt_irq *irq);

/* The bank of RAM at the lowest address. */
void fdt_ram(uint64_t *addr, uint64_t *size);

/*
 * "key=value" words of chosen/bootargs; the string stays valid. Numbers are decimal, or
 * hexadecimal after 0x.
 */
const char *arg_string(const char *key, const char *otherwise);
uint64_t arg_number(const char *key, uint64_t otherwise);

/*
 * The first node with the compatible that the argument, else @compatible, gives; ends the guest if
 * there is none.
 */
int arg_node(const char *key, const char *compatible);

#endif
