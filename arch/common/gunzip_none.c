// SPDX-License-Identifier: GPL-2.0-only
/* Linked instead of gunzip.c when IMAGE_GZIP is off in the build's configuration. */
#include "arch/common/gunzip.h"

int gunzip_open(int fd, uint64_t offset, uint64_t size, const char *name, struct gunzip **gunzip,
		struct err *err)
{
	(void)fd, (void)offset, (void)size, (void)gunzip;
	err_usage(err, "unpack %s", name);
	err_why(err, "it is compressed by gzip, and this dais was built without IMAGE_GZIP");
	return err_fix(err, "unpack it first (gunzip), or build dais with IMAGE_GZIP");
}

ssize_t gunzip_read(struct gunzip *gunzip, void *buf, size_t size, struct err *err)
{
	(void)gunzip, (void)buf, (void)size, (void)err;
	return 0;
}

void gunzip_close(struct gunzip *gunzip)
{
	(void)gunzip;
}
