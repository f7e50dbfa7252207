// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/base/str.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "vmm/base/built.h"
#include "vmm/base/range.h"

/* strtoull, but a digit must come first: it takes signs and spaces. */
static int parse_u64(const char *s, const char **end, uint64_t *value)
{
	char *e;

	if (!isdigit((unsigned char)s[0]))
		return -EINVAL;
	errno = 0;
	*value = strtoull(s, &e, s[0] == '0' && (s[1] == 'x' || s[1] == 'X') ? 16 : 10);
	*end = e;
	return -errno;
}

int str_to_u64(const char *s, uint64_t *value)
{
	const char *end;
	uint64_t v;
	int ret = parse_u64(s, &end, &v);

	if (!ret && *end)
		ret = -EINVAL;
	if (!ret)
		*value = v;
	return ret;
}

int str_to_size(const char *s, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *end, *unit;
	unsigned int shift = 0;
	uint64_t v;
	int ret = parse_u64(s, &end, &v);

	if (ret)
		return ret;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || end[1])
			return -EINVAL;
		shift = 10 * (unsigned int)(unit - units + 1);
	}
	if (v > UINT64_MAX >> shift)
		return -ERANGE;
	*bytes = v << shift;
	return 0;
}

int str_to_bool(const char *s, bool *value)
{
	static const char words[][6] = { "no", "yes", "off", "on", "false", "true", "0", "1" };

	for (unsigned int i = 0; i < n_elems(words); i++)
		if (strcmp(s, words[i]) == 0) {
			*value = i % 2;
			return 0;
		}
	return -EINVAL;
}

int str_to_cpu_list(const char *s, uint64_t *bits, unsigned int n_bits)
{
	memset(bits, 0, (n_bits + 63) / 64 * sizeof(*bits));
	for (;;) {
		uint64_t first, last;
		int ret = parse_u64(s, &s, &first);

		if (ret)
			return ret;
		last = first;
		if (*s == '-') {
			ret = parse_u64(s + 1, &s, &last);
			if (ret)
				return ret;
		}
		if (last < first)
			return -EINVAL;
		if (last >= n_bits)
			return -ERANGE;
		for (; first <= last; first++)
			bits[first / 64] |= 1ULL << (first % 64);
		if (*s == '\0')
			return 0;
		if (*s++ != ',')
			return -EINVAL;
	}
}

/* Levenshtein's distance with one row; only for names up to NAME_MAX_LEN. */
static unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int row[NAME_MAX_LEN + 1];
	size_t n = strlen(b);

	for (unsigned int j = 0; j <= n; j++)
		row[j] = j;
	for (unsigned int i = 1; a[i - 1]; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= n; j++) {
			unsigned int above = row[j], left = row[j - 1];

			row[j] = diagonal + (a[i - 1] != b[j - 1]);
			if (row[j] > above + 1)
				row[j] = above + 1;
			if (row[j] > left + 1)
				row[j] = left + 1;
			diagonal = above;
		}
	}
	return row[n];
}

struct nearest nearest_to(const char *wrong)
{
	return (struct nearest){ .wrong = wrong,
				 .distance = (unsigned int)(strlen(wrong) + 2) / 3 + 1 };
}

void nearest_try(struct nearest *nearest, const char *name)
{
	size_t n = strcspn(nearest->wrong, ".");
	unsigned int distance = UINT_MAX;

	if (!BUILT(REMEDIES))
		return;
	if (strlen(name) <= NAME_MAX_LEN)
		distance = edit_distance(nearest->wrong, name);
	/* Kernels rename nodes, but the address stays: e0700000.xgmac is e0700000.ethernet now. */
	if (distance > 1 && nearest->wrong[n] && strncmp(name, nearest->wrong, n + 1) == 0)
		distance = 1;
	if (distance >= nearest->distance)
		return;
	nearest->distance = distance;
	str_copy(nearest->name, sizeof(nearest->name), name);
}

char *str_printf(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return n < 0 ? NULL : s;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	return (size_t)snprintf(dst, size, "%s", src) < size;
}

const char *str_size(uint64_t bytes, char buf[32])
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	unsigned int u = 0;

	while (u < 4 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		u++;
	}
	snprintf(buf, 32, "%" PRIu64 " %s", bytes, units[u]);
	return buf;
}

/* Most patterns differ from a name in their first or last letter already. */
static bool may_match(const char *pattern, const char *end, char first, char last)
{
	return (*pattern == first || *pattern == '*' || *pattern == '[') &&
	       (end[-1] == last || end[-1] == '*' || end[-1] == ']');
}

bool str_matches(const char *s, const char *patterns)
{
	char last = s[0] ? s[strlen(s) - 1] : '\0', pattern[64];
	const char *end;

	for (; *patterns; patterns = end + (*end == ' ')) {
		end = strchrnul(patterns, ' ');
		if (!may_match(patterns, end, s[0], last))
			continue;
		assert((size_t)(end - patterns) < sizeof(pattern));
		*(char *)mempcpy(pattern, patterns, (size_t)(end - patterns)) = '\0';
		if (fnmatch(pattern, s, 0) == 0)
			return true;
	}
	return false;
}

struct text text_start(char *buf, size_t size)
{
	buf[0] = '\0';
	return (struct text){ .buf = buf, .size = size };
}

void text_add(struct text *text, const char *fmt, ...)
{
	size_t room = text->size - text->used;
	int n = str_format(text->buf + text->used, room, fmt);

	if (n < 0)
		return;
	text->cut |= (size_t)n >= room;
	text->used += (size_t)n < room ? (size_t)n : room - 1;
}

void text_add_escaped(struct text *text, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && !text->cut; i++) {
		unsigned char c = (unsigned char)bytes[i];

		text_add(text, isprint(c) && c != '\\' ? "%c" : "\\x%02x", c);
	}
}

#define WIDTH 80

static int put(FILE *out, const char *text, int n)
{
	for (int i = 0; i < n; i++)
		fputc(iscntrl((unsigned char)text[i]) ? '?' : text[i], out);
	return n;
}

int wrap_put(FILE *out, const char *text)
{
	return put(out, text, (int)strlen(text));
}

void wrap_print(FILE *out, int column, int indent, const char *text)
{
	bool first = true;

	if (column > indent - 2) {
		fputc('\n', out);
		column = 0;
	}
	while (*text) {
		int n = (int)strcspn(text, " ");

		if (first) {
			column += fprintf(out, "%*s", indent - column, "");
		} else if (column + 1 + n > WIDTH) {
			column = fprintf(out, "\n%*s", indent, "") - 1;
		} else {
			column += fprintf(out, " ");
		}
		column += put(out, text, n);
		text += n + (text[n] == ' ');
		first = false;
	}
	fputc('\n', out);
}
