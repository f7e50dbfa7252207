// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions that an edu's memory-region points at: each is a child of /reserved-memory, empty at
 * the start, and the device reads it from end to end and writes it. Then PSCI reset, n times: they
 * are empty again.
 *
 * Arguments: n=0, compat=test,multi, regions=3 (how many there must be), host= (the number of one
 *   that is the host's own, and so not empty), word= (what it begins with).
 * Exit codes: 1: a reference is wrong; 2: not in RAM, or there twice; 3: not empty; 4: a transfer
 *   does not end; 5: data wrong.
 */
#include "devices/test_device_abi.h"
#include "guest/lib/cpu.h"
#include "guest/lib/edu.h"
#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/irq.h"
#include "guest/lib/print.h"
#include "guest/lib/psci.h"

#define SIZE 2048

static int find_phandle(uint32_t phandle)
{
	for (int node = fdt_next(-1); node >= 0; node = fdt_next(node)) {
		const void *own = fdt_prop(node, "phandle", 0);

		if (own && fdt_cell(own, 0) == phandle)
			return node;
	}
	return -1;
}

static bool is_ram(uint64_t start, uint64_t size)
{
	uint64_t ram, ram_size;

	for (int node = -1; (node = fdt_find(node, "device_type", "memory")) >= 0;)
		if (fdt_reg(node, 0, &ram, &ram_size) && start >= ram &&
		    start + size <= ram + ram_size)
			return true;
	return false;
}

static void find_region(int node, unsigned int n, uint64_t *start, uint64_t *size)
{
	const void *phandles = fdt_prop(node, "memory-region", 0);
	int parent = fdt_path("/reserved-memory"), region;
	const void *cells = parent < 0 ? 0 : fdt_prop(parent, "#address-cells", 0);

	CHECK(cells && fdt_cell(cells, 0) == 2 && fdt_prop(parent, "ranges", 0), 1,
	      "/reserved-memory");
	region = find_phandle(fdt_cell(phandles, n));
	CHECK(region > parent && fdt_reg(region, 0, start, size), 1, "region %u", n);
	CHECK(is_ram(*start, *size), 2, "region %u at %lx is no RAM", n, *start);
	print("edu-carveout: region %u: %lx bytes at %lx%s%s\n", n, *size, *start,
	      fdt_prop(region, "no-map", 0) ? ", no-map" : "",
	      fdt_prop(region, "reusable", 0) ? ", reusable" : "");
}

static void check_empty(uint64_t start, uint64_t size)
{
	for (uint64_t at = start; at < start + size; at += 8)
		CHECK(!*(volatile uint64_t *)at, 3, "%lx is not empty", at);
}

/* From its first bytes to its last ones, through the device. */
static void check_dma(struct edu *edu, uint64_t start, uint64_t size, uint32_t seed)
{
	uint8_t *first = (uint8_t *)start, *last = (uint8_t *)(start + size - SIZE);

	edu_pattern(first, SIZE, seed);
	edu_dma(edu, (uint64_t)first, SIZE, true, 4);
	edu_dma(edu, (uint64_t)last, SIZE, false, 4);
	for (unsigned int i = 0; i < SIZE; i++)
		CHECK(last[i] == first[i], 5, "byte %u: %x", i, last[i]);
}

int guest_main(void)
{
	uint32_t n_regions = (uint32_t)arg_number("regions", 3), bytes = 0;
	uint64_t n = arg_number("n", 0), host = arg_number("host", 8), word = arg_number("word", 0);
	uint64_t start[8], size[8];
	int node = arg_node("compat", "test,multi");
	struct edu edu = { 0 };

	irq_init();
	edu_open(&edu, node, 0, 0);
	CHECK(fdt_prop(node, "memory-region", &bytes) && bytes == 4 * n_regions && n_regions <= 8,
	      1, "memory-region has %u bytes", bytes);
	for (uint32_t i = 0; i < n_regions; i++) {
		find_region(node, i, &start[i], &size[i]);
		for (uint32_t k = 0; k < i; k++)
			CHECK(start[k] + size[k] <= start[i] || start[i] + size[i] <= start[k], 2,
			      "regions %u and %u overlap", k, i);
		if (i == host)
			CHECK(*(volatile uint64_t *)start[i] == word, 3, "%lx holds %lx", start[i],
			      *(volatile uint64_t *)start[i]);
		else
			check_empty(start[i], size[i]);
	}
	for (uint32_t i = 0; i < n_regions; i++)
		check_dma(&edu, start[i], size[i], i);
	if (n && mmio_read32(test_device_or_fail() + TEST_N_RESETS) < n)
		psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	return 0;
}
