/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_VFIO_FAKE_BOARD_H
#define TESTS_FAKES_VFIO_FAKE_BOARD_H

/*
 * The sysfs of a real board on top of fake_sys, made from tests/unit/trees/NAME.dts: the device
 * tree as files, and a device for each node that Linux makes one of (of_platform_populate()), on
 * its bus. In such a tree test,driver names the driver that is bound, and test,group is the IOMMU
 * group; neither shows in the files. After fake_sys_reset(). The kernel is 6.12.0 with VFIO's
 * reset handlers as modules, as /lib/modules tells.
 */
void fake_board(const char *name);

#endif
