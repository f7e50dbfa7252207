// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/use.h"
#include "vmm/base/str.h"
#include "vmm/config/config.h"
#include "vmm/plan/list.h"
#include "vmm/plan/plan.h"

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

/* Takes @reason over; NULL: memory ran out when it was made. */
static int add_reason(struct list_device *device, char *reason, struct err *err)
{
	char **reasons = NULL;

	if (reason)
		reasons = realloc(device->reasons, (device->n_reasons + 1) * sizeof(*reasons));
	if (!reasons) {
		free(reason);
		return err_set(err, ENOMEM, "list %s", device->host.name);
	}
	device->reasons = reasons;
	reasons[device->n_reasons++] = reason;
	return 0;
}

/* A driverless device joins its group when it is bound: then only its node tells that it will. */
static bool has_iommu(const struct list_device *device)
{
	return device->host.group >= 0 || host_node_has(device->node, "iommus");
}

static int judge_iommu(struct list_device *device, struct err *err)
{
	if (has_iommu(device))
		return 0;
	device->state = LIST_NO_IOMMU;
	return add_reason(device, str_dup("it is in no IOMMU group, and its node has no iommus"),
			  err);
}

/* VFIO wants the whole group: its members bound to VFIO too, or to no driver. */
static int judge_members(struct list_device *device, struct err *err)
{
	int ret = 0;

	for (unsigned int i = 0; i < device->n_members && !ret; i++) {
		const struct list_member *member = &device->members[i];

		if (!member->driver[0] || !strncmp(member->driver, "vfio-", 5))
			continue;
		if (device->state == LIST_READY)
			device->state = LIST_ASSIGNABLE;
		ret = add_reason(device,
				 str_printf("%s must leave the host's driver %s first: both are in "
					    "IOMMU group %d",
					    member->name, member->driver, device->host.group),
				 err);
	}
	return ret;
}

static int judge_plan(struct list_device *device, const struct plan *plan, struct err *err)
{
	static const enum list_state states[] = {
		[GRAFT_PASSES] = LIST_ASSIGNABLE,
		[GRAFT_NEEDS_ANSWER] = LIST_ASKS,
		[GRAFT_REFUSED] = LIST_NO,
	};
	struct plan_device *planned = &plan->devices[0];
	const char *reason;
	int ret = 0;

	device->reset_handler = planned->live.reset_handler;
	device->facts = planned->node.facts;
	planned->node.facts = (struct host_facts){ 0 };
	device->state = states[planned->node.result];
	if (device->state == LIST_ASSIGNABLE && vfio_host_device_is_bound(&device->host))
		device->state = LIST_READY;
	if (planned->node.result != GRAFT_PASSES) /* else they are remarks */
		for (unsigned int i = 0; !ret && (reason = plan_reason(plan, planned, i)); i++)
			ret = add_reason(device, str_dup(reason), err);
	if (ret || device->state == LIST_NO)
		return ret;
	ret = judge_members(device, err);
	return ret ? ret : judge_iommu(device, err);
}

/* @device alone, for a guest of its own. */
static int plan_it(const struct list *list, struct list_device *device, struct err *err)
{
	struct plan plan;
	int ret = plan_create_alone(&plan, list->tree, list->live, device->host.name, "dais list",
				    err);

	if (!ret)
		ret = judge_plan(device, &plan, err);
	plan_destroy(&plan);
	return ret;
}

/* Whether a guest could have it matters when nobody has it. */
static int judge_use(struct list_device *device, struct err *err)
{
	struct err why;
	enum vfio_use use = vfio_device_use(&device->host, &why);

	if (use == VFIO_USE_NONE)
		return 0;
	device->state = use == VFIO_USE_OWNED ? LIST_HELD : LIST_LEFT_BOUND;
	return add_reason(device,
			  use == VFIO_USE_OWNED ? str_dup(why.why)
						: str_printf("%s: %s", why.why, why.fix),
			  err);
}

static int judge_node(const struct list *list, struct list_device *device, struct err *err)
{
	struct err cause = { 0 };
	int ret;

	device->state = LIST_NO;
	if (!device->node)
		return add_reason(device,
				  str_dup("it has no node in the host's device tree, from which "
					  "the guest's would be made"),
				  err);
	ret = plan_it(list, device, &cause);
	if (ret && ret != -ENOMEM)
		return add_reason(
			device,
			str_printf("%s%s%s", cause.what, cause.why[0] ? ": " : "", cause.why), err);
	if (ret)
		*err = cause;
	return ret;
}

int list_judge(const struct list *list, struct list_device *device, struct err *err)
{
	int ret = judge_node(list, device, err);

	return ret ? ret : judge_use(device, err);
}
