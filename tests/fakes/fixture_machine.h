/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_FAKES_FIXTURE_MACHINE_H
#define TESTS_FAKES_FIXTURE_MACHINE_H

/*
 * A whole machine on the fakes: two vCPUs, the default devices, a test device, and two assigned
 * ones, of which the first has a reset handler.
 */
#include <stdint.h>

#include "tests/fakes/fake_vfio.h"

struct vm_config;

#define FIXTURE_RAM_START 0x40000000ULL
#define FIXTURE_RAM_SIZE  (32ULL << 20)

/* Documentation/arch/arm64/booting.rst: text_offset 0x80000, 64 KiB in memory, any page size. */
struct fixture_image {
	uint32_t code[2];
	uint64_t text_offset, image_size, flags, reserved[3];
	uint32_t magic, pe_offset;
	uint8_t body[64];
};
extern const struct fixture_image fixture_image;

extern struct fake_vfio_device fixture_disk, fixture_rtc;

/* All fakes anew. */
void fixture_host(void);
/* @keeper: "yes" or "no". The caller destroys @config. */
void fixture_config(struct vm_config *config, const char *keeper);
/* Both, with errors alone in the log; and the end of it. */
void fixture_begin(struct vm_config *config, const char *keeper);
void fixture_end(struct vm_config *config);

#endif
