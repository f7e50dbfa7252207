// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/core/ram/phys_ram.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "vmm/base/array.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"
#include "vmm/core/ram/pagemap.h"
#include "vmm/core/ram/phys_runs.h"

/* What any user may have, with the default fs.pipe-max-size; pages of the host, one per reference.
 */
#define PIPE_SIZE (1 << 20)

/* Linux's INIT_MEMBLOCK_REGIONS, less what it splits for its own use. */
#define LINUX_BANKS 100

/* Room for a kernel, an initrd and their tree: a 32-bit kernel unpacks itself to the beginning of
 * such a piece (Documentation/arch/arm/booting.rst). */
#define LARGE_RUN (128 << 20)

/* Pages come back: five seconds, in which even an emulated host takes a killed VM down. */
#define PAGES_TRIES   50
#define PAGES_STEP_MS 100

/* What phys_ram_take() has while it works. */
struct taking {
	struct phys_ram *ram;
	const struct phys_ram_wish *wish;
	int pagemap;
	uint64_t size; /* of the file, so far */
	struct phys_page *unfit;
	size_t n_unfit;
};

void phys_ram_init(struct phys_ram *ram)
{
	*ram = (struct phys_ram){ .fd = -1 };
}

/* Kernels before 5.13 have no files without a name there. */
static int create_named(struct phys_ram *ram, const struct phys_ram_wish *wish, struct err *err)
{
	owned_ptr char *path = NULL;
	int ret = asprintf(&path, "%s/dais-%d.new", wish->hugetlbfs, (int)getpid());

	if (ret < 0)
		return err_set(err, ENOMEM, "make a file for guest RAM");
	ret = wish->announce ? wish->announce(wish->opaque, path, err) : 0;
	if (ret)
		return ret;
	ram->fd = sys_create(path, O_RDWR | O_EXCL, 0600);
	if (ram->fd < 0)
		return err_set(err, ram->fd, "create %s", path);
	ram->temporary = take_ptr(&path);
	return 0;
}

int phys_ram_open(struct phys_ram *ram, const struct phys_ram_wish *wish, struct err *err)
{
	const char *dir = wish->hugetlbfs;
	char text[32];
	int ret = 0;

	ram->fd = sys_open_tmpfile(dir, 0600);
	if (ram->fd == -EOPNOTSUPP)
		ret = create_named(ram, wish, err);
	else if (ram->fd < 0)
		ret = err_set(err, ram->fd, "mem-path = %s: make a file there", dir);
	if (ret)
		return ret;
	ret = ram_hugetlbfs_page(ram->fd, dir, &ram->page, err);
	if (ret || is_aligned(ram->page, RAM_ALIGN))
		return ret;
	err_usage(err, "mem-path = %s: this is no hugetlbfs of pages of %s or more", dir,
		  str_size(RAM_ALIGN, text));
	err_why(err,
		"without an IOMMU a guest's RAM must be huge pages, which stay where they are");
	return err_fix(err, "mount one (\"mount -t hugetlbfs none DIR\") and give it as mem-path");
}

static int locate_failed(int code, struct err *err)
{
	err_set(err, code, "find where guest RAM is");
	if (code == -EPERM) {
		err_why(err, "the kernel tells physical addresses only to CAP_SYS_ADMIN");
		err_fix(err, "run dais as root, or with CAP_SYS_ADMIN and CAP_SYS_RAWIO");
		err_host(err);
	}
	return code;
}

/* Where the page at @offset is, while it is mapped; with @pin, a reference to it goes there. */
static int locate(struct taking *t, uint64_t offset, int pin, uint64_t *pa, struct err *err)
{
	uint64_t size = t->ram->page;
	ssize_t n = 1;
	void *hva;
	int ret = sys_mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			   t->ram->fd, (off_t)offset, &hva);

	if (ret)
		return locate_failed(ret, err);
	if (pin >= 0)
		n = sys_vmsplice(pin, hva, 1);
	if (t->wish->pin)
		ret = t->wish->pin(t->wish->opaque, hva, size, pa, err);
	else if ((ret = n == 1 ? pagemap_find(t->pagemap, hva, pa) : n < 0 ? (int)n : -EIO))
		locate_failed(ret, err);
	sys_munmap(hva, size);
	return ret;
}

