// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/kvm.h"

#define NAME_SIZE 48
#define N_DESCS   3
#define DESC_SIZE (sizeof(struct kvm_stats_desc) + NAME_SIZE)
#define DATA_AT   (sizeof(struct kvm_stats_header) + 16 + N_DESCS * DESC_SIZE)

/* As the kernel lays it out: header, id, descriptors, data. */
static uint8_t blob[DATA_AT + N_DESCS * sizeof(uint64_t)];
static struct err err;

static ssize_t read_blob(int fd, void *opaque, void *buf, size_t size, off_t offset)
{
	size_t n = (size_t)offset < sizeof(blob) ? sizeof(blob) - (size_t)offset : 0;

	(void)fd;
	(void)opaque;
	if (n > size)
		n = size;
	memcpy(buf, blob + offset, n);
	return (ssize_t)n;
}

static const struct fake_fd_ops ops = { .pread = read_blob };

static int set_up(void)
{
	static const char *const names[N_DESCS] = { "exits", "mmio_exit_user", "wfi_exit_stat" };
	struct kvm_stats_header header = {
		.name_size = NAME_SIZE,
		.num_desc = N_DESCS,
		.id_offset = sizeof(header),
		.desc_offset = sizeof(header) + 16,
		.data_offset = DATA_AT,
	};

	memcpy(blob, &header, sizeof(header));
	for (unsigned int i = 0; i < N_DESCS; i++) {
		uint8_t *at = blob + header.desc_offset + i * DESC_SIZE;
		struct kvm_stats_desc desc = { .size = 1, .offset = i * 8 };
		uint64_t value = 100 + i;

		memcpy(at, &desc, sizeof(desc));
		strcpy((char *)at + sizeof(desc), names[i]);
		memcpy(blob + DATA_AT + i * 8, &value, 8);
	}
	fake_sys_reset();
	return fake_fd_new(&ops, NULL);
}

Test(kvm_stats, counters_by_name)
{
	int fd = set_up();
	struct kvm_stat stats[] = { { .name = "wfi_exit_stat" },
				    { .name = "mmio", .value = 5, .found = true },
				    { .name = "exits" } };

	cr_assert_eq(kvm_stats_read(fd, stats, n_elems(stats), &err), 0, "%s", err.what);
	cr_assert(stats[0].found && stats[0].value == 102);
	cr_assert(!stats[1].found && stats[1].value == 0, "no such counter");
	cr_assert(stats[2].found && stats[2].value == 100);
	sys_close(fd);
}

Test(kvm_stats, each_failing_read_is_an_error)
{
	struct kvm_stat stat = { .name = "exits" };

	for (unsigned int n = 1;; n++) {
		int fd = set_up(), ret;

		fake_fail_at(n, EIO);
		ret = kvm_stats_read(fd, &stat, 1, &err);
		sys_close(fd);
		if (!fake_failed())
			break;
		cr_assert_eq(ret, -EIO);
		cr_assert(strstr(err.what, "statistics"), "%s", err.what);
	}
}

Test(kvm_stats, absurd_headers_are_refused)
{
	static const struct {
		uint32_t name_size, num_desc;
	} bad[] = { { UINT32_MAX, 1 }, { NAME_SIZE, UINT32_MAX } };
	struct kvm_stat stat = { .name = "exits" };

	for (unsigned int i = 0; i < n_elems(bad); i++) {
		int fd = set_up();
		struct kvm_stats_header header;

		memcpy(&header, blob, sizeof(header));
		header.name_size = bad[i].name_size;
		header.num_desc = bad[i].num_desc;
		memcpy(blob, &header, sizeof(header));
		cr_assert_eq(kvm_stats_read(fd, &stat, 1, &err), -EINVAL);
		sys_close(fd);
	}
}
