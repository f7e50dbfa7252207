// SPDX-License-Identifier: GPL-2.0-only
/* The boot protocol of Documentation/arch/arm64/booting.rst, whose rules are quoted. */
#include <errno.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/arm64/image.h"
#include "arch/arm64/placement.h"
#include "arch/common/gunzip.h"
#include "arch/common/kvm_arm.h"
#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/core/vcpu.h"
#include "vmm/core/vm.h"

/* The bytes of a kernel image, unpacked. */
struct source {
	const char *name;
	int fd;
	uint64_t offset, size; /* of a plain file: next byte to read, and all */
	struct gunzip *gunzip; /* NULL: a plain file */
	uint8_t head[IMAGE_HEAD_SIZE];
	size_t head_size; /* the first so many bytes are in head */
};

/* Up to @size bytes, fewer only at the end. */
static ssize_t source_read(struct source *src, void *buf, size_t size, struct err *err)
{
	uint64_t left = src->size - src->offset;
	size_t n = size < left ? size : left;
	int ret;

	if (src->gunzip)
		return gunzip_read(src->gunzip, buf, size, err);
	ret = file_pread_all(src->fd, buf, n, src->offset);
	if (ret < 0)
		return err_set(err, ret, "read the kernel %s", src->name);
	src->offset += n;
	return (ssize_t)n;
}

static int read_head(struct source *src, struct err *err)
{
	ssize_t n = source_read(src, src->head, sizeof(src->head), err);

	src->head_size = n < 0 ? 0 : (size_t)n;
	return n < 0 ? (int)n : 0;
}

static int foreign_image(const char *name, const char *packed, const char *what, struct err *err)
{
	err_usage(err, "the kernel %s is %s%s", name, packed, what);
	err_why(err,
		"a guest boots an arm64 Image: plain, packed by gzip, or an EFI zboot image of that");
	err_fix(err,
		"give arch/arm64/boot/Image of a kernel build, or an arm64 distribution's /boot/vmlinuz");
	return err->code;
}

static int file_size(int fd, const char *path, uint64_t *size, struct err *err)
{
	struct stat st;
	int ret = sys_fstat(fd, &st);

	if (ret < 0)
		return err_set(err, ret, "stat %s", path);
	*size = (uint64_t)st.st_size;
	return 0;
}

/* Afterwards src->head begins an arm64 Image. The caller closes src->gunzip, on failure too. */
static int source_open(struct source *src, const struct boot_files *files, struct err *err)
{
	uint64_t packed_at = 0, packed_size;
	enum image_kind kind;
	const char *what;
	int ret;

	src->name = files->kernel_path;
	src->fd = files->kernel_fd;
	ret = file_size(src->fd, src->name, &src->size, err);
	if (ret >= 0)
		ret = read_head(src, err);
	if (ret < 0)
		return ret;

	kind = image_kind(src->head, src->head_size, &what);
	if (kind == IMAGE_ARM64)
		return 0;
	if (kind == IMAGE_OTHER)
		return foreign_image(src->name, "", what, err);

	packed_size = src->size;
	if (kind == IMAGE_ZBOOT) {
		ret = image_zboot_payload(src->head, src->size, src->name, &packed_at, &packed_size,
					  err);
		if (ret < 0)
			return ret;
	}
	ret = gunzip_open(src->fd, packed_at, packed_size, src->name, &src->gunzip, err);
	if (ret >= 0)
		ret = read_head(src, err);
	if (ret < 0)
		return ret;
	if (image_kind(src->head, src->head_size, &what) != IMAGE_ARM64)
		return foreign_image(src->name, "packed by gzip, and inside it is ", what, err);
	return 0;
}

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

