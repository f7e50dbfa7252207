// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/irq.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio/host/device.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

/* " 23:   5   0   GICv3  36 Level   vfio-irq[23](10000000.ahci)": a number per CPU, then what is no
 * number. */
static bool parse_line(const char *line, const char *name, struct host_irq *irq)
{
	const char *action = strstr(line, "vfio-irq[");
	char *end;

	if (!action || !strstr(action, name))
		return false;
	irq->number = (unsigned int)strtoul(line, &end, 10);
	if (end == line || *end != ':')
		return false;
	irq->count = 0;
	for (const char *p = end + 1;; p = end) {
		unsigned long long n = strtoull(p, &end, 10);

		if (end == p || !isspace((unsigned char)*end))
			return true;
		irq->count += n;
	}
}

void host_irq_read(int fd, const struct vfio_host_device *host, struct host_irq_list *list)
{
	owned_ptr char *text = NULL;
	char name[sizeof(host->name) + 16], *line, *next;
	size_t size;

	list->n_irqs = 0;
	/* vfio_platform_irq_init(), and the names that vfio_platform.c and vfio_amba.c give it. */
	if (host->amba)
		str_copy(name, sizeof(name), "](vfio-amba-");
	else
		snprintf(name, sizeof(name), "](%s)", host->name);
	if (file_read_again(fd, 16 << 20, &text, &size))
		return;
	for (next = text; list->n_irqs < HOST_IRQ_MAX && (line = strsep(&next, "\n"));)
		list->n_irqs += parse_line(line, name, &list->irqs[list->n_irqs]);
}
