// SPDX-License-Identifier: GPL-2.0-only
/* Graphviz: the devices, what they depend on, and what was cut. */
#include "vmm/plan/print.h"

static const char *const edge_styles[] = {
	[GRAFT_COPY] = "color=black",
	[GRAFT_REWRITE] = "color=black",
	[GRAFT_REPLACE] = "color=blue, style=dashed",
	[GRAFT_DROP] = "color=gray, style=dotted",
	[GRAFT_ASK] = "color=red",
	[GRAFT_REFUSE] = "color=red",
};

static void print_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void print_path(FILE *out, const char *before, const struct host_node *node)
{
	char path[512];

	fputs(before, out);
	print_quoted(out, host_node_path(node, path, sizeof(path)));
}

static void print_edge(FILE *out, const struct host_node *from, const struct host_node *to)
{
	print_path(out, "\t", from);
	print_path(out, " -> ", to);
}

static void print_edges(const struct graft_node *node, FILE *out)
{
	for (size_t i = 0; i < node->n_items; i++) {
		const struct graft_item *item = &node->items[i];

		for (size_t k = 0; k < item->n_targets; k++) {
			if (!item->targets[k])
				continue;
			print_edge(out, node->host, item->targets[k]);
			fputs(" [label=", out);
			print_quoted(out, item->property);
			fprintf(out, ", %s];\n", edge_styles[item->verdict]);
		}
	}
}

static void print_nodes(const struct graft_node *node, FILE *out)
{
	for (; node; node = node->next) {
		if (node->host) {
			print_path(out, "\t", node->host);
			fputs(" [style=filled, fillcolor=lightgray];\n", out);
			print_edges(node, out);
		}
		print_nodes(node->child, out);
		for (const struct graft_node *child = node->child; child; child = child->next) {
			if (!child->host || !node->host)
				continue;
			print_edge(out, node->host, child->host);
			fputs(" [arrowhead=none];\n", out);
		}
	}
}

void plan_print_dot(const struct plan *plan, FILE *out)
{
	static const char *const colors[] = {
		[GRAFT_PASSES] = "green",
		[GRAFT_NEEDS_ANSWER] = "orange",
		[GRAFT_REFUSED] = "red",
	};

	for (const struct vfio_node *node = plan->nodes.first; node; node = node->next) {
		print_path(out, "\t", node->host);
		fputs(" [shape=box, label=", out);
		print_quoted(out, node->name);
		fprintf(out, ", color=%s, penwidth=3];\n", colors[node->result]);
		print_nodes(vfio_node_graft(&plan->nodes, node), out);
	}
}
