/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_RAM_WORK_H
#define VMM_CORE_RAM_RAM_WORK_H

#include <stdbool.h>

#include "vmm/base/err.h"

struct ram;

/*
 * Work on all of @ram, which is mapped, by as many threads as its backing says. They have ended
 * when it returns.
 */

/* It is zeroed. How far it is is told about once a second. */
int ram_work_touch(const struct ram *ram, struct err *err);
/* The same is told if @tell: not at a guest reset, of which a guest can make many. */
int ram_work_clear(const struct ram *ram, bool tell, struct err *err);

#endif
