// SPDX-License-Identifier: GPL-2.0-only
#include "vfio/host/record.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>

#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/kept.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

#define LOCK         KEPT_DIR "/lock"
#define LOCK_TIME_MS 10000
#define LOCK_STEP_MS 20
#define MAX_RECORD   4096 /* bytes; all members together are less */

static const char bound_names[][8] = { "no", "bind", "run" };

/* Members in the order of the files: a text of @size bytes, or one of these. */
#define NUMBER 0 /* a uint64_t */
#define BOUND  1 /* an enum vfio_bound */

struct field {
	char key[16];
	uint16_t offset, size;
};

#define OTHER(record, key, member, size)                   \
	{                                                  \
		key, offsetof(struct record, member), size \
	}
#define TEXT(record, key, member) OTHER(record, key, member, sizeof(((struct record *)0)->member))

static const struct field device_fields[] = {
	TEXT(device_record, "name", name),
	TEXT(device_record, "bus", bus),
	TEXT(device_record, "driver", driver),
	TEXT(device_record, "driver_override", driver_override),
	OTHER(device_record, "pid", owner.pid, NUMBER),
	OTHER(device_record, "start", owner.start, NUMBER),
	TEXT(device_record, "vm", owner.vm),
	TEXT(device_record, "left_bound", left_bound),
	TEXT(device_record, "mac", mac),
	TEXT(device_record, "rates", rates),
	TEXT(device_record, "voltages", voltages),
	OTHER(device_record, "bound", bound, BOUND),
};

static const struct field ram_fields[] = {
	TEXT(ram_record, "name", name),
	OTHER(ram_record, "pid", owner.pid, NUMBER),
	OTHER(ram_record, "start", owner.start, NUMBER),
	TEXT(ram_record, "vm", owner.vm),
	TEXT(ram_record, "ram_file", ram_file),
	OTHER(ram_record, "quiet", quiet, NUMBER),
};

static const struct kind {
	const char *dir;
	const struct field *fields;
	size_t n_fields, size;
} kinds[] = {
	[RECORD_OF_DEVICE] = { VFIO_RECORDS, device_fields, n_elems(device_fields),
			       sizeof(struct device_record) },
	[RECORD_OF_RAM] = { VFIO_RAM_RECORDS, ram_fields, n_elems(ram_fields),
			    sizeof(struct ram_record) },
};

/* ---- The directories and their lock */

static int no_directory(int code, const char *what, const char *path, struct err *err)
{
	err_set(err, code, "%s %s", what, path);
	if (code == -EACCES || code == -EPERM) {
		err_why(err, "this user may not note there what is done to devices");
		err_fix(err, "run dais as root");
	}
	return err_host(err);
}

/* Every user may look, whatever the umask is. */
static int make_dir(const char *path)
{
	int ret = sys_mkdir(path, 0755);

	if (ret == -EEXIST)
		return 0;
	return ret ? ret : sys_chmod(path, 0755);
}

int records_open(enum record_kind kind, bool make, struct err *err)
{
	const char *path = kinds[kind].dir;
	int ret = make ? make_dir(KEPT_DIR) : 0;

	if (make && !ret)
		ret = make_dir(path);
	if (!ret)
		ret = sys_open(path, O_RDONLY | O_DIRECTORY);
	return ret < 0 ? no_directory(ret, "open", path, err) : ret;
}

int records_lock(struct err *err)
{
	/* For root alone to open: a user who can open it can lock it. */
	owned_fd int fd = sys_create(LOCK, O_RDWR, 0600);
	struct record_owner self;
	char pid[32] = "";
	struct err none;
	ssize_t n;
	int ret;

	if (fd < 0)
		return no_directory(fd, "open", LOCK, err);
	for (int waited = 0;
	     (ret = sys_flock(fd, LOCK_EX | LOCK_NB)) == -EWOULDBLOCK && waited < LOCK_TIME_MS;
	     waited += LOCK_STEP_MS)
		sys_sleep_ms(LOCK_STEP_MS);
	if (ret) {
		n = sys_pread(fd, pid, sizeof(pid) - 1, 0);
		pid[n < 0 ? 0 : strcspn(pid, "\n")] = '\0';
		err_set(err, ret, "lock " LOCK);
		err_why(err, "another dais is at work on devices: pid %s", n > 0 ? pid : "?");
		err_fix(err, "try again when it is done");
		return err_host(err);
	}
	/* for messages only */
	if (!record_own(&self, "", &none))
		(void)!sys_pwrite(fd, pid,
				  (size_t)snprintf(pid, sizeof(pid), "%" PRIu64 "\n", self.pid), 0);
	return take_fd(&fd);
}

/* ---- From text and to text */

