// SPDX-License-Identifier: GPL-2.0-only
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tests/fakes/fake_sys.h"
#include "vmm/base/range.h"
#include "vmm/base/sys.h"
#include "vmm/core/event_loop.h"

static struct event_loop loop;
static struct err err;

/* A source of the tests: counts its events, and does what @act says. */
static struct item {
	int fd;
	unsigned int n_events;
	struct event_source *source;
	void (*act)(struct item *item);
} items[3];

static void on_event(void *opaque)
{
	struct item *item = opaque;

	item->n_events++;
	if (item->act)
		item->act(item);
}

static void add_items(unsigned int n)
{
	fake_sys_reset();
	cr_assert_eq(event_loop_create(&loop, &err), 0);
	for (unsigned int i = 0; i < n; i++) {
		items[i].fd = sys_eventfd(1, EFD_NONBLOCK);
		cr_assert_eq(event_loop_add(&loop, items[i].fd, on_event, &items[i],
					    &items[i].source, &err),
			     0);
	}
}

static void close_all(unsigned int n)
{
	event_loop_destroy(&loop);
	for (unsigned int i = 0; i < n; i++)
		sys_close(items[i].fd);
	cr_assert_eq(fake_n_open_fds(), 0);
}

static void stop(struct item *item)
{
	(void)item;
	event_loop_stop(&loop);
}

static void stop_at_third(struct item *item)
{
	if (item->n_events == 3)
		event_loop_stop(&loop);
}

Test(event_loop, levels_are_served_until_stopped)
{
	add_items(1);
	items[0].act = stop_at_third;
	cr_assert_eq(event_loop_run(&loop, &err), 0);
	cr_assert_eq(items[0].n_events, 3);
	close_all(1);
}

Test(event_loop, ready_sources_take_turns)
{
	add_items(3);
	items[2].act = stop_at_third;
	cr_assert_eq(event_loop_run(&loop, &err), 0);
	for (unsigned int i = 0; i < 3; i++)
		cr_assert(items[i].n_events >= 2, "%u: %u", i, items[i].n_events);
	close_all(3);
}

static void remove_all_and_stop(struct item *item)
{
	(void)item;
	for (unsigned int i = 0; i < 3; i++)
		event_loop_remove(&loop, items[i].source);
	event_loop_stop(&loop);
}

Test(event_loop, a_callback_removes_itself_and_others)
{
	add_items(3);
	for (unsigned int i = 0; i < 3; i++)
		items[i].act = remove_all_and_stop;
	cr_assert_eq(event_loop_run(&loop, &err), 0);
	cr_assert_eq(items[0].n_events + items[1].n_events + items[2].n_events, 1);
	cr_assert_null(loop.sources);
	close_all(3);
}

static void pause_self(struct item *item)
{
	event_loop_remove(&loop, item->source);
}

/* The writing end goes: a source that was taken out must not report even that. */
Test(event_loop, a_removed_source_is_silent_until_added_again)
{
	int pipe_fds[2];

	add_items(2);
	cr_assert_eq(pipe(pipe_fds), 0);
	items[2].act = pause_self;
	cr_assert_eq(
		event_loop_add(&loop, pipe_fds[0], on_event, &items[2], &items[2].source, &err), 0);
	cr_assert_eq(write(pipe_fds[1], "x", 1), 1);
	close(pipe_fds[1]);
	items[1].act = stop_at_third;
	cr_assert_eq(event_loop_run(&loop, &err), 0);
	cr_assert_eq(items[2].n_events, 1);

	items[2].act = stop;
	items[1].act = NULL;
	cr_assert_eq(
		event_loop_add(&loop, pipe_fds[0], on_event, &items[2], &items[2].source, &err), 0);
	cr_assert_eq(event_loop_run(&loop, &err), 0);
	cr_assert_eq(items[2].n_events, 2);
	event_loop_remove(&loop, items[2].source);
	close(pipe_fds[0]);
	close_all(2);
}

Test(event_loop, a_plain_file_cannot_be_waited_for)
{
	FILE *file = tmpfile();

	add_items(0);
	cr_assert_eq(event_loop_add(&loop, fileno(file), on_event, NULL, NULL, &err), -EPERM);
	cr_assert(strstr(err.what, "wait for events"), "%s", err.what);
	cr_assert_null(loop.sources);
	fclose(file);
	close_all(0);
}

Test(event_loop, interrupted_waits_go_on_and_failures_end)
{
	add_items(1);
	items[0].act = stop;
	fake_fail_at(1, EINTR);
	cr_assert_eq(event_loop_run(&loop, &err), 0);
	cr_assert_eq(items[0].n_events, 1);
	fake_fail_at(1, EBADF);
	cr_assert_eq(event_loop_run(&loop, &err), -EBADF);
	close_all(1);
}

Test(event_loop, no_epoll_is_an_error_and_destroy_takes_what_is_left)
{
	fake_sys_reset();
	fake_fail_at(1, EMFILE);
	cr_assert_eq(event_loop_create(&loop, &err), -EMFILE);
	cr_assert_eq(loop.epoll_fd, -1);
	event_loop_destroy(&loop);
	event_loop_remove(&loop, NULL);
}
