// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/kvm_stats.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/own.h"

#define MAX_SIZE (1 << 20) /* of names or descriptors: beyond belief */

static int read_value(int fd, const struct kvm_stats_header *header,
		      const struct kvm_stats_desc *desc, struct kvm_stat *stat)
{
	stat->found = true;
	return file_pread_all(fd, &stat->value, sizeof(stat->value),
			      (uint64_t)header->data_offset + desc->offset);
}

static int read_stats(int fd, struct kvm_stat *stats, unsigned int n)
{
	struct kvm_stats_header header;
	owned_ptr char *descs = NULL;
	size_t step;
	int ret = file_pread_all(fd, &header, sizeof(header), 0);

	if (ret)
		return ret;
	step = sizeof(struct kvm_stats_desc) + header.name_size;
	if (header.name_size > MAX_SIZE || header.num_desc > MAX_SIZE / step)
		return -EINVAL;
	descs = calloc(header.num_desc, step);
	if (!descs)
		return -ENOMEM;
	ret = file_pread_all(fd, descs, header.num_desc * step, header.desc_offset);

	for (unsigned int i = 0; !ret && i < header.num_desc; i++) {
		struct kvm_stats_desc desc;
		const char *name = descs + i * step + sizeof(desc);

		memcpy(&desc, descs + i * step, sizeof(desc));
		for (unsigned int k = 0; !ret && k < n; k++)
			if (!strncmp(stats[k].name, name, header.name_size))
				ret = read_value(fd, &header, &desc, &stats[k]);
	}
	return ret;
}

int kvm_stats_read(int fd, struct kvm_stat *stats, unsigned int n, struct err *err)
{
	int ret;

	for (unsigned int i = 0; i < n; i++) {
		stats[i].value = 0;
		stats[i].found = false;
	}
	ret = read_stats(fd, stats, n);
	return ret ? err_set(err, ret, "read the statistics of KVM") : 0;
}
