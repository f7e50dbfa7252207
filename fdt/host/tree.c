// SPDX-License-Identifier: GPL-2.0-only
#include "fdt/host/tree.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/reference_parts.h"
#include "fdt/host/tree_parts.h"

/* Large enough that the trees of real boards take a few dozens. */
#define CHUNK_SIZE ((size_t)64 << 10)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct host_tree *host_tree_create(void)
{
	return calloc(1, sizeof(struct host_tree));
}

void host_tree_destroy(struct host_tree *tree)
{
	if (!tree)
		return;
	for (struct arena_chunk *next, *c = tree->arena; c; c = next) {
		next = c->next;
		free(c);
	}
	reference_index_destroy(tree->references);
	free(tree->by_phandle);
	free(tree->nodes);
	free(tree);
}

void *host_tree_alloc(struct host_tree *tree, size_t size)
{
	struct arena_chunk *c = tree->arena;
	size_t want = (size + 15) & ~(size_t)15;

	if (!c || c->size - c->used < want) {
		size_t room = want > CHUNK_SIZE ? want : CHUNK_SIZE;

		c = calloc(1, sizeof(*c) + room);
		if (!c)
			return NULL;
		c->size = room;
		c->next = tree->arena;
		tree->arena = c;
	}
	c->used += want;
	return c->data + c->used - want;
}

void *host_tree_copy(struct host_tree *tree, const void *data, size_t size)
{
	char *copy = host_tree_alloc(tree, size + 1);

	if (copy && size)
		memcpy(copy, data, size);
	return copy;
}

static bool make_room(struct host_tree *tree)
{
	uint32_t room = tree->room ? 2 * tree->room : 1024;
	struct host_node **bigger;

	if (tree->n_nodes < tree->room)
		return true;
	bigger = realloc(tree->nodes, room * sizeof(struct host_node *));
	if (!bigger)
		return false;
	tree->nodes = bigger;
	tree->room = room;
	return true;
}

struct host_node *host_tree_add_node(struct host_tree *tree, struct host_node *parent,
				     struct host_node *previous, const char *name)
{
	struct host_node *node = host_tree_alloc(tree, sizeof(*node));
	const char *copy = host_tree_copy(tree, name, strlen(name));

	if (!node || !copy || !make_room(tree))
		return NULL;
	node->name = copy;
	node->parent = parent;
	if (previous)
		previous->next = node;
	else if (parent)
		parent->child = node;
	node->index = tree->n_nodes;
	tree->nodes[tree->n_nodes++] = node;
	return node;
}

void host_tree_set_properties(struct host_node *node, const struct host_property *properties,
			      size_t n)
{
	node->properties = properties;
	node->n_properties = n;
}

/* Longer than any: the Devicetree Specification 0.4, 2.2.1, allows 31 and an address. */
#define MAX_NAME 255

static bool is_name(const char *name)
{
	for (size_t n = 0; name[n]; n++) {
		if (!isgraph((unsigned char)name[n]) || name[n] == '/' || n == MAX_NAME)
			return false;
	}
	return true;
}

static int malformed(const char *what, const struct host_node *node, struct err *err,
		     const char *why)
{
	char path[256];

	err_set(err, EINVAL, "read device tree %s: node %s", what,
		host_node_path(node, path, sizeof(path)));
	err_why(err, "%s", why);
	return err->code;
}

static int check_names(const char *what, const struct host_node *node, struct err *err)
{
	if (node->parent && (!is_name(node->name) || !node->name[0]))
		return malformed(what, node->parent, err,
				 "a child's name is malformed or too long");
	for (size_t i = 0; i < node->n_properties; i++) {
		const char *name = node->properties[i].name;

		if (!is_name(name) || !name[0])
			return malformed(what, node, err,
					 "a property's name is malformed or too long");
	}
	return 0;
}

/* "linux,phandle" is what dtc wrote before "phandle" was standard. */
static int read_phandle(const char *what, struct host_node *node, struct err *err)
{
	static const char *const names[] = { "phandle", "linux,phandle" };

	for (size_t i = 0; i < 2; i++) {
		const struct host_property *p = host_node_find(node, names[i]);

		if (!p)
			continue;
		if (p->size != 4)
			return malformed(what, node, err, "its phandle is not one cell");
		node->phandle = host_property_cell(p, 0);
		if (node->phandle == 0 || node->phandle == UINT32_MAX)
			return malformed(what, node, err, "its phandle is 0 or -1");
		return 0;
	}
	return 0;
}

static int compare_phandles(const void *a, const void *b)
{
	const struct host_node *x = *(struct host_node *const *)a;
	const struct host_node *y = *(struct host_node *const *)b;

	return x->phandle < y->phandle ? -1 : x->phandle > y->phandle;
}

static int index_phandles(struct host_tree *tree, const char *what, struct err *err)
{
	tree->by_phandle = calloc(tree->n_nodes, sizeof(struct host_node *));
	if (!tree->by_phandle)
		return err_set(err, ENOMEM, "read device tree %s", what);
	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		if (tree->nodes[i]->phandle)
			tree->by_phandle[tree->n_phandles++] = tree->nodes[i];
	}
	qsort(tree->by_phandle, tree->n_phandles, sizeof(struct host_node *), compare_phandles);
	for (size_t i = 1; i < tree->n_phandles; i++) {
		if (tree->by_phandle[i - 1]->phandle == tree->by_phandle[i]->phandle)
			return malformed(what, tree->by_phandle[i], err,
					 "its phandle is another node's too");
	}
	return 0;
}

int host_tree_finish(struct host_tree *tree, const char *what, struct err *err)
{
	int ret;

	for (uint32_t i = 0; i < tree->n_nodes; i++) {
		ret = check_names(what, tree->nodes[i], err);

		if (!ret)
			ret = read_phandle(what, tree->nodes[i], err);
		if (ret)
			return ret;
	}
	tree->has_symbols = host_tree_find(tree, "/__symbols__") != NULL;
	ret = index_phandles(tree, what, err);
	if (!ret && reference_index_create(tree))
		ret = err_set(err, ENOMEM, "read device tree %s", what);
	return ret;
}

bool host_tree_is_live(const struct host_tree *tree)
{
	return tree->live;
}

uint32_t host_tree_n_nodes(const struct host_tree *tree)
{
	return tree->n_nodes;
}

const struct host_node *host_tree_node(const struct host_tree *tree, uint32_t index)
{
	return index < tree->n_nodes ? tree->nodes[index] : NULL;
}

const struct host_node *host_tree_root(const struct host_tree *tree)
{
	return tree->nodes[0];
}

const struct host_node *host_tree_by_phandle(const struct host_tree *tree, uint32_t phandle)
{
	const struct host_node wanted = { .phandle = phandle };
	const struct host_node *key = &wanted;
	struct host_node **found;

	if (!phandle || !tree->n_phandles)
		return NULL;
	found = bsearch(&key, tree->by_phandle, tree->n_phandles, sizeof(struct host_node *),
			compare_phandles);
	return found ? *found : NULL;
}
