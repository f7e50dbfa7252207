// SPDX-License-Identifier: GPL-2.0-only
/* A tap that whoever started dais has opened. */
#include <fcntl.h>
#include <linux/virtio_net.h>
#include <stdio.h>

#include "tests/fakes/fake_passed.h"
#include "tests/unit/devices/vhost_kernel_rig.h"
#include "vmm/base/passed_fds.h"
#include "vmm/base/range.h"

TestSuite(vhost_tap, .init = set_up, .fini = rig_end);

static struct passed_fds passed;

/* As before dais opens anything: what was not passed would be closed. */
static void pass_tap(void)
{
	static char which[16];
	char spec[24];
	int fd = fake_pass("/dev/net/tun", O_RDWR);

	snprintf(which, sizeof(which), "%d", fd);
	snprintf(spec, sizeof(spec), "fd:%d", fd);
	set_class(&virtio_net_class, "fd", which);
	cr_assert_eq(passed_fds_add(&passed, "it", spec, &err), 0, "%s: %s", err.what, err.why);
	vm.passed = &passed;
}

Test(vhost_tap, a_tap_that_was_passed)
{
	pass_tap();
	kernel.tap_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
	cr_assert_eq(create_and_attach(), 0, "%s: %s", err.what, err.why);
	cr_expect_eq(passed.list[0].fd, -1, "taken");
	passed_fds_close(&passed, true);
	cr_expect_str_eq(kernel.ifr.ifr_name, "", "nothing is attached");
	cr_expect_eq(kernel.header, 12);
	start(VERSION_1 | VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM));
	cr_expect_eq(kernel.backend[0], kernel.backend[1]);
	cr_expect_eq(kernel.offload, TUN_F_CSUM);
	passed_fds_destroy(&passed);
}

Test(vhost_tap, descriptors_that_are_no_tap_of_use)
{
	static const struct {
		int flags;
		unsigned long at;
		int code;
		const char *says;
	} cases[] = {
		{ IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, 0, -EINVAL, "or a tun" },
		{ IFF_TAP | IFF_NO_PI, 0, -EINVAL, "without a header" },
		{ 0, TUNGETIFF, -ENOTTY, "it is no tap" },
		{ 0, TUNGETIFF, -EBADFD, "it is no tap" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		pass_tap();
		kernel.tap_flags = cases[i].flags;
		kernel.fails_at = cases[i].at;
		kernel.code = cases[i].code;
		cr_expect_eq(create(), cases[i].code, "case %zu", i);
		cr_expect(err_says(&err, cases[i].says), "%s: %s", err.what, err.why);
		cr_expect(strstr(err.fix, "IFF_VNET_HDR"), "%s", err.fix);
		cr_expect_null(device);
		passed_fds_destroy(&passed);
	}
	vm.passed = NULL;
	set_class(&virtio_net_class, "fd", "3");
	cr_expect_eq(create(), -ENOENT, "nobody passed it");
}
