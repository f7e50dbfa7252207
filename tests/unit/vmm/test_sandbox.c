// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "tests/fakes/fake_confine.h"
#include "tests/fakes/fake_sys.h"
#include "tests/unit/err_says.h"
#include "vmm/base/log.h"
#include "vmm/base/range.h"
#include "vmm/sandbox/sandbox.h"

static struct sandbox_config config;
static struct err err;

static void setup(void)
{
	log_set_level(LOG_ERROR);
	fake_sys_reset();
	config = (struct sandbox_config){ .uid = 1234, .gid = 5678 };
}

TestSuite(sandbox, .init = setup);

static int confine_keeper(const struct sandbox_config *of_vmm, struct err *failed)
{
	struct sandbox_config keeper = *of_vmm;

	keeper.is_keeper = true;
	return sandbox_confine(&keeper, failed);
}

Test(sandbox, root_becomes_somebody_in_an_empty_place)
{
	cr_assert_eq(sandbox_confine(&config, &err), 0, "%s", err.what);
	cr_expect_str_eq(fake_confine.log,
			 "core=0 files unshare private tmpfs:/proc:ro cd:/proc pivot umount:. "
			 "cd:/ bounds groups:0 gid:5678:5678:5678 uid:1234:1234:1234 "
			 "caps:0 ambient landlock:0xffff:24");
	cr_expect_eq(fake_confine.scoped, 3);
	cr_expect_eq(fake_n_open_fds(), 0);
}

Test(sandbox, an_unprivileged_user_keeps_its_name)
{
	fake_confine.uid = 1000;
	fake_confine.capabilities = 0;
	fake_confine.may_unshare = false;
	cr_assert_eq(sandbox_confine(&config, &err), 0, "%s", err.what);
	cr_expect(strstr(fake_confine.log, "unshare:user private"), "%s", fake_confine.log);
	cr_expect_not(strstr(fake_confine.log, "uid:"));
	cr_expect(strstr(fake_confine.log, "bounds caps:0 ambient"), "%s", fake_confine.log);
	cr_expect_str_eq(fake_file_text("/proc/self/setgroups"), "deny");
	cr_expect_str_eq(fake_file_text("/proc/self/uid_map"), "1000 1000 1");
	cr_expect_str_eq(fake_file_text("/proc/self/gid_map"), "1000 1000 1");
}

/* An initramfs cannot be moved away. */
Test(sandbox, a_root_that_cannot_be_pivoted_is_covered)
{
	fake_confine.pivot_error = EINVAL;
	cr_assert_eq(sandbox_confine(&config, &err), 0, "%s", err.what);
	cr_expect(strstr(fake_confine.log, "cd:/proc move chroot:. cd:/"), "%s", fake_confine.log);
}

Test(sandbox, landlock_as_the_kernel_knows_it)
{
	static const struct {
		int version;
		const char *text;
	} cases[] = {
		{ 1, "landlock:0x1fff:8" },   { 2, "landlock:0x3fff:8" },
		{ 3, "landlock:0x7fff:8" },   { 4, "landlock:0x7fff:16" },
		{ 5, "landlock:0xffff:16" },  { 6, "landlock:0xffff:24" },
		{ 99, "landlock:0xffff:24" },
	};

	for (size_t i = 0; i < n_elems(cases); i++) {
		fake_sys_reset();
		fake_confine.landlock_version = cases[i].version;
		cr_assert_eq(sandbox_confine(&config, &err), 0);
		cr_expect(strstr(fake_confine.log, cases[i].text), "%s", fake_confine.log);
	}
}

Test(sandbox, a_missing_layer_is_refused_or_allowed)
{
	fake_confine.landlock_version = -EOPNOTSUPP;
	cr_assert_lt(sandbox_confine(&config, &err), 0);
	cr_expect(err_says(&err, "landlock"));
	cr_expect(strstr(err.fix, "--sandbox-allow-missing=landlock"));
	cr_expect_eq(err.status, EXIT_STATUS_HOST);

	setup();
	fake_confine.landlock_version = -EOPNOTSUPP;
	config.may_miss = 1u << SANDBOX_LANDLOCK;
	cr_assert_eq(sandbox_confine(&config, &err), 0);
	cr_expect_not(strstr(fake_confine.log, "landlock"));
}

