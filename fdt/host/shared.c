// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/shared.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/array.h"

struct host_shared {
	bool made;
	struct host_line *lines; /* sorted by line, then in tree order */
	size_t n_lines;
	struct host_window *windows; /* sorted by their starts */
	size_t n_windows;
};

static enum host_role role_of(const struct host_node *node)
{
	if (host_node_has(node, "#iommu-cells"))
		return HOST_ROLE_IOMMU;
	/* Most GPIO controllers are one, too, for the lines that come to them. */
	if (host_node_has(node, "interrupt-controller") && !host_node_has(node, "gpio-controller"))
		return HOST_ROLE_INTERRUPTS;
	return host_node_has(node, "#clock-cells") || host_node_has(node, "#reset-cells") ||
			       host_node_has(node, "#power-domain-cells")
		       ? HOST_ROLE_PROVIDER
		       : HOST_ROLE_DEVICE;
}

static void set_line(struct host_line *line, const struct host_irq_fact *irq)
{
	*line = (struct host_line){ .controller = irq->controller };
	memcpy(line->cells, irq->specifier, 4UL * irq->n_line_cells);
}

/* VFIO and drivers can ask for it. */
static bool is_line(const struct host_irq_fact *irq)
{
	return irq->kind == HOST_IRQ_OK;
}

static int add_lines(struct host_shared *shared, const struct host_tree *tree,
		     const struct host_node *node)
{
	struct host_irq_fact *irqs = NULL;
	unsigned int n = 0;
	struct err err;
	int ret = 0;

	if (!HOST_LINES)
		return 0;
	if (host_node_has(node, "interrupts") || host_node_has(node, "interrupts-extended"))
		ret = host_irqs_read(tree, node, &irqs, &n, &err);
	/* Of what makes no sense there are as many as do. */
	for (unsigned int i = 0; i < n && ret != -ENOMEM; i++) {
		struct host_line line;

		if (!is_line(&irqs[i]))
			continue;
		set_line(&line, &irqs[i]);
		line.node = node;
		line.index = i;
		line.role = role_of(node);
		ret = array_append(shared->lines, shared->n_lines, &line);
	}
	free(irqs);
	return ret == -ENOMEM ? ret : 0;
}

static int add_windows(struct host_shared *shared, const struct host_node *node)
{
	struct range range;

	/* Children of /reserved-memory are parts of memory that devices may have. */
	if (!host_node_has(node, "compatible") || !node->parent ||
	    strcmp(node->parent->name, "reserved-memory") == 0)
		return 0;
	for (unsigned int i = 0; host_region(node, i, &range); i++) {
		const struct host_window window = { .node = node,
						    .range = range,
						    .role = role_of(node) };

		if (range.size && array_append(shared->windows, shared->n_windows, &window))
			return -ENOMEM;
	}
	return 0;
}

static int compare_keys(const struct host_line *x, const struct host_line *y)
{
	if (x->controller != y->controller)
		return x->controller->index < y->controller->index ? -1 : 1;
	return memcmp(x->cells, y->cells, sizeof(x->cells));
}

static int compare_lines(const void *a, const void *b)
{
	const struct host_line *x = a, *y = b;
	int by_key = compare_keys(x, y);

	if (by_key || x->node == y->node)
		return by_key ? by_key : x->index < y->index ? -1 : 1;
	return x->node->index < y->node->index ? -1 : 1;
}

static int compare_windows(const void *a, const void *b)
{
	const struct host_window *x = a, *y = b;

	if (x->range.start != y->range.start)
		return x->range.start < y->range.start ? -1 : 1;
	return x->node->index < y->node->index ? -1 : x->node != y->node;
}

/* What is below a node that is not available is not either. */
static int add_all(struct host_shared *shared, const struct host_tree *tree,
		   const struct host_node *node)
{
	for (; node; node = node->next) {
		if (!host_node_is_enabled(node))
			continue;
		if (add_lines(shared, tree, node) || add_windows(shared, node) ||
		    add_all(shared, tree, node->child))
			return -ENOMEM;
	}
	return 0;
}

int host_shared_init(struct host_tree *tree)
{
	tree->shared = calloc(1, sizeof(*tree->shared));
	return tree->shared ? 0 : -ENOMEM;
}

int host_shared_create(const struct host_tree *tree)
{
	struct host_shared *shared = tree->shared;
	uint64_t reach = 0;

	if (shared->made)
		return 0;
	if (add_all(shared, tree, tree->nodes[0]))
		return -ENOMEM;
	if (HOST_LINES && shared->n_lines)
		qsort(shared->lines, shared->n_lines, sizeof(*shared->lines), compare_lines);
	if (shared->n_windows)
		qsort(shared->windows, shared->n_windows, sizeof(*shared->windows),
		      compare_windows);
	for (size_t i = 0; i < shared->n_windows; i++) {
		struct host_window *window = &shared->windows[i];

		reach = i && reach > range_last(window->range) ? reach : range_last(window->range);
		window->reach = reach;
	}
	shared->made = true;
	return 0;
}

void host_shared_destroy(struct host_shared *shared)
{
	if (!shared)
		return;
	free(shared->lines);
	free(shared->windows);
	free(shared);
}

/* The first line that is not before @line (@after: that is behind it). */
static size_t find_line(const struct host_shared *shared, const struct host_line *line, bool after)
{
	size_t low = 0, high = shared->n_lines;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_keys(&shared->lines[middle], line) < after)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct host_line *host_lines_find(const struct host_tree *tree,
					const struct host_irq_fact *irq, size_t *n)
{
	const struct host_shared *shared = tree->shared;
	struct host_line line;
	size_t first;

	*n = 0;
	if (!is_line(irq))
		return NULL;
	set_line(&line, irq);
	first = find_line(shared, &line, false);
	*n = find_line(shared, &line, true) - first;
	return shared->lines + first;
}

/* From the last that begins in @range or before it downwards, until none reaches so far. */
const struct host_window *host_windows_next(const struct host_tree *tree, struct range range,
					    size_t *at)
{
	const struct host_shared *shared = tree->shared;

	if (!range.size)
		return NULL;
	if (*at == SIZE_MAX) {
		size_t low = 0, high = shared->n_windows;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (shared->windows[middle].range.start <= range_last(range))
				low = middle + 1;
			else
				high = middle;
		}
		*at = low;
	}
	while (*at && shared->windows[*at - 1].reach >= range.start)
		if (range_overlaps(shared->windows[--*at].range, range))
			return &shared->windows[*at];
	return NULL;
}
