// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a kernel: known, its headers read, unpacked. What is malformed must be an error,
 * soon. */
#include <sys/mman.h>
#include <unistd.h>

#include "arch/arch.h"
#include "arch/common/image.h"

/* Of what it unpacks: a few bytes of gzip can be gigabytes. */
#define MAX_READ (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_files files = BOOT_FILES_NONE;
	struct image image = { 0 };
	static uint8_t buf[65536];
	struct err err;
	ssize_t n = 1;

	files.kernel_fd = memfd_create("image", MFD_CLOEXEC);
	files.kernel_path = "image";
	if (files.kernel_fd < 0)
		return -1;
	if (write(files.kernel_fd, data, size) == (ssize_t)size &&
	    !image_open(&image, &files, &err))
		for (size_t done = 0; n > 0 && done < MAX_READ; done += (size_t)n)
			n = image_read(&image, buf, sizeof(buf), &err);
	image_close(&image);
	close(files.kernel_fd);
	return 0;
}
