# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# host: --add "$(tests/testbed/debian-image --linux "$linux"):/job/debian-Image"
# host: --add "$(tests/system/virtio-net-initramfs "$logs" "$build"):/job/virtio-net.cpio"
# host: --add "$(tests/testbed/back-ends)/13:/job/13"
# host: --add "$(tests/testbed/dpdk):/job/dpdk"
# Network cards, sockets and directories for Debian's own kernel: by the kernel's vhost, by Debian's passt and virtiofsd.
tap_net=192.168.77 passt_net=192.168.78

# served PID SOCKET LOG: the back end listens
served()
{
	n=0
	until grep -qs " 00010000 .* $2$" /proc/net/unix || [ $n = 100 ]; do # it is there before it listens
		n=$((n + 1))
		sleep 0.1
	done
	[ -S "$2" ] || fail virtio-serve "$(cat "$3")"
}

# passt: $passt, at passt.sock, for one guest after the other. It leaves the root file system, which no process can in an initramfs: it gets another one.
passt()
{
	rm -f "$work/passt.sock"
	unshare -m sh -c 'mkdir -p /new && mount --rbind / /new && cd /new && mount --move . / && exec chroot . "$@"' - \
		"$job/13/run" passt --foreground --vhost-user --socket "$work/passt.sock" --address "$passt_net.2" --netmask 24 \
		--gateway "$passt_net.1" --interface tap0 >"$work/passt.log" 2>&1 &
	passt=$!
	served $passt "$work/passt.sock" "$work/passt.log"
}

# virtiofsd: $virtiofsd, at fs.sock, until its guest ends
virtiofsd()
{
	rm -f "$work/fs.sock"
	"$job/13/run" virtiofsd --shared-dir "$work/www" --socket-path "$work/fs.sock" --sandbox none >"$work/fs.log" 2>&1 &
	virtiofsd=$!
	served $virtiofsd "$work/fs.sock" "$work/fs.log"
}

# testpmd: $testpmd, at packed.sock, which sends back what it is asked, and looks for it all the time
testpmd()
{
	sleep 1000 | "$job/dpdk/run" --no-huge -m 64 --no-pci --no-shconf --no-telemetry -l 0,1 --vdev "net_vhost0,iface=$work/packed.sock" \
		-- --forward-mode=icmpecho --total-num-mbufs=2048 --auto-start >"$work/testpmd.log" 2>&1 &
	testpmd=$!
	served $testpmd "$work/packed.sock" "$work/testpmd.log"
}

# virtio NAME STATUS "WORDS" OPTION…
virtio()
{
	name=$1 wanted=$2 words=$3
	shift 3
	time_limit=300 expect "$name" "$wanted" dais run --kernel "$job/debian-Image" --initrd "$job/virtio-net.cpio" --memory 256M \
		--append "console=ttyAMA0 quiet panic=-1 $words" "$@"
}

mkdir -p "$work/www"
dd if=/dev/urandom of="$work/www/file" bs=64k count=256 2>/dev/null
echo directory >"$work/www/name"
echo 0 >"$work/www/n"
dd if=/dev/urandom of="$work/www/small" bs=64k count=8 2>/dev/null
sum=$(sha256sum <"$work/www/file" | cut -d ' ' -f 1)
small=$(sha256sum <"$work/www/small" | cut -d ' ' -f 1)
printf 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >/etc/passwd
echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range
tunctl -t tap0 >/dev/null
ip addr add $tap_net.1/24 dev tap0
ip link set tap0 up
ip route add default via $tap_net.2 dev tap0
httpd -p 8080 -h "$work/www"

vfio_bind 10200000.sata
virtio virtio-tap 0 "test=net net=$tap_net" --device virtio-net,tap=tap0,mac=52:54:00:12:34:56 \
	--device vfio-platform,host=10200000.sata,compatible=generic-ahci
says virtio-tap-card "guest: card 52:54:00:12:34:56" "guest: pings" "guest: downloaded $sum" "guest: sata $disk_sum"

