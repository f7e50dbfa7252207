// SPDX-License-Identifier: GPL-2.0-only
#include "devices/virtio/back_end.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "devices/device.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

#define LOCK          3 /* the image, which is locked as long as it is open */
#define LISTENER      4 /* its socket; both are handed over in this order, in which they were opened */
#define START_S       20 /* until it answers at all */
#define ENDED_MS      1000
#define END_MS        30000
#define MAX_ARGUMENTS 10

static const struct program {
	const char *key, *name, *install;
	bool confines_itself; /* as far as it can, for which it needs what rights dais has */
} programs[] = {
	{ "file", "qemu-storage-daemon",
	  "apt install qemu-utils (Debian 12: qemu-system-common); or serve the disk otherwise: "
	  "socket=PATH",
	  false },
	{ "share", "virtiofsd",
	  "apt install virtiofsd (Debian 13; that of Debian 12 is another one); or serve the "
	  "directory otherwise: socket=PATH",
	  true },
};

const char *back_end_serves(const struct device_config *config)
{
	const char *file = device_config_get(config, "file", -1, text, NULL);

	return file ?: device_config_get(config, "share", -1, text, NULL);
}

/* Of a configuration that has one of the keys. */
static const struct program *program_of(const struct device_config *config)
{
	return &programs[!device_config_find(config, "file", -1)];
}

static bool is_readonly(const struct device_config *config)
{
	return device_config_get(config, "readonly", -1, on, false);
}

/* --- what it is to serve */

/* Formats whose images say what they are: qemu-storage-daemon is never to find out by itself. */
static const struct {
	const char *name;
	size_t at, size;
	const char *magic;
} formats[] = {
	{ "qcow2", 0, 4, "QFI\xfb" },
	{ "vmdk", 0, 4, "KDMV" },
	{ "vhdx", 0, 8, "vhdxfile" },
	{ "vdi", 64, 4, "\x7f\x10\xda\xbe" },
};

static bool is_qcow2(const struct device_config *config)
{
	return device_config_get(config, "format", -1, choice, 0);
}

static int check_format(const struct device_config *config, const char *image, int fd,
			struct err *err)
{
	const char *said = is_qcow2(config) ? "qcow2" : "raw", *found = "raw";
	char head[128] = "";
	ssize_t n = sys_pread(fd, head, sizeof(head), 0);

	if (n < 0)
		return err_set(err, (int)n, "read the image %s", image);
	for (size_t i = 0; i < n_elems(formats); i++)
		if (!memcmp(head + formats[i].at, formats[i].magic, formats[i].size))
			found = formats[i].name;
	if (!strcmp(found, said))
		return 0;
	err_usage(err, "%s: file=%s: the image is %s, and not %s", config->where, image, found,
		  said);
	err_why(err, "%s",
		device_config_find(config, "format", -1)
			? "format= says otherwise than its header"
			: "an image is raw unless format= says otherwise");
	if (strcmp(found, "raw") != 0 && strcmp(found, "qcow2") != 0)
		return err_fix(err,
			       "qemu-img convert -O qcow2 %s %s.qcow2; then file=%s.qcow2,"
			       "format=qcow2",
			       image, image, image);
	return err_fix(err, "file=%s,format=%s", image, found);
}

static int check_image(const struct device_config *config, const char *image, struct stat *st,
		       int *kept, struct err *err)
{
	bool is_ro = is_readonly(config);
	int ret = sys_access(image, is_ro ? R_OK : R_OK | W_OK);
	owned_fd int fd = ret ? ret : sys_open(image, O_RDONLY);

	ret = fd < 0 ? fd : sys_fstat(fd, st);
	if (!ret && !S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode)) {
		err_usage(err, "%s: file=%s: no file and no block device", config->where, image);
		return err->code;
	}
	if (!ret) {
		ret = check_format(config, image, fd, err);
		*kept = take_fd(&fd);
		return ret;
	}
	err_set(err, ret, "open the image %s for reading%s", image, is_ro ? "" : " and writing");
	if (ret == -ENOENT)
		err_fix(err, "make one: qemu-img create -f qcow2 %s 8G; with format=qcow2", image);
	else if (!is_ro)
		err_fix(err, "have its owner give this user the right, or take readonly=on");
	return err_host(err);
}

static int check_directory(const struct device_config *config, const char *directory,
			   struct err *err)
{
	struct stat st;
	int ret = sys_stat(directory, &st);

	if (!ret && S_ISDIR(st.st_mode))
		return 0;
	err_set(err, ret ?: ENOTDIR, "%s: share=%s", config->where, directory);
	err_fix(err, "mkdir %s", directory);
	return err_host(err);
}

