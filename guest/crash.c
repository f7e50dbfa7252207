// SPDX-License-Identifier: GPL-2.0-only
/*
 * An access that cannot be emulated, for dais run's exit status 4.
 *
 * Arguments: how=ldp (load of a pair from an unowned address), post (post-index load), exec
 *   (instruction fetch from there: KVM gives the guest an abort, so this one ends with
 *   EXIT_EXCEPTION).
 * Exit codes: 1: the guest went on.
 */
#include "guest/lib/cpu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/mmu.h"
#include "guest/lib/print.h"
#include "guest/lib/string.h"

#define UNOWNED 0x1000UL
#define ALIAS   (511 * BLOCK_SIZE) /* the same addresses, executable */

int guest_main(void)
{
	const char *how = arg_string("how", "ldp");
	uintptr_t at = UNOWNED;

	if (!strcmp(how, "exec")) {
		mmu_map(ALIAS, 0, PTE_NC);
		((void (*)(void))(ALIAS + UNOWNED))();
	} else if (!strcmp(how, "post")) {
		asm volatile("ldr x1, [%0], #8" : "+r"(at)::"x1", "memory");
	} else {
		asm volatile("ldp x1, x2, [%0]" ::"r"(at) : "x1", "x2", "memory");
	}
	CHECK(0, 1, "still there after %s", how);
	return 1;
}
