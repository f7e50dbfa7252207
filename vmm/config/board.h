/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CONFIG_BOARD_H
#define VMM_CONFIG_BOARD_H

#include "vmm/base/err.h"
#include "vmm/config/config.h"

/*
 * The host is one of those that the file is for: a word of [host] compatible stands in the root's
 * "compatible" of the host's device tree, or the file names none. -EINVAL and @err: it is another,
 * which is named.
 */
int board_check(const struct vm_config *config, struct err *err);

#endif
