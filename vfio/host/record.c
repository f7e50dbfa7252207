// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/base/sys.h"

#define PARENT       "/run/dais"
#define LOCK         PARENT "/lock"
#define LOCK_TIME_MS 10000
#define LOCK_STEP_MS 20
#define MAX_RECORD   4096 /* bytes; all members together are less */

static const char *const bound_names[] = { "no", "bind", "run" };

/* The texts and numbers of a record, in the file's order. */
static const struct field {
	const char *key;
	size_t offset;
	size_t size; /* of a text; 0: a uint64_t */
} fields[] = {
#define TEXT(member)                                              \
	{                                                         \
#member, offsetof(struct vfio_record, member),    \
			sizeof(((struct vfio_record *)0)->member) \
	}
#define NUMBER(member)                                           \
	{                                                        \
#member, offsetof(struct vfio_record, member), 0 \
	}
	TEXT(name),    TEXT(bus), TEXT(driver),   TEXT(driver_override), NUMBER(pid),
	NUMBER(start), TEXT(vm),  TEXT(ram_file), TEXT(left_bound),
};

static int no_directory(int code, const char *what, struct err *err)
{
	err_set(err, code, "%s", what);
	if (code == -EACCES || code == -EPERM) {
		err_why(err, "this user may not note there what is done to devices");
		err_fix(err, "run dais as root");
	}
	return err_host(err);
}

/* Everybody may look, whatever the umask is. */
static int make_dir(const char *path)
{
	int ret = sys_mkdir(path, 0755);

	if (ret == -EEXIST)
		return 0;
	return ret ? ret : sys_chmod(path, 0755);
}

int vfio_records_open_in(const char *path, bool make, struct err *err)
{
	char what[64];
	int ret = 0;

	if (make)
		ret = make_dir(PARENT);
	if (make && !ret)
		ret = make_dir(path);
	if (!ret)
		ret = sys_open(path, O_RDONLY | O_DIRECTORY);
	snprintf(what, sizeof(what), "open %s", path);
	return ret < 0 ? no_directory(ret, what, err) : ret;
}

int vfio_records_open(bool make, struct err *err)
{
	return vfio_records_open_in(VFIO_RECORDS, make, err);
}

int vfio_records_lock(struct err *err)
{
	/* Not for everybody to read: whoever can open it can lock it. */
	owned_fd int fd = sys_create(LOCK, O_RDWR, 0600);
	char holder[32] = "";
	ssize_t n;
	int ret;

	if (fd < 0)
		return no_directory(fd, "open " LOCK, err);
	for (int waited = 0; (ret = sys_flock(fd, LOCK_EX | LOCK_NB)) == -EWOULDBLOCK;
	     waited += LOCK_STEP_MS) {
		if (waited >= LOCK_TIME_MS)
			break;
		sys_sleep_ms(LOCK_STEP_MS);
	}
	if (ret) {
		n = sys_pread(fd, holder, sizeof(holder) - 1, 0);
		holder[n < 0 ? 0 : strcspn(holder, "\n")] = '\0';
		err_set(err, ret, "lock " LOCK);
		err_why(err, "another dais is at work on devices: pid %s", n > 0 ? holder : "?");
		err_fix(err, "try again when it is done");
		return err_host(err);
	}
	if (!file_read_line(holder, sizeof(holder), "/proc/self/stat")) {
		size_t length = strcspn(holder, " ");

		holder[length] = '\n';
		/* for messages only */
		(void)!sys_pwrite(fd, holder, length + 1, 0);
	}
	return take_fd(&fd);
}

static int set_field(struct vfio_record *record, const char *key, const char *value)
{
	if (!strcmp(key, "bound")) {
		for (size_t i = 0; i < n_elems(bound_names); i++) {
			if (!strcmp(value, bound_names[i])) {
				record->bound = i;
				return 0;
			}
		}
		return -EINVAL;
	}
	for (size_t i = 0; i < n_elems(fields); i++) {
		char *at = (char *)record + fields[i].offset;

		if (strcmp(key, fields[i].key))
			continue;
		if (!fields[i].size)
			return str_to_u64(value, (uint64_t *)at);
		return str_copy(at, fields[i].size, value) ? 0 : -ERANGE;
	}
	return 0;
}

/* What is put behind paths of sysfs must not lead elsewhere. */
static bool is_valid(const struct vfio_record *record, const char *name)
{
	return !strcmp(record->name, name) && !strchr(record->driver, '/') &&
	       (!strcmp(record->bus, "platform") || !strcmp(record->bus, "amba"));
}

static int parse(char *text, const char *name, struct vfio_record *record)
{
	char *line;
	int ret = 0;

	*record = (struct vfio_record){ 0 };
	while (!ret && (line = strsep(&text, "\n"))) {
		char *equals = strchr(line, '=');

		if (!line[0])
			continue;
		if (!equals)
			return -EINVAL;
		*equals = '\0';
		ret = set_field(record, line, equals + 1);
	}
	return !ret && !is_valid(record, name) ? -EINVAL : ret;
}

