#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# inih as Debian builds it cuts lines at 199 characters, which kernel command lines pass easily. Version 55 (Debian 12) takes
# the rest for a line of its own: with a "=" in it, as kernel parameters have, the caller gets half a value, then a key that
# nobody wrote, and ini_parse() returns 0. Version 59 (Debian 13) returns the line's number, but has handed out the half value
# before. And an indented line is the value of the key above once more: an indented "cpus = 2" is a second append, "cpus = 2".
#
# Seen on 2026-11-29 with libinih1 55-1 (Debian 12) and 59-1 (Debian 13). dais: its reader of lines (vmm/config/config_file.c)
# refuses what is longer, with file and line, and joins several append lines; it takes indentation away before inih sees it.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get bookworm amd64 libinih1=55-1 libinih-dev=55-1
get trixie amd64 libinih1=59-1 libinih-dev=59-1
parameters=$(printf 'option%d=xxxxxxxxxxxx ' {1..12})
printf '[vm]\nappend = %s\nmemory = 1G\n' "$parameters" >"$work/long.ini"
printf '[vm]\nappend = quiet\n  cpus = 2\n' >"$work/indented.ini"
cat >"$work/show.c" <<'END'
#include <ini.h>
#include <stdio.h>
#include <string.h>

static int show(void *user, const char *section, const char *name, const char *value)
{
	(void)user;
	(void)section;
	printf("%s:%zu ", name, strlen(value));
	return 1;
}

int main(int argc, char **argv)
{
	(void)argc;
	printf("returns:%d\n", ini_parse(argv[1], show, NULL));
	return 0;
}
END
for suite in bookworm trixie; do
	lib=$work/$suite-amd64/usr/lib/x86_64-linux-gnu
	gcc -I"$work/$suite-amd64/usr/include" -o "$work/show" "$work/show.c" "$lib/libinih.so.1" "-Wl,-rpath,$lib"
	long=$("$work/show" "$work/long.ini") indented=$("$work/show" "$work/indented.ini")
	echo "$suite: append has ${#parameters} characters: $long; indented: $indented"
	[[ $long == "append:190 "* && $indented == "append:5 append:8 returns:0" ]]
	case $suite in
	bookworm) [[ $long == "append:190 "*":"*" memory:2 returns:0" ]] ;;
	trixie) [[ $long == "append:190 memory:2 returns:2" ]] ;;
	esac
done
