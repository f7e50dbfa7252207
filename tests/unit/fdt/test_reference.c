// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "fdt/host/reference_parts.h"
#include "tests/fixtures/fixture_tree.h"
#include "tests/unit/cpu_limit.h"
#include "vmm/base/arena.h"
#include "vmm/base/range.h"
#include "vmm/base/str.h"

static struct host_tree *tree;

static void load(void)
{
	tree = fixture_tree("references");
}

static void drop(void)
{
	host_tree_destroy(tree);
}

static enum reference_kind find(const char *path, const char *property, struct reference_list *list)
{
	const struct host_node *node = host_tree_find(tree, path);
	const struct host_property *p = host_node_find(node, property);
	enum reference_kind kind;

	cr_assert_not_null(p, "%s %s", path, property);
	cr_assert_eq(reference_find(tree, node, p, list, &kind), 0);
	return kind;
}

struct expected {
	const char *property;
	enum reference_kind kind;
	size_t n_refs;
	struct {
		const char *label; /* NULL: a hole */
		size_t offset;
		unsigned int n_args;
	} refs[4];
	bool guessed;
};

static const struct expected device[] = {
	{ "clocks",
	  REFERENCE_CLOCK,
	  4,
	  { { "clk", 0, 1 }, { NULL, 8, 0 }, { "osc", 12, 0 }, { "clk", 16, 1 } },
	  false },
	{ "pinctrl-0", REFERENCE_PINCTRL, 1, { { "pins", 0, 0 } }, false },
	{ "vdd-supply", REFERENCE_SUPPLY, 1, { { "pins", 0, 0 } }, false },
	{ "reset-gpios", REFERENCE_GPIO, 2, { { "gpio", 0, 2 }, { "gpio", 12, 2 } }, false },
	{ "test,nr-gpios", REFERENCE_NONE, 0, { { 0 } }, false },
	{ "iommus", REFERENCE_IOMMU, 1, { { "smmu", 0, 2 } }, false },
	{ "iommu-map", REFERENCE_IOMMU, 2, { { "smmu", 4, 0 }, { "smmu", 20, 0 } }, false },
	{ "interrupt-parent", REFERENCE_INTERRUPT, 1, { { "gic", 0, 0 } }, false },
	{ "interrupt-map", REFERENCE_INTERRUPT, 2, { { "gic", 4, 3 }, { "gic", 24, 3 } }, false },
	{ "rockchip,grf", REFERENCE_SYSCON, 1, { { "syscon", 0, 0 } }, false },
	{ "regmap", REFERENCE_NONE, 0, { { 0 } }, false },
	{ "phy", REFERENCE_NONE, 0, { { 0 } }, false },
	{ "reg", REFERENCE_NONE, 0, { { 0 } }, false },
	{ "clock-frequency", REFERENCE_NONE, 0, { { 0 } }, false },
	{ "test,gmu", REFERENCE_UNKNOWN, 1, { { "gmu", 0, 0 } }, true },
	{ "test,count", REFERENCE_NONE, 0, { { 0 } }, false },
	{ "test,lines", REFERENCE_UNKNOWN, 1, { { "gpio", 0, 0 } }, true },
	{ "test,text", REFERENCE_NONE, 0, { { 0 } }, false },
};

Test(reference, what_properties_point_at, .init = load, .fini = drop)
{
	for (size_t i = 0; i < n_elems(device); i++) {
		const struct expected *e = &device[i];
		struct reference_list list;

		cr_expect_eq(find("/device@2000", e->property, &list), e->kind, "%s", e->property);
		cr_expect_eq(list.guessed, e->guessed, "%s", e->property);
		cr_expect_not(list.malformed, "%s", e->property);
		cr_assert_eq(list.n_refs, e->n_refs, "%s", e->property);
		for (size_t k = 0; k < e->n_refs; k++) {
			const char *label = e->refs[k].label;

			cr_expect_eq(list.refs[k].target,
				     label ? host_tree_by_label(tree, label) : NULL, "%s %zu",
				     e->property, k);
			cr_expect_eq(list.refs[k].offset, e->refs[k].offset, "%s %zu", e->property,
				     k);
			cr_expect_eq(list.refs[k].n_args, e->refs[k].n_args, "%s %zu", e->property,
				     k);
		}
		reference_list_destroy(&list);
	}
}

