/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_FILE_H
#define VMM_CORE_RAM_FILE_H

#include <stdint.h>

#include "vmm/base/err.h"

struct ram;

/* Set fd and page as ram->backing says. */
int ram_file_open(struct ram *ram, struct err *err);

/* Say in @err, which is set, why @size more bytes of ram->fd's huge pages could not be had. */
int ram_file_too_few_pages(const struct ram *ram, uint64_t size, struct err *err);

#endif
