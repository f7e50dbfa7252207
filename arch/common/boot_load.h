/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_COMMON_BOOT_LOAD_H
#define ARCH_COMMON_BOOT_LOAD_H

/*
 * The steps of arch_boot_load() and arch_boot_set_entry() (arch/arch.h) that all architectures
 * share, and the whole of the first for a zImage.
 */
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct arch_boot;
struct boot_files;
struct image;
struct placement;
struct ram;
struct vm;

/*
 * A zImage: the decompressor behind the kernel that it will unpack; the tree, and the initrd if it
 * is no larger, within what every 32-bit kernel maps for itself. boot->args as
 * Documentation/arch/arm/booting.rst has r0 to r2.
 */
int boot_load_zimage(const struct ram *ram, struct image *image, const struct boot_files *files,
		     struct arch_boot *boot, struct err *err);

/* @wish->initrd by the size of the file, if there is one; then placement_plan(). */
int boot_place(const struct ram *ram, const struct boot_files *files, struct placement *wish,
	       struct arch_boot *boot, struct err *err);

/*
 * The whole @image to boot->entry, where boot->kernel_max bytes are free for it, of which it must
 * have @least.
 */
int boot_load_image(struct image *image, const struct ram *ram, const struct arch_boot *boot,
		    uint64_t least, struct err *err);

/* As boot_place() has placed it. */
int boot_load_initrd(const struct boot_files *files, const struct ram *ram,
		     const struct arch_boot *boot, struct err *err);

/* Ids of KVM_SET_ONE_REG */
struct boot_regs {
	uint64_t pc, args[3];
};

/* arch_boot_set_entry() with the architecture's registers. */
int boot_set_entry(struct vm *vm, const struct arch_boot *boot, const struct boot_regs *regs,
		   const void *dtb, size_t dtb_size, struct err *err);

#endif
