// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "guest/lib/end.h"
#include "guest/lib/fdt.h"
#include "guest/lib/print.h"
#include "guest/lib/string.h"

enum { BEGIN_NODE = 1, END_NODE, PROP, NOP, END = 9 };
enum { HEADER_SIZE = 4, HEADER_STRUCT = 8, HEADER_STRINGS = 12 };

static const char *blob;
static char args[1024];

static uint32_t be32(const void *at)
{
	return __builtin_bswap32(*(const uint32_t *)at);
}

static const char *token(int at)
{
	return blob + be32(blob + HEADER_STRUCT) + at;
}

static int align4(size_t size)
{
	return (int)((size + 3) & ~3UL);
}

/* Offset of the token after the one at @at. */
static int skip(int at)
{
	switch (be32(token(at))) {
	case BEGIN_NODE:
		return at + 4 + align4(strlen(token(at + 4)) + 1);
	case PROP:
		return at + 12 + align4(be32(token(at + 4)));
	default:
		return at + 4;
	}
}

static void args_init(void)
{
	uint32_t size = 0;
	int chosen = fdt_path("/chosen");
	const char *bootargs = chosen < 0 ? NULL : fdt_prop(chosen, "bootargs", &size);

	if (size > sizeof(args) - 2)
		size = sizeof(args) - 2;
	for (uint32_t i = 0; i < size; i++)
		args[i] = bootargs[i] == ' ' ? '\0' : bootargs[i];
}

void fdt_init(const void *fdt)
{
	blob = fdt;
	args_init();
}

uint32_t fdt_size(void)
{
	return be32(blob + HEADER_SIZE);
}

const void *fdt_blob(void)
{
	return blob;
}

int fdt_next(int node)
{
	int at = node < 0 ? 0 : skip(node);

	while (be32(token(at)) != BEGIN_NODE) {
		if (be32(token(at)) == END)
			return -1;
		at = skip(at);
	}
	return at;
}

const void *fdt_prop(int node, const char *name, uint32_t *size)
{
	const char *strings = blob + be32(blob + HEADER_STRINGS);

	for (int at = skip(node);; at = skip(at)) {
		uint32_t type = be32(token(at));

		if (type == NOP)
			continue;
		if (type != PROP)
			return NULL;
		if (strcmp(strings + be32(token(at + 8)), name) != 0)
			continue;
		if (size)
			*size = be32(token(at + 4));
		return token(at + 12);
	}
}

int fdt_find(int after, const char *property, const char *value)
{
	for (int node = fdt_next(after); node >= 0; node = fdt_next(node)) {
		uint32_t size = 0;
		const char *s = fdt_prop(node, property, &size);

		for (const char *end = s + size; s && s < end; s += strlen(s) + 1)
			if (!strcmp(s, value))
				return node;
	}
	return -1;
}

int fdt_find_compatible(int after, const char *compatible)
{
	return fdt_find(after, "compatible", compatible);
}

int fdt_path(const char *path)
{
	int depth = 0, matched = 0;

	for (int at = 0; be32(token(at)) != END; at = skip(at)) {
		const char *name = token(at + 4);

		if (be32(token(at)) == END_NODE)
			depth--;
		if (be32(token(at)) != BEGIN_NODE)
			continue;
		if (matched == depth && !strncmp(path, name, strlen(name)) &&
		    (path[strlen(name)] == '/' || !path[strlen(name)])) {
			path += strlen(name);
			matched++;
			if (!*path || !strcmp(path, "/"))
				return at;
			path++;
		}
		depth++;
	}
	return -1;
}

uint32_t fdt_cell(const void *prop, unsigned int index)
{
	return be32((const char *)prop + 4 * index);
}

bool fdt_reg(int node, unsigned int n, uint64_t *addr, uint64_t *size)
{
	uint32_t bytes = 0;
	const void *reg = fdt_prop(node, "reg", &bytes);

	if (!reg || bytes < 16 * (n + 1))
		return false;
	*addr = (uint64_t)fdt_cell(reg, 4 * n) << 32 | fdt_cell(reg, 4 * n + 1);
	*size = (uint64_t)fdt_cell(reg, 4 * n + 2) << 32 | fdt_cell(reg, 4 * n + 3);
	return true;
}

bool fdt_irq(int node, unsigned int n, struct fdt_irq *irq)
{
	uint32_t bytes = 0;
	const void *prop = fdt_prop(node, "interrupts", &bytes);

	if (!prop || bytes < 12 * (n + 1))
		return false;
	/*
	 * Linux Documentation/devicetree/bindings/interrupt-controller/arm,gic.yaml: type 0 is
	 * SPI, 1 is PPI.
	 */
	irq->intid = fdt_cell(prop, 3 * n + 1) + (fdt_cell(prop, 3 * n) ? 16 : 32);
	irq->edge = (fdt_cell(prop, 3 * n + 2) & 0xf) == 1;
	return true;
}

void fdt_ram(uint64_t *addr, uint64_t *size)
{
	uint64_t a, s;

	*addr = UINT64_MAX;
	*size = 0;
	for (int node = -1; (node = fdt_find(node, "device_type", "memory")) >= 0;)
		for (unsigned int i = 0; fdt_reg(node, i, &a, &s); i++)
			if (a < *addr) {
				*addr = a;
				*size = s;
			}
}

const char *arg_string(const char *key, const char *otherwise)
{
	size_t n = strlen(key);

	for (const char *word = args; word < args + sizeof(args) - 1; word += strlen(word) + 1)
		if (!strncmp(word, key, n) && word[n] == '=')
			return word + n + 1;
	return otherwise;
}

uint64_t arg_number(const char *key, uint64_t otherwise)
{
	const char *s = arg_string(key, NULL);
	unsigned int base = 10;
	uint64_t value = 0;

	if (!s)
		return otherwise;
	if (s[0] == '0' && s[1] == 'x') {
		base = 16;
		s += 2;
	}
	for (; *s; s++)
		value = value * base + (uint64_t)(*s <= '9' ? *s - '0' : (*s | 0x20) - 'a' + 10);
	return value;
}

int arg_node(const char *key, const char *compatible)
{
	int node;

	compatible = arg_string(key, compatible);
	node = fdt_find_compatible(-1, compatible);
	CHECK(node >= 0, EXIT_NO_DEVICE, "no device compatible with %s", compatible);
	return node;
}
