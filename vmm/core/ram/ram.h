/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMM_CORE_RAM_RAM_H
#define VMM_CORE_RAM_RAM_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"
#include "vmm/base/range.h"
#include "vmm/core/memmap.h"

struct passed_fds;

#define RAM_MIN_SIZE (16ULL << 20)
#define RAM_ALIGN    (2ULL << 20) /* sizes and banks: a block mapping of stage 2 with 4 KiB pages */

#define RAM_ANYWHERE    UINT64_MAX /* for ram_plan_at()'s callers: no fixed place */
#define RAM_MAX_THREADS 16         /* more do not make a memory bus faster */

/* Where the pages come from. Strings are the giver's and outlive the RAM. */
struct ram_backing {
	/* A directory: a file there that has no name. Or a file, from offset on, which everybody
	 * sees who opens it, and whose content is lost. Both NULL: anonymous memory. */
	const char *hugetlbfs;
	const char *file;
	uint64_t offset;
	struct passed_fds *passed; /* where a file "fd:WHICH" is */
	unsigned int n_threads;    /* that touch, clear and load it, at most; 0 is 1 */
	bool is_shared; /* other processes are to map it: a memfd that nobody can shrink, but for
			   a file of the user's */
};

/* A page of RAM at its physical address (phys_ram.h). */
struct phys_page {
	uint64_t pa;
	uint64_t offset; /* in the file */
};

/* One run of guest RAM. */
struct ram_bank {
	struct range gpa;
	/*
	 * Where it lies in which file, at a multiple of the file's pages; several banks may share
	 * one. -1: anonymous memory. The descriptor is not the bank's: ram->fd, or of somebody who
	 * outlives it.
	 */
	int fd;
	uint64_t offset;
	/*
	 * Not NULL: its pages do not follow each other in the file; page i is at pages[i].offset.
	 * As long-lived as the descriptor.
	 */
	const struct phys_page *pages;
	/* Its content is not the guest's: it is never cleared, and nothing is loaded there. */
	bool is_foreign;
	void *hva; /* NULL until ram_create(); hva and gpa are equal modulo RAM_ALIGN and page */
	void *map; /* the mapping as made (it may be larger than the bank) */
	uint64_t map_size;
};

/*
 * All RAM of a guest. Order of calls: ram_init(), ram_open(), then ram_plan(), ram_plan_at() or
 * ram_add_bank() for each, then ram_create() and ram_prepare(); ram_destroy() from any state on.
 */
struct ram {
	struct ram_bank *banks; /* sorted by address */
	unsigned int n_banks;
	uint64_t size; /* bytes, sum of the banks */
	uint64_t page; /* size of the pages behind it; the host's until ram_open() */
	/* Pieces of the banks that are set apart, and foreign banks; not sorted. */
	struct range *carveouts;
	unsigned int n_carveouts;
	struct ram_backing backing;
	int fd;          /* file of the backing, -1: none */
	bool is_memfd;   /* it is one of ours */
	bool is_dirty;   /* the file may hold something */
	bool is_touched; /* all its pages are there */
};

void ram_init(struct ram *ram);

/*
 * Open what the backing names, and learn the size of its pages. No page is taken yet. Sets fd,
 * which stays -1 for anonymous memory, page and is_dirty.
 */
int ram_open(struct ram *ram, const struct ram_backing *backing, struct err *err);

/*
 * Lay @size bytes out from map->ram.start upward, around the @n_holes ranges of @holes (sorted or
 * not; what may not be RAM: IOVA ranges that the host reserves). Banks begin at multiples of
 * RAM_ALIGN and of the pages; all but the last end there too. In the file of ram_open(), they lie
 * one behind the other. Fails when @size is not a multiple of RAM_ALIGN, below RAM_MIN_SIZE, or
 * does not fit, with the room that there is; then there are no banks.
 */
int ram_plan(struct ram *ram, const struct memmap *map, uint64_t size, const struct range *holes,
	     unsigned int n_holes, struct err *err);

/*
 * One bank of @size bytes at @base, a multiple of what banks begin at. An error that names both
 * ranges when that is no place for RAM: a hole, a window of the memory map, or beyond its end.
 */
