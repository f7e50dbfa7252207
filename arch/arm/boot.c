// SPDX-License-Identifier: GPL-2.0-only
/* The boot protocol of Documentation/arch/arm/booting.rst. */
#include <errno.h>

#include "arch/arch.h"
#include "arch/arm/kvm_reg.h"
#include "arch/common/boot_load.h"
#include "arch/common/image.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

static int open_zimage(struct image *image, const struct boot_files *files, struct err *err)
{
	int ret = image_open(image, files, err);

	if (ret < 0 || image->kind == IMAGE_ZIMAGE)
		return ret;
	err_usage(err, "the kernel %s is a 64-bit one (an arm64 Image)", image->name);
	err_why(err, "this host is a 32-bit one, and so are its guests");
	err_fix(err, "give a 32-bit kernel's zImage");
	return err->code;
}

int arch_boot_probe(const struct boot_files *files, struct arch_cpu_config *config, struct err *err)
{
	owned_ptr struct image *image = calloc(1, sizeof(*image));
	int ret;

	if (!image)
		return err_set(err, ENOMEM, "look at the kernel");
	if (config->aarch32 == ARCH_OFF) {
		err_usage(err, "aarch32=no");
		err_why(err, "this host is a 32-bit one, and so are its guests");
		err_fix(err, "leave it out");
		return err->code;
	}
	config->aarch32 = ARCH_ON;
	ret = open_zimage(image, files, err);
	image_close(image);
	return ret;
}

int arch_boot_load(struct vm *vm, const struct arch_cpu_config *config,
		   const struct boot_files *files, struct arch_boot *boot, struct err *err)
{
	owned_ptr struct image *image = calloc(1, sizeof(*image));
	int ret;

	(void)config;
	if (!image)
		return err_set(err, ENOMEM, "load the kernel");
	ret = open_zimage(image, files, err);
	if (ret >= 0)
		ret = boot_load_zimage(&vm->ram, image, files, boot, err);
	image_close(image);
	return ret;
}

int arch_boot_set_entry(struct vm *vm, const struct arch_boot *boot, const void *dtb,
			size_t dtb_size, struct err *err)
{
	static const struct boot_regs regs = { KVM32_REG_PC,
					       { KVM32_REG_R(0), KVM32_REG_R(1), KVM32_REG_R(2) } };

	return boot_set_entry(vm, boot, &regs, dtb, dtb_size, err);
}
