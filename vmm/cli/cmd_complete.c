// SPDX-License-Identifier: GPL-2.0-only
/*
 * dais complete WORD...: what may stand in place of the last word of a command line, for the shells
 * (contrib/completion). The words are those behind "dais"; the last one may be empty. A line each:
 *
 *	TEXT [TAB HELP]         the whole word; more follows when it ends with one of "=:,."
 *	:files N                the name of a file, behind the first N characters of the word
 *	:directories N          the same of a directory
 *
 * All is made from the tables of commands, options, devices and their keys, and from the texts that
 * stand for values in their help ("auto|on|off", "FILE|fd:WHICH", "NAME[,NAME]...").
 */
#include <stdio.h>
#include <string.h>

#include "devices/device.h"
#include "vfio/host/device.h"
#include "vmm/cli/options.h"
#include "vmm/cli/registry.h"
#include "vmm/config/config.h"
#include "vmm/sandbox/sandbox.h"

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct completion {
	const char *word;
	size_t done;                  /* so much of it stands before what is to be completed */
	char *const *before;          /* the words before, up to @word */
	const struct option *options; /* of the command */
};

/* The same, from @at in the word on. */
static struct completion from(const struct completion *c, const char *at)
{
	return (struct completion){ c->word, (size_t)(at - c->word), c->before, c->options };
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* One text that may stand there, if it goes on as the word begins; of @help, the first sentence. */
static void offer(const struct completion *c, const char *text, const char *suffix,
		  const char *help)
{
	const char *end = help ? strstr(help, ". ") : NULL;
	char whole[256];

	snprintf(whole, sizeof(whole), "%s%s", text, suffix);
	if (!begins(whole, c->word + c->done))
		return;
	printf("%.*s%s", (int)c->done, c->word, whole);
	if (help)
		printf("\t%.*s", (int)(end ? (size_t)(end - help) : strcspn(help, ";")), help);
	putchar('\n');
}

static void offer_devices(const struct completion *c)
{
	struct vfio_host_names names = { 0 };

	for (const char *name; (name = vfio_host_next_name(&names));)
		offer(c, name, "", NULL);
}

static void offer_commands(const struct completion *c)
{
	for (const struct command *command = commands; command->name; command++)
		offer(c, command->name, "", command->help);
}

/* Of several values with commas between, the last one. */
static struct completion after_comma(const struct completion *c)
{
	const char *comma = strrchr(c->word + c->done, ',');

	return comma ? from(c, comma + 1) : *c;
}

static void offer_layers(const struct completion *c)
{
	for (unsigned int i = 0; i < N_SANDBOX_LAYERS; i++)
		if (sandbox_layer_may_miss(i))
			offer(c, sandbox_layer_names[i], "", NULL);
}

/* The devices of the file that the words before name. */
static void offer_sections(const struct completion *c)
{
	const char *file = NULL;
	struct vm_config config;
	struct err err;

	for (char *const *word = c->before; *word != c->word; word++) {
		const struct option *option = options_find(c->options, *word);

		if (option && option->letter == 'c')
			file = strchr(*word, '=') ? strchr(*word, '=') + 1 : word[1];
	}
	config_init(&config);
	if (file && !config_load(&config, file, &err))
		for (unsigned int i = 0; i < config.n_devices; i++)
			offer(c, config.devices[i].name, "", config.devices[i].class->name);
	config_destroy(&config);
}

static void offer_device(const struct completion *c);

/* Values, by the word that stands for them in help. */
static void offer_kind(const struct completion *c, const char *word)
{
	if (begins(word, "FILE"))
		printf(":files %zu\n", c->done);
	else if (begins(word, "DIR"))
		printf(":directories %zu\n", c->done);
	else if (begins(word, "TYPE"))
		offer_device(c);
	else if (begins(word, "DEVICE"))
		offer_devices(c);
	else if (begins(word, "COMMAND"))
		offer_commands(c);
	else if (begins(word, "LAYER"))
		offer_layers(c);
	else if (begins(word, "NAME"))
		offer_sections(c);
}

/* One of the alternatives in @arg: "auto", "FILE", "file:FILE", "host[:FILE]". */
static void offer_alternative(const struct completion *c, const char *arg)
{
	size_t length = strcspn(arg, CAPITALS "|[");
	struct completion behind = from(c, c->word + c->done + length);
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)length, arg);
	if (!length || (strspn(arg + length, CAPITALS) && begins(c->word + c->done, text)))
		offer_kind(&behind, arg + length);
	else
		offer(c, text, "", NULL);
}

/* What may stand for @arg. */
static void offer_values(const struct completion *c, const char *arg)
{
	const char *more = strstr(arg, "[,");
	struct completion last = more && !begins(more, "[,KEY") ? after_comma(c) : *c;

	for (; arg; arg = strchr(arg, '|') ? strchr(arg, '|') + 1 : NULL)
		offer_alternative(&last, arg);
}

static void offer_keys(const struct completion *c, const struct device_class *class)
{
	const char *value = strchr(c->word + c->done, '=');
	struct completion behind = from(c, value ? value + 1 : c->word);

	if (!value)
		offer(c, "id", "=", "A name for the device");
	for (const struct option *key = class->keys; key && key->key; key++) {
		char name[32], typed[64];

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(key->key, ".["), key->key);
		snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(c->word + c->done, "="),
			 c->word + c->done);
		if (!value)
			offer(c, name, key->key[strlen(name)] == '.' ? "." : "=", key->help);
		else if (option_find(class->keys, typed, false) == key)
			offer_values(&behind, key->arg);
	}
}

/* TYPE[,KEY=VALUE]... */
static void offer_device(const struct completion *c)
{
	const struct completion last = after_comma(c);
	const struct device_class *class;
	char type[64];

	if (last.done > c->done) {
		snprintf(type, sizeof(type), "%.*s", (int)strcspn(c->word + c->done, ","),
			 c->word + c->done);
		class = device_class_find(type);
		if (class)
			offer_keys(&last, class);
		return;
	}
	for (size_t i = 0; device_classes[i]; i++)
		offer(c, device_classes[i]->name, device_classes[i]->keys ? "," : "",
		      device_classes[i]->help);
}

/* What the table takes. @before: the word before; NULL: the command itself. */
static void offer_options(const struct completion *c, const char *before)
{
	const struct option *option = before ? options_find(c->options, before) : NULL;
	const char *equals = strchr(c->word, '=');
	char text[64];

	if (option && option->arg && c->word[0] != '-' && !strchr(before, '=')) {
		offer_values(c, option->arg);
		return;
	}
	option = equals ? options_find(c->options, c->word) : NULL;
	if (option && option->arg) {
		struct completion behind = from(c, equals + 1);

		offer_values(&behind, option->arg);
		return;
	}
	for (option = c->options; option && option->key; option++) {
		if (!option->key[0]) {
			offer_values(c, option->arg);
			continue;
		}
		snprintf(text, sizeof(text), "--%s", option->key);
		offer(c, text, "", option->help);
		snprintf(text, sizeof(text), "--no-%s", option->key);
		if (option_is_switch(option) && begins(c->word, "--no-"))
			offer(c, text, "", NULL);
	}
}

int cmd_complete(int argc, char *const *argv, struct err *err)
{
	const struct command *command = argc > 1 ? command_find(argv[0]) : NULL;
	const struct completion c = { argc > 0 ? argv[argc - 1] : "", 0, argv,
				      command ? command->options : NULL };

	(void)err;
	if (argc > 1)
		offer_options(&c, argc > 2 ? argv[argc - 2] : NULL);
	else
		offer_commands(&c);
	return EXIT_STATUS_OK;
}
