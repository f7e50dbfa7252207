/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_KEPT_H
#define VMM_BASE_KEPT_H

/*
 * What holds until the host boots again and is costly to find out: one process writes it to a file,
 * the next ones read it. Nobody depends on such a file. Where it cannot be read or written, or was
 * made before the host's last boot (/proc/sys/kernel/random/boot_id), there is none.
 */
#include <stdbool.h>
#include <stddef.h>

#define KEPT_DIR "/run/dais" /* of all that dais tells its next processes */

/*
 * What kept_write() was given, and a NUL behind it: @data is the caller's to free(). False: there
 * is nothing, or somebody else than root may have written it, or it has more than @max bytes.
 */
bool kept_read(const char *path, size_t max, char **data, size_t *size);

/*
 * A file in KEPT_DIR, which is made where it is missing; everybody may read both. A reader gets
 * either the old content or the new one.
 */
void kept_write(const char *path, const void *data, size_t size);

#endif
