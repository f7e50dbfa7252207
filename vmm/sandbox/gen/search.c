// SPDX-License-Identifier: GPL-2.0-only
#include "vmm/sandbox/gen/search.h"

#include <stdio.h>
#include <stdlib.h>

#include "vmm/base/range.h"

struct insn insns[BPF_MAXINSNS];
static unsigned int n_insns; /* of ours */

void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "seccomp programs: %s\n", what);
	exit(1);
}

/* Where a search that begins at @i ends for the call @nr. It may load the number once more. */
static unsigned int end_of_search(unsigned int i, uint32_t nr)
{
	while (BPF_CLASS(insns[i].code) == BPF_JMP || is_load_nr(&insns[i])) {
		const struct insn *insn = &insns[i];
		bool yes = insn->code == EQUAL   ? nr == insn->k
			   : insn->code == ABOVE ? nr > insn->k
						 : nr >= insn->k;

		i = yes ? insn->yes : insn->no;
	}
	return i;
}

/*
 * Neighbours that the search treats alike; above the last number comes what has none. They weigh as
 * many as the numbers, for each of which the kernel runs a program that is loaded
 * (seccomp_cache_prepare() of kernel/seccomp.c): those that are allowed more, as programs ask for
 * them, and kernels before 5.11 remember nothing.
 */
static struct calls {
	uint32_t first, n;
	unsigned int weight, target;
} calls[128];
static unsigned int n_calls;
#define LAST_NUMBER 0xfffff
#define ALLOWED     4

static void find_calls(int64_t found)
{
	const unsigned int forbidden = insns[1].no;

	n_calls = 0;
	for (uint32_t nr = 0; nr <= LAST_NUMBER; nr++) {
		unsigned int target = end_of_search(LIBSECCOMP + N_HEAD, nr);
		struct calls *last = &calls[n_calls - 1];

		if (n_calls && (target == last->target || nr == found)) {
			last->n++;
		} else {
			check(n_calls < n_elems(calls), "too many ranges of calls");
			last = &calls[n_calls++];
			*last = (struct calls){ nr, 1, 0, target };
		}
		if (nr < N_NUMBERS)
			last->weight += target == forbidden ? 1 : ALLOWED;
	}
}

/*
 * How the calls from i to j are told apart: one by one, or first where to look on. What it costs
 * is the number of comparisons of all calls together, by their weight, and as many as LOADED more
 * for each comparison that stands in the program, which is about what it takes to load one.
 */
#define LOADED     20
#define ONE_BY_ONE UINT32_MAX
static struct plan {
	unsigned int cost, split; /* the last of the lower ones */
} plans[n_elems(calls)][n_elems(calls)];

/* All others of those from i to j end there. */
static unsigned int others(unsigned int i, unsigned int j)
{
	for (; i < j && calls[i].n == 1; i++)
		;
	return calls[i].target;
}

static struct plan plan_one_by_one(unsigned int i, unsigned int j)
{
	unsigned int rest = others(i, j), weight = 0, n = 0, cost = 0;

	for (; i <= j; i++) {
		if (calls[i].target == rest) {
			weight += calls[i].weight;
			continue;
		}
		if (calls[i].n > 1)
			return (struct plan){ UINT32_MAX, ONE_BY_ONE };
		cost += ++n * calls[i].weight + LOADED;
	}
	return (struct plan){ cost + n * weight, ONE_BY_ONE };
}

static void make_plans(void)
{
	for (unsigned int i = n_calls; i-- > 0;) {
		unsigned int weight = 0;

		for (unsigned int j = i; j < n_calls; j++) {
			struct plan *plan = &plans[i][j];

			weight += calls[j].weight;
			*plan = plan_one_by_one(i, j);
			for (unsigned int k = i; k < j; k++) {
				unsigned int cost =
					plans[i][k].cost + plans[k + 1][j].cost + weight + LOADED;

				if (cost < plan->cost)
					*plan = (struct plan){ cost, k };
			}
		}
	}
}

static unsigned int compare(uint16_t code, uint32_t k)
{
	check(n_insns < LIBSECCOMP, "a search is too long");
	insns[n_insns] = (struct insn){ code, k, 0, 0 };
	return n_insns++;
}

/* As planned; returns where it begins. */
static unsigned int add_search(unsigned int i, unsigned int j)
{
	unsigned int split = plans[i][j].split, rest = others(i, j), first = n_insns, at;

	if (split != ONE_BY_ONE) {
		at = compare(ABOVE, calls[split + 1].first - 1);
		insns[at].yes = add_search(split + 1, j);
		insns[at].no = add_search(i, split);
		return at;
	}
	for (; i <= j; i++) {
		if (calls[i].target == rest)
			continue;
		at = compare(EQUAL, calls[i].first);
		insns[at].yes = calls[i].target;
		insns[at].no = n_insns;
	}
	if (n_insns == first)
		return rest;
	insns[n_insns - 1].no = rest;
	return first;
}

#define X32 0x40000000 /* and above: the calls of x86_64's x32 */

/* As libseccomp's search finds it */
static bool is_found(uint32_t nr)
{
	return end_of_search(N_HEAD, nr) == end_of_search(LIBSECCOMP + N_HEAD, nr);
}

void make_search(int64_t first)
{
	n_insns = N_HEAD;
	if (first >= 0) {
		compare(EQUAL, (uint32_t)first);
		insns[N_HEAD].yes = end_of_search(LIBSECCOMP + N_HEAD, (uint32_t)first);
		insns[N_HEAD].no = n_insns;
	}
	find_calls(first);
	make_plans();
	add_search(0, n_calls - 1);
	for (uint32_t nr = 0; nr <= LAST_NUMBER; nr++)
		check(is_found(nr), "a call is not found");
	check(is_found(X32) && is_found(UINT32_MAX), "a call that is none is found");
}
