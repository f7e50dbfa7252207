/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_GUEST_OVERLAY_FIXUPS_H
#define FDT_GUEST_OVERLAY_FIXUPS_H

#include <stdbool.h>

/*
 * All that an overlay's fix-ups point at is there. @blob has been read by host_tree_parse(),
 * which limits its depth.
 */
bool overlay_fixups_are_sound(const void *blob);

#endif
