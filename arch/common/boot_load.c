// SPDX-License-Identifier: GPL-2.0-only
#include "arch/common/boot_load.h"

#include <errno.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/common/image.h"
#include "arch/common/placement.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/ram/ram.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

/*
 * "the instruction cache … must not hold any stale entries" (arm64's booting.rst): pages that KVM
 * still maps at a reset were written just now.
 */
static void sync_code(char *code, size_t size)
{
	__builtin___clear_cache(code, code + size);
}

int boot_place(const struct ram *ram, const struct boot_files *files, struct placement *wish,
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

int boot_load_image(struct image *image, const struct ram *ram, const struct arch_boot *boot,
		    uint64_t least, struct err *err)
{
	size_t room = boot->kernel_max;
	char *dst = ram_ptr(ram, boot->entry, room);
	char past, sizes[2][32];
	ssize_t n, more;
	size_t total;

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
		err_fix(err, "a larger --memory");
		return err->code;
	}
	if (total < least) {
		err_usage(err, "the kernel %s is truncated", image->name);
		err_why(err, "its header promises %s, there are %s", str_size(least, sizes[0]),
			str_size(total, sizes[1]));
		err_fix(err, "copy or download it again");
		return err->code;
	}
	sync_code(dst, total);
	return 0;
}

int boot_load_initrd(const struct boot_files *files, const struct ram *ram,
		     const struct arch_boot *boot, struct err *err)
{
	int ret;

	if (!boot->initrd_size)
		return 0;
	ret = file_pread_all(files->initrd_fd, ram_ptr(ram, boot->initrd, boot->initrd_size),
			     boot->initrd_size, 0);
	return ret < 0 ? err_set(err, ret, "read the initrd %s", files->initrd_path) : 0;
}

static int put_dtb(const struct ram *ram, const struct arch_boot *boot, const void *dtb,
		   size_t dtb_size, struct err *err)
{
	char sizes[2][32];

	if (dtb_size > boot->dtb_max) {
		err_set(err, E2BIG, "the guest's device tree is %s", str_size(dtb_size, sizes[0]));
		err_why(err, "the boot protocol allows %s", str_size(boot->dtb_max, sizes[1]));
		err_fix(err, "fewer devices");
		return err->code;
	}
	memcpy(ram_ptr(ram, boot->dtb, boot->dtb_max), dtb, dtb_size);
	return 0;
}

int boot_set_entry(struct vm *vm, const struct arch_boot *boot, const struct boot_regs *regs,
		   const void *dtb, size_t dtb_size, struct err *err)
{
	struct vcpu *vcpu = &vm->vcpus[0];
	int ret = put_dtb(&vm->ram, boot, dtb, dtb_size, err);

	if (ret < 0)
		return ret;
	ret = vcpu_set_reg(vcpu, regs->pc, boot->entry);
	for (unsigned int i = 0; i < n_elems(boot->args) && ret >= 0; i++)
		ret = vcpu_set_reg(vcpu, regs->args[i], boot->args[i]);
	return ret < 0 ? err_set(err, ret, "set the entry of vCPU 0") : 0;
}

int boot_load_zimage(const struct ram *ram, struct image *image, const struct boot_files *files,
		     struct arch_boot *boot, struct err *err)
{
	/*
	 * "within the region which will be covered by the kernel's low-memory mapping": 760 MiB
	 * where user space has 3 GiB, less by what vmalloc= takes.
	 */
	static const struct placement_rules rules = {
		.base_align = ZIMAGE_BASE_ALIGN,
		.dtb_window = 512ULL << 20,
		.initrd_align = ZIMAGE_BASE_ALIGN,
		.initrd_window = 512ULL << 20,
	};
	struct placement wish = { .rules = &rules, .name = image->name };
	const struct zimage *z = &image->zimage;
	char *dst;
	int ret;

	wish.image_at = zimage_offset(z);
	wish.image_size = zimage_extent(z);
	ret = boot_place(ram, files, &wish, boot, err);
	if (ret < 0)
		return ret;
	/* r0 = 0, r1: no machine type that is registered, r2: the tree */
	boot->args[1] = UINT32_MAX;
	boot->args[2] = boot->dtb;
	dst = ram_ptr(ram, boot->entry, z->size);
	ret = file_pread_all(image->fd, dst, z->size, 0);
	if (ret < 0)
		return err_set(err, ret, "read the kernel %s", image->name);
	sync_code(dst, z->size);
	return boot_load_initrd(files, ram, boot, err);
}
