// SPDX-License-Identifier: GPL-2.0-only
/* What is kept until the host boots again. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/kept.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"

#define PATH    KEPT_DIR "/thing"
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

static char *data;
static size_t size;

static void setup(void)
{
	fake_sys_reset();
	fake_file(BOOT_ID, "b00t\n");
}

TestSuite(kept, .init = setup);

/* A NUL in it, as values of properties have. */
Test(kept, what_was_written_is_read)
{
	kept_write(PATH, "a\0b", 3);
	cr_assert(kept_read(PATH, 3, &data, &size));
	cr_expect_eq(size, 3);
	cr_expect_eq(memcmp(data, "a\0b", 4), 0);
	free(data);
	kept_write(PATH, "", 0);
	cr_assert(kept_read(PATH, 3, &data, &size));
	cr_expect_eq(size, 0);
	free(data);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(kept, not_longer_than_until_the_host_boots)
{
	kept_write(PATH, "a", 1);
	fake_file(BOOT_ID, "b00u\n");
	cr_expect_not(kept_read(PATH, 3, &data, &size));
	fake_remove(BOOT_ID);
	cr_expect_not(kept_read(PATH, 3, &data, &size));
	kept_write(PATH, "b", 1);
	fake_file(BOOT_ID, "b00t\n");
	cr_assert(kept_read(PATH, 3, &data, &size));
	cr_expect_str_eq(data, "a");
	free(data);
}

Test(kept, what_others_can_have_written_is_not_read)
{
	static const struct {
		unsigned int uid;
		mode_t mode;
		bool is_read;
	} cases[] = {
		{ 0, 0644, true },
		{ 1000, 0644, false },
		{ 0, 0664, false },
		{ 0, 0646, false },
	};

	for (unsigned int i = 0; i < n_elems(cases); i++) {
		fake_file(PATH, "b00t a");
		fake_owner(PATH, cases[i].uid, cases[i].mode);
		data = NULL;
		cr_expect_eq(kept_read(PATH, 3, &data, &size), cases[i].is_read, "case %u", i);
		free(data);
	}
	fake_file(PATH, "b00");
	cr_expect_not(kept_read(PATH, 3, &data, &size), "shorter than a boot's name");
	fake_remove(PATH);
	fake_link(PATH, "/elsewhere");
	fake_file("/elsewhere", "b00t a");
	cr_expect_not(kept_read(PATH, 3, &data, &size), "a link");
	fake_remove(PATH);
	fake_dir(PATH);
	cr_expect_not(kept_read(PATH, 3, &data, &size), "a directory");
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(kept, the_directory_is_made)
{
	char temporary[64];
	struct stat st;

	snprintf(temporary, sizeof(temporary), PATH ".%d", (int)getpid());
	fake_open_error(temporary, EACCES);
	fake_remove(KEPT_DIR);
	kept_write(PATH, "a", 1);
	cr_expect_eq(sys_stat(KEPT_DIR, &st), -ENOENT, "this user has no right to it");
	fake_open_error(temporary, ENOENT);
	fake_remove(KEPT_DIR);
	kept_write(PATH, "a", 1);
	cr_expect_eq(sys_stat(KEPT_DIR, &st), 0);
}

Test(kept, more_than_the_reader_wants)
{
	static char long_text[4096];

	memset(long_text, 'x', sizeof(long_text));
	kept_write(PATH, long_text, sizeof(long_text));
	cr_expect_not(kept_read(PATH, sizeof(long_text) - 1, &data, &size));
	cr_assert(kept_read(PATH, sizeof(long_text), &data, &size));
	cr_expect_eq(size, sizeof(long_text));
	free(data);
}

/* Whatever fails: there is the old content, or the new one, and nothing beside it. */
Test(kept, the_nth_system_call_fails)
{
	char temporary[64];
	unsigned int n_old = 0;
	bool failed;

	snprintf(temporary, sizeof(temporary), PATH ".%d", (int)getpid());
	for (unsigned int n = 1;; n++) {
		kept_write(PATH, "old", 3);
		fake_fail_at(n, ENOSPC);
		kept_write(PATH, "new", 3);
		failed = fake_failed();
		fake_fail_at(0, 0);
		cr_assert(kept_read(PATH, 3, &data, &size), "call %u", n);
		if (!failed)
			break;
		/* that the directory could not be made is no harm: it was there */
		cr_expect(strcmp(data, "old") == 0 || strcmp(data, "new") == 0, "call %u: %s", n,
			  data);
		n_old += data[0] == 'o';
		cr_expect_null(fake_file_text(temporary), "call %u", n);
		cr_expect_eq(fake_n_open_fds(), 0, "call %u", n);
		free(data);
	}
	cr_expect_str_eq(data, "new");
	cr_expect_gt(n_old, 5);
	free(data);
}
