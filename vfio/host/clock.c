// SPDX-License-Identifier: GPL-2.0-only
/* The clocks of vfio/host/live.h. */
#include <errno.h>
#include <string.h>

#include "fdt/host/reference.h"
#include "vfio/host/live.h"
#include "vmm/base/array.h"
#include "vmm/base/file.h"
#include "vmm/base/own.h"
#include "vmm/base/str.h"

#define SUMMARY      "/sys/kernel/debug/clk/clk_summary"
#define MAX_SIZE     (16 << 20)
#define MAX_WORDS    12
#define CONSUMER_ROW 2 /* words of a line that only names one more user of the clock above */

/* Columns of a line. Older kernels have fewer behind the rate. */
enum column { NAME, ENABLE_COUNT, RATE = 4, HARDWARE = 8, CONSUMER, CONNECTION };

static unsigned int split(char *line, char *words[MAX_WORDS])
{
	unsigned int n = 0;

	for (char *word; n < MAX_WORDS && (word = strsep(&line, " \t"));)
		if (*word)
			words[n++] = word;
	return n;
}

static int add_user(struct host_clocks *clocks, const char *device, const char *id)
{
	struct host_clock_user *user = array_add(clocks->users, clocks->n_users);

	if (!user)
		return -ENOMEM;
	clocks->n_users++;
	user->clock = clocks->n_clocks - 1;
	str_copy(user->device, sizeof(user->device), device);
	str_copy(user->id, sizeof(user->id), id);
	return 0;
}

static int add_clock(struct host_clocks *clocks, char *const *words, unsigned int n)
{
	struct host_clock *clock = array_add(clocks->clocks, clocks->n_clocks);
	uint64_t count, hz;

	if (!clock)
		return -ENOMEM;
	if (str_to_u64(words[ENABLE_COUNT], &count) || str_to_u64(words[RATE], &hz))
		return 0; /* the header */
	clocks->n_clocks++;
	clock->enable_count = (unsigned int)count;
	clock->hz = hz;
	clock->hardware = n > HARDWARE ? words[HARDWARE][0] : '?';
	str_copy(clock->name, sizeof(clock->name), words[NAME]);
	return n > CONNECTION ? add_user(clocks, words[CONSUMER], words[CONNECTION]) : 0;
}

int host_clocks_read(struct host_clocks *clocks)
{
	owned_ptr char *text = NULL;
	char *line, *rest;
	size_t size;
	int ret = file_read(&text, &size, MAX_SIZE, SUMMARY);

	*clocks = (struct host_clocks){ 0 };
	rest = text;
	while (!ret && (line = strsep(&rest, "\n"))) {
		char *words[MAX_WORDS];
		unsigned int n = split(line, words);

		if (n > RATE)
			ret = add_clock(clocks, words, n);
		else if (n == CONSUMER_ROW && clocks->n_clocks)
			ret = add_user(clocks, words[0], words[1]);
	}
	if (ret)
		host_clocks_destroy(clocks);
	return ret;
}

void host_clocks_destroy(struct host_clocks *clocks)
{
	free(clocks->clocks);
	free(clocks->users);
	*clocks = (struct host_clocks){ 0 };
}

static const struct host_clock *find_by_user(const struct host_clocks *clocks, const char *device,
					     const char *id)
{
	for (size_t i = 0; i < clocks->n_users; i++) {
		const struct host_clock_user *user = &clocks->users[i];

		if (!strcmp(user->device, device) && !strcmp(user->id, id))
			return &clocks->clocks[user->clock];
	}
	return NULL;
}

static const struct host_clock *find_by_name(const struct host_clocks *clocks, const char *name,
					     size_t length)
{
	for (size_t i = 0; i < clocks->n_clocks; i++)
		if (!strncmp(clocks->clocks[i].name, name, length) &&
		    !clocks->clocks[i].name[length])
			return &clocks->clocks[i];
	return NULL;
}

/* drivers/clk/clk.c, of_clk_get_parent_name(). */
static const struct host_clock *find_by_provider(const struct host_clocks *clocks,
						 const struct host_node *provider,
						 const struct host_property *cells,
						 const struct reference *ref)
{
	const struct host_property *names = host_node_find(provider, "clock-output-names");
	const struct host_property *indices = host_node_find(provider, "clock-indices");
	uint32_t index = ref->n_args ? host_property_cell(cells, ref->offset / 4 + 1) : 0;
	const char *name = NULL;

	for (uint32_t i = 0; indices && i < indices->size / 4; i++)
		if (host_property_cell(indices, i) == index) {
			index = i;
			break;
		}
	if (names && ref->n_args <= 1)
		name = host_property_string(names, index);
	else if (!names && ref->n_args == 0)
		name = provider->name;
	return name ? find_by_name(clocks, name, names ? strlen(name) : strcspn(name, "@")) : NULL;
}

const struct host_clock *host_clock_find(const struct host_clocks *clocks,
					 const struct host_tree *tree,
					 const struct host_node *consumer, const char *device,
					 unsigned int index)
{
	const struct host_property *cells = host_node_find(consumer, "clocks");
	const struct host_property *names = host_node_find(consumer, "clock-names");
	const char *id = names ? host_property_string(names, index) : NULL;
	const struct host_clock *clock = NULL;
	struct reference_list list;

	if (device && id)
		clock = find_by_user(clocks, device, id);
	if (clock || !cells || reference_find(tree, consumer, cells, &list, NULL))
		return clock;
	if (index < list.n_refs && list.refs[index].target)
		clock = find_by_provider(clocks, list.refs[index].target, cells, &list.refs[index]);
	reference_list_destroy(&list);
	return clock;
}
