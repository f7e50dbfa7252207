# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# host: --add "$(tests/testbed/debian-image --linux "$linux"):/job/debian-Image"
# host: --add "$(tests/system/virtio-initramfs "$logs"):/job/virtio.cpio"
# host: --add "$(tests/system/virtio-net-initramfs "$logs" "$build"):/job/virtio-net.cpio"
# host: --add "$(tests/testbed/back-ends):/job/back-ends"
# Disks and directories for Debian's own kernel whose back ends dais starts: Debian's qemu-storage-daemon and virtiofsd.
raw=$work/disk.img qcow2=$work/disk.qcow2
mkdir -p "$work/bin" "$work/share"
chmod 755 "$work"
cat >"$work/bin/qemu-storage-daemon" <<END
#!/bin/sh
LD_LIBRARY_PATH=$job/back-ends/lib exec $job/back-ends/qemu-storage-daemon "\$@"
END
# virtiofsd leaves the root file system, which no process can in an initramfs: this gives it another one.
cat >"$work/rooted" <<END
#!/bin/sh
exec unshare -m sh -c 'mkdir -p /new && mount --rbind / /new && cd /new && mount --move . / && exec chroot . "\$@"' - "\$@"
END
cat >"$work/bin/virtiofsd" <<END
#!/bin/sh
exec \$([ \$(id -u) != 0 ] || echo $work/rooted) $job/back-ends/13/run virtiofsd "\$@"
END
chmod 755 "$work/rooted" "$work/bin/qemu-storage-daemon" "$work/bin/virtiofsd"
started=$work/bin:$PATH

qemu_img()
{
	LD_LIBRARY_PATH=$job/back-ends/lib "$job/back-ends/qemu-img" "$@"
}

# serves PROGRAM: its processes
serves()
{
	for process in /proc/[0-9]*; do
		! { tr '\0' '\n' <"$process/cmdline"; } 2>/dev/null | grep -qE "^(--blockdev|--shared-dir)$" || echo "${process#/proc/}"
	done
}

