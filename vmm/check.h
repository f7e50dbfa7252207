/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CHECK_H
#define VMM_CHECK_H

#include "vmm/base/err.h"

/*
 * The parts of "dais check", one for each option of it. They print what they find to the standard
 * output. Return 0: all is well; 1: something is not, and was printed; or a negative errno and
 * @err: the check could not be made.
 */

/*
 * Fire each interrupt of @device ("HOST[,KEY=VALUE]...", as behind --device vfio-platform,host=)
 * without an event of the hardware, through its real path to a guest, in every mode.
 */
int check_irq(const char *device, struct err *err);

#endif
