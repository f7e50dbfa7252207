/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_PAGEMAP_H
#define VMM_CORE_RAM_PAGEMAP_H

#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"

/*
 * Where the kernel has put the pages of this process: /proc/self/pagemap
 * (Documentation/admin-guide/mm/pagemap.rst). Page frame numbers are shown to a descriptor that was
 * opened with CAP_SYS_ADMIN in the initial user namespace; it goes on showing them when the
 * capability is gone. A descriptor shows the process that opened it, not its children.
 */
int pagemap_open(struct err *err); /* a descriptor, the caller's; or negative */

/*
 * Physical address of the page at @hva, a multiple of the host's page. -ENODATA: no page is there;
 * -EPERM: the kernel does not tell.
 */
int pagemap_find(int fd, const void *hva, uint64_t *pa);

/*
 * Each of the host's pages of [hva, hva + pa.size) is where @pa says, the first at pa.start. Else
 * -ESTALE, or what pagemap_find() returns, and in *found the first that is not: the offset of the
 * page, and where it is instead.
 */
struct pagemap_misfit {
	uint64_t offset;
	uint64_t pa;
};
int pagemap_check(int fd, const void *hva, struct range pa, struct pagemap_misfit *found);

#endif