/* Where the distributions have what is no command. */
static int find(const struct program *program, char *path, size_t size, struct err *err)
{
	owned_ptr char *dirs = str_printf("%s:/usr/libexec:/usr/lib", getenv("PATH") ?: "");
	char *rest = dirs, *dir;

	while ((dir = strsep(&rest, ":")))
		if (dir[0] == '/' &&
		    snprintf(path, size, "%s/%s", dir, program->name) < (int)size &&
		    !sys_access(path, X_OK))
			return 0;
	err_set(err, ENOENT, "find %s, which serves %s=", program->name, program->key);
	err_why(err, "it is in no directory of $PATH, nor in /usr/libexec or /usr/lib");
	err_fix(err, "%s", program->install);
	return err_host(err);
}

static int check(const struct device_config *config, const struct program *program, struct stat *st,
		 int *image, char path[PATH_MAX], struct err *err)
{
	const char *what = back_end_serves(config);

	return (program->confines_itself ? check_directory(config, what, err)
					 : check_image(config, what, st, image, err))
		       ?: find(program, path, PATH_MAX, err);
}

int back_end_check(const struct device_config *config, struct err *err)
{
	owned_fd int image = -1;
	char path[PATH_MAX];
	struct stat st;

	return check(config, program_of(config), &st, &image, path, err);
}

/* --- its process */

/* In the options of QEMU a comma ends a value, and two are one. */
static void add_escaped(struct text *text, const char *value)
{
	for (; *value; value++)
		text_add(text, *value == ',' ? ",%c" : "%c", *value);
}

struct start {
	const struct program *program;
	const char *path; /* of the program */
	struct stat image;
	int image_fd; /* -1: it is no image */
	bool is_root;
	pid_t parent;
	char *argv[MAX_ARGUMENTS + 1];
	char disk[2 * PATH_MAX + 200], export[200], socket[16];
};

static void say_disk(struct start *start, const struct device_config *config)
{
	struct text disk = text_in(start->disk);
	bool is_ro = is_readonly(config);

	text_add(&disk, "driver=%s,node-name=disk,read-only=%s,file.driver=%s,file.filename=",
		 is_qcow2(config) ? "qcow2" : "raw", is_ro ? "on" : "off",
		 S_ISBLK(start->image.st_mode) ? "host_device" : "file");
	add_escaped(&disk, device_config_find(config, "file", -1)->text);
	snprintf(start->export, sizeof(start->export),
		 "vhost-user-blk,id=disk,node-name=disk,writable=%s,num-queues=%u,addr.type=fd,"
		 "addr.str=%d",
		 is_ro ? "off" : "on",
		 (unsigned int)device_config_get(config, "queues", -1, number, 1), LISTENER);
}

static void say_arguments(struct start *start, const struct device_config *config)
{
	char *const of_disk[] = { (char *)start->program->name, (char *)"--blockdev", start->disk,
				  (char *)"--export",           start->export,        NULL };
	char *const of_share[] = {
		(char *)start->program->name,
		(char *)"--shared-dir",
		(char *)back_end_serves(config),
		start->socket,
		(char *)"--sandbox=namespace",
		(char *)"--log-level=warn",
		is_readonly(config) ? (char *)"--readonly" : NULL,
		NULL,
	};

	snprintf(start->socket, sizeof(start->socket), "--fd=%d", LISTENER);
	if (start->program->confines_itself) {
		memcpy(start->argv, of_share, sizeof(of_share));
	} else {
		say_disk(start, config);
		memcpy(start->argv, of_disk, sizeof(of_disk));
	}
}

/*
 * Root's: it has no network, no capability, and the user of the image, which may be root. What it
 * opens later are the image's backing files.
 */
static int give_up_rights(const struct start *start)
{
	if (!start->is_root || start->program->confines_itself)
		return 0;
	(void)sys_unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS);
	for (unsigned long cap = 0; !sys_prctl(PR_CAPBSET_DROP, cap);)
		cap++;
	return sys_become(start->image.st_uid, start->image.st_gid);
}

static int hand_over(int fd, int number)
{
	int ret = sys_dup2(fd, number);

	/* it may have been this already */
	return ret < 0 ? ret : sys_fcntl(number, F_SETFD, 0);
}

