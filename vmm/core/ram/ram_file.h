/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_RAM_FILE_H
#define VMM_CORE_RAM_RAM_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"

struct ram;

/* Set fd, page and is_dirty as ram->backing says; fd stays -1 for anonymous memory. */
int ram_file_open(struct ram *ram, struct err *err);

/* Whether what is planned lies in the file, and a guest can work there. */
int ram_file_check(const struct ram *ram, struct err *err);

/* Say in @err, which is set, why a bank could not be mapped; @size more bytes were to be. */
int ram_file_map_failed(const struct ram *ram, uint64_t size, struct err *err);

/* The same for huge pages: how many are missing. */
int ram_file_too_few_pages(const struct ram *ram, uint64_t size, struct err *err);
/*
 * Whether the host has too few free huge pages of @page bytes for @size bytes, when others take
 * @n_taken before. Adds to @err, which is set, how many there are, and how to have more.
 */
bool ram_lacks_pages(uint64_t page, uint64_t size, uint64_t n_taken, struct err *err);
/* The size of the pages of mem-path, of which @fd is a file or the directory (or why it could not
 * be opened). */
int ram_hugetlbfs_page(int fd, const char *path, uint64_t *page, struct err *err);

/*
 * Whether the host's kernel leaves [start, start + size) of its physical memory alone and yet has
 * it in its memory map: by /proc/iomem. Else an error. A process that may not see the addresses
 * there gets no error.
 */
int ram_file_check_physical(const char *path, struct range memory, struct err *err);

#endif
