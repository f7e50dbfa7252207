// SPDX-License-Identifier: GPL-2.0-only
/* What takes time because there is much of it. */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "vmm/base/log.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"
#include "vmm/core/ram/ram.h"

/* Small enough to say how far it is, on slow memory too; a multiple of most huge pages. */
#define PIECE_SIZE  (32ULL << 20)
#define INTERVAL_NS 1000000000ULL

struct work {
	const struct ram *ram;
	int (*run)(void *at, uint64_t size); /* 0 or a negative errno */
	bool tell;
	uint64_t piece;    /* bytes; the last of each bank may have fewer */
	unsigned int next; /* atomic: the number of the next piece */
	int error;         /* atomic: one that came; then no more pieces are done */
};

static int touch_piece(void *at, uint64_t size)
{
	int ret = sys_populate(at, size);

	if (ret != -EINVAL)
		return ret;
	for (uint64_t i = 0; i < size; i += sys_page_size())
		((volatile char *)at)[i] = 0;
	return 0;
}

static int clear_piece(void *at, uint64_t size)
{
	memset(at, 0, size);
	return 0;
}

/* Do one piece, and tell how far that is. False: there was none left. */
static bool do_piece(struct work *w, unsigned int *percent)
{
	uint64_t at = w->piece * __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED);

	*percent = at < w->ram->size ? (unsigned int)(at * 100 / w->ram->size) : 100;
	for (unsigned int i = 0; i < w->ram->n_banks; i++) {
		const struct ram_bank *bank = &w->ram->banks[i];
		uint64_t left = bank->gpa.size - at;
		int ret;

		if (bank->is_foreign || __atomic_load_n(&w->error, __ATOMIC_RELAXED))
			continue;
		if (at >= bank->gpa.size) {
			at -= round_up_to(bank->gpa.size, w->piece);
			continue;
		}
		ret = w->run((char *)bank->hva + at, left < w->piece ? left : w->piece);
		if (ret)
			__atomic_store_n(&w->error, ret, __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

static void *help(void *opaque)
{
	unsigned int percent;

	while (do_piece(opaque, &percent))
		;
	return NULL;
}

/* The calling thread works too, and is the one that tells. */
static void work_and_tell(struct work *w)
{
	uint64_t told = sys_monotonic_ns();
	unsigned int percent;
	char size[32];

	while (do_piece(w, &percent)) {
		uint64_t now = sys_monotonic_ns();

		if (!w->tell || now - told < INTERVAL_NS)
			continue;
		told = now;
		log_info("preparing RAM: %u %% of %s", percent, str_size(w->ram->size, size));
	}
}

static int work(const struct ram *ram, int (*run)(void *at, uint64_t size), bool tell)
{
	struct work w = { .ram = ram, .run = run, .tell = tell, .piece = PIECE_SIZE };
	unsigned int n = ram->backing.n_threads, n_helpers = 0;
	pthread_t helpers[RAM_MAX_THREADS];

	if (w.piece < ram->page)
		w.piece = ram->page;
	/* With fewer threads than wanted it only takes longer. */
	while (n_helpers + 1 < n && n_helpers < RAM_MAX_THREADS &&
	       n_helpers * PIECE_SIZE < ram->size &&
	       pthread_create(&helpers[n_helpers], NULL, help, &w) == 0)
		n_helpers++;
	work_and_tell(&w);
	while (n_helpers)
		pthread_join(helpers[--n_helpers], NULL);
	return w.error;
}

static int touch_all(const struct ram *ram, struct err *err)
{
	char size[32];
	int ret = work(ram, touch_piece, true);

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
	int ret = work(ram, clear_piece, tell);

	return ret ? err_set(err, ret, "clear guest RAM") : 0;
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