# gone NAME: no back end is left, at once or a moment later
gone()
{
	n=0
	while [ "$(serves)" ] && [ $n -lt 20 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	if [ "$(serves)" ]; then fail "$1" "still there: $(serves)"; else pass "$1"; fi
}

# virtio NAME STATUS TEST [OPTION…]: $kernel may be another; the tests' own boots sooner
virtio()
{
	name=$1 wanted=$2 test=$3
	shift 3
	PATH=$started time_limit=${time_limit:-180} expect "$name" "$wanted" dais run --kernel "$job/${kernel:-debian-Image}" --initrd "$job/virtio.cpio" \
		--memory 256M --append "console=ttyAMA0 quiet panic=-1 test=$test" "$@"
}

# half NAME: the second half of the raw image is what the first is
half()
{
	if [ "$(dd if="$raw" bs=64k count=64 2>/dev/null | sha256sum)" = "$(dd if="$raw" bs=64k skip=64 2>/dev/null | sha256sum)" ]; then
		pass "$1"
	else
		fail "$1" "its halves are not alike"
	fi
}

dd if=/dev/urandom of="$raw" bs=64k count=128 2>/dev/null
before=$(sha256sum <"$raw" | cut -d ' ' -f 1)
qemu_img convert -f raw -O qcow2 "$raw" "$qcow2"

PATH=$started refuses virtio-started-format 2 "the image is qcow2, and not raw" "format=qcow2" -- --kernel "$job/debian-Image" \
	--device "virtio-blk,file=$qcow2"
refuses virtio-started-missing 3 "find qemu-storage-daemon" "apt install qemu-utils" -- --kernel "$job/debian-Image" \
	--device "virtio-blk,file=$raw"
kernel=Image virtio virtio-started-readonly 0 disk --device "virtio-blk,file=$qcow2,format=qcow2,readonly=on"
says virtio-started-readonly-read "guest: read $before"
virtio virtio-started-qcow2 0 disk --device "virtio-blk,file=$qcow2,format=qcow2"
says virtio-started-qcow2-read "guest: read $before"
gone virtio-started-ends
if grep -q "is killed" "$out"; then fail virtio-started-is-asked "it did not end by itself"; else pass virtio-started-is-asked; fi
if qemu_img check -q "$qcow2"; then pass virtio-started-complete; else fail virtio-started-complete "the image has faults"; fi
qemu_img convert -f qcow2 -O raw "$qcow2" "$raw"
says virtio-started-written "guest: written $(sha256sum <"$raw" | cut -d ' ' -f 1)"
half virtio-started-image

# As the user of the image, through guest resets
dd if=/dev/urandom of="$raw" bs=64k count=128 2>/dev/null
printf '%-511s\n' "resets 0" | dd of="$raw" bs=512 count=1 conv=notrunc 2>/dev/null
chown 1234 "$raw"
chmod 600 "$raw"
kernel=Image time_limit=400 virtio virtio-started-resets 0 "resets resets=2" --device "virtio-blk,file=$raw"
says virtio-started-resets-all "guest: reset 0" "guest: reset 1" "guest: reset 2"

# Killed, with dais or alone; what another guest has; errors that come after a start
PATH=$started start "guest: reading" dais run --kernel "$job/Image" --initrd "$job/virtio.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 test=reads" --device "virtio-blk,file=$raw"
daemon=$(serves)
if grep -q "^Uid:	1234	1234	1234	1234" "/proc/$daemon/status" && grep -q "^CapEff:	0*$" "/proc/$daemon/status" &&
	grep -q "^NoNewPrivs:	1" "/proc/$daemon/status" && [ "$(readlink "/proc/$daemon/ns/net")" != "$(readlink /proc/self/ns/net)" ]; then
	pass virtio-started-confined
else
	fail virtio-started-confined "$(grep -E '^(Uid|Cap|NoNew)' "/proc/$daemon/status")"
fi
busy=$out
out=$work/out2
PATH=$started refuses virtio-started-locked 3 "lock the image $raw" "another VM has it" \
	-- --kernel "$job/debian-Image" --device "virtio-blk,file=$raw"
# … and its tree is still to be had
expect virtio-started-tree 0 dais run --kernel "$job/debian-Image" --device "virtio-blk,file=$raw" --dump-dtb "$work/tree"
if grep -q "virtio,mmio" "$work/tree"; then pass virtio-started-tree-has-it; else fail virtio-started-tree-has-it "no node"; fi
out=$busy
kill_run
gone virtio-started-killed
PATH=$started start "guest: reading" dais run --kernel "$job/Image" --initrd "$job/virtio.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 test=reads" --device "virtio-blk,file=$raw"
kill -9 "$(serves)"
sleep 2
says virtio-started-died "the back end at $raw has closed the connection"
kill -9 "$(vmm)"
wait "$dais_pid" 2>/dev/null
gone virtio-started-vmm-killed
PATH=$started refuses virtio-started-error 3 "has not been started" -- --kernel "$job/debian-Image" --device "virtio-blk,file=$raw" \
	--device "virtio-blk,socket=$work/none"
gone virtio-started-error-ends

# A directory
echo directory >"$work/share/name"
dd if=/dev/urandom of="$work/share/file" bs=64k count=64 2>/dev/null
PATH=$started time_limit=180 expect virtio-shared 0 dais run --kernel "$job/debian-Image" --initrd "$job/virtio-net.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 test=fs" --device "virtio-fs,share=$work/share,tag=files"
says virtio-shared-read "guest: file $(sha256sum <"$work/share/file" | cut -d ' ' -f 1)" "guest: a directory"
if cmp "$work/share/file" "$work/share/copy"; then pass virtio-shared-written; else fail virtio-shared-written "another"; fi
gone virtio-shared-ends
rm "$work/share/copy"
PATH=$started time_limit=180 expect virtio-shared-readonly 0 dais run --kernel "$job/debian-Image" --initrd "$job/virtio-net.cpio" \
	--memory 256M --append "console=ttyAMA0 quiet panic=-1 test=fs" --device "virtio-fs,share=$work/share,tag=files,readonly=on"
says virtio-shared-readonly-read "guest: a directory"
if [ -e "$work/share/copy" ]; then fail virtio-shared-readonly-kept "it was written to"; else pass virtio-shared-readonly-kept; fi
echo 0 >"$work/share/n"
PATH=$started start "guest: busy" dais run --kernel "$job/debian-Image" --initrd "$job/virtio-net.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 test=busy" --device "virtio-fs,share=$work/share,tag=files"
kill_run
gone virtio-shared-killed

# A user's: disk and directory
if [ -e /lib/testbed.sh ]; then
	chmod 666 /dev/kvm
	echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
	chown nobody "$raw" "$work/share"
	rm -f "$work/share/copy"
	dd if=/dev/zero of="$raw" bs=64k count=128 conv=notrunc 2>/dev/null
	time_limit=180 expect virtio-user 0 su -s /bin/sh -c "PATH=$started exec $job/dais run --kernel $job/Image \
		--initrd $job/virtio.cpio --memory 256M --append 'console=ttyAMA0 quiet panic=-1 test=disk' --device 'virtio-blk,file=$raw'" nobody
	says virtio-user-read "guest: read $(sha256sum <"$raw" | cut -d ' ' -f 1)"
	gone virtio-user-ends
	time_limit=180 expect virtio-user-shared 0 "$work/rooted" su -s /bin/sh -c "PATH=$started exec $job/dais run --kernel $job/debian-Image \
		--initrd $job/virtio-net.cpio --memory 256M --append 'console=ttyAMA0 quiet panic=-1 test=fs' \
		--device 'virtio-fs,share=$work/share,tag=files'" nobody
	says virtio-user-shared-read "guest: file $(sha256sum <"$work/share/file" | cut -d ' ' -f 1)" "guest: a directory"
	if cmp "$work/share/file" "$work/share/copy" && [ "$(stat -c %u "$work/share/copy")" = 65534 ]; then
		pass virtio-user-shared-written
	else
		fail virtio-user-shared-written "another, or another's: $(ls -ln "$work/share")"
	fi
	gone virtio-user-shared-ends
fi
kernel_is_quiet virtio-started-host-kernel