int ram_plan_at(struct ram *ram, const struct memmap *map, uint64_t base, uint64_t size,
		const struct range *holes, unsigned int n_holes, struct err *err);

/*
 * One more bank at a place of the caller's choice: gpa, a multiple of RAM_ALIGN that overlaps no
 * other bank (of a foreign one: whole pages of the host, or of the file); fd and offset, or
 * pages.
 */
int ram_insert_bank(struct ram *ram, const struct ram_bank *bank, struct err *err);
int ram_add_bank(struct ram *ram, struct range gpa, int fd, uint64_t offset, struct err *err);

/*
 * Map the planned RAM: not dumped (MADV_DONTDUMP), not forked (MADV_DONTFORK), with transparent
 * huge pages. On error what was made stays in @ram for ram_destroy().
 */
int ram_create(struct ram *ram, struct err *err);

/*
 * Set @size bytes of the planned RAM apart, in one piece: as high as possible at a multiple of
 * @align, a power of two; @low: below 4 GiB. -EINVAL when there is no room.
 */
int ram_carve(struct ram *ram, uint64_t size, uint64_t align, bool low, struct range *place,
	      struct err *err);
/* This piece, for what nothing else may take. */
int ram_set_apart(struct ram *ram, struct range place, struct err *err);
/*
 * Where kernel, initrd and device tree may lie: bank number @i, up to the first carve-out in it;
 * maybe nothing.
 */
struct range ram_boot_run(const struct ram *ram, unsigned int i);

/*
 * All bytes zero; with @touch all pages there as well, by several threads, which have ended when it
 * returns. Says how far it is about once a second.
 */
int ram_prepare(struct ram *ram, bool touch, struct err *err);

/*
 * Read @size bytes at @offset of @fd to @dst in RAM, much by up to @n_threads: what takes time is
 * the copying. 0, or as file_pread_all().
 */
int ram_read_file(unsigned int n_threads, void *dst, uint64_t size, int fd, uint64_t offset);

/* Bytes of the last pages of banks that are not the guest's: the pages are larger than the rest of
 * the bank. */
uint64_t ram_wasted(const struct ram *ram);

/*
 * All bytes zero again. No DMA mapping of this RAM may exist: its pages are given up where nobody
 * asked for them to be there.
 */
int ram_clear(struct ram *ram, struct err *err);

/* Host address of [gpa, gpa + size) when it lies in one bank, else NULL. Takes no lock. */
void *ram_ptr(const struct ram *ram, uint64_t gpa, uint64_t size);

/* A piece of a bank that lies in one piece in its file. */
struct ram_piece {
	struct range gpa;
	void *hva;
	int fd;
	uint64_t offset;
};
/*
 * Put the first @n_max pieces of the guest's own RAM, in the order of their addresses, into @pieces
 * (NULL with 0). Returns how many there are.
 */
unsigned int ram_pieces(const struct ram *ram, struct ram_piece *pieces, unsigned int n_max);

/* Leaves it as ram_init() does. */
void ram_destroy(struct ram *ram);

/* Huge pages of @page bytes that nobody has, or has been promised. */
uint64_t ram_free_pages(uint64_t page);
/*
 * Whether the host has too few free huge pages of @page bytes for @size bytes, when others take
 * @n_taken before. Adds to @err, which is set, how many there are, and how to have more.
 */
bool ram_lacks_pages(uint64_t page, uint64_t size, uint64_t n_taken, struct err *err);
/* The size of the pages of mem-path, of which @fd is a file or the directory (or why it could not
 * be opened). */
int ram_hugetlbfs_page(int fd, const char *path, uint64_t *page, struct err *err);

/* For the files of this room. */

/* Whether what is planned lies in the file, and a guest can work there. */
int ram_file_check(const struct ram *ram, struct err *err);

/* Say in @err, which is set, why a bank could not be mapped; @size more bytes were to be. */
int ram_file_map_failed(const struct ram *ram, uint64_t size, struct err *err);

/* The same for huge pages: how many are missing. */
int ram_file_too_few_pages(const struct ram *ram, uint64_t size, struct err *err);

#endif
