// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boot protocols of Documentation/arch/arm64/booting.rst, whose rules are quoted, and
 * Documentation/arch/arm/booting.rst: a 64-bit host's guests may be 32-bit ones.
 */
#include <errno.h>
#include <string.h>

#include "arch/common/image.h"
#include "arch/common/kvm_arm.h"
#include "arch/common/placement.h"
#include "arch/common/port.h"
#include "vmm/base/built.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/ram/ram.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

static const struct placement_rules arm64_rules = {
	.base_align = 2ULL << 20,
	.dtb_window = 512ULL << 20, /* for "versions prior to v4.2" */
	.dtb_anywhere = true,
	.initrd_align = 1ULL << 30,
	.initrd_window = 32ULL << 30,
};

/*
 * "within the region which will be covered by the kernel's low-memory mapping": 760 MiB where user
 * space has 3 GiB, less by what vmalloc= takes.
 */
static const struct placement_rules zimage_rules = {
	.base_align = ZIMAGE_BASE_ALIGN,
	.dtb_window = 512ULL << 20,
	.initrd_align = ZIMAGE_BASE_ALIGN,
	.initrd_window = 512ULL << 20,
};

static int open_file(const char *what, const char *path, int *fd, char **copy, struct err *err)
{
	*copy = strdup(path);
	if (!*copy)
		return err_set(err, ENOMEM, "open %s", path);
	*fd = file_open_given(what, path, err);
	return *fd < 0 ? *fd : 0;
}

int boot_files_open(struct boot_files *files, const char *kernel, const char *initrd,
		    struct err *err)
{
	int ret;

	*files = BOOT_FILES_NONE;
	ret = open_file("kernel", kernel, &files->kernel_fd, &files->kernel_path, err);
	if (ret < 0 || !initrd)
		return ret;
	return open_file("initrd", initrd, &files->initrd_fd, &files->initrd_path, err);
}

void boot_files_close(struct boot_files *files)
{
	close_fd(&files->kernel_fd);
	close_fd(&files->initrd_fd);
	free(take_ptr(&files->kernel_path));
	free(take_ptr(&files->initrd_path));
}

/* The image decides, if nobody else has. */
static int check_width(const struct image *image, enum arch_switch *aarch32, struct err *err)
{
	bool is_32bit = image->kind == IMAGE_ZIMAGE;

	if (*aarch32 == ARCH_AUTO)
		*aarch32 = is_32bit || arch_is_32bit ? ARCH_ON : ARCH_OFF;
	if ((*aarch32 == ARCH_ON) == is_32bit)
		return 0;
	err_usage(err, "the kernel %s is a %s one", image->name,
		  is_32bit ? "32-bit (a zImage)" : "64-bit (an arm64 Image)");
	err_why(err, "this guest's vCPUs are %s ones%s", is_32bit ? "64-bit" : "32-bit",
		arch_is_32bit ? ", as this host's are" : "");
	if (arch_is_32bit)
		err_fix(err, "give a 32-bit kernel's zImage");
	else
		err_fix(err, is_32bit ? "leave out aarch32=no, or give an arm64 Image"
				      : "leave out aarch32, or give a 32-bit kernel's zImage");
	return err->code;
}

/* image_close() after a failure too. */
static int open_image(struct image **image, const struct boot_files *files,
		      enum arch_switch *aarch32, struct err *err)
{
	int ret;

	*image = calloc(1, sizeof(**image));
	if (!*image)
		return err_set(err, ENOMEM, "look at the kernel");
	ret = image_open(*image, files, err);
	return ret < 0 ? ret : check_width(*image, aarch32, err);
}

int arch_boot_probe(const struct boot_files *files, struct arch_cpu_config *config, struct err *err)
{
	owned_ptr struct image *image = NULL;
	int ret;

	if (arch_is_32bit && config->aarch32 == ARCH_OFF) {
		err_usage(err, "aarch32=no");
		err_why(err, "this host is a 32-bit one, and so are its guests");
		return err_fix(err, "leave it out");
	}
	ret = open_image(&image, files, &config->aarch32, err);
	image_close(image);
	return ret;
}

/*
 * A kernel whose page size the CPU lacks dies without a word. Fields: ID_AA64MMFR0_EL1 in
 * arch/arm64/tools/sysreg.
 */
static int check_page_size(struct vcpu *vcpu, const struct image_header *header, const char *name,
			   struct err *err)
{
	const unsigned int kib = header->page_kib;
	uint64_t mmfr0;
	int ret = vcpu_get_reg(vcpu, KVMARM_REG_ID_AA64MMFR0_EL1, &mmfr0);

	if (ret < 0)
		return err_set(err, ret, "read ID_AA64MMFR0_EL1");
	if (!(kib == 4 && (mmfr0 >> 28 & 0xf) == 0xf) && !(kib == 16 && !(mmfr0 >> 20 & 0xf)) &&
	    !(kib == 64 && (mmfr0 >> 24 & 0xf) == 0xf))
		return 0;
	err_usage(err, "the kernel %s uses pages of %u KiB", name, kib);
	err_why(err, "this host's CPUs do not have pages of that size");
	return err_fix(err, "use a kernel with another page size, 4 KiB for instance");
}

static int place(const struct ram *ram, const struct boot_files *files, struct placement *wish,
		 struct arch_boot *boot, struct err *err)
{
	int ret = 0;

