// SPDX-License-Identifier: GPL-2.0-only
#include "tests/fakes/vfio/fake_tree.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fakes/fake_sys.h"

#define N_ENTRIES 4096
#define MAX_LINKS 16

static struct fake_entry *entries[N_ENTRIES];
static unsigned int n_entries, n_devices, n_inodes;

static void free_entry(struct fake_entry *e)
{
	free(e->path);
	free(e->data);
	free(e);
}

void fake_tree_reset(void)
{
	while (n_entries)
		free_entry(entries[--n_entries]);
}

/* Whatever a test forgets must not look like a leak of the program. */
__attribute__((destructor)) static void free_at_exit(void)
{
	fake_tree_reset();
}

static struct fake_entry *lookup(const char *path)
{
	for (unsigned int i = 0; i < n_entries; i++)
		if (strcmp(entries[i]->path, path) == 0)
			return entries[i];
	return NULL;
}

static void parent_of(const char *path, char *parent)
{
	const char *slash = strrchr(path, '/');

	assert(slash);
	snprintf(parent, PATH_MAX, "%.*s", (int)(slash - path), path);
}

/* Follow the links in the directory part of @path; the last component stays as it is. */
static int resolve_parents(const char *path, char *out, unsigned int n_links)
{
	char component[NAME_MAX + 1];

	out[0] = '\0';
	while (*path) {
		size_t used = strlen(out), n;
		struct fake_entry *e;

		path += strspn(path, "/");
		n = strcspn(path, "/");
		snprintf(component, sizeof(component), "%.*s", (int)n, path);
		path += n;
		if (n == 0 || strcmp(component, ".") == 0)
			continue;
		if (strcmp(component, "..") == 0) {
			if (used)
				*strrchr(out, '/') = '\0';
			continue;
		}
		snprintf(out + used, PATH_MAX - used, "/%s", component);
		e = lookup(out);
		if (e && e->kind == FAKE_LINK && *path) {
			char target[2 * PATH_MAX];

			if (n_links >= MAX_LINKS)
				return -ELOOP;
			out[used] = '\0';
			snprintf(target, sizeof(target), "%s/%s%s", e->data[0] == '/' ? "" : out,
				 e->data, path);
			return resolve_parents(target, out, n_links + 1);
		}
	}
	return 0;
}

int fake_tree_find(const char *path, bool follow, struct fake_entry **entry)
{
	char resolved[PATH_MAX], next[2 * PATH_MAX];
	int ret = resolve_parents(path, resolved, 0);

	for (unsigned int i = 0; !ret && i < MAX_LINKS; i++) {
		*entry = lookup(resolved);
		if (!*entry)
			return -ENOENT;
		if (!follow || (*entry)->kind != FAKE_LINK)
			return 0;
		if ((*entry)->data[0] == '/') {
			snprintf(next, sizeof(next), "%s", (*entry)->data);
		} else {
			char dir[PATH_MAX];

			parent_of(resolved, dir);
			snprintf(next, sizeof(next), "%s/%s", dir, (*entry)->data);
		}
		ret = resolve_parents(next, resolved, 0);
	}
	return ret ? ret : -ELOOP;
}

static struct fake_entry *add(const char *path, enum fake_kind kind)
{
	char resolved[PATH_MAX], parent[PATH_MAX];
	struct fake_entry *e;

	assert(resolve_parents(path, resolved, 0) == 0);
	e = lookup(resolved);
	if (!e) {
		assert(n_entries < N_ENTRIES);
		e = calloc(1, sizeof(*e));
		assert(e);
		e->path = strdup(resolved);
		entries[n_entries++] = e;
		parent_of(resolved, parent);
		if (parent[0] && !lookup(parent))
			add(parent, FAKE_DIR);
	}
	free(e->data);
	e->data = NULL;
	e->size = 0;
	e->ops = NULL;
	e->access_code = 0;
	e->kind = kind;
	e->inode = ++n_inodes;
	return e;
}

void fake_tree_write(struct fake_entry *file, const void *data, size_t size, size_t offset)
{
	char *bigger = realloc(file->data, offset + size + 1);

	assert(bigger && offset <= file->size);
	memcpy(bigger + offset, data, size);
	bigger[offset + size] = '\0';
	file->data = bigger;
	file->size = offset + size;
}

void fake_file(const char *path, const char *text)
{
	fake_file_bytes(path, text, strlen(text));
}

void fake_file_bytes(const char *path, const void *data, size_t size)
{
	fake_tree_write(add(path, FAKE_FILE), data, size, 0);
}

void fake_dir(const char *path)
{
	add(path, FAKE_DIR);
}

void fake_link(const char *path, const char *target)
{
	fake_tree_write(add(path, FAKE_LINK), target, strlen(target), 0);
}

void fake_remove(const char *path)
{
	for (unsigned int i = 0; i < n_entries; i++) {
		if (strcmp(entries[i]->path, path) == 0) {
			free_entry(entries[i]);
			entries[i] = entries[--n_entries];
			return;
		}
	}
}

int fake_tree_rename(const char *path, const char *new_path)
{
	struct fake_entry *e;
	int ret = fake_tree_find(path, false, &e);

	if (ret)
		return ret;
	fake_remove(new_path);
	free(e->path);
	e->path = strdup(new_path);
	return 0;
}

void fake_device(const char *path, const struct fake_fd_ops *ops, void *opaque)
{
	struct fake_entry *e = add(path, FAKE_DEVICE);

	e->ops = ops;
	e->opaque = opaque;
	e->minor = ++n_devices;
}

void fake_open_error(const char *path, int code)
{
	add(path, FAKE_ERROR)->code = code;
}

void fake_busy(const char *path)
{
	struct fake_entry *e;

	assert(!fake_tree_find(path, true, &e) && e->kind == FAKE_DEVICE);
	e->busy = true;
}

void fake_access_error(const char *path, int code)
{
	struct fake_entry *e;

	assert(!fake_tree_find(path, true, &e));
	e->access_code = code;
}

void fake_owner(const char *path, unsigned int uid, mode_t mode)
{
	struct fake_entry *e;

	assert(!fake_tree_find(path, true, &e));
	e->uid = uid;
	e->mode = mode;
}

const char *fake_file_text(const char *path)
{
	struct fake_entry *e;

	return fake_tree_find(path, true, &e) || e->kind != FAKE_FILE ? NULL : e->data;
}

struct fake_dir *fake_dir_open(const char *path)
{
	struct fake_entry *e;
	struct fake_dir *dir;
	int ret = fake_tree_find(path, true, &e);

	if (ret == 0 && e->kind != FAKE_DIR)
		ret = -ENOTDIR;
	if (ret) {
		errno = -ret;
		return NULL;
	}
	dir = calloc(1, sizeof(*dir));
	assert(dir);
	snprintf(dir->path, sizeof(dir->path), "%s", e->path);
	return dir;
}

struct dirent *fake_dir_next(struct fake_dir *dir)
{
	size_t n = strlen(dir->path);

	while (dir->next < n_entries) {
		const struct fake_entry *e = entries[dir->next++];

		if (strncmp(e->path, dir->path, n) || e->path[n] != '/' ||
		    strchr(e->path + n + 1, '/'))
			continue;
		snprintf(dir->dirent.d_name, sizeof(dir->dirent.d_name), "%s", e->path + n + 1);
		dir->dirent.d_ino = e->inode;
		dir->dirent.d_type = e->kind == FAKE_DIR    ? DT_DIR
				     : e->kind == FAKE_LINK ? DT_LNK
							    : DT_REG;
		return &dir->dirent;
	}
	return NULL;
}
