/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DEVICES_VIRTIO_VHOST_USER_MESSAGE_H
#define DEVICES_VIRTIO_VHOST_USER_MESSAGE_H

/* Messages of the vhost-user protocol (QEMU, docs/interop/vhost-user.rst), in host byte order. */
#include <linux/vhost_types.h>
#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/err.h"

struct vhost_user;

enum vhost_user_request {
	VHOST_USER_GET_FEATURES = 1,
	VHOST_USER_SET_FEATURES = 2,
	VHOST_USER_SET_OWNER = 3,
	VHOST_USER_SET_MEM_TABLE = 5,
	VHOST_USER_SET_VRING_NUM = 8,
	VHOST_USER_SET_VRING_ADDR = 9,
	VHOST_USER_SET_VRING_BASE = 10,
	VHOST_USER_GET_VRING_BASE = 11,
	VHOST_USER_SET_VRING_KICK = 12,
	VHOST_USER_SET_VRING_CALL = 13,
	VHOST_USER_SET_VRING_ERR = 14,
	VHOST_USER_GET_PROTOCOL_FEATURES = 15,
	VHOST_USER_SET_PROTOCOL_FEATURES = 16,
	VHOST_USER_GET_QUEUE_NUM = 17,
	VHOST_USER_SET_VRING_ENABLE = 18,
	VHOST_USER_GET_CONFIG = 24,
	VHOST_USER_SET_CONFIG = 25,
	VHOST_USER_GET_MAX_MEM_SLOTS = 36,
	VHOST_USER_ADD_MEM_REG = 37,
};

#define VHOST_USER_F_PROTOCOL_FEATURES (1ULL << 30) /* of GET_FEATURES */

#define VHOST_USER_PROTOCOL_F_MQ                  (1ULL << 0)
#define VHOST_USER_PROTOCOL_F_REPLY_ACK           (1ULL << 3)
#define VHOST_USER_PROTOCOL_F_CONFIG              (1ULL << 9)
#define VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS (1ULL << 15)

#define VHOST_USER_VERSION    1u
#define VHOST_USER_REPLY      (1u << 2)
#define VHOST_USER_NEED_REPLY (1u << 3)

#define VHOST_USER_N_REGIONS  8 /* of SET_MEM_TABLE */
#define VHOST_USER_MAX_CONFIG 256

struct vhost_user_region {
	uint64_t gpa, size, user_address, offset;
};

struct vhost_user_message {
	uint32_t request;
	uint32_t flags;
	uint32_t size; /* of what follows */
	union {
		uint64_t u64;
		struct vhost_vring_state state;
		struct vhost_vring_addr addr;
		struct {
			uint32_t n, padding;
			struct vhost_user_region regions[VHOST_USER_N_REGIONS];
		} memory;
		struct {
			uint64_t padding;
			struct vhost_user_region region;
		} one;
		struct {
			uint32_t offset, size, flags;
			uint8_t bytes[VHOST_USER_MAX_CONFIG];
		} config;
	};
} __attribute__((packed));
#define VHOST_USER_HEADER 12

#define VHOST_USER_TIMEOUT_S 5

/*
 * Requests: each returns 0, or a negative errno with @err, which tells the cause. After one whose
 * answer is not what the protocol says, or that the back end refuses or leaves without an answer
 * for VHOST_USER_TIMEOUT_S, there is no connection any more.
 */

/*
 * Send @message of @size bytes of payload with @n_fds descriptors. Those that @has_reply, or whose
 * flags have NEED_REPLY, wait for the answer, which is then in @message.
 */
int vhost_user_exchange(struct vhost_user *vu, struct vhost_user_message *message, uint32_t size,
			const int *fds, unsigned int n_fds, bool has_reply, struct err *err);
int vhost_user_get_u64(struct vhost_user *vu, uint32_t request, uint64_t *value, struct err *err);
int vhost_user_set_u64(struct vhost_user *vu, uint32_t request, uint64_t value, struct err *err);
int vhost_user_set_state(struct vhost_user *vu, uint32_t request, unsigned int queue,
			 uint32_t value, struct err *err);
int vhost_user_set_event(struct vhost_user *vu, uint32_t request, unsigned int queue, int fd,
			 struct err *err);
/* Into virtio->config, where the kind has one. */
int vhost_user_get_config(struct vhost_user *vu, struct err *err);
/* For the flags of a request that has no reply: its acknowledgement, where the back end gives any.
 */
uint32_t vhost_user_ack_flag(const struct vhost_user *vu);
/* Close the connection, if there is one; nothing else is left of it. */
void vhost_user_disconnect(struct vhost_user *vu);

#endif
