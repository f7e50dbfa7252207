/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_RAM_WORK_H
#define VMM_CORE_RAM_RAM_WORK_H

#include "vmm/base/err.h"

struct ram;

/*
 * Work on all of @ram, which is mapped, by as many threads as its backing says. They have ended
 * when it returns. What takes longer is told about once a second.
 */
int ram_work_touch(const struct ram *ram, struct err *err); /* it is zeroed */
int ram_work_clear(const struct ram *ram, struct err *err);

#endif
