// SPDX-License-Identifier: GPL-2.0-only
/* What takes time because there is much of it. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"
#include "vmm/core/ram/ram.h"

/* Small enough to say how far it is, on slow memory too; a multiple of most huge pages. */
#define PIECE_SIZE  (32ULL << 20)
#define INTERVAL_NS 1000000000ULL
/* Of a file: well more than it takes to start a thread; of whole huge pages. */
#define READ_SIZE   (4ULL << 20)

struct work {
	const struct ram_bank *banks;
	unsigned int n_banks, n_threads;
	uint64_t size;                                             /* of all banks */
	int (*run)(const struct work *w, void *at, uint64_t size); /* 0 or a negative errno */
	bool tell;
	uint64_t piece;    /* bytes; the last of each bank may have fewer */
	unsigned int next; /* atomic: the number of the next piece */
	int error;         /* atomic: one that came; then no more pieces are done */
	int fd;            /* what is read, at … */
	uint64_t offset;   /* … this and the host address that it goes to, together */
};

static int touch_piece(const struct work *w, void *at, uint64_t size)
{
	int ret = sys_populate(at, size);

	(void)w;
	if (ret != -EINVAL)
		return ret;
	for (uint64_t i = 0; i < size; i += sys_page_size())
		((volatile char *)at)[i] = 0;
	return 0;
}

static int clear_piece(const struct work *w, void *at, uint64_t size)
{
	(void)w;
	memset(at, 0, size);
	return 0;
}

static int read_piece(const struct work *w, void *at, uint64_t size)
{
	return file_pread_all(w->fd, at, size, w->offset + (uintptr_t)at);
}

/* Do the next piece. False: there was none left. */
static bool do_piece(struct work *w)
{
	uint64_t at = w->piece * __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED);

	for (unsigned int i = 0; i < w->n_banks; i++) {
		const struct ram_bank *bank = &w->banks[i];
		uint64_t left = bank->gpa.size - at;
		int ret;

		if (bank->is_foreign || __atomic_load_n(&w->error, __ATOMIC_RELAXED))
			continue;
		if (at >= bank->gpa.size) {
			at -= round_up_to(bank->gpa.size, w->piece);
			continue;
		}
		ret = w->run(w, (char *)bank->hva + at, left < w->piece ? left : w->piece);
		if (ret)
			__atomic_store_n(&w->error, ret, __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

static void *help(void *opaque)
{
	while (do_piece(opaque))
		;
	return NULL;
}

static unsigned int percent(const struct work *w)
{
	uint64_t begun = w->piece * __atomic_load_n(&w->next, __ATOMIC_RELAXED);

	return begun < w->size ? (unsigned int)(begun * 100 / w->size) : 100;
}

/* The calling thread works too, and is the one that tells. */
static void work_and_tell(struct work *w)
{
	uint64_t told = sys_monotonic_ns();
	char size[32];

	while (do_piece(w)) {
		uint64_t now = sys_monotonic_ns();

		if (!w->tell || now - told < INTERVAL_NS)
			continue;
		told = now;
		log_info("preparing RAM: %u %% of %s", percent(w), str_size(w->size, size));
	}
}

static int work(struct work *w)
{
	unsigned int n_helpers = 0;
	pthread_t helpers[RAM_MAX_THREADS];

	/* With fewer threads than wanted it only takes longer. */
	while (n_helpers + 1 < w->n_threads && n_helpers < RAM_MAX_THREADS &&
	       (n_helpers + 1) * w->piece < w->size &&
	       pthread_create(&helpers[n_helpers], NULL, help, w) == 0)
		n_helpers++;
	work_and_tell(w);
	while (n_helpers)
		pthread_join(helpers[--n_helpers], NULL);
	return w->error;
}

static int work_on_all(const struct ram *ram,
		       int (*run)(const struct work *w, void *at, uint64_t size), bool tell)
{
	struct work w = {
		.banks = ram->banks,
		.n_banks = ram->n_banks,
		.n_threads = ram->backing.n_threads,
		.size = ram->size,
		.run = run,
		.tell = tell,
		.piece = PIECE_SIZE < ram->page ? ram->page : PIECE_SIZE,
	};

	return work(&w);
}

static int touch_all(const struct ram *ram, struct err *err)
{
	char size[32];
	int ret = work_on_all(ram, touch_piece, true);

	if (!ret)
		return 0;
	err_set(err, ret, "take all pages of %s of guest RAM", str_size(ram->size, size));
	if (ret == -EHWPOISON)
		err_why(err, "a page of the host's memory is broken");
	else
		err_why(err, "the host has not so much memory, or a control group forbids it");
	err_fix(err, "give the guest less memory");
	return err_host(err);
}

static int clear_all(const struct ram *ram, bool tell, struct err *err)
{
	int ret = work_on_all(ram, clear_piece, tell);

	return ret ? err_set(err, ret, "clear guest RAM") : 0;
}

int ram_read_file(unsigned int n_threads, void *dst, uint64_t size, int fd, uint64_t offset)
{
	const struct ram_bank bank = { .gpa.size = size, .hva = dst };
	struct work w = {
		.banks = &bank,
		.n_banks = 1,
		.n_threads = n_threads,
		.size = size,
		.run = read_piece,
		.piece = READ_SIZE,
		.fd = fd,
		.offset = offset - (uintptr_t)dst,
	};

	return work(&w);
}

int ram_prepare(struct ram *ram, bool touch, struct err *err)
{
	int ret = 0;

	if (ram->is_dirty)
		ret = clear_all(ram, true, err);
	else if (touch)
		ret = touch_all(ram, err);
	ram->is_touched = touch;
	return ret;
}

/* All of it is anonymous memory, or a memfd of such pages. */
static bool can_give_up(const struct ram *ram)
{
	const int fd =
		BUILT(VIRTIO) && ram->is_memfd && ram->page == sys_page_size() ? ram->fd : -1;

	for (unsigned int i = 0; i < ram->n_banks; i++)
		if (ram->banks[i].fd != fd)
			return false;
	return true;
}

/*
 * Another file's pages are not given up: a hole in it would give back its reservation too, and
 * others could take the pages; and a device file has no holes.
 */
int ram_clear(struct ram *ram, struct err *err)
{
	const int advice = BUILT(VIRTIO) && ram->is_memfd ? MADV_REMOVE : MADV_DONTNEED;

	if (ram->is_touched || !can_give_up(ram))
		return clear_all(ram, false, err);
	for (unsigned int i = 0; i < ram->n_banks; i++) {
		int ret = sys_madvise(ram->banks[i].hva, ram->banks[i].gpa.size, advice);

		if (ret)
			return err_set(err, ret, "clear guest RAM");
	}
	return 0;
}
