// SPDX-License-Identifier: GPL-2.0-only
/* Phandles in properties that no rule knows. */
#include <errno.h>
#include <string.h>

#include "fdt/reference_parts.h"

int reference_guess(const struct host_tree *tree, const struct host_property *property,
		    struct reference_list *list)
{
	if (property->size < 4 || property->size % 4 || host_property_is_strings(property))
		return 0;
	for (size_t cell = 0; cell < property->size / 4; cell++) {
		struct reference ref = { .offset = 4 * cell };

		ref.phandle = host_property_cell(property, cell);
		ref.target = host_tree_by_phandle(tree, ref.phandle);
		if (!ref.target)
			continue;
		list->guessed = true;
		if (reference_add(list, &ref))
			return -ENOMEM;
	}
	return 0;
}
