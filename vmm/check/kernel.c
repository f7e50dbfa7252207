// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <string.h>

#include "arch/arch.h"
#include "arch/common/gunzip.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"
#include "vmm/check/check.h"
#include "vmm/config/config.h"

#define MAX_OPTIONS (1 << 20) /* bytes of a kernel's configuration */

/* What the rest of dais is built on, and what is missed without it. */
static const struct {
	const char *symbol;
	enum check_severity severity;
	bool is_64bit; /* it came when 32-bit hosts had no KVM any more */
	const char *why;
} wanted[] = {
	{ "KVM", CHECK_BLOCKS, false, "there are no guests" },
	{ "VFIO", CHECK_BLOCKS, false, "no device can be handed out" },
	{ "VFIO_IOMMU_TYPE1", CHECK_WARNS, false, "there is no iommu=type1" },
	{ "IOMMUFD", CHECK_WARNS, true, "there is no iommu=iommufd" },
	{ "VFIO_DEVICE_CDEV", CHECK_WARNS, true, "there is no iommu=iommufd" },
	{ "HUGETLBFS", CHECK_WARNS, false, "there is no mem-path" },
	{ "DEBUG_FS", CHECK_WARNS, false, "nobody can tell which clocks and power domains are on" },
	{ "SECCOMP_FILTER", CHECK_WARNS, false, "dais cannot be confined to its system calls" },
	{ "SECURITY_LANDLOCK", CHECK_WARNS, true, "dais cannot be confined to its files" },
	{ "USER_NS", CHECK_WARNS, false,
	  "an unprivileged dais cannot leave the host's namespaces" },
};

static char *unpack(const char *path)
{
	struct gunzip *gunzip = NULL;
	owned_fd int fd = sys_open(path, O_RDONLY);
	owned_ptr char *text = NULL;
	struct stat st;
	struct err err;
	ssize_t n = -1;

	if (fd < 0 || sys_fstat(fd, &st) ||
	    gunzip_open(fd, 0, (uint64_t)st.st_size, path, &gunzip, &err))
		return NULL;
	text = calloc(1, MAX_OPTIONS);
	if (text)
		n = gunzip_read(gunzip, text, MAX_OPTIONS - 1, &err);
	gunzip_close(gunzip);
	return n > 0 ? take_ptr(&text) : NULL;
}

/* The kernel's configuration; NULL: it is nowhere. */
static char *read_options(const char *release)
{
	char *options = unpack("/proc/config.gz");
	size_t size;

	if (options || !file_read(&options, &size, MAX_OPTIONS, "/boot/config-%s", release) ||
	    !file_read(&options, &size, MAX_OPTIONS, "/lib/modules/%s/config", release))
		return options;
	return NULL;
}

/* As y or m. */
static bool has_option(const char *options, const char *symbol)
{
	char line[64];
	const char *at;

	snprintf(line, sizeof(line), "\nCONFIG_%s=", symbol);
	at = strstr(options, line);
	return at && (at[strlen(line)] == 'y' || at[strlen(line)] == 'm');
}

void check_kernel(struct check *check)
{
	char *options = check->options = read_options(check->release);
	unsigned int n_missing = 0;
	char size[32];

	check_say(check, CHECK_FINE, "the host's pages are %s", str_size(sys_page_size(), size));
	if (!options) {
		check_say(
			check, CHECK_WARNS,
			"the kernel's configuration is neither in /proc/config.gz nor in /boot nor in "
			"/lib/modules" FIX "sudo modprobe configs");
		return;
	}
	for (size_t i = 0; i < n_elems(wanted); i++) {
		if (has_option(options, wanted[i].symbol) || (wanted[i].is_64bit && arch_is_32bit))
			continue;
		n_missing++;
		check_say(check, wanted[i].severity, "the kernel has no CONFIG_%s: %s" FIX_OPTION,
			  wanted[i].symbol, wanted[i].why, wanted[i].symbol);
	}
	if (!n_missing)
		check_say(check, CHECK_FINE, "the kernel has all options that dais wants");
}

bool check_parameter_is(const char *module, const char *parameter, char value)
{
	char text[16];

	return !file_read_line(text, sizeof(text), "/sys/module/%s/parameters/%s", module,
			       parameter) &&
	       text[0] == value;
}

/* What the [host] sections of VM files ask for. */

static void check_version(struct check *check, const struct check_vm *vm)
{
	const struct config_host *host = &vm->config.host;
	unsigned int major, minor, is;

	if (!host->kernel || sscanf(check->release, "%u.%u", &major, &minor) != 2)
		return;
	is = HOST_KERNEL(major, minor);
	if (is >= host->kernel_min && (!host->kernel_max || is <= host->kernel_max))
		return;
	check_say(check, CHECK_BLOCKS,
		  "%s: it wants kernel %s%s, and this is %s" FIX "boot such a kernel", vm->name,
		  host->kernel, host->kernel_max ? "" : " or newer", check->release);
}

void check_host(struct check *check)
{
	check_each_vm (check, vm) {
		const struct config_host *host = &vm->config.host;
		char *modules = arena_printf(&check->arena, "%s", host->modules ?: "");
		char *options = arena_printf(&check->arena, "%s", host->options ?: "");
		char *word;
		struct err err;

		if (board_check(&vm->config, &err))
			check_say_err(check, CHECK_BLOCKS, NULL, &err);
		check_version(check, vm);
		/* What is built in, and has no parameters, is not to be seen either. */
		while ((word = strsep(&modules, " ")))
			if (*word && !file_exists("/sys/module/%s", word))
				check_say(
					check, CHECK_WARNS,
					"%s: the module %s is not loaded, or is a part of the kernel" FIX
					"sudo modprobe %s",
					vm->name, word, word);
		while ((word = strsep(&options, " ")))
			if (*word && check->options && !has_option(check->options, word))
				check_say(check, CHECK_BLOCKS,
					  "%s: the kernel has no CONFIG_%s" FIX_OPTION, vm->name,
					  word, word);
	}
}