/* Without mounts of its own it must not touch anybody else's. */
Test(sandbox, without_namespaces_no_mount)
{
	fake_confine.uid = 1000;
	fake_confine.capabilities = 0;
	fake_confine.may_unshare = false;
	config.may_miss = 1u << SANDBOX_NAMESPACES;
	fake_fail_at(7, EPERM); /* the second unshare() */
	cr_assert_eq(sandbox_confine(&config, &err), 0, "%s", err.what);
	cr_expect(fake_failed());
	cr_expect_not(strstr(fake_confine.log, "tmpfs"), "%s", fake_confine.log);
	cr_expect_not(strstr(fake_confine.log, "private"), "%s", fake_confine.log);
}

Test(sandbox, the_keeper_keeps_its_user_and_its_files)
{
	cr_assert_eq(confine_keeper(&config, &err), 0);
	cr_expect_str_eq(fake_confine.log,
			 "core=0 files bounds caps:0x20 ambient landlock:0xffff:24 "
			 "allow:/run/dais:0x412e");
	cr_expect_eq(fake_confine.scoped, 1, "signals reach the VMM, which is outside");
}

/* A user's keeper, or root's in a container: what it has not, it cannot keep. */
Test(sandbox, who_has_no_capability_drops_the_rest)
{
	fake_confine.capabilities = 0;
	cr_assert_eq(confine_keeper(&config, &err), 0, "%s", err.what);
	cr_expect_str_eq(fake_confine.log,
			 "core=0 files caps:0 ambient landlock:0xffff:24 allow:/run/dais:0x412e");
}

/* Guest RAM at its physical address is a file, which the keeper removes if nobody else has it. */
Test(sandbox, the_keeper_removes_guest_ram)
{
	fake_confine.landlock_version = 1;
	config.ram_dir = "/dev/hugepages";
	cr_assert_eq(confine_keeper(&config, &err), 0);
	cr_expect(strstr(fake_confine.log,
			 "landlock:0x1fff:8 allow:/run/dais:0x12e allow:/proc:0x4 "
			 "allow:/dev/hugepages:0x20"),
		  "%s", fake_confine.log);
}

/* A user's keeper keeps no records. */
Test(sandbox, a_keeper_without_records)
{
	for (unsigned int n = 1;; n++) {
		setup();
		fake_fail_at(n, ENOENT);
		if (confine_keeper(&config, &err) == 0 && fake_failed())
			break;
		cr_assert(fake_failed(), "the directory of records was not asked for");
	}
	cr_expect(strstr(fake_confine.log, "ambient landlock:0xffff:24"), "%s", fake_confine.log);
}

/* The first number that is free says nothing of those that come after it. */
Test(sandbox, descriptors_are_limited_by_those_that_are_free)
{
	cr_assert_eq(sandbox_confine(&config, &err), 0, "%s", err.what);
	cr_expect_eq(fake_confine.max_fds, 64 + 100);
}

/* VMM and keeper have it from the process that they were: asking takes four hundred calls. */
Test(sandbox, the_bounding_set_is_emptied_once)
{
	cr_assert_eq(sandbox_empty_bounds(&err), 0);
	cr_assert_eq(sandbox_confine(&config, &err), 0, "%s", err.what);
	cr_expect(!strncmp(fake_confine.log, "bounds core=0", 13), "%s", fake_confine.log);
	cr_expect_not(strstr(fake_confine.log + 1, "bounds"), "%s", fake_confine.log);
	cr_expect_eq(fake_confine.bounds, 0);
}

Test(sandbox, every_failure_is_told)
{
	int (*const confines[])(const struct sandbox_config *, struct err *) = { sandbox_confine,
										 confine_keeper };

	for (size_t i = 0; i < n_elems(confines); i++) {
		for (unsigned int n = 1;; n++) {
			setup();
			fake_fail_at(n, EACCES);
			if (confines[i](&config, &err) == 0) {
				cr_expect_not(fake_failed(), "call %u", n);
				break;
			}
			cr_expect(err_says(&err, "sandbox, layer"), "%s", err.what);
			cr_expect_eq(fake_n_open_fds(), 0);
		}
	}
}
