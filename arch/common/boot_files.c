// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "arch/arch.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

static int open_file(const char *what, const char *path, int *fd, char **copy, struct err *err)
{
	struct stat st;
	int ret;

	*copy = str_dup(path);
	if (!*copy)
		return err_set(err, ENOMEM, "open %s", path);
	/* O_NONBLOCK: a FIFO that nobody writes is refused below, not waited for. */
	*fd = sys_open(path, O_RDONLY | O_NONBLOCK);
	if (*fd < 0) {
		err_set(err, *fd, "open the %s %s", what, path);
		err_why(err, "the guest cannot start without it");
		err_fix(err, "name a file that this user may read with --%s", what);
		err->status = EXIT_STATUS_USAGE;
		return err->code;
	}
	ret = sys_fstat(*fd, &st);
	if (ret < 0)
		return err_set(err, ret, "stat the %s %s", what, path);
	if (!S_ISREG(st.st_mode)) {
		err_usage(err, "the %s %s is not a regular file", what, path);
		err_why(err, "it is read again at each reset of the guest, at any offset");
		err_fix(err, "give a regular file");
		return err->code;
	}
	return 0;
}

int boot_files_open(struct boot_files *files, const char *kernel, const char *initrd,
		    struct err *err)
{
	int ret;

	*files = BOOT_FILES_NONE;
	ret = open_file("kernel", kernel, &files->kernel_fd, &files->kernel_path, err);
	if (ret < 0 || !initrd)
		return ret;
	return open_file("initrd", initrd, &files->initrd_fd, &files->initrd_path, err);
}

void boot_files_close(struct boot_files *files)
{
	close_fd(&files->kernel_fd);
	close_fd(&files->initrd_fd);
	free(take_ptr(&files->kernel_path));
	free(take_ptr(&files->initrd_path));
}