static int set_field(const struct field *field, char *at, const char *value)
{
	if (field->size == NUMBER)
		return str_to_u64(value, (uint64_t *)at);
	if (field->size != BOUND)
		return str_copy(at, field->size, value) ? 0 : -ERANGE;
	for (unsigned int i = 0; i < n_elems(bound_names); i++) {
		if (!strcmp(value, bound_names[i])) {
			*(enum vfio_bound *)at = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* What is put behind paths of sysfs must not lead elsewhere. */
static bool is_valid(const struct device_record *record)
{
	return !strchr(record->driver, '/') &&
	       (!strcmp(record->bus, "platform") || !strcmp(record->bus, "amba"));
}

static int parse(const struct kind *kind, char *text, const char *name, char *record)
{
	char *value;
	int ret = 0;

	memset(record, 0, kind->size);
	while (!ret && (value = strsep(&text, "\n"))) {
		const char *key = strsep(&value, "=");

		if (!value && key[0])
			return -EINVAL;
		for (size_t i = 0; i < kind->n_fields && value && !ret; i++)
			if (!strcmp(key, kind->fields[i].key))
				ret = set_field(&kind->fields[i], record + kind->fields[i].offset,
						value);
	}
	if (ret)
		return ret;
	/* Both kinds begin with it. */
	return !strcmp(record, name) ? 0 : -EINVAL;
}

int record_read(enum record_kind kind, int dir, const char *name, void *record, struct err *err)
{
	/* O_NONBLOCK: a FIFO is refused, not waited for. */
	owned_fd int fd = sys_openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	int ret = fd < 0 ? fd : file_check_regular(fd);
	char text[MAX_RECORD];
	ssize_t n = ret ? ret : sys_read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	ret = n < 0 ? (int)n : parse(&kinds[kind], text, name, record);
	if (!ret && kind == RECORD_OF_DEVICE && !is_valid(record))
		ret = -EINVAL;
	if (!ret)
		return 0;
	err_set(err, ret, "read %s/%s", kinds[kind].dir, name);
	if (ret == -EINVAL || ret == -ERANGE || ret == -EISDIR || ret == -ELOOP) {
		err_why(err, "the file is not as dais writes it");
		err_fix(err,
			"see which driver the device is to have, and remove the file: "
			"sudo rm -r %s/%s",
			kinds[kind].dir, name);
	}
	return ret;
}

/* "key=value" lines into @text, without what would end a line early. */
static void format(const struct kind *kind, const char *record, struct text *text)
{
	for (size_t i = 0; i < kind->n_fields; i++) {
		const struct field *field = &kind->fields[i];
		const char *at = record + field->offset;

		text_add(text, "%s=", field->key);
		if (field->size == NUMBER)
			text_add(text, "%" PRIu64, *(const uint64_t *)at);
		else if (field->size == BOUND)
			text_add(text, "%s", bound_names[*(const enum vfio_bound *)at]);
		else
			for (; *at; at++)
				text_add(text, "%c", (unsigned char)*at < ' ' ? '?' : *at);
		text_add(text, "\n");
	}
}

int record_write(enum record_kind kind, int dir, const void *record, struct err *err)
{
	const char *name = record; /* both kinds begin with it */
	char buf[MAX_RECORD], temporary[160];
	struct text text = text_in(buf);
	owned_fd int fd = -1;
	int ret;

	format(&kinds[kind], record, &text);
	/* A dot: no record's name, and the same again after a kill, which leaves it. */
	snprintf(temporary, sizeof(temporary), ".%s", name);
	fd = sys_openat(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ret = fd < 0 ? fd : sys_fchmod(fd, 0644);
	if (!ret)
		ret = file_write_all(fd, buf, text.used);
	if (!ret)
		ret = sys_renameat(dir, temporary, dir, name);
	return ret ? no_directory(ret, "write a record in", kinds[kind].dir, err) : 0;
}

int record_remove(enum record_kind kind, int dir, const char *name, struct err *err)
{
	int ret = sys_unlinkat(dir, name, 0);

	return ret && ret != -ENOENT ? err_set(err, ret, "remove %s/%s", kinds[kind].dir, name) : 0;
}

int records_list(enum record_kind kind, enum record_broken broken, void *list, unsigned int *n,
		 struct err *err)
{
	owned_fd int fd = records_open(kind, false, err);
	owned_dir DIR *dir = NULL;

	memset(list, 0, sizeof(void *));
	*n = 0;
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	dir = file_open_dir("%s", kinds[kind].dir);
	if (!dir)
		return err_set(err, errno, "list %s", kinds[kind].dir);
	for (const char *name; (name = file_next_name(dir));) {
		void *record = array_more(list, *n, kinds[kind].size);
		int ret = record ? record_read(kind, fd, name, record, err)
				 : err_set(err, ENOMEM, "list %s", kinds[kind].dir);

		if (ret && (broken == RECORD_BROKEN_FAILS || !record))
			return ret;
		if (ret && broken == RECORD_BROKEN_WARNS)
			log_warn("%s%s%s", err->what, err->why[0] ? ": " : "", err->why);
		if (!ret)
			++*n;
	}
	return 0;
}

/* ---- Processes */

/*
 * Number, state and start of the process @name of /proc. The second field is the program's name in
 * parentheses, with anything in it.
 */
static int read_process(const char *name, uint64_t *pid, char *state, uint64_t *start)
{
	char line[1024];
	const char *rest;
	int ret = file_read_line(line, sizeof(line), "/proc/%s/stat", name);

	if (ret)
		return ret;
	rest = strrchr(line, ')');
	if (!rest || sscanf(line, "%" SCNu64, pid) != 1 || sscanf(rest, ") %c", state) != 1)
		return -EINVAL;
	for (unsigned int field = 2; rest && field < 22; field++)
		rest = strchr(rest + 1, ' ');
	return rest && sscanf(rest, "%" SCNu64, start) == 1 ? 0 : -EINVAL;
}

int record_own(struct record_owner *owner, const char *vm, struct err *err)
{
	char state;
	int ret = read_process("self", &owner->pid, &state, &owner->start);

	if (ret)
		return err_set(err, ret, "read /proc/self/stat");
	str_copy(owner->vm, sizeof(owner->vm), vm);
	return 0;
}

bool record_is_owned(const struct record_owner *owner)
{
	char name[24], state;
	uint64_t pid, start;

	if (!owner->pid)
		return false;
	snprintf(name, sizeof(name), "%" PRIu64, owner->pid);
	/* A zombie has nothing open any more: its parent has not asked for its status yet. */
	return !read_process(name, &pid, &state, &start) && start == owner->start && state != 'Z';
}
