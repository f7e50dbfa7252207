/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_REGISTER_PAGE_H
#define DEVICES_REGISTER_PAGE_H

/*
 * Registers that a guest reads without leaving: a page of memory in a read-only memslot. Writes
 * trap as without it. A host that has no such memslots, or a 32-bit one, which may not keep caches
 * and the page together, has the page, and reads trap, too.
 */
#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct vm;

struct register_page {
	struct vm *vm;
	uint64_t gpa;
	void *mem; /* a page of the host's; NULL: none */
	int slot;  /* negative: none, reads trap */
	bool is_shown;
};

/*
 * Zeroes at @gpa, a multiple of the host's page, for the device @name, which may be read at once.
 * register_page_destroy() after an error as well, once the VM does not use it any more; @page is
 * zeroed before.
 */
int register_page_create(struct register_page *page, struct vm *vm, uint64_t gpa, const char *name,
			 struct err *err);
void register_page_destroy(struct register_page *page);

/* What the guest, with Device memory attributes and past the caches, reads at @offset. */
void register_page_put(struct register_page *page, unsigned int offset, uint32_t value);

/* Whether it reads there without leaving. The vCPUs may run. */
void register_page_show(struct register_page *page, bool shown);

#endif
