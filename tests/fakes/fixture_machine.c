// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/fixture_machine.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/fakes/fake_kvm.h"
#include "tests/fakes/fake_sys.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/cli/options.h"
#include "vmm/config/config.h"

#define ID_AA64MMFR0_EL1 \
	0x603000000013c038ULL /* KVM's register id: op0 3, op1 0, CRn 0, CRm 7, op2 0 */

const struct fixture_image fixture_image = {
	.text_offset = 0x80000,
	.image_size = 0x10000,
	.flags = 8,
	.magic = 0x644d5241,
};

struct fake_vfio_device fixture_disk, fixture_rtc;

void fixture_host(void)
{
	fake_sys_reset();
	fake_kvm_reset();
	fake_vfio_reset();
	for (unsigned int i = 0; i < 2; i++)
		fake_kvm_reg_put(i, ID_AA64MMFR0_EL1, 0); /* 4 and 64 KiB pages */
	fixture_disk = (struct fake_vfio_device){
		.name = "10000000.ahci",
		.group = 1,
		.n_regions = 1,
		.regions = { { .size = 0x10000 } },
		.n_irqs = 1,
		.irqs = { { .level = true } },
	};
	fixture_rtc = (struct fake_vfio_device){
		.name = "9010000.pl031",
		.group = 2,
		.amba = true,
		.no_reset = true,
		.n_regions = 1,
		.regions = { { .size = 0x1000 } },
		.n_irqs = 1,
		.irqs = { { .level = true } },
	};
	fake_vfio_add(&fixture_disk);
	fake_vfio_add(&fixture_rtc);
	fake_file_bytes("/boot/Image", &fixture_image, sizeof(fixture_image));
	fake_file("/boot/initrd", "the initrd");
}

void fixture_config(struct vm_config *config, const char *keeper)
{
	char *const argv[] = {
		(char *)"--kernel",  (char *)"/boot/Image",
		(char *)"--initrd",  (char *)"/boot/initrd",
		(char *)"--memory",  (char *)"32M",
		(char *)"--cpus",    (char *)"2",
		(char *)"--append",  (char *)"quiet",
		(char *)"--console", (char *)"none",
		(char *)"--keeper",  (char *)keeper,
		(char *)"--device",  (char *)"vfio-platform,host=10000000.ahci",
		(char *)"--device",  (char *)"vfio-platform,host=9010000.pl031",
		(char *)"--device",  (char *)"test-device",
	};
	enum options_wish wish;
	struct err err;

	config_init(config);
	if (options_parse(config, n_elems(argv), argv, &wish, &err)) {
		err_print(&err);
		abort();
	}
}

void fixture_begin(struct vm_config *config, const char *keeper)
{
	log_set_level(LOG_ERROR);
	fixture_host();
	fixture_config(config, keeper);
}

void fixture_end(struct vm_config *config)
{
	config_destroy(config);
	fake_sys_reset();
}
