# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# host: --add "$(tests/testbed/debian-image --linux "$linux"):/job/debian-Image"
# host: --add "$(tests/system/virtio-initramfs "$logs"):/job/virtio.cpio"
# host: --add "$(tests/testbed/back-ends):/job/back-ends"
# A console, and disks that Debian's qemu-storage-daemon serves, for Debian's own kernel.
disk=$work/disk.img
socket=$work/disk.sock

# virtio NAME STATUS TEST [OPTION…]: $kernel may be another; the tests' own boots sooner
virtio()
{
	name=$1 wanted=$2 test=$3
	shift 3
	time_limit=180 expect "$name" "$wanted" dais run --kernel "$job/${kernel:-debian-Image}" --initrd "$job/virtio.cpio" --memory 256M \
		--append "console=ttyAMA0 quiet panic=-1 test=$test" --device "virtio-blk,socket=$socket" "$@"
}

dd if=/dev/urandom of="$disk" bs=64k count=128 2>/dev/null
before=$(sha256sum "$disk" | cut -d ' ' -f 1)
serve_disk "$disk" "$socket"
virtio virtio-disk 0 disk --stats "$work/stats"
says virtio-disk-read "guest: read $before"
says virtio-disk-written "guest: written $(sha256sum "$disk" | cut -d ' ' -f 1)"
half=$(dd if="$disk" bs=64k count=64 2>/dev/null | sha256sum)
if [ "$half" = "$(dd if="$disk" bs=64k skip=64 2>/dev/null | sha256sum)" ] && [ "$before" != "$(sha256sum "$disk" | cut -d ' ' -f 1)" ]; then
	pass virtio-disk-image
else
	fail virtio-disk-image "its halves are not alike"
fi

# A request costs no exit to dais: 190 of them as many as none. What the guest prints costs some now, and none then.
exits()
{
	sed -n 's/.*"accesses": \([0-9]*\).*/\1/p' "$work/stats"
}
kernel=Image virtio virtio-few 0 few --stats "$work/stats"
few=$(exits)
kernel=Image virtio virtio-many 0 many --stats "$work/stats"
says virtio-many-read "guest: has read"
if [ "$few" ] && [ "$(exits)" = "$few" ]; then
	pass virtio-no-exits
else
	fail virtio-no-exits "$few accesses, and $(exits)"
fi

printf '%-511s\n' "resets 0" | dd of="$disk" bs=512 count=1 conv=notrunc 2>/dev/null
n_resets=${full:+100}
n_resets=${n_resets:-4}
time_limit=$((60 + n_resets * 30)) expect virtio-resets 0 dais run --kernel "$job/Image" --initrd "$job/virtio.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 resets=$n_resets test=resets" --device "virtio-blk,socket=$socket"
says virtio-resets-all "guest: reset 0" "guest: reset 1" "guest: reset $n_resets"

# hvc0, which dais serves itself: a verbose boot, lines that are typed, and guest resets. Where the user names another console, that
# one is the guest's first.
# console NAME [OPTION…]
console()
{
	what=$1
	shift
	: >"$out"
	# shellcheck disable=SC2094 # what is read is how far the guest is
	{
		until grep -q "guest: ready" "$out"; do
			sleep 0.2
		done
		echo "what is typed"
	} | timeout 120 dais run --kernel "$job/Image" --initrd "$job/virtio.cpio" --memory 256M --stats "$work/stats" "$@" >"$out" 2>&1
	status=$?
	if [ $status = 0 ]; then pass "$what"; else fail "$what" "exit status $status"; fi
	says "$what-input" "guest: has read 'what is typed'" "guest: exit status 0"
	if tr -d '\r' <"$out" | grep -qx "what is typed"; then pass "$what-echo"; else fail "$what-echo" "no echo"; fi
	if [ "$(grep -c "guest: this is line [0-9]* of many" "$out")" = 300 ]; then
		pass "$what-output"
	else
		fail "$what-output" "lines are missing"
	fi
	n_exits=$(awk '/"user_exits"/ { on = 1 } /}/ { on = 0 } on && /: [0-9]/ { gsub(/[^0-9]/, ""); n += $0 } END { print n }' "$work/stats")
	echo "    $what: $n_exits exits to user space"
}
console virtio-console --append "loglevel=8 panic=-1 test=console" --device virtio-console,default=on
says virtio-console-default "guest: ready on hvc0" "guest: loglevel=8 panic=-1 test=console console=hvc0"
if [ "$n_exits" -le 500 ]; then pass virtio-console-exits; else fail virtio-console-exits "$n_exits exits"; fi
# The UART comes near to that: KVM keeps what is printed, and gives what is read.
console virtio-uart --append "console=ttyAMA0 loglevel=8 panic=-1 test=console"
if [ $((n_exits * 8)) -le "$(wc -c <"$out")" ]; then
	pass virtio-uart-exits
else
	fail virtio-uart-exits "$n_exits exits for $(wc -c <"$out") bytes"
fi
console virtio-console-beside --append "console=ttyAMA0 quiet panic=-1 test=console" --device virtio-console,default=on
says virtio-console-beside-is-second "guest: ready on ttyAMA0"
printf '%-511s\n' "resets 0" | dd of="$disk" bs=512 count=1 conv=notrunc 2>/dev/null
time_limit=120 expect virtio-console-resets 0 dais run --kernel "$job/Image" --initrd "$job/virtio.cpio" --memory 256M \
	--append "quiet panic=-1 resets=2 test=resets" --device virtio-console,default=on --device "virtio-blk,socket=$socket"
says virtio-console-resets-all "guest: reset 0" "guest: reset 1" "guest: reset 2"

# The same back end serves the next guest, of more memory, in huge pages, and with a device of the host beside it.
vfio_bind 10200000.sata
echo 160 >/proc/sys/vm/nr_hugepages
mkdir -p "$work/huge"
mount -t hugetlbfs none "$work/huge"
virtio virtio-huge 0 disk --mem-path "$work/huge" --device vfio-platform,host=10200000.sata,compatible=generic-ahci
says virtio-huge-written "guest: written $(sha256sum "$disk" | cut -d ' ' -f 1)"
says virtio-huge-sata "guest: sata $disk_sum"
umount "$work/huge"
echo 0 >/proc/sys/vm/nr_hugepages

# Killed, it takes no more than the disk from the guest.
start "guest: reading" dais run --kernel "$job/Image" --initrd "$job/virtio.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 test=reads" --device "virtio-blk,socket=$socket"
kill -9 "$server"
sleep 2
says virtio-killed "the back end at $socket has closed the connection"
if kill -0 "$dais_pid"; then
	pass virtio-killed-guest-lives
else
	fail virtio-killed-guest-lives "dais has ended"
fi
kill -9 "$dais_pid"
wait "$dais_pid" 2>/dev/null

# What is no back end
refuses virtio-dead 3 "connect to the back end at $socket" "has ended" -- --kernel "$job/debian-Image" \
	--device "virtio-blk,socket=$socket"
refuses virtio-none 3 "has not been started" -- --kernel "$job/debian-Image" --device "virtio-blk,socket=$work/none"
kernel_is_quiet virtio-host-kernel