	wish->initrd = 0;
	if (files->initrd_fd >= 0)
		ret = image_file_size(files->initrd_fd, files->initrd_path, &wish->initrd, err);
	if (ret >= 0)
		ret = placement_plan(ram, wish, boot, err);
	if (ret >= 0)
		trace_line(TRACE_VM, "kernel at 0x%llx, DTB at 0x%llx, initrd at 0x%llx",
			   (unsigned long long)boot->entry, (unsigned long long)boot->dtb,
			   (unsigned long long)boot->initrd);
	return ret;
}

static int load_image(struct image *image, const struct ram *ram, const struct arch_boot *boot,
		      uint64_t least, bool is_reset, struct err *err)
{
	size_t room = boot->kernel_max;
	char *dst = ram_ptr(ram, boot->entry, room);
	char past, sizes[2][32];
	ssize_t n, more;
	size_t total;

	image->n_threads = ram->backing.n_threads;
	memcpy(dst, image->head, image->head_size);
	n = image_read(image, dst + image->head_size, room - image->head_size, err);
	if (n < 0)
		return (int)n;
	total = image->head_size + (size_t)n;
	more = image_read(image, &past, 1, err);
	if (more < 0)
		return (int)more;
	if (more > 0) {
		err_usage(err, "the kernel %s does not fit into the guest's memory", image->name);
		err_why(err, "unpacked it is larger than the %s that are free for it",
			str_size(room, sizes[0]));
		return err_fix(err, "a larger --memory");
	}
	if (total < least) {
		err_usage(err, "the kernel %s is truncated", image->name);
		err_why(err, "its header promises %s, there are %s", str_size(least, sizes[0]),
			str_size(total, sizes[1]));
		return err_fix(err, "copy or download it again");
	}
	/*
	 * "the instruction cache … must not hold any stale entries" (arm64's booting.rst): KVM sees
	 * to that when it maps a page, but at a reset some are mapped still.
	 */
	if (is_reset)
		__builtin___clear_cache(dst, dst + total);
	return 0;
}

static int load_initrd(const struct boot_files *files, const struct ram *ram,
		       const struct arch_boot *boot, struct err *err)
{
	int ret;

	if (!boot->initrd_size)
		return 0;
	ret = ram_read_file(ram->backing.n_threads, ram_ptr(ram, boot->initrd, boot->initrd_size),
			    boot->initrd_size, files->initrd_fd, 0);
	return ret < 0 ? err_set(err, ret, "read the initrd %s", files->initrd_path) : 0;
}

static int load_all(struct vm *vm, struct image *image, const struct boot_files *files,
		    struct arch_boot *boot, struct err *err)
{
	const struct image_header *header = &image->header;
	const bool is_zimage = BUILT(AARCH32) && image->kind == IMAGE_ZIMAGE;
	struct placement wish = { .name = image->name };
	int ret = 0;

	if (is_zimage) {
		wish.rules = &zimage_rules;
		wish.image_at = zimage_offset(&image->zimage);
		wish.image_size = zimage_extent(&image->zimage);
	} else {
		ret = check_page_size(&vm->vcpus[0], header, image->name, err);
		wish.rules = &arm64_rules;
		wish.image_at = header->text_offset;
		wish.image_size = image->gunzip ? image->head_size : image->size;
		if (wish.image_size < header->image_size)
			wish.image_size = header->image_size;
	}
	if (ret >= 0)
		ret = place(&vm->ram, files, &wish, boot, err);
	if (ret >= 0)
		ret = load_image(image, &vm->ram, boot, is_zimage ? 0 : header->file_size,
				 vm->vcpus[0].has_thread, err);
	if (ret >= 0)
		ret = load_initrd(files, &vm->ram, boot, err);
	if (ret < 0)
		return ret;
	if (is_zimage)
		boot->args[1] = UINT32_MAX; /* no machine type that is registered */
	boot->args[is_zimage ? 2 : 0] = boot->dtb;
	return 0;
}

int arch_boot_load(struct vm *vm, const struct arch_cpu_config *config,
		   const struct boot_files *files, struct arch_boot *boot, struct err *err)
{
	owned_ptr struct image *image = NULL;
	enum arch_switch aarch32 = config->aarch32;
	int ret = open_image(&image, files, &aarch32, err);

	if (image && ret >= 0)
		ret = load_all(vm, image, files, boot, err);
	image_close(image);
	return ret;
}

int arch_boot_set_entry(struct vm *vm, const struct arch_boot *boot, const void *dtb,
			size_t dtb_size, struct err *err)
{
	struct vcpu *vcpu = &vm->vcpus[0];
	char sizes[2][32];
	int ret;

	if (dtb_size > boot->dtb_max) {
		err_set(err, E2BIG, "the guest's device tree is %s", str_size(dtb_size, sizes[0]));
		err_why(err, "the boot protocol allows %s", str_size(boot->dtb_max, sizes[1]));
		return err_fix(err, "fewer devices");
	}
	memcpy(ram_ptr(&vm->ram, boot->dtb, boot->dtb_max), dtb, dtb_size);
	ret = vcpu_set_reg(vcpu, arch_port.pc_reg, boot->entry);
	for (unsigned int i = 0; i < n_elems(boot->args) && ret >= 0; i++)
		ret = vcpu_set_reg(vcpu, arch_port.arg_regs[i], boot->args[i]);
	return ret < 0 ? err_set(err, ret, "set the entry of vCPU 0") : 0;
}
