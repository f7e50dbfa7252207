// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints "ready" with the device's line idle, pending or active, and stays so for ever.
 *
 * Arguments: how=idle|pending|active, compat=qemu,edu.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/string.h"

static void stay(void *arg)
{
	(void)arg;
	print("ready\n");
	for (;;)
		;
}

int guest_main(void)
{
	struct edu edu = { 0 };
	int node = arg_node("compat", "qemu,edu");
	const char *how = arg_string("how", "idle");

	irq_init();
	edu_open(&edu, node, 0, 0);
	edu_check_irqs(&edu, 10, 1);
	if (strcmp(how, "idle") == 0)
		stay(0);
	if (strcmp(how, "pending") == 0)
		irq_mask();
	irq_register_node(node, 0, stay, 0);
	edu_raise(&edu);
	time_delay(50);
	stay(0);
	return 0;
}
