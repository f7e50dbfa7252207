// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/vfio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"
#include "vfio/iommu/info_cap.h"

TestSuite(vfio_info_cap, .init = fake_sys_reset);

/* Wants @opaque bytes; answers with its bytes counted up. */
static int growing_ioctl(int fd, void *opaque, unsigned long request, void *arg)
{
	uint32_t argsz, wanted = *(uint32_t *)opaque;

	(void)fd;
	if (request != 1)
		return -ENOTTY;
	memcpy(&argsz, arg, sizeof(argsz));
	if (argsz < wanted)
		memcpy(arg, &wanted, sizeof(wanted));
	else
		memset((char *)arg + 4, 0xaa, argsz - 4);
	return 0;
}

static const struct fake_fd_ops growing = { .ioctl = growing_ioctl };

Test(vfio_info_cap, read_again_with_more_room)
{
	static const uint32_t sizes[] = { 0, 16, 17, 4000 };
	uint32_t wanted, ask[4] = { sizeof(ask), 7 };
	int fd = fake_fd_new(&growing, &wanted);

	for (unsigned int i = 0; i < 4; i++) {
		uint32_t *info;

		wanted = sizes[i];
		cr_assert_eq(vfio_info_read(fd, 1, ask, sizeof(ask), (void **)&info), 0);
		cr_expect_eq(info[0], wanted > sizeof(ask) ? wanted : sizeof(ask));
		cr_expect_eq(info[1], 0xaaaaaaaa);
		free(info);
	}
	wanted = UINT32_MAX;
	cr_expect_eq(vfio_info_read(fd, 1, ask, sizeof(ask), &(void *){ NULL }), -EPROTO);
	cr_expect_eq(vfio_info_read(fd, 2, ask, sizeof(ask), &(void *){ NULL }), -ENOTTY);
}

Test(vfio_info_cap, the_chain_is_walked_and_never_left)
{
	struct {
		uint32_t argsz, flags, offset, pad;
		struct vfio_info_cap_header first;
		struct vfio_info_cap_header second;
	} info = { .first = { 1, 1, 24 }, .second = { 2, 1, 0 } };
	const size_t size = sizeof(info);

	cr_expect_eq(vfio_info_cap(&info, size, 16, 1, 8), &info.first);
	cr_expect_eq(vfio_info_cap(&info, size, 16, 2, 8), &info.second);
	cr_expect_null(vfio_info_cap(&info, size, 16, 3, 8), "not there");
	cr_expect_null(vfio_info_cap(&info, size, 0, 1, 8), "no chain");
	cr_expect_null(vfio_info_cap(&info, size, 16, 2, 9), "cut short");
	cr_expect_null(vfio_info_cap(&info, size - 1, 16, 2, 8), "header cut short");
	cr_expect_null(vfio_info_cap(&info, size, 0x7fffff00, 1, 8), "outside");
	cr_expect_null(vfio_info_cap(&info, size, 20, 1, 8), "misaligned");
	info.second.next = 16;
	cr_expect_null(vfio_info_cap(&info, size, 16, 3, 8), "a loop ends");
	cr_expect_eq(vfio_info_cap_room(&info, size, &info.second), 8);
}
