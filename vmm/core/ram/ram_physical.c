// SPDX-License-Identifier: GPL-2.0-only
/*
 * What /proc/iomem says of memory: Documentation/filesystems/proc.rst. On arm64,
 * request_standard_resources() of arch/arm64/kernel/setup.c makes it: "System RAM" is what the
 * kernel has in its memory map, "reserved" in it what was reserved at boot and is left alone;
 * "reserved" by itself is what the device tree says no-map of.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vmm/base/file.h"
#include "vmm/base/log.h"
#include "vmm/base/own.h"
#include "vmm/core/ram/ram_file.h"

enum memory_kind {
	MEMORY_NOT_MAPPED,
	MEMORY_IN_USE,
	MEMORY_RESERVED,
	MEMORY_UNKNOWN,
};

static enum memory_kind find_memory(char *text, struct range memory)
{
	enum memory_kind kind = MEMORY_NOT_MAPPED;
	bool is_hidden = true;

	for (char *line = strsep(&text, "\n"); line; line = strsep(&text, "\n")) {
		bool is_inner = line[0] == ' ', is_ram, is_reserved;
		uint64_t first, last;
		int at = 0;

		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %n", &first, &last, &at) < 2 || !at)
			continue;
		is_hidden &= !last;
		is_ram = !is_inner && strcmp(line + at, "System RAM") == 0;
		is_reserved = is_inner && strcmp(line + at, "reserved") == 0;
		if (last < first ||
		    !range_overlaps((struct range){ first, last - first + 1 }, memory))
			continue;
		if (is_ram && kind == MEMORY_NOT_MAPPED)
			kind = MEMORY_IN_USE;
		if (is_reserved && kind == MEMORY_IN_USE && first <= memory.start &&
		    last >= range_last(memory))
			kind = MEMORY_RESERVED;
	}
	return is_hidden ? MEMORY_UNKNOWN : kind;
}

int ram_file_check_physical(const char *path, struct range memory, struct err *err)
{
	owned_ptr char *text = NULL;
	enum memory_kind kind = MEMORY_UNKNOWN;
	size_t size;

	if (!file_read("/proc/iomem", 1 << 20, &text, &size))
		kind = find_memory(text, memory);
	if (kind == MEMORY_RESERVED)
		return 0;
	if (kind == MEMORY_UNKNOWN) {
		log_warn("memory-file = %s: /proc/iomem does not tell whether the host uses this "
			 "memory itself",
			 path);
		return 0;
	}
	err_usage(err, "memory-file = %s: 0x%" PRIx64 " to 0x%" PRIx64 " is no memory for a guest",
		  path, memory.start, range_last(memory));
	if (kind == MEMORY_IN_USE)
		err_why(err, "the host's kernel uses it: in /proc/iomem it is System RAM, and not "
			     "all of it is reserved");
	else
		err_why(err, "the host's kernel has it not in its memory map (/proc/iomem does not "
			     "call it System RAM), and KVM then lets no guest execute from it");
	err_fix(err, "reserve it in the host's device tree: a node of /reserved-memory without "
		     "no-map");
	return err->code;
}
