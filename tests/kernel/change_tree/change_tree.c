// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes the running kernel's device tree as drivers and overlays do, when it is loaded: the
 * property "name" of the node "path" becomes the string "value", or goes when there is none. For
 * tests, on a host that ends with them: what it gives the tree is never freed.
 */
#include <linux/module.h>
#include <linux/of.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *path, *name, *value;
module_param(path, charp, 0);
module_param(name, charp, 0);
module_param(value, charp, 0);

static struct property *make_property(void)
{
	struct property *property = kzalloc(sizeof(*property), GFP_KERNEL);

	if (!property)
		return NULL;
	property->name = kstrdup(name, GFP_KERNEL);
	property->value = kstrdup(value, GFP_KERNEL);
	property->length = strlen(value) + 1;
	if (property->name && property->value)
		return property;
	kfree(property->name);
	kfree(property->value);
	kfree(property);
	return NULL;
}

/* As of_update_property(), which modules cannot call. */
static int change(struct device_node *node)
{
	struct property *old = of_find_property(node, name, NULL);
	struct property *property = value ? make_property() : NULL;
	int ret = old ? of_remove_property(node, old) : 0;

	if (ret || !value)
		return ret;
	return property ? of_add_property(node, property) : -ENOMEM;
}

static int __init change_tree_init(void)
{
	struct device_node *node;
	int ret;

	if (!path || !name)
		return -EINVAL;
	node = of_find_node_by_path(path);
	if (!node)
		return -ENOENT;
	ret = change(node);
	of_node_put(node);
	return ret;
}

static void __exit change_tree_exit(void)
{
}

module_init(change_tree_init);
module_exit(change_tree_exit);
MODULE_DESCRIPTION("Changes the device tree, for tests");
MODULE_LICENSE("GPL");
