// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/range.h"

/* Rooms are powers of two from this one on, so that the number of elements tells when it is full.
 */
#define FIRST_ROOM 4

void *array_more(void *array_ptr, size_t n, size_t size)
{
	char *array;

	memcpy(&array, array_ptr, sizeof(array));
	if (!n || (n >= FIRST_ROOM && is_power_of_two(n))) {
		array = reallocarray(array, n ? 2 * n : FIRST_ROOM, size);
		if (!array)
			return NULL;
		memcpy(array_ptr, &array, sizeof(array));
	}
	return memset(array + n * size, 0, size);
}

int array_put(void *array_ptr, size_t n, const void *element, size_t size)
{
	void *added = array_more(array_ptr, n, size);

	return added && memcpy(added, element, size) ? 0 : -ENOMEM;
}
