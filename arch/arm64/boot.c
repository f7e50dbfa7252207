// SPDX-License-Identifier: GPL-2.0-only
/* The boot protocol of Documentation/arch/arm64/booting.rst, whose rules are quoted. */
#include <errno.h>

#include "arch/arch.h"
#include "arch/arm64/image.h"
#include "arch/common/boot_load.h"
#include "arch/common/image.h"
#include "arch/common/kvm_arm.h"
#include "arch/common/placement.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

/*
 * A kernel whose page size the CPU lacks dies without a word. Fields: ID_AA64MMFR0_EL1 in
 * arch/arm64/tools/sysreg.
 */
static int check_page_size(struct vcpu *vcpu, const struct image_header *header, const char *name,
			   struct err *err)
{
	uint64_t mmfr0;
	bool has;
	int ret;

	ret = vcpu_get_reg(vcpu, KVMARM_REG_ID_AA64MMFR0_EL1, &mmfr0);
	if (ret < 0)
		return err_set(err, ret, "read ID_AA64MMFR0_EL1");
	switch (header->page_kib) {
	case 4:
		has = (mmfr0 >> 28 & 0xf) != 0xf;
		break;
	case 16:
		has = (mmfr0 >> 20 & 0xf) != 0;
		break;
	case 64:
		has = (mmfr0 >> 24 & 0xf) != 0xf;
		break;
	default:
		has = true;
	}
	if (has)
		return 0;
	err_usage(err, "the kernel %s uses pages of %u KiB", name, header->page_kib);
	err_why(err, "this host's CPUs do not have pages of that size");
	err_fix(err, "use a kernel with another page size, 4 KiB for instance");
	return err->code;
}

static int load_image(struct vm *vm, struct image *image, const struct boot_files *files,
		      struct arch_boot *boot, struct err *err)
{
	static const struct placement_rules rules = {
		.base_align = 2ULL << 20,
		.dtb_window = 512ULL << 20, /* for "versions prior to v4.2" */
		.dtb_anywhere = true,
		.initrd_align = 1ULL << 30,
		.initrd_window = 32ULL << 30,
	};
	struct placement wish = { .rules = &rules, .name = image->name };
	struct image_header header;
	int ret = image_parse(image->head, image->head_size, image->name, &header, err);

	if (ret >= 0)
		ret = check_page_size(&vm->vcpus[0], &header, image->name, err);
	if (ret < 0)
		return ret;
	wish.image_at = header.text_offset;
	wish.image_size = image->gunzip ? image->head_size : image->size;
	if (wish.image_size < header.image_size)
		wish.image_size = header.image_size;
	ret = boot_place(&vm->ram, files, &wish, boot, err);
	if (ret >= 0)
		ret = boot_load_image(image, &vm->ram, boot, header.file_size, err);
	if (ret >= 0)
		ret = boot_load_initrd(files, &vm->ram, boot, err);
	boot->args[0] = boot->dtb;
	return ret;
}

/* The image decides, if nobody else has. */
static int check_width(const struct image *image, enum arch_switch *aarch32, struct err *err)
{
	bool is_32bit = image->kind == IMAGE_ZIMAGE;

	if (*aarch32 == ARCH_AUTO)
		*aarch32 = is_32bit ? ARCH_ON : ARCH_OFF;
	if ((*aarch32 == ARCH_ON) == is_32bit)
		return 0;
	err_usage(err, "the kernel %s is a %s one", image->name,
		  is_32bit ? "32-bit (a zImage)" : "64-bit (an arm64 Image)");
	err_why(err, "this guest's vCPUs are %s ones", is_32bit ? "64-bit" : "32-bit");
	err_fix(err, is_32bit ? "leave out aarch32=no, or give an arm64 Image"
			      : "leave out aarch32, or give a 32-bit kernel's zImage");
	return err->code;
}

int arch_boot_probe(const struct boot_files *files, struct arch_cpu_config *config, struct err *err)
{
	owned_ptr struct image *image = calloc(1, sizeof(*image));
	int ret;

	if (!image)
		return err_set(err, ENOMEM, "look at the kernel");
	ret = image_open(image, files, err);
	if (ret >= 0)
		ret = check_width(image, &config->aarch32, err);
	image_close(image);
	return ret;
}

int arch_boot_load(struct vm *vm, const struct arch_cpu_config *config,
		   const struct boot_files *files, struct arch_boot *boot, struct err *err)
{
	owned_ptr struct image *image = calloc(1, sizeof(*image));
	enum arch_switch aarch32 = config->aarch32;
	int ret;

	if (!image)
		return err_set(err, ENOMEM, "load the kernel");
	ret = image_open(image, files, err);
	if (ret >= 0)
		ret = check_width(image, &aarch32, err);
	if (ret >= 0)
		ret = image->kind == IMAGE_ZIMAGE
			      ? boot_load_zimage(&vm->ram, image, files, boot, err)
			      : load_image(vm, image, files, boot, err);
	image_close(image);
	return ret;
}

int arch_boot_set_entry(struct vm *vm, const struct arch_boot *boot, const void *dtb,
			size_t dtb_size, struct err *err)
{
	/* r0 to r2 of a 32-bit guest are x0 to x2 for KVM */
	static const struct boot_regs regs = {
		KVMARM_REG_PC, { KVMARM_REG_X(0), KVMARM_REG_X(1), KVMARM_REG_X(2) }
	};

	return boot_set_entry(vm, boot, &regs, dtb, dtb_size, err);
}
