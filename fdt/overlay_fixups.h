/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FDT_OVERLAY_FIXUPS_H
#define FDT_OVERLAY_FIXUPS_H

#include <stdbool.h>

/* All that an overlay's fix-ups point at is there. @blob has passed blob_check(). */
bool overlay_fixups_are_sound(const void *blob);

#endif