Test(reference, what_does_not_add_up, .init = load, .fini = drop)
{
	struct reference_list list;

	cr_expect_eq(find("/short", "clocks", &list), REFERENCE_CLOCK);
	cr_expect(list.malformed);
	cr_expect_eq(list.n_refs, 1);
	reference_list_destroy(&list);

	find("/dangling", "clocks", &list);
	cr_expect(list.malformed);
	cr_assert_eq(list.n_refs, 1);
	cr_expect_null(list.refs[0].target);
	cr_expect_eq(list.refs[0].phandle, 0x1234567);
	reference_list_destroy(&list);

	find("/odd", "clocks", &list);
	cr_expect(list.malformed);
	reference_list_destroy(&list);

	cr_expect_eq(find("/gpio/hog", "gpios", &list), REFERENCE_NONE);
	reference_list_destroy(&list);
	cr_expect_eq(find("/gpio", "gpio-ranges", &list), REFERENCE_GPIO);
	reference_list_destroy(&list);
}

/* Without symbols, a phandle that nothing else explains is what the property is for. */
Test(reference, a_phandle_that_nothing_explains)
{
	void *blob = malloc(4096);
	struct reference_list list;
	struct err err = { 0 };

	fdt_create_empty_tree(blob, 4096);
	fdt_setprop_u32(blob, fdt_add_subnode(blob, 0, "target"), "phandle", 4);
	fdt_setprop_u32(blob, fdt_add_subnode(blob, 0, "user"), "odd,thing", 4);
	cr_assert_eq(host_tree_parse(blob, 4096, "made", &tree, &err), 0);
	cr_expect_eq(find("/user", "odd,thing", &list), REFERENCE_UNKNOWN);
	cr_expect(list.guessed);
	reference_list_destroy(&list);
	host_tree_destroy(tree);

	fdt_setprop_u32(blob, fdt_path_offset(blob, "/target"), "x-supply", 4);
	cr_assert_eq(host_tree_parse(blob, 4096, "made", &tree, &err), 0);
	cr_expect_eq(find("/user", "odd,thing", &list), REFERENCE_NONE);
	reference_list_destroy(&list);
	host_tree_destroy(tree);
	free(blob);
}

/* 10 MiB each of names, of known references and of unknown words: a second or two, not hours. */
Test(reference, ten_megabytes)
{
	size_t size = 10 << 20, room = 3 * size + 4096;
	void *blob = malloc(room);
	char *value = malloc(size);
	struct reference_list list;
	struct err err = { 0 };
	int at;

	cpu_limit(30);
	fdt_create_empty_tree(blob, (int)room);
	at = fdt_add_subnode(blob, 0, "a");
	fdt_setprop_u32(blob, at, "phandle", 0x61616161);
	memset(value, 'a', size);
	cr_assert_eq(fdt_setprop(blob, at, "x-supply", value, (int)size), 0);
	cr_assert_eq(fdt_setprop(blob, at, "odd,thing", value, (int)size), 0);
	value[size - 1] = '\0';
	cr_assert_eq(fdt_setprop(blob, at, "compatible", value, (int)size), 0);
	free(value);
	cr_assert_eq(host_tree_parse(blob, room, "made", &tree, &err), 0, "%s", err.why);
	free(blob);
	cr_expect_eq(find("/a", "x-supply", &list), REFERENCE_SUPPLY);
	cr_expect_eq(list.n_refs, size / 4);
	reference_list_destroy(&list);
	find("/a", "odd,thing", &list);
	reference_list_destroy(&list);
	host_tree_destroy(tree);
}

static size_t count_users(const char *path)
{
	struct reference_user *users;
	size_t n;

	cr_assert_eq(reference_users(tree, host_tree_find(tree, path), &users, &n), 0);
	free(users);
	return n;
}

Test(reference, users_from_outside, .init = load, .fini = drop)
{
	struct reference_user *users;
	size_t n;

	cr_assert_eq(reference_users(tree, host_tree_find(tree, "/gmu@1000"), &users, &n), 0);
	cr_assert_eq(n, 1, "the sleeping one does not count, nor does a guess");
	cr_expect_eq(users[0].node, host_tree_find(tree, "/user"));
	cr_expect_str_eq(users[0].property->name, "test-supply");
	cr_expect_eq(users[0].kind, REFERENCE_SUPPLY);
	free(users);
	cr_expect_eq(count_users("/clock"), 4, "each property once");
	cr_expect_eq(count_users("/device@2000"), 0, "only its own child");
	cr_expect_eq(count_users("/user"), 0);
}

/* Who has the same as the n-th reference of a property */
static size_t count_same(const char *path, const char *property, unsigned int n, const char *first)
{
	const struct host_node *node = host_tree_find(tree, path);
	const struct host_property *p = host_node_find(node, property);
	struct reference_list list;
	struct reference_user user;
	size_t at = 0, n_users = 0;

	cr_assert_eq(reference_find(tree, node, p, &list, NULL), 0);
	for (; reference_next_same(tree, p, &list.refs[n], &at, &user); n_users++)
		if (!n_users)
			cr_expect_str_eq(user.node->name, first);
	reference_list_destroy(&list);
	return n_users;
}

