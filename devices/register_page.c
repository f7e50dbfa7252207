// SPDX-License-Identifier: GPL-2.0-only
#include "devices/register_page.h"

#include <endian.h>
#include <sys/mman.h>

#include "vmm/base/built.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/vm.h"

int register_page_create(struct register_page *page, struct vm *vm, uint64_t gpa, const char *name,
			 struct err *err)
{
	const size_t size = sys_page_size();
	int ret = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0,
			   &page->mem);

	page->vm = vm;
	page->gpa = gpa;
	page->slot = -1;
	if (ret) {
		page->mem = NULL;
		return err_set(err, ret, "make the registers of %s", name);
	}
	if (!BUILT(ARCH_ARM64))
		return 0;
	page->slot = vm_memslot_add(vm, gpa, size, page->mem, true, name, err);
	page->is_shown = page->slot >= 0;
	if (page->slot < 0)
		log_info("%s: all reads of its registers trap: %s", name, err->what);
	return 0;
}

void register_page_destroy(struct register_page *page)
{
	if (page->mem)
		sys_munmap(take_ptr(&page->mem), sys_page_size());
}

void register_page_put(struct register_page *page, unsigned int offset, uint32_t value)
{
	uint32_t *reg = (uint32_t *)((char *)page->mem + offset);

	if (!page->mem || le32toh(*reg) == value)
		return;
	__atomic_store_n(reg, htole32(value), __ATOMIC_RELAXED);
	sys_sync_cache(reg, sizeof(*reg));
}

void register_page_show(struct register_page *page, bool shown)
{
	if (page->slot >= 0 && page->is_shown != shown &&
	    !vm_memslot_change(page->vm, page->slot, page->gpa, sys_page_size(),
			       shown ? page->mem : NULL, true))
		page->is_shown = shown;
}
