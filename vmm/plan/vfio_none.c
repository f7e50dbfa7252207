// SPDX-License-Identifier: GPL-2.0-only
/* In place of vmm/plan/vfio.c in a dais that cannot run guests. */
#include "vmm/plan/plan.h"

int plan_ask_vfio(struct plan *plan, struct err *err)
{
	(void)plan;
	err_usage(err, "--live: this dais was built without VFIO");
	err_fix(err, "leave --live out");
	return err->code;
}
