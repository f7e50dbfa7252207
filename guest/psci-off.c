// SPDX-License-Identifier: GPL-2.0-only
/*
 * PSCI SYSTEM_OFF ends the machine: dais exits with 0.
 *
 * Exit codes: 1: the call returned.
 */
#include "guest/lib/end.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"

int guest_main(void)
{
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	CHECK(0, 1, "SYSTEM_OFF returned");
	return 1;
}
