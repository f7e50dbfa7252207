/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TESTS_UNIT_DEVICES_VHOST_USER_RIG_H
#define TESTS_UNIT_DEVICES_VHOST_USER_RIG_H

/* A device whose back end is fake_back_end.h, behind virtio_rig.h. */
#include "devices/classes.h"
#include "tests/fakes/fake_back_end.h"
#include "tests/unit/devices/virtio_rig.h"

#define SOCKET    "/run/disk.sock"
#define VERSION_1 VIRTIO_BIT(VIRTIO_F_VERSION_1)

static struct fake_back_end back_end;
static bool has_back_end;
static struct device_config config;

static inline void set_key(const char *key, const char *value)
{
	config.settings[config.n_settings++] =
		(struct device_setting){ .key = key, .value = value, .where = "--device" };
}

static inline void set_up(void)
{
	log_set_level(LOG_ERROR);
	rig_begin();
	fake_back_end_init(&back_end);
	config = (struct device_config){ .name = "root",
					 .class = &virtio_blk_class,
					 .where = "--device" };
	set_key("socket", SOCKET);
}

static inline void end_back_end(void)
{
	if (has_back_end)
		fake_back_end_join(&back_end);
	has_back_end = false;
}

static inline void tear_down(void)
{
	rig_end();
	end_back_end();
}

static inline int create(void)
{
	fake_back_end_start(&back_end, SOCKET);
	has_back_end = true;
	return device_config_judge(&config, NULL, &err)
		       ?: config.class->create(&config, &vm, &device, &err);
}

static inline int create_and_attach(void)
{
	return create() ?: config.class->attach(device, &err) ?: config.class->arm(device, &err);
}

static inline unsigned int find(uint32_t request, unsigned int from)
{
	return fake_back_end_find(&back_end, request, from);
}

/* What it was told last is there: it has answered something since. */
static inline const struct vhost_user_message *told(uint32_t request)
{
	unsigned int i = find(request, 0);

	cr_assert_neq(i, UINT32_MAX, "request %u", request);
	return &back_end.requests[i];
}

#endif