Test(reference, users_of_the_same, .init = load, .fini = drop)
{
	cr_expect_eq(count_same("/device@2000", "clocks", 0, "device@2000"), 1);
	cr_expect_eq(count_same("/device@2000", "clocks", 1, ""), 0, "a hole");
	cr_expect_eq(count_same("/device@2000", "clocks", 2, "device@2000"), 1);
	cr_expect_eq(count_same("/user", "clocks", 0, "twin"), 2, "in tree order");
	cr_expect_eq(count_same("/user", "clocks", 1, "user"), 1, "another argument");
}

Test(reference, kinds_have_names)
{
	for (int kind = REFERENCE_NONE; kind <= REFERENCE_UNKNOWN; kind++)
		cr_expect_not_null(reference_kind_name((enum reference_kind)kind));
}

Test(reference, users_of_a_syscon_by_properties_of_their_own, .init = load, .fini = drop)
{
	struct reference_user *users;
	size_t n;

	cr_assert_eq(reference_users(tree, host_tree_find(tree, "/routing"), &users, &n), 0);
	cr_assert_eq(n, 1, "a name speaks for one of the two");
	cr_expect_str_eq(users[0].property->name, "acme,routing-thing");
	cr_expect_eq(users[0].kind, REFERENCE_SYSCON);
	free(users);
}

Test(reference, zero_is_a_number, .init = load, .fini = drop)
{
	static const struct {
		const char *property;
		enum reference_kind kind;
	} cases[] = {
		{ "qcom,test-sel", REFERENCE_NONE },
		{ "mode-supply", REFERENCE_NONE },
		{ "test,grf", REFERENCE_NONE },
		{ "memory-region", REFERENCE_MEMORY },
	};
	struct reference_list list;

	for (size_t i = 0; i < n_elems(cases); i++) {
		cr_expect_eq(find("/numbers", cases[i].property, &list), cases[i].kind, "%s",
			     cases[i].property);
		reference_list_destroy(&list);
	}
}

/* By fnmatch(), pattern after pattern, what reference_rule_find() finds by their parts. */
static const struct reference_rule *find_slowly(const char *name)
{
	size_t n;
	const struct reference_rule *rules = reference_rules(&n);

	for (size_t i = 0; i < n; i++)
		if (str_matches(name, rules[i].patterns))
			return &rules[i];
	return NULL;
}

/* The first of @words, with @star for each of its stars */
static void make_name(const char *words, const char *star, char name[128])
{
	for (; *words && *words != ' '; words++)
		name = *words == '*' ? stpcpy(name, star) : (*name = *words, name + 1);
	*name = '\0';
}

Test(reference, rules_are_found_as_fnmatch_has_them)
{
	static const char *const stars[] = { "", "a", "-", "x-y", "fsl,nr-z" };
	size_t n_rules, n = 0;
	const struct reference_rule *rules = reference_rules(&n_rules);
	char name[128];

	for (size_t r = 0; r < n_rules; r++) {
		for (const char *words = rules[r].patterns; *words; n++) {
			/* twice: what is remembered is the same */
			for (size_t i = 0; i < 2 * n_elems(stars); i++) {
				make_name(words, stars[i / 2], name);
				cr_expect_eq(reference_rule_find(name), find_slowly(name), "%s",
					     name);
			}
			words += strcspn(words, " ");
			words += *words == ' ';
		}
	}
	cr_expect(n > 200 && n < 512);
}

/* More than are remembered, and longer ones. */
Test(reference, rules_of_many_names)
{
	char name[128];

	for (unsigned int twice = 0; twice < 2; twice++) {
		for (unsigned int i = 0; i < 5000; i++) {
			snprintf(name, sizeof(name), "test,%u%s", i,
				 i % 3 ? i % 3 == 1 ? "-gpios" : "" : "-supply");
			cr_assert_eq(reference_rule_find(name), find_slowly(name), "%s", name);
		}
		for (size_t n = 50; n < sizeof(name); n++) {
			memset(name, 'x', n);
			memcpy(name + n - 8, "-supply", 8);
			cr_assert_eq(reference_rule_find(name), find_slowly(name), "%s", name);
			memcpy(name + n - 8, "_supply", 8);
			cr_assert_eq(reference_rule_find(name), find_slowly(name), "%s", name);
		}
	}
}
