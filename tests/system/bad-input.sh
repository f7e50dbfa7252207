# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# What is wrong is refused with one message that names cause and remedy; nothing of the host has changed afterwards.
hello="--kernel $job/guest/hello.img --memory 64M"
edu=vfio-platform,host=10000000.edu
vfio_bind 10000000.edu 10300000.edge 10400000.multi
vfio_unbind 10200000.sata

# shellcheck disable=SC2086 # $hello is several words
{
refuses unknown-option 2 "memroy" "memory" -- $hello --memroy 64M
refuses unknown-device 2 "vfio-platfrom" "vfio-platform" -- $hello --device vfio-platfrom,host=x
refuses unknown-device-key 2 "gpo" "did you mean gpa" -- $hello --device $edu,gpo=0x20000000
refuses mode-misspelt 2 "irq-mode=frward" "forward" -- $hello --device $edu,irq-mode=frward
refuses mmap-maybe 2 "mmap=maybe" "on or off" -- $hello --device $edu,mmap=maybe
refuses drop-nothing 2 "drop=nosuch" -- $hello --device $edu,drop=nosuch
refuses clock-nothing 2 "clock.x" -- $hello --device $edu,clock.x=1
refuses no-such-region 2 "gpa.7" -- $hello --device $edu,gpa.7=0x20000000
refuses no-host 2 "host=" -- $hello --device vfio-platform
refuses no-kernel 2 "kernel" -- --memory 64M
refuses missing-kernel 2 "/none" "No such file" -- --kernel /none
refuses zero-memory 2 "memory" -- $hello --memory 0
refuses absurd-memory 2 "memory" -- $hello --memory 1000T
refuses zero-cpus 2 "cpus" -- $hello --cpus 0
refuses too-many-cpus 2 "cpus" -- $hello --cpus 10000
refuses far-too-many-cpus 2 "cpus" -- $hello --cpus 99999999999999999999
refuses far-too-high-spi 2 "spi" -- $hello --device $edu,spi=4294967296
head -c 40 $job/guest/hello.img >"$work/short.img"
refuses truncated-image 2 "$work/short.img" -- --kernel $work/short.img
refuses foreign-image 2 "/bin/busybox" "ELF" -- --kernel /bin/busybox
head -c 100000 "$job/Image" | gzip | head -c 1000 >"$work/cut.gz"
refuses truncated-gzip 2 "$work/cut.gz" -- --kernel $work/cut.gz
# zimage END: the header of one that ends there, and nothing behind it
zimage()
{
	head -c 36 /dev/zero
	printf '\030\050\157\001\0\0\0\0%b\001\002\003\004' "$1"
	head -c 4096 /dev/zero
}
zimage '\0\020\0\0' >"$work/zImage"
zimage '\0\040\0\0' >"$work/cut-zImage"
zimage '\040\0\0\0' >"$work/short-zImage"
refuses truncated-zimage 2 "$work/cut-zImage is truncated" "8 KiB" -- --kernel "$work/cut-zImage" --memory 256M
refuses lying-zimage 2 "ends before it has begun" -- --kernel "$work/short-zImage" --memory 256M
refuses 32-bit-image-for-64-bit-vcpus 2 "32-bit (a zImage)" "aarch32=no" -- --kernel "$work/zImage" --no-aarch32
refuses 64-bit-image-for-32-bit-vcpus 2 "64-bit (an arm64 Image)" "zImage" -- $hello --aarch32
refuses aarch32-beyond-4-gib 2 "memory = 4 GiB" "32-bit address space" "3 GiB" -- --kernel "$work/zImage" --memory 4G
# a Neoverse N1 has AArch32 at EL0 only
if grep -q 'CPU part.*0xd0c' /proc/cpuinfo; then
	refuses no-aarch32-at-el1 3 "KVM_CAP_ARM_EL1_32BIT" "arm64 kernel" -- --kernel "$work/zImage" --memory 256M
fi
sata_driver()
{
	readlink "$(vfio_path 10200000.sata)/driver"
}
before=$(sata_driver)
refuses nothing-is-bound-for-a-wrong-key 2 "clock.x" -- \
	$hello --bind --device vfio-platform,host=10200000.sata,clock.x=1
if [ "$(sata_driver)" = "$before" ]; then
	pass wrong-key-leaves-the-driver
else
	fail wrong-key-leaves-the-driver "$before before, $(sata_driver) now"
fi
mkfifo "$work/kernel-fifo"
refuses kernel-is-a-fifo 2 "not a regular file" -- --kernel $work/kernel-fifo
mkfifo "$work/fifo"
refuses config-is-a-fifo 2 "not a regular file" -- -c "$work/fifo"
refuses config-is-a-directory 2 "not a regular file" "directory" -- -c "$work"
refuses overlay-is-a-fifo 2 "not a regular file" -- $hello --device "$edu,overlay=$work/fifo"
refuses overlay-is-a-directory 2 "not a regular file" "directory" -- $hello --device "$edu,overlay=$work"
: >"$work/empty"
refuses overlay-is-empty 2 "$work/empty is empty" -- $hello --device "$edu,overlay=$work/empty"
refuses config-is-empty 2 "no kernel" -- -c "$work/empty"
truncate -s 80M "$work/large"
refuses initrd-too-large 2 "initrd" -- $hello --initrd $work/large
refuses no-such-device 2 "10000000.edi" "10000000.edu" -- $hello --device vfio-platform,host=10000000.edi
refuses device-twice 2 "10000000.edu" -- $hello --device $edu --device $edu,id=second
refuses not-bound 3 "10200000.sata" "dais bind" -- $hello --device vfio-platform,host=10200000.sata
refuses two-consoles 2 "pl011-2" "0x9000000" -- $hello --device pl011 --device pl011
refuses gpa-overlap 2 "0x20000000" -- $hello --device $edu,gpa=0x20000000 \
	--device vfio-platform,host=10300000.edge,gpa=0x20000000
refuses gpa-in-ram 2 "gpa" -- $hello --device $edu,gpa=0x40000000
refuses spi-twice 2 "spi" -- $hello --device $edu,spi=50 --device vfio-platform,host=10300000.edge,spi=50
if [ "$gic" = 3 ]; then
	refuses wrong-gic 3 "GICv2" "--irqchip" -- $hello --irqchip gicv2
else
	refuses wrong-gic 3 "GICv3" "--irqchip" -- $hello --irqchip gicv3
	refuses too-many-cpus-for-gicv2 2 "8" -- $hello --cpus 9
fi

unsafe_interrupts N
refuses no-interrupt-remapping 3 "allow_unsafe_interrupts" -- $hello --device $edu
unsafe_interrupts Y

start_guest spin --device $edu
refuses in-use 3 "10000000.edu" "$dais_pid" -- $hello --device $edu
kill -9 "$dais_pid"
wait "$dais_pid" 2>/dev/null

mv /dev/kvm /dev/kvm.away
refuses no-kvm 3 "/dev/kvm" -- $hello
mv /dev/kvm.away /dev/kvm
mv /dev/vfio/vfio /dev/vfio/away
refuses no-vfio 3 "/dev/vfio/vfio" -- $hello --device $edu --iommu type1
mv /dev/vfio/away /dev/vfio/vfio
mv /dev/iommu /dev/iommu.away
refuses no-iommufd 3 "/dev/iommu" "iommu=type1" -- $hello --device $edu --iommu iommufd
mv /dev/iommu.away /dev/iommu

# What a user without rights is told to get, one after the other; with all that dais runs as that user.
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
mkdir "$work/bin"
cat >"$work/bin/dais" <<END
#!/bin/sh
exec su -s /bin/sh -c "exec $job/dais \$*" nobody
END
chmod +x "$work/bin/dais"
root_path=$PATH
PATH=$work/bin:$PATH
refuses no-right-to-kvm 3 "/dev/kvm: Permission denied" -- $hello
chmod 666 /dev/kvm
group=/dev/vfio/$(vfio_group 10000000.edu)
refuses no-right-to-group 3 "$group: Permission denied" "chown" -- $hello --device $edu
chown nobody "$group"
chmod 666 /dev/iommu
cdev=/dev/vfio/devices/$(ls "$(vfio_path 10000000.edu)/vfio-dev")
refuses no-right-to-device 3 "$cdev: Permission denied" "chown" -- $hello --device $edu --iommu iommufd
chown nobody "$cdev"
for iommu in type1 iommufd; do
	ulimit -l 8192
	refuses no-right-to-lock 3 "RLIMIT_MEMLOCK" "ulimit -l 65536" -- $hello --device $edu --iommu $iommu
	ulimit -l 65536
	guest no-more-rights-needed 0 edu-irq "n=10" --device $edu
done
iommu=
PATH=$root_path

cat >"$work/bad.conf" <<'END'
[vm]
kernel = $job/guest/hello.img
memroy = 64M
END
refuses config-unknown-key 2 "bad.conf:3" "memory" -- -c $work/bad.conf
}
# After all that the device still works.
guest after-bad-input 0 edu-irq "n=10" --device $edu