/* Read what is left of the image behind its head, into what is free for it. */
static int load_kernel(struct source *src, const struct ram *ram, const struct image_header *header,
		       const struct arch_boot *boot, struct err *err)
{
	size_t room = boot->kernel_max;
	char *dst = ram_ptr(ram, boot->entry, room);
	char past, sizes[2][32];
	ssize_t n, more;
	size_t total;

	memcpy(dst, src->head, src->head_size);
	n = source_read(src, dst + src->head_size, room - src->head_size, err);
	if (n < 0)
		return (int)n;
	total = src->head_size + (size_t)n;
	more = source_read(src, &past, 1, err);
	if (more < 0)
		return (int)more;
	if (more > 0) {
		err_usage(err, "the kernel %s does not fit into the guest's memory", src->name);
		err_why(err, "unpacked it is larger than the %s that are free for it",
			str_size(room, sizes[0]));
		err_fix(err, "a larger --memory");
		return err->code;
	}
	if (total < header->file_size) {
		err_usage(err, "the kernel %s is truncated", src->name);
		err_why(err, "its header promises %s, there are %s",
			str_size(header->file_size, sizes[0]), str_size(total, sizes[1]));
		err_fix(err, "copy or download it again");
		return err->code;
	}
	/*
	 * "the instruction cache … must not hold any stale entries": pages that KVM still maps at
	 * a reset were written just now
	 */
	__builtin___clear_cache(dst, dst + total);
	return 0;
}

static int load_initrd(const struct boot_files *files, const struct ram *ram,
		       const struct arch_boot *boot, struct err *err)
{
	int ret;

	if (!boot->initrd_size)
		return 0;
	ret = file_pread_all(files->initrd_fd, ram_ptr(ram, boot->initrd, boot->initrd_size),
			     boot->initrd_size, 0);
	return ret < 0 ? err_set(err, ret, "read the initrd %s", files->initrd_path) : 0;
}

static int load(struct vm *vm, struct source *src, const struct boot_files *files,
		struct arch_boot *boot, struct err *err)
{
	struct placement_sizes sizes = { 0 };
	struct image_header header;
	int ret;

	ret = source_open(src, files, err);
	if (ret >= 0)
		ret = image_parse(src->head, src->head_size, src->name, &header, err);
	if (ret >= 0)
		ret = check_page_size(&vm->vcpus[0], &header, src->name, err);
	if (ret >= 0 && files->initrd_fd >= 0)
		ret = file_size(files->initrd_fd, files->initrd_path, &sizes.initrd, err);
	if (ret < 0)
		return ret;

	sizes.kernel = src->gunzip ? src->head_size : src->size;
	if (sizes.kernel < header.image_size)
		sizes.kernel = header.image_size;
	ret = placement_plan(&vm->ram, &header, src->name, &sizes, boot, err);
	if (ret >= 0)
		ret = load_kernel(src, &vm->ram, &header, boot, err);
	if (ret >= 0)
		ret = load_initrd(files, &vm->ram, boot, err);
	if (ret >= 0)
		trace_line(TRACE_VM, "kernel at 0x%llx, DTB at 0x%llx, initrd at 0x%llx",
			   (unsigned long long)boot->entry, (unsigned long long)boot->dtb,
			   (unsigned long long)boot->initrd);
	return ret;
}

int arch_boot_load(struct vm *vm, const struct boot_files *files, struct arch_boot *boot,
		   struct err *err)
{
	owned_ptr struct source *src = calloc(1, sizeof(*src));
	int ret;

	if (!src)
		return err_set(err, ENOMEM, "load the kernel");
	ret = load(vm, src, files, boot, err);
	gunzip_close(src->gunzip);
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
		err_fix(err, "fewer devices");
		return err->code;
	}
	memcpy(ram_ptr(&vm->ram, boot->dtb, boot->dtb_max), dtb, dtb_size);

	ret = vcpu_set_reg(vcpu, KVMARM_REG_PC, boot->entry);
	if (ret >= 0)
		ret = vcpu_set_reg(vcpu, KVMARM_REG_X0, boot->dtb);
	return ret < 0 ? err_set(err, ret, "set the entry of vCPU 0") : 0;
}
