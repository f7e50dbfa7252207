#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# qemu-storage-daemon answers vhost-user's GET_CONFIG only up to the size of the struct virtio_blk_config that it was compiled
# with: 60 bytes in 7.2, 96 in 10.0. Who asks for more, as a front end does that asks for sizeof, gets an empty answer that is
# no error, and may take it for a disk of 0 sectors: by Debian 12's own linux/virtio_blk.h sizeof is 72, by newer ones 96. To
# ask for less is answered well. And a disk of 1000 bytes has two sectors of 512: the capacity is rounded up, so that the
# guest's disk ends behind the file.
#
# Seen on 2026-11-29 with qemu-system-common 1:7.2+dfsg-7+deb12u18+b3 (Debian 12) and qemu-utils 1:10.0.13+ds-0+deb13u1
# (Debian 13). dais: devices/virtio/vhost_user_message.c asks for
# the fields that it serves, and takes an answer of another size for what it is.
# shellcheck source=findings/common
. "$(dirname "$0")/common"

get --depends bookworm amd64 qemu-system-common=1:7.2+dfsg-7+deb12u18+b3
get --depends trixie amd64 qemu-utils=1:10.0.13+ds-0+deb13u1
truncate -s 1000 "$work/disk"
for suite in bookworm trixie; do
	socket=$work/$suite.socket
	run $suite-amd64 usr/bin/qemu-storage-daemon --version | head -n 1
	run $suite-amd64 usr/bin/qemu-storage-daemon --pidfile "$work/pid" \
		--blockdev "driver=file,node-name=file,filename=$work/disk" --blockdev driver=raw,node-name=disk,file=file \
		--export "type=vhost-user-blk,id=export,node-name=disk,addr.type=unix,addr.path=$socket" &
	for ((i = 0; i < 100; i++)); do
		[[ ! -s $work/pid ]] || break
		sleep 0.1
	done # it writes that when it listens
	python3 - "$socket" >"$work/answers" <<'END' || true
import socket, struct, sys

server = socket.socket(socket.AF_UNIX)
server.settimeout(10)
server.connect(sys.argv[1])


def say(request, payload=b""):
    server.sendall(struct.pack("<3I", request, 1, len(payload)) + payload)


def ask(request, payload=b""):
    say(request, payload)
    _, _, size = struct.unpack("<3I", server.recv(12, socket.MSG_WAITALL))
    return server.recv(size, socket.MSG_WAITALL) if size else b""


ask(1)  # GET_FEATURES
ask(15)  # GET_PROTOCOL_FEATURES
say(16, struct.pack("<Q", 1 << 9))  # SET_PROTOCOL_FEATURES: CONFIG
for size in (8, 60, 72, 96, 128):
    answer = ask(24, struct.pack("<3I", 0, size, 0) + bytes(size))
    print(size, len(answer[12:]), *struct.unpack("<Q", answer[12:20]) if answer else ())
END
	kill "$(<"$work/pid")"
	wait
	rm -f "$work/pid"
	while read -r asked got sectors; do
		echo "asked for $asked bytes: $got${sectors:+, capacity $sectors sectors}"
	done <"$work/answers"
	case $suite in
	bookworm) printf '%s\n' '8 8 2' '60 60 2' '72 0' '96 0' '128 0' ;;
	trixie) printf '%s\n' '8 8 2' '60 60 2' '72 72 2' '96 96 2' '128 0' ;;
	esac | diff - "$work/answers"
done
