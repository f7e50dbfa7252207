// SPDX-License-Identifier: GPL-2.0-only
/* Any bytes as a configuration file: an error, or a configuration whose devices have what they
 * need. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmm/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vm_config config;
	struct err err = { 0 };
	char path[32];
	int fd = memfd_create("conf", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	config_init(&config);
	if (write(fd, data, size) == (ssize_t)size && !config_load(&config, path, &err))
		config_finish_devices(&config, &err);
	config_destroy(&config);
	close(fd);
	return 0;
}
