# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Inside the emulated host: a guest's reads of a disk that Debian's qemu-storage-daemon serves, under dais and under Debian's QEMU with
# KVM; what a boot costs on each console. Prints lines "@@ WHAT FIGURE VALUE".
# shellcheck source=/dev/null
. /lib/testbed.sh
tracing=/sys/kernel/tracing
event=$tracing/events/kvm/kvm_userspace_exit/enable
dd if=/dev/urandom of=/tmp/disk bs=1M count=8 2>/dev/null

# serve: a new back end at /tmp/disk.sock
serve()
{
	rm -f /tmp/disk.sock
	LD_LIBRARY_PATH=/job/back-ends/lib /job/back-ends/qemu-storage-daemon --blockdev file,filename=/tmp/disk,node-name=disk \
		--export vhost-user-blk,id=e,node-name=disk,writable=on,addr.type=unix,addr.path=/tmp/disk.sock >/tmp/server 2>&1 &
	server=$!
	until grep -q " 00010000 .* /tmp/disk.sock$" /proc/net/unix; do
		sleep 0.1
	done
}

# written: how many exits to user space the host has seen since tracing began
written()
{
	sed -n 's/^# entries-in-buffer.*\/\([0-9]*\) .*/\1/p' $tracing/trace | head -n 1
}

# measure NAME COMMAND…: a guest's reads; the command line of its kernel is the last argument
measure()
{
	name=$1
	shift
	serve
	"$@" >/tmp/out 2>&1 </dev/null &
	vm=$!
	until grep -q "guest: now" /tmp/out || ! kill -0 $vm 2>/dev/null; do
		sleep 0.2
	done
	sleep 1
	echo >$tracing/trace
	echo 1 >$event
	sleep 5
	echo 0 >$event
	echo "@@ $name exits $(written)"
	wait $vm
	kill $server
	wait $server
	tr -d '\r' </tmp/out | sed -n 's/^guest: ns //p' | sort -n | awk -v name="$name" '
		{ sum += $1; ns[NR] = $1 }
		END { printf "@@ %s ns %d\n@@ %s least %d\n@@ %s most %d\n", name, sum / NR, name, ns[1], name, ns[NR] }'
	grep -q "guest: end" /tmp/out || sed 's/^/    /' /tmp/out
}

append="console=ttyAMA0 quiet panic=-1"
measure dais /job/dais run --kernel /job/debian-Image --initrd /job/virtio.cpio --memory 256M \
	--device virtio-blk,socket=/tmp/disk.sock,queue-size=256 --append "$append"

# qemu NAME DEVICE [OPTION…]
qemu()
{
	name=$1 device=$2
	shift 2
	measure "$name" env LD_LIBRARY_PATH=/job/qemu-arm64/lib /job/qemu-arm64/qemu-system-aarch64 \
		-M virt,gic-version=3,memory-backend=ram -accel kvm -cpu host -m 256M -object memory-backend-memfd,id=ram,size=256M,share=on \
		-nodefaults -display none -serial stdio -chardev socket,id=disk,path=/tmp/disk.sock \
		-device "$device,chardev=disk,num-queues=1,queue-size=256" -kernel /job/debian-Image -initrd /job/virtio.cpio "$@" \
		-append "$append"
}
qemu qemu-mmio vhost-user-blk -global virtio-mmio.force-legacy=false
qemu qemu-pci vhost-user-blk-pci,disable-legacy=on

# boot NAME KERNEL [OPTION…]: exits to user space of a verbose boot
boot()
{
	name=$1 kernel=$2
	shift 2
	/job/dais run --kernel "$kernel" --initrd /job/boot.cpio --memory 256M --stats /tmp/stats "$@" >/tmp/out 2>&1 </dev/null ||
		sed 's/^/    /' /tmp/out
	echo "@@ $name exits $(awk '/"user_exits"/ { on = 1 } /}/ { on = 0 } on && /: [0-9]/ { gsub(/[^0-9]/, ""); n += $0 } END { print n }' /tmp/stats)"
}
boot built-pl011 /job/Image --append "loglevel=8 panic=-1"
boot built-hvc0 /job/Image --append "loglevel=8 panic=-1" --device virtio-console,default=on
boot debian-pl011 /job/debian-Image --append "loglevel=8 panic=-1"
boot debian-hvc0 /job/debian-Image --append "loglevel=8 panic=-1" --device virtio-console,default=on
echo "@@ end"
