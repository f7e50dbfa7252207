// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/plan/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/owner.h"
#include "vmm/base/array.h"
#include "vmm/base/str.h"

const char *list_state_name(enum list_state state)
{
	static const char *const names[] = {
		[LIST_READY] = "ready",
		[LIST_ASSIGNABLE] = "assignable",
		[LIST_ASKS] = "needs-answer",
		[LIST_NO_IOMMU] = "no-iommu",
		[LIST_NO] = "no",
		[LIST_HELD] = "held",
		[LIST_LEFT_BOUND] = "left-bound",
	};

	return names[state];
}

/* Memory that runs out is told by row->arena, at the end. */
#define add_reason(row, ...) keep_reason(row, arena_printf(&(row)->arena, __VA_ARGS__))

static void keep_reason(struct list_row *row, const char *text)
{
	const char **reason = array_add(row->reasons, row->n_reasons);

	if (!reason) {
		row->arena.failed = true;
		return;
	}
	*reason = text;
	row->n_reasons++;
}

static void take_member(void *opaque, const char *name, const char *driver)
{
	struct list_row *row = opaque;
	struct list_member *member;

	if (!strcmp(name, row->host.name))
		return;
	member = array_add(row->members, row->n_members);
	if (!member) {
		row->arena.failed = true;
		return;
	}
	row->n_members++;
	str_copy(member->name, sizeof(member->name), name);
	str_copy(member->driver, sizeof(member->driver), driver);
}

/* VFIO wants the whole group: its members bound to VFIO too, or to no driver. */
static void judge_members(struct list_row *row)
{
	for (unsigned int i = 0; i < row->n_members; i++) {
		const struct list_member *member = &row->members[i];

		if (!member->driver[0] || !strncmp(member->driver, "vfio-", 5))
			continue;
		if (row->state == LIST_READY)
			row->state = LIST_ASSIGNABLE;
		add_reason(row,
			   "%s must leave the host's driver %s first: both are in IOMMU group %d",
			   member->name, member->driver, row->host.group);
	}
}

static void judge_plan(struct list_row *row)
{
	static const enum list_state states[] = {
		[GRAFT_PASSES] = LIST_ASSIGNABLE,
		[GRAFT_NEEDS_ANSWER] = LIST_ASKS,
		[GRAFT_REFUSED] = LIST_NO,
	};
	const struct vfio_node *node = &row->device->node;
	const char *reason;

	row->state = states[node->result];
	if (row->state == LIST_ASSIGNABLE && vfio_host_device_is_bound(&row->host))
		row->state = LIST_READY;
	if (node->result != GRAFT_PASSES) /* else they are remarks */
		for (unsigned int i = 0; (reason = plan_reason(&row->plan, row->device, i)); i++)
			add_reason(row, "%s", reason);
	if (row->state == LIST_NO)
		return;
	judge_members(row);
	if (!node->direct_dma)
		return;
	row->state = LIST_NO_IOMMU;
	if (row->host.group < 0)
		add_reason(row, "it is in no IOMMU group, and its node has no iommus");
	else
		add_reason(row, "no IOMMU stands behind its group");
}

static int judge_node(struct list_row *row, const struct host_tree *tree, struct host_live *live,
		      struct err *err)
{
	int ret;

	row->state = LIST_NO;
	if (!tree || !host_live_node(tree, row->host.name)) {
		add_reason(row, "it has no node in the host's device tree, from which the guest's "
				"would be made");
		return 0;
	}
	ret = plan_create_alone(&row->plan, tree, live, row->host.name, "dais list", err);
	if (!ret) {
		row->device = &row->plan.devices[0];
		judge_plan(row);
	} else if (ret != -ENOMEM) {
		add_reason(row, "%s%s%s", err->what, err->why[0] ? ": " : "", err->why);
	}
	return ret == -ENOMEM ? ret : 0;
}

/* Whether a guest could have it matters when nobody has it. */
static void judge_use(struct list_row *row)
{
	struct err why;
	enum vfio_use use = vfio_device_use(&row->host, &why);

	if (use == VFIO_USE_NONE)
		return;
	row->state = use == VFIO_USE_OWNED ? LIST_HELD : LIST_LEFT_BOUND;
	if (use == VFIO_USE_OWNED)
		add_reason(row, "%s", why.why);
	else
		add_reason(row, "%s: %s", why.why, why.fix);
}

int list_row_create(struct list_row *row, const struct host_tree *tree, struct host_live *live,
		    const char *name, struct err *err)
{
	static const struct plan_device none;
	int ret;

	*row = (struct list_row){ .device = &none };
	if (vfio_host_device_find(&row->host, name, err))
		return -ENODEV;
	if (row->host.group >= 0)
		vfio_host_group_for_each(row->host.group, take_member, row);
	ret = judge_node(row, tree, live, err);
	if (!ret)
		judge_use(row);
	return row->arena.failed ? err_set(err, ENOMEM, "list %s", name) : ret;
}

void list_row_destroy(struct list_row *row)
{
	plan_destroy(&row->plan);
	free(row->members);
	free(row->reasons);
	arena_free(&row->arena);
}