# … which another process has opened; with a vsock and a directory
"$job/vsock" echo 4321 >/dev/null 2>&1 &
virtiofsd
time_limit=300 expect virtio-tap-fd 0 "$job/open-tap" tap0 dais run --kernel "$job/debian-Image" --initrd "$job/virtio-net.cpio" \
	--memory 256M --append "console=ttyAMA0 quiet panic=-1 test=net,echoes,fs net=$tap_net" --device virtio-net,fd=9 \
	--device virtio-vsock,cid=42 --device "virtio-fs,socket=$work/fs.sock,tag=files"
says virtio-tap-fd-card "guest: pings" "guest: downloaded $sum"
says virtio-vsock-echoes "guest: vsock echoes"
says virtio-fs-read "guest: file $sum" "guest: a directory"
if cmp "$work/www/file" "$work/www/copy"; then
	pass virtio-fs-written
else
	fail virtio-fs-written "the guest's copy is another"
fi
refuses virtio-fd-none 2 "descriptor 9 is not open" "without FD_CLOEXEC" -- --kernel "$job/debian-Image" --device virtio-net,fd=9
refuses virtio-fd-other 1 "use the descriptor fd=9" "it is no tap" -- --kernel "$job/debian-Image" --device virtio-net,fd=9 9<"$work/www/small"

passt
virtio virtio-passt 0 "test=net net=$passt_net" --device "virtio-net,socket=$work/passt.sock"
says virtio-passt-card "guest: pings" "guest: downloaded $sum"

testpmd
virtio virtio-packed 0 "test=echoes_pings net=$passt_net" --device "virtio-net,socket=$work/packed.sock"
says virtio-packed-card "guest: packed 1" "guest: 600 pings"
kill $testpmd

# All of them, through resets
n_resets=${full:+20}
n_resets=${n_resets:-2}
virtiofsd
for n in $(seq 0 "$n_resets"); do
	"$job/vsock" echo 4321 >/dev/null 2>&1
done &
time_limit=$((120 + n_resets * 60)) expect virtio-net-resets 0 dais run --kernel "$job/debian-Image" --initrd "$job/virtio-net.cpio" \
	--memory 256M --append "console=ttyAMA0 quiet panic=-1 resets=$n_resets test=resets net=$tap_net" \
	--device virtio-net,tap=tap0 --device virtio-vsock,cid=42 --device "virtio-fs,socket=$work/fs.sock,tag=files"
says virtio-net-resets-all "guest: reset 0" "guest: reset 1" "guest: reset $n_resets"
if [ "$(grep -c "guest: downloaded $small" "$out"):$(grep -c "guest: vsock echoes" "$out")" = $((n_resets + 1)):$((n_resets + 1)) ]; then
	pass virtio-net-resets-work
else
	fail virtio-net-resets-work "not each time"
fi

# Killed, they take no more than their devices from the guest; another cannot have what it has. The same passt serves this guest, too.
virtiofsd
start "guest: busy" dais run --kernel "$job/debian-Image" --initrd "$job/virtio-net.cpio" --memory 256M \
	--append "console=ttyAMA0 quiet panic=-1 test=busy net=$passt_net" --device "virtio-net,socket=$work/passt.sock" \
	--device "virtio-fs,socket=$work/fs.sock,tag=files" --device virtio-net,tap=tap0 --device virtio-vsock,cid=42
busy=$out
out=$work/out2
refuses virtio-tap-busy 3 "take the tap tap0" "another process has it" -- --kernel "$job/debian-Image" --device virtio-net,tap=tap0
refuses virtio-cid-in-use 3 "have the guest at cid 42" "cid=43" -- --kernel "$job/debian-Image" --device virtio-vsock,cid=42
out=$busy
kill -9 $passt $virtiofsd
sleep 2
says virtio-killed "the back end at $work/passt.sock has closed the connection" \
	"the back end at $work/fs.sock has closed the connection"
if kill -0 "$dais_pid"; then
	pass virtio-killed-guest-lives
else
	fail virtio-killed-guest-lives "dais has ended"
fi
kill_run
refuses virtio-tap-none 3 "find the tap tap7" "ip tuntap add dev tap7" -- --kernel "$job/debian-Image" --device virtio-net,tap=tap7
refuses virtio-passt-dead 3 "has ended" "passt --foreground" -- --kernel "$job/debian-Image" \
	--device "virtio-net,socket=$work/passt.sock"
kernel_is_quiet virtio-net-host-kernel