/* The keys that end what runs in a terminal are not for it, nor is the guest's console. */
static int turn_into(const struct start *start, int listener)
{
	int nothing = sys_open("/dev/null", O_RDONLY), ret = nothing < 0 ? nothing : 0;
	sigset_t none;

	(void)sys_setsid();
	/* dais blocks what asks for its end, and waits for it */
	sigemptyset(&none);
	ret = ret ?: sys_sigmask(SIG_SETMASK, &none, NULL);
	ret = ret ?: give_up_rights(start);
	/* a user's virtiofsd may run newuidmap, which is set-user-ID */
	if (!ret && (start->is_root || !start->program->confines_itself))
		ret = sys_prctl(PR_SET_NO_NEW_PRIVS, 1);
	/* the kernel forgets it with a change of user */
	ret = ret ?: sys_prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!ret && sys_getppid() != start->parent)
		ret = -ESRCH;
	if (!ret)
		ret = sys_dup2(nothing, STDIN_FILENO);
	if (ret >= 0)
		ret = sys_dup2(STDERR_FILENO, STDOUT_FILENO);
	if (ret >= 0 && start->image_fd >= 0)
		ret = hand_over(start->image_fd, LOCK);
	if (ret >= 0)
		ret = hand_over(listener, LISTENER);
	if (ret >= 0)
		ret = sys_close_range(LISTENER + 1, UINT_MAX);
	return ret < 0 ? ret : sys_execv(start->path, start->argv);
}

/* qemu-storage-daemon has no objection to another one that writes, too. */
static int lock(const struct device_config *config, int image, struct err *err)
{
	const char *path = back_end_serves(config);
	int ret = sys_flock(image, LOCK_NB | (is_readonly(config) ? LOCK_SH : LOCK_EX));

	if (!ret)
		return 0;
	err_set(err, ret, "lock the image %s", path);
	if (ret == -EWOULDBLOCK)
		err_why(err, "another VM has it, or another process has locked it");
	err_fix(err,
		"end that, or make an image on top of it that is of this VM alone: qemu-img create "
		"-f qcow2 -F %s -b %s NEW.qcow2",
		is_qcow2(config) ? "qcow2" : "raw", path);
	return err_host(err);
}

static void child(const struct start *start, int listener)
{
	struct err err;

	err_set(&err, turn_into(start, listener), "start %s", start->path);
	err_print(&err);
	_exit(EXIT_STATUS_FAILURE);
}

static int run(const struct start *start, struct back_end *back_end, int *fd, struct err *err)
{
	int ends[2], ret = sys_listen_for_one(ends, START_S);
	siginfo_t end;

	if (ret)
		return err_set(err, ret, "make a socket for %s", start->program->name);
	fflush(NULL);
	back_end->pid = sys_fork();
	if (!back_end->pid)
		child(start, ends[0]);
	sys_close(ends[0]);
	back_end->pidfd = back_end->pid < 0 ? back_end->pid : sys_pidfd_open(back_end->pid);
	if (back_end->pidfd >= 0) {
		*fd = ends[1];
		return 0;
	}
	sys_close(ends[1]);
	if (back_end->pid > 0 && !sys_kill(back_end->pid, SIGKILL))
		sys_waitid(P_PID, (id_t)back_end->pid, &end, WEXITED);
	back_end->pid = 0;
	return err_set(err, back_end->pidfd, "start %s", start->path);
}

int back_end_start(const struct device_config *config, struct back_end *back_end, int *fd,
		   struct err *err)
{
	char path[PATH_MAX];
	struct start start = {
		.program = program_of(config),
		.path = path,
		.is_root = !sys_geteuid(),
		.parent = getpid(),
	};
	owned_fd int image = -1;

	*back_end = (struct back_end){ 0, -1, start.program->name };
	if (check(config, start.program, &start.image, &image, path, err) ||
	    (image >= 0 && lock(config, image, err)))
		return err->code;
	start.image_fd = image;
	say_arguments(&start, config);
	return run(&start, back_end, fd, err);
}

/* --- its end */

static void reap(struct back_end *back_end, siginfo_t *end)
{
	memset(end, 0, sizeof(*end));
	sys_waitid(P_PID, (id_t)back_end->pid, end, WEXITED);
	close_fd(&back_end->pidfd);
	back_end->pid = 0;
}

int back_end_explain(struct back_end *back_end, struct err *err)
{
	siginfo_t end;

	if (!back_end->pid || sys_wait_readable(back_end->pidfd, ENDED_MS) <= 0)
		return err->code;
	reap(back_end, &end);
	err_set(err, 0, "%s has ended at once, %s %d", back_end->program,
		end.si_code == CLD_EXITED ? "with exit status" : "by signal", end.si_status);
	err_why(err, "it has told why before this line");
	return err_host(err);
}

void back_end_end(struct back_end *back_end)
{
	siginfo_t end;

	if (!back_end->pid)
		return;
	sys_pidfd_signal(back_end->pidfd, SIGTERM);
	if (sys_wait_readable(back_end->pidfd, END_MS) <= 0) {
		log_warn("%s has not ended for %d s, and is killed", back_end->program,
			 END_MS / 1000);
		sys_pidfd_signal(back_end->pidfd, SIGKILL);
	}
	reap(back_end, &end);
}
