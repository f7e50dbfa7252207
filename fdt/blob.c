// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/blob.h"

#include <libfdt.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What dtc writes unless told otherwise; older ones do not tell the structure block's size. */
#define VERSION 17

#define LENGTH_AND_NAME (2 * sizeof(fdt32_t)) /* of a property, behind its tag */

/* The header is sound. */
static bool lengths_are_sound(const void *blob)
{
	const char *block = (const char *)blob + fdt_off_dt_struct(blob);
	size_t size = fdt_size_dt_struct(blob), at = 0;

	while (size >= FDT_TAGSIZE && at <= size - FDT_TAGSIZE) {
		uint32_t tag = fdt32_ld((const fdt32_t *)(block + at));
		size_t left = size - FDT_TAGSIZE - at;
		const char *next = block + at + FDT_TAGSIZE;

		at += FDT_TAGSIZE;
		if (tag == FDT_END)
			return true;
		if (tag == FDT_BEGIN_NODE) {
			at += strnlen(next, left) + 1;
		} else if (tag == FDT_PROP) {
			if (left < LENGTH_AND_NAME ||
			    fdt32_ld((const fdt32_t *)next) > left - LENGTH_AND_NAME)
				return false;
			at += LENGTH_AND_NAME + fdt32_ld((const fdt32_t *)next);
		}
		at = (at + FDT_TAGSIZE - 1) & ~(FDT_TAGSIZE - 1);
	}
	return false;
}

int blob_check(const void *blob, size_t size)
{
	int ret;

	if (size < sizeof(struct fdt_header))
		return -FDT_ERR_TRUNCATED;
	ret = fdt_check_header(blob);
	if (ret)
		return ret;
	if (fdt_version(blob) < VERSION)
		return -FDT_ERR_BADVERSION;
	if (size < fdt_totalsize(blob))
		return -FDT_ERR_TRUNCATED;
	return lengths_are_sound(blob) ? fdt_check_full(blob, size) : -FDT_ERR_BADSTRUCTURE;
}