int vfio_record_read(int dir, const char *name, struct vfio_record *record, struct err *err)
{
	/* O_NONBLOCK: who puts a FIFO there stops nobody */
	owned_fd int fd = sys_openat(dir, name, O_RDONLY | O_NONBLOCK, 0);
	char text[MAX_RECORD];
	ssize_t n;
	int ret;

	if (fd < 0)
		return err_set(err, fd, "open " VFIO_RECORDS "/%s", name);
	ret = file_check_regular(fd);
	n = ret ? 0 : sys_read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return err_set(err, (int)n, "read " VFIO_RECORDS "/%s", name);
	text[n] = '\0';
	if (!ret)
		ret = parse(text, name, record);
	if (ret) {
		err_set(err, ret, "read " VFIO_RECORDS "/%s", name);
		err_why(err, "it is not as dais writes it");
		err_fix(err, "see which driver the device is to have, and remove the file");
	}
	return ret;
}

/* "key=value" lines into @text, without what would end a line early. */
static size_t format(const struct vfio_record *record, char text[MAX_RECORD])
{
	size_t n = 0;

	for (size_t i = 0; i < n_elems(fields); i++) {
		const char *at = (const char *)record + fields[i].offset;

		n += (size_t)snprintf(text + n, MAX_RECORD - n, "%s=", fields[i].key);
		if (fields[i].size) {
			for (; *at; at++)
				text[n++] = (unsigned char)*at < ' ' ? '?' : *at;
			text[n++] = '\n';
		} else {
			n += (size_t)snprintf(text + n, MAX_RECORD - n, "%" PRIu64 "\n",
					      *(const uint64_t *)at);
		}
	}
	n += (size_t)snprintf(text + n, MAX_RECORD - n, "bound=%s\n", bound_names[record->bound]);
	return n;
}

int vfio_record_write(int dir, const struct vfio_record *record, struct err *err)
{
	char text[MAX_RECORD], temporary[sizeof(record->name) + 1];
	size_t size = format(record, text);
	owned_fd int fd = -1;
	int ret;

	/* A dot: no record's name, and the same again after a kill, which leaves it. */
	snprintf(temporary, sizeof(temporary), ".%s", record->name);
	fd = sys_openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ret = fd < 0 ? fd : sys_fchmod(fd, 0644);
	if (!ret)
		ret = file_write_all(fd, text, size);
	if (!ret)
		ret = sys_renameat(dir, temporary, dir, record->name);
	return ret ? no_directory(ret, "write a record in " VFIO_RECORDS, err) : 0;
}

int vfio_record_remove(int dir, const char *name, struct err *err)
{
	int ret = sys_unlinkat(dir, name, 0);

	return ret && ret != -ENOENT ? err_set(err, ret, "remove " VFIO_RECORDS "/%s", name) : 0;
}

int vfio_records_list_in(const char *path, bool all, struct vfio_record **records,
			 unsigned int *n_records, struct err *err)
{
	owned_fd int fd = vfio_records_open_in(path, false, err);
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	*records = NULL;
	*n_records = 0;
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	dir = sys_opendir(path);
	if (!dir)
		return err_set(err, errno, "list %s", path);
	while (!ret && (entry = sys_readdir(dir))) {
		struct vfio_record *more;
		int bad;

		if (entry->d_name[0] == '.')
			continue;
		more = realloc(*records, (*n_records + 1) * sizeof(*more));
		if (!more) {
			sys_closedir(dir);
			return err_set(err, ENOMEM, "list %s", path);
		}
		*records = more;
		bad = vfio_record_read(fd, entry->d_name, &more[*n_records], err);
		if (!bad)
			++*n_records;
		else if (all)
			ret = bad;
		else
			log_warn("%s: %s", err->what, err->why);
	}
	sys_closedir(dir);
	return ret;
}

int vfio_records_list(struct vfio_record **records, unsigned int *n_records, struct err *err)
{
	return vfio_records_list_in(VFIO_RECORDS, false, records, n_records, err);
}

/*
 * Number, state and start of the process @name of /proc. The start tells it from a later one of its
 * number. The second field is the program's name in parentheses, with anything in it.
 */
static int read_process(const char *name, uint64_t *pid, char *state, uint64_t *start)
{
	char path[48], line[1024];
	const char *rest;
	int ret;

	snprintf(path, sizeof(path), "/proc/%s/stat", name);
	ret = file_read_line(line, sizeof(line), "%s", path);
	if (ret)
		return ret;
	rest = strrchr(line, ')');
	if (!rest || sscanf(line, "%" SCNu64, pid) != 1 || sscanf(rest, ") %c", state) != 1)
		return -EINVAL;
	for (unsigned int field = 2; rest && field < 22; field++)
		rest = strchr(rest + 1, ' ');
	return rest && sscanf(rest, "%" SCNu64, start) == 1 ? 0 : -EINVAL;
}

int vfio_record_own(struct vfio_record *record, const char *vm, struct err *err)
{
	char state;
	int ret = read_process("self", &record->pid, &state, &record->start);

	if (ret)
		return err_set(err, ret, "read /proc/self/stat");
	str_copy(record->vm, sizeof(record->vm), vm);
	return 0;
}

bool vfio_record_is_owned(const struct vfio_record *record)
{
	char name[24], state;
	uint64_t pid, start;

	if (!record->pid)
		return false;
	snprintf(name, sizeof(name), "%" PRIu64, record->pid);
	/* A zombie has nothing open any more: its parent has not asked for its status, that is all.
	 */
	return !read_process(name, &pid, &state, &start) && start == record->start && state != 'Z';
}
