/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_BASE_ARRAY_H
#define VMM_BASE_ARRAY_H

/*
 * An array that grows by one, of which the owner keeps a pointer and the number of elements:
 *
 *	struct finding *f = array_add(check->findings, check->n_findings);
 *
 *	if (!f)
 *		return -ENOMEM;
 *	check->n_findings++;
 *
 * @array starts as NULL with 0 elements, may lose elements at its end, and is freed with free().
 * It may move. The value is &array[n], zeroed; NULL when there is no memory: nothing has changed.
 */
#include <stddef.h>

/* The type's size, and not the element's: clang-tidy takes that of a pointer for a mistake. */
#define array_add(array, n) \
	((__typeof__(&(array)[0]))array_more(&(array), (n), sizeof(__typeof__((array)[0]))))

/* Add a copy of what @element, of the array's type, points at. 0, or -ENOMEM; then @n is as before.
 */
#define array_append(array, n, element) \
	(array_put(&(array), (n), (element), sizeof(*(1 ? (element) : (array)))) ?: ((n)++, 0))
int array_put(void *array_ptr, size_t n, const void *element, size_t size);

/* The same without types: @array_ptr is the address of the pointer, @size that of an element. */
void *array_more(void *array_ptr, size_t n, size_t size);

#endif