/* @n more pages, told apart by whether the guest can have them. */
static int take_pages(struct taking *t, size_t n, struct err *err)
{
	struct phys_ram *ram = t->ram;
	uint64_t size = n * ram->page, end = t->size + size;
	char text[32];
	int ret, n_tries = 0;

	/* Those of a VM that was killed come back a while after it, and its file, are gone. */
	while ((ret = sys_fallocate(ram->fd, 0, (off_t)t->size, (off_t)size)) == -ENOSPC &&
	       n_tries++ < PAGES_TRIES)
		sys_sleep_ms(PAGES_STEP_MS);
	if (ret == -ENOSPC || ret == -ENOMEM) {
		err_set(err, ret, "take %s of guest RAM from %s", str_size(size, text),
			t->wish->hugetlbfs);
		/* Those that it got before it failed count as free again. */
		sys_fallocate(ram->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)t->size,
			      (off_t)size);
		ram_file_too_few_pages(
			&(struct ram){ .page = ram->page, .backing.hugetlbfs = t->wish->hugetlbfs },
			size, err);
		return err_host(err);
	}
	if (ret)
		return err_set(err, ret, "take guest RAM from %s", t->wish->hugetlbfs);
	for (; t->size < end; t->size += ram->page) {
		struct phys_page *page;
		uint64_t pa = 0;
		bool fits;

		ret = locate(t, t->size, -1, &pa, err);
		if (ret)
			return ret;
		fits = !phys_page_unfit(pa, ram->page, t->wish->ipa_bits);
		page = fits ? array_add(ram->pages, ram->n_pages) : array_add(t->unfit, t->n_unfit);
		if (!page)
			return err_set(err, ENOMEM, "list the pages of guest RAM");
		*page = (struct phys_page){ pa, t->size };
		++*(fits ? &ram->n_pages : &t->n_unfit);
	}
	return 0;
}

static int give_back(const struct taking *t, const struct phys_page *pages, size_t n,
		     struct err *err)
{
	int ret = 0;

	for (size_t i = 0; i < n && !ret; i++) {
		if (t->wish->unpin)
			t->wish->unpin(t->wish->opaque, pages[i].pa, t->ram->page);
		ret = sys_fallocate(t->ram->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				    (off_t)pages[i].offset, (off_t)t->ram->page);
	}
	return ret ? err_set(err, ret, "give back huge pages") : 0;
}

/*
 * A pool in pieces gives pages that do not follow each other, although others of it do: more of
 * them are taken, until the best of all are few pieces and one is large, or the pool is empty.
 */
static int take_adjacent(struct taking *t, size_t n_wanted, struct err *err)
{
	struct phys_ram *ram = t->ram;
	size_t n_large = (t->wish->size < LARGE_RUN ? t->wish->size : LARGE_RUN) / ram->page;
	struct phys_choice choice;
	struct err full;
	int ret;

	for (;;) {
		uint64_t n;

		ret = phys_pages_choose(ram->pages, ram->n_pages, n_wanted, ram->page, &choice);
		if (ret)
			return err_set(err, ret, "list the pages of guest RAM");
		if (choice.longest >= n_large && choice.n_runs <= LINUX_BANKS)
			break;
		n = ram_free_pages(ram->page);
		ret = n ? take_pages(t, n < n_wanted ? n : n_wanted, &full) : -ENOSPC;
		if (ret == -ENOSPC || ret == -ENOMEM)
			break;
		if (ret) {
			*err = full;
			return ret;
		}
	}
	if (ram->n_pages > n_wanted)
		log_info("of %zu huge pages those that follow each other are taken: %zu pieces",
			 ram->n_pages, choice.n_runs);
	ret = give_back(t, &ram->pages[n_wanted], ram->n_pages - n_wanted, err);
	ram->n_pages = n_wanted;
	return ret;
}

/* Until there are enough; those that are of no use are kept meanwhile, or they would come again. */
static int take_enough(struct taking *t, struct err *err)
{
	struct phys_ram *ram = t->ram;
	size_t n_wanted = (t->wish->size + ram->page - 1) / ram->page;
	int ret = 0;

	while (!ret && ram->n_pages < n_wanted)
		ret = take_pages(t, n_wanted - ram->n_pages, err);
	if (t->n_unfit) {
		log_info("%zu huge pages are at physical addresses that a guest cannot have:",
			 t->n_unfit);
		phys_pages_show(t->unfit, t->n_unfit, ram->page, t->wish->ipa_bits);
		if (ret && ram->n_pages)
			log_info("and those that it can have:");
		if (ret)
			phys_pages_show(ram->pages, ram->n_pages, ram->page, t->wish->ipa_bits);
	}
	if (!ret)
		ret = take_adjacent(t, n_wanted, err);
	if (!ret)
		ret = give_back(t, t->unfit, t->n_unfit, err);
	return ret;
}

/* A new pipe for references: the end to write, while the one to read joins ram->pins. */
static int open_pin(struct phys_ram *ram, int *writer, struct err *err)
{
	int *pin = array_add(ram->pins, ram->n_pins);
	int ends[2], ret;

	if (!pin)
		return err_set(err, ENOMEM, "hold guest RAM");
	ret = sys_pipe(ends);
	if (ret)
		return err_set(err, ret, "make a pipe to hold guest RAM");
	*pin = ends[0];
	ram->n_pins++;
	close_fd(writer);
	*writer = ends[1];
	sys_set_pipe_size(ends[1], PIPE_SIZE); /* else it holds less */
	return 0;
}

