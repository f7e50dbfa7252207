# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# host: --mem 7G --append "hugepagesz=1G hugepages=2 hugepagesz=2M hugepages=128"
# Where guest RAM lies and where its pages come from; what of it is locked. This host has pages of 1 GiB and memory that its kernel
# leaves alone (memory.dtso).
vfio_bind 10000000.edu
edu=vfio-platform,host=10000000.edu
hello="--kernel $job/guest/hello.img --memory 64M"

# each NAME OPTION…: the guest's RAM is clear at the start and after each reset, and a device reaches it
each()
{
	backing=$1
	shift
	guest "$backing-reset" 0 psci-reset "" --cpus 2 "$@"
	guest "$backing-dma" 0 edu-dma "n=3" --device $edu "$@"
}

# stat_is NAME VALUE: of the statistics in $work/stats
stat_is()
{
	if grep -qF "\"$1\": $2" "$work/stats"; then
		pass "stats-$1-$2"
	else
		fail "stats-$1-$2" "$(tr -d '\n' <"$work/stats")"
	fi
}

mkdir "$work/tmpfs" "$work/1g"
mount -t tmpfs -o size=4G none "$work/tmpfs"
mount -t hugetlbfs -o pagesize=1G none "$work/1g"

each base --memory-base 0x80000000
each base-0 --memory-base 0
# shellcheck disable=SC2086 # $hello is several words
{
refuses base-in-msi-window 2 "0x4200000 to 0x81fffff" "0x8000000 to 0x80fffff" -- $hello --memory-base 0x4200000 --device $edu
refuses base-in-device-window 2 "0x20000000 to 0x23ffffff" "0x10000000 to 0x3fffffff" -- $hello --memory-base 0x20000000
refuses base-odd-for-its-pages 2 "0x82000000" "1 GiB" -- $hello --memory-base 0x82000000 --mem-path "$work/1g"
}

each mem-path-2m --mem-path /dev/hugepages
each mem-path-1g --mem-path "$work/1g"
guest mem-path-1g-base 0 psci-reset "" --mem-path "$work/1g" --memory 1088M --memory-base 0xc0000000

dd if=/dev/urandom of="$work/tmpfs/ram" bs=1M count=64 2>/dev/null
each file --memory-file "$work/tmpfs/ram"
truncate -s 128M /dev/hugepages/ram
each file-2m --memory-file /dev/hugepages/ram,offset=64M
rm /dev/hugepages/ram
truncate -s 1G "$work/1g/ram"
each file-1g --memory-file "$work/1g/ram"
rm "$work/1g/ram"
each file-physical --memory-file /dev/mem,offset=0xb0000000 --iommu type1
# shellcheck disable=SC2086
{
refuses file-too-small 2 "too small" "67108864" "truncate -s 71303168" -- $hello --memory-file "$work/tmpfs/ram,offset=4M"
refuses file-missing 1 "$work/tmpfs/none" -- $hello --memory-file "$work/tmpfs/none"
refuses file-used-by-the-kernel 2 "0x60000000 to 0x63ffffff" "the host's kernel uses it" -- $hello --memory-file /dev/mem,offset=0x60000000
refuses file-not-in-the-memory-map 2 "0xb8000000" "no-map" -- $hello --memory-file /dev/mem,offset=0xb8000000
}

# Of 1 GiB that is locked for 64 MiB, the rest is told.
guest stats 0 edu-dma "" --device $edu --mem-path "$work/1g" --stats "$work/stats"
stat_is size 67108864
stat_is page 1073741824
stat_is wasted 1006632960
stat_is locked 67108864
stat_is mapped 67108864

# vmm_of PID: the child of this keeper
vmm_of()
{
	grep -l "^PPid:[^0-9]*$1\$" /proc/[0-9]*/status 2>/dev/null | cut -d / -f 3
}

# resident NAME MIN MAX OPTION…: the VM's memory in KiB while the guest waits
resident()
{
	name=$1 min=$2 max=$3
	shift 3
	start_guest spin "$@" || return
	rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$(vmm_of "$dais_pid")/status")
	kill -9 "$dais_pid"
	wait "$dais_pid" 2>/dev/null
	if [ "$rss" -ge "$min" ] && [ "$rss" -le "$max" ]; then
		pass "$name"
	else
		fail "$name" "$rss KiB are resident"
	fi
}
resident no-page-before-its-time 1 16384
resident prealloc 65536 81920 --prealloc yes

# What takes longer than a second is told. $full: for longer.
gib=1
[ -z "$full" ] || gib=3
truncate -s ${gib}G "$work/tmpfs/large"
echo not clear >"$work/tmpfs/large"
truncate -s ${gib}G "$work/tmpfs/large"
time_limit=300 expect prepared 0 dais run --kernel "$job/guest/hello.img" --device test-device --memory ${gib}G --memory-file "$work/tmpfs/large" \
	--stats "$work/stats"
if grep -q '"prepare RAM": 1\{0,1\}[0-9]\{1,9\},' "$work/stats"; then
	skip progress "this machine clears $gib GiB in less than two seconds"
else
	says progress "preparing RAM: " " % of $gib GiB"
fi
rm "$work/tmpfs/large"
expect prepared-at-once 0 dais run --kernel "$job/guest/hello.img" --device test-device --memory 64M --prealloc yes
if grep -q preparing "$out"; then
	fail no-progress "64 MiB need no progress"
else
	pass no-progress
fi

# The limit of a user without rights: raised as far as the hard one lets it be; else said before anything is taken.
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
mkdir "$work/bin"
cat >"$work/bin/dais" <<END
#!/bin/sh
exec su -s /bin/sh -c "exec $job/dais \$*" nobody
END
chmod +x "$work/bin/dais"
chmod 755 "$work"
chmod 666 /dev/kvm /dev/vfio/vfio
chown nobody "/dev/vfio/$(vfio_group 10000000.edu)"
for backend in type1 iommufd; do
	if [ $backend = iommufd ]; then
		cdev=$(ls /sys/bus/platform/devices/10000000.edu/vfio-dev) || continue
		chown nobody "/dev/vfio/devices/$cdev" /dev/iommu
	fi
	(
		PATH=$work/bin:$PATH
		ulimit -H -l 65536
		ulimit -S -l 64
		guest lock-limit-raised-$backend 0 edu-dma "n=3" --device $edu --iommu $backend
		ulimit -l 65535
		# shellcheck disable=SC2086
		refuses lock-limit-too-low-$backend 3 "RLIMIT_MEMLOCK" "ulimit -l 65536" "LimitMEMLOCK=67108864" "limits.conf" \
			-- $hello --device $edu --iommu $backend
	)
done
kernel_is_quiet memory-host-kernel
