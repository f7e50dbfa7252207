// SPDX-License-Identifier: GPL-2.0-only
/* What takes time because there is much of it. */
#include "vmm/core/ram/ram_work.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

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

	pthread_mutex_t lock; /* of the rest */
	unsigned int bank;    /* where the next piece is */
	uint64_t offset;
	uint64_t done; /* bytes */
	int error;     /* the first; then no more pieces are taken */
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

/* Do one piece. Returns the bytes that were done before it, UINT64_MAX when there was none left. */
static uint64_t do_piece(struct work *w)
{
	uint64_t piece = w->ram->page > PIECE_SIZE ? w->ram->page : PIECE_SIZE, size = 0, done;
	void *at = NULL;
	int ret;

	pthread_mutex_lock(&w->lock);
	done = w->done;
	for (; !w->error && w->bank < w->ram->n_banks; w->bank++, w->offset = 0) {
		const struct ram_bank *bank = &w->ram->banks[w->bank];

		size = bank->gpa.size - w->offset;
		if (!size || bank->is_foreign)
			continue;
		if (size > piece)
			size = piece;
		at = (char *)bank->hva + w->offset;
		w->offset += size;
		break;
	}
	pthread_mutex_unlock(&w->lock);
	if (!at)
		return UINT64_MAX;
	ret = w->run(at, size);
	pthread_mutex_lock(&w->lock);
	w->done += size;
	if (ret && !w->error)
		w->error = ret;
	pthread_mutex_unlock(&w->lock);
	return done;
}

static void *help(void *opaque)
{
	while (do_piece(opaque) != UINT64_MAX)
		;
	return NULL;
}

/* The calling thread works too, and is the one that tells. */
static void work_and_tell(struct work *w)
{
	uint64_t told = sys_monotonic_ns(), done;
	char size[32];

	while ((done = do_piece(w)) != UINT64_MAX) {
		uint64_t now = sys_monotonic_ns();

		if (!w->tell || now - told < INTERVAL_NS)
			continue;
		told = now;
		log_info("preparing RAM: %u %% of %s", (unsigned int)(done * 100 / w->ram->size),
			 str_size(w->ram->size, size));
	}
}

static int work(const struct ram *ram, int (*run)(void *at, uint64_t size), bool tell)
{
	struct work w = { .ram = ram, .run = run, .tell = tell };
	unsigned int n = ram->backing.n_threads, n_helpers = 0;
	pthread_t helpers[RAM_MAX_THREADS];

	pthread_mutex_init(&w.lock, NULL);
	/* With fewer threads than wanted it only takes longer. */
	while (n_helpers + 1 < n && n_helpers < RAM_MAX_THREADS &&
	       n_helpers * PIECE_SIZE < ram->size &&
	       pthread_create(&helpers[n_helpers], NULL, help, &w) == 0)
		n_helpers++;
	work_and_tell(&w);
	while (n_helpers)
		pthread_join(helpers[--n_helpers], NULL);
	pthread_mutex_destroy(&w.lock);
	return w.error;
}

int ram_work_touch(const struct ram *ram, struct err *err)
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

int ram_work_clear(const struct ram *ram, bool tell, struct err *err)
{
	int ret = work(ram, clear_piece, tell);

	return ret ? err_set(err, ret, "clear guest RAM") : 0;
}
