// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/ram/ram.h"

#include <assert.h>
#include <inttypes.h>
#include <sys/mman.h>

#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

void ram_init(struct ram *ram)
{
	*ram = (struct ram){ .page = sys_page_size(), .fd = -1 };
}

/* What one entry of a level-2 table maps: 2, 32 or 512 MiB, with host pages of 4, 16 or 64 KiB. */
static uint64_t block_size(void)
{
	uint64_t page = sys_page_size();

	return page * (page / sizeof(uint64_t));
}

/*
 * Keep the RAM out of core dumps and children, and let it have huge pages where the kernel knows
 * them. @size: to the end of the last page, which the kernel does not split.
 */
static int advise(const struct ram_bank *bank, uint64_t size, struct err *err)
{
	int ret = sys_madvise(bank->hva, size, MADV_DONTDUMP);

	if (!ret)
		ret = sys_madvise(bank->hva, size, MADV_DONTFORK);
	if (ret)
		return err_set(err, ret, "madvise guest RAM");
	if (bank->fd < 0 && sys_madvise(bank->hva, size, MADV_HUGEPAGE))
		log_debug("guest RAM: the host kernel has no transparent huge pages");
	return 0;
}

/* Where in its file the page of a bank is that begins @at bytes from its start. */
static uint64_t bank_offset(const struct ram *ram, const struct ram_bank *bank, uint64_t at)
{
	return bank->pages ? bank->pages[at / ram->page].offset : bank->offset + at;
}

/* Map a bank's file at @hva, in as many pieces as it has there. */
static int map_bank(const struct ram *ram, const struct ram_bank *bank, char *hva, uint64_t size,
		    int flags)
{
	uint64_t n = bank->pages ? size / ram->page : 1;
	uint64_t piece = bank->pages ? ram->page : size;
	int ret = 0;
	void *at;

	if (bank->pages)
		flags |= MAP_POPULATE; /* they are there already */
	for (uint64_t i = 0, k; i < n && !ret; i = k) {
		uint64_t offset = bank->pages ? bank->pages[i].offset : bank->offset;

		for (k = i + 1; k < n && bank->pages[k].offset == offset + (k - i) * piece; k++)
			;
		ret = sys_mmap(hva + i * piece, (k - i) * piece, PROT_READ | PROT_WRITE,
			       flags | MAP_FIXED, bank->fd, (off_t)offset, &at);
	}
	return ret;
}

/*
 * Addresses are reserved first, generously and without access, and the bank is put into them where
 * host and guest address are equal modulo the largest page. What is left around it is a guard. A
 * last page is there whole, even if the bank ends in it.
 */
static int create_bank(const struct ram *ram, struct ram_bank *bank, struct err *err)
{
	int flags = bank->fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, ret;
	uint64_t align = ram->page > block_size() ? ram->page : block_size();
	uint64_t size = bank->is_foreign ? bank->gpa.size : round_up_to(bank->gpa.size, ram->page);
	char text[32];
	char *hva;

	bank->map_size = size + align;
	ret = sys_mmap(NULL, bank->map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		       -1, 0, &bank->map);
	if (ret) {
		err_set(err, ret, "reserve addresses for %s of guest RAM",
			str_size(bank->gpa.size, text));
		err_why(err, "a process has not so many on this host (32-bit ones have 3 GiB), or "
			     "RLIMIT_AS forbids it");
		err_fix(err, "give the guest less memory");
		return err_host(err);
	}

	hva = (char *)bank->map + ((bank->gpa.start - (uintptr_t)bank->map) & (align - 1));
	ret = map_bank(ram, bank, hva, size, flags);
	if (!ret) {
		bank->hva = hva;
		return advise(bank, size, err);
	}
	err_set(err, ret, "map %s of guest RAM", str_size(bank->gpa.size, text));
	if (ret == -ENOMEM && bank->fd < 0) {
		err_why(err, "the host has not so much memory, or RLIMIT_AS forbids it");
		err_fix(err, "give the guest less memory");
	}
	return err->code;
}

int ram_create(struct ram *ram, struct err *err)
{
	uint64_t done = 0;

	if (ram->fd >= 0 && ram_file_check(ram, err))
		return err->code;
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		struct ram_bank *bank = &ram->banks[i];

		assert(!bank->map);
		if (create_bank(ram, bank, err)) {
			return ram->fd < 0 ? err->code
					   : ram_file_map_failed(ram, ram->size - done, err);
		}
		done += bank->gpa.size;
		trace_line(TRACE_VM, "RAM: 0x%" PRIx64 " bytes at 0x%" PRIx64, bank->gpa.size,
			   bank->gpa.start);
	}
	return 0;
}

uint64_t ram_wasted(const struct ram *ram)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (!ram->banks[i].is_foreign)
			bytes += round_up_to(ram->banks[i].gpa.size, ram->page) -
				 ram->banks[i].gpa.size;
	return bytes;
}

void *ram_ptr(const struct ram *ram, uint64_t gpa, uint64_t size)
{
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		const struct ram_bank *bank = &ram->banks[i];

		if (bank->hva && range_contains(bank->gpa, (struct range){ gpa, size }))
			return (char *)bank->hva + (gpa - bank->gpa.start);
	}
	return NULL;
}

unsigned int ram_pieces(const struct ram *ram, struct ram_piece *pieces, unsigned int n_max)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ram->n_banks; i++) {
		const struct ram_bank *bank = &ram->banks[i];
		uint64_t size = bank->gpa.size, end;

		for (uint64_t at = 0; at < size && !bank->is_foreign; at = end) {
			uint64_t offset = bank_offset(ram, bank, at);

			end = bank->pages ? at + ram->page : size;
			while (end < size && bank_offset(ram, bank, end) == offset + (end - at))
				end += ram->page;
			if (n++ < n_max)
				pieces[n - 1] = (struct ram_piece){
					{ bank->gpa.start + at, (end < size ? end : size) - at },
					(char *)bank->hva + at,
					bank->fd,
					offset,
				};
		}
	}
	return n;
}

void ram_destroy(struct ram *ram)
{
	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (ram->banks[i].map)
			sys_munmap(ram->banks[i].map, ram->banks[i].map_size);
	free(ram->banks);
	free(ram->carveouts);
	close_fd(&ram->fd);
	ram_init(ram);
}