/* A reference to @page, which must not have moved before it had one. */
static int hold_page(struct taking *t, const struct phys_page *page, int *writer, struct err *err)
{
	uint64_t pa = page->pa;
	int ret = *writer < 0 ? -EAGAIN : locate(t, page->offset, *writer, &pa, err);

	if (ret == -EAGAIN) { /* full */
		ret = open_pin(t->ram, writer, err);
		if (ret)
			return ret;
		ret = locate(t, page->offset, *writer, &pa, err);
	}
	if (ret)
		return err_set(err, ret, "hold guest RAM where it is");
	if (pa == page->pa)
		return 0;
	err_set(err, EAGAIN, "guest RAM at 0x%" PRIx64 " has moved to 0x%" PRIx64, page->pa, pa);
	err_why(err, "the kernel migrated it while dais prepared it");
	return err_fix(
		err,
		"start again; do not offline memory or make large contiguous allocations then");
}

static int hold_pages(struct taking *t, struct err *err)
{
	struct phys_ram *ram = t->ram;
	owned_fd int writer = -1;
	int ret = 0;

	for (size_t i = 0; i < ram->n_pages && !ret; i++)
		ret = hold_page(t, &ram->pages[i], &writer, err);
	if (!ret)
		return 0;
	if (t->wish->may_move) {
		log_warn("%s: the host may move pages of guest RAM, which devices then write to "
			 "although they are others' (allow-movable-memory)",
			 err->what);
		return 0;
	}
	err_why(err, "a page that the kernel moves is no longer where the device finds it: the "
		     "device would read and write memory of others");
	err_fix(err, "or, if nothing on this host migrates huge pages (no CMA, no memory hotplug, "
		     "no soft offlining), allow-movable-memory = yes");
	return err_host(err);
}

static void finish(struct phys_ram *ram)
{
	size_t n_runs = 0;

	phys_pages_sort(ram->pages, ram->n_pages);
	for (size_t i = 0; i < ram->n_pages; n_runs++)
		i += phys_run_length(&ram->pages[i], ram->n_pages - i, ram->page);
	if (n_runs > LINUX_BANKS)
		log_warn("guest RAM is in %zu pieces: a Linux that is built without CONFIG_EFI "
			 "takes 128, and dies early of more; larger pages, or pages reserved at "
			 "boot (hugepages=), are in fewer",
			 n_runs);
}

int phys_ram_take(struct phys_ram *ram, const struct phys_ram_wish *wish, struct err *err)
{
	struct taking t = { .ram = ram, .wish = wish, .pagemap = -1 };
	int ret = 0;

	assert(wish->size && ram->fd >= 0 && !ram->pages);
	if (!wish->pin)
		ret = t.pagemap = pagemap_open(err);
	if (ret >= 0)
		ret = take_enough(&t, err);
	if (!ret) {
		finish(ram);
		ret = wish->pin ? 0 : hold_pages(&t, err);
	}
	free(t.unfit);
	close_fd(&t.pagemap);
	return ret;
}

int phys_ram_add_banks(const struct phys_ram *phys, uint64_t size, struct ram *ram, struct err *err)
{
	ram->page = phys->page;
	for (size_t i = 0, n; i < phys->n_pages && size; i += n) {
		struct range run = { .start = phys->pages[i].pa };
		int ret;

		n = phys_run_length(&phys->pages[i], phys->n_pages - i, phys->page);
		/* The last page may be more than is wanted. */
		run.size = n * phys->page < size ? n * phys->page : size;
		size -= run.size;
		ret = ram_insert_bank(
			ram,
			&(struct ram_bank){ .gpa = run, .fd = phys->fd, .pages = &phys->pages[i] },
			err);
		if (ret)
			return ret;
	}
	assert(!size);
	return 0;
}

int phys_ram_name(struct phys_ram *ram, const char *path, struct err *err)
{
	int ret;

	assert(ram->fd >= 0 && !ram->path);
	ram->path = strdup(path);
	if (!ram->path)
		return err_set(err, ENOMEM, "name guest RAM");
	ret = ram->temporary ? sys_renameat(AT_FDCWD, ram->temporary, AT_FDCWD, path)
			     : sys_link(ram->fd, path);
	if (!ret) {
		free(take_ptr(&ram->temporary));
		return 0;
	}
	free(take_ptr(&ram->path));
	return err_set(err, ret, "name guest RAM %s", path);
}

int phys_ram_release(struct phys_ram *ram, struct err *err)
{
	owned_ptr char *path = take_ptr(&ram->path);
	int ret = path ? sys_unlink(path) : 0;

	return ret ? err_set(err, ret, "remove %s", path) : 0;
}

void phys_ram_destroy(struct phys_ram *ram)
{
	while (ram->n_pins)
		sys_close(ram->pins[--ram->n_pins]);
	close_fd(&ram->fd);
	if (ram->temporary)
		sys_unlink(ram->temporary);
	free(ram->temporary);
	free(ram->pins);
	free(ram->pages);
	free(ram->path);
	phys_ram_init(ram);
}
