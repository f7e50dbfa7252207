# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# dais as an ordinary user without any file of /dev: all that it needs is passed, by number or by name (pass-fds.c).
dmesg -c >/dev/null
vfio_bind 10000000.edu 10300000.edge
edu=vfio-platform,host=10000000.edu
edge=vfio-platform,host=10300000.edge
cdev()
{
	echo "/dev/vfio/devices/$(basename /sys/bus/platform/devices/"$1"/vfio-dev/*)"
}
edu_group=/dev/vfio/$(vfio_group 10000000.edu)
edge_group=/dev/vfio/$(vfio_group 10300000.edge)

# From here on "dais" is one that is passed $pass.
mkdir "$work/bin"
cat >"$work/bin/dais" <<END
#!/bin/sh
exec pass-fds 1000 \$pass -- $job/dais "\$@"
END
chmod +x "$work/bin/dais"
old_path=$PATH
PATH=$work/bin:$PATH
export pass

type1="kvm=/dev/kvm vfio=/dev/vfio/vfio edu=$edu_group"
iommufd="kvm=/dev/kvm iommu=/dev/iommu edu=$(cdev 10000000.edu)"

pass=
refuses fds-without-no-kvm 3 "open /dev/kvm: No such file" "" -- --kernel "$job/guest/hello.img"
pass=$type1
guest fds-type1-dma 0 edu-dma "" --fd 3,4,5 --device $edu
says fds-tells-of-unbind "DMA through type1, not iommufd: /dev/iommu is not among" "\"dais unbind 10000000.edu\""
guest fds-type1-irq 0 edu-irq "n=50" --fd kvm,vfio,edu --device $edu
guest fds-type1-reset 0 edu-reset "n=3" --fd kvm,vfio,edu --device $edu
pass=$iommufd
guest fds-iommufd-dma 0 edu-dma "" --fd kvm,iommu,edu --device $edu
guest fds-iommufd-irq 0 edu-irq "n=50" --fd 3,4,5 --device $edu --iommu iommufd
guest fds-no-keeper 0 edu-dma "" --fd 3,4,5 --device $edu --no-keeper
pass="files=/dev/kvm files=/dev/iommu files=$(cdev 10000000.edu) files=$(cdev 10300000.edge)"
guest fds-two-devices 0 two-edu "" --fd files --device $edu --device $edge
pass="$type1 edge=$edge_group"
guest fds-two-groups 0 two-edu "" --fd kvm,vfio,edu,edge --device $edu --device $edge

: >"$work/console"
pass="$type1 ram=memfd:67108864 out=>$work/console"
guest fds-ram-and-console 0 edu-dma "n=3" --fd kvm,vfio,edu --device $edu --memory-file fd:ram --console fd:out
cat "$work/console" >"$out"
says fds-console-has-the-output "dma"

# A group in a container of the caller's making is taken over, a device that is bound is not.
pass="$type1 join=join:5:4"
guest fds-group-in-a-container 0 edu-dma "" --fd kvm,vfio,edu --device $edu
pass="$iommufd bind=bind:5:4"
refuses fds-bound-device 3 "bound it already" -- --kernel "$job/guest/edu-dma.img" --memory 64M --fd kvm,iommu,edu --device $edu --iommu iommufd

wrong()
{
	name=$1 text=$2
	shift 2
	refuses "$name" 2 "$text" -- --kernel "$job/guest/edu-dma.img" --memory 64M --device $edu "$@"
}
pass="$type1 null=/dev/null file=</job/Image ram=memfd:4096 ro=</dev/kvm edge=$edge_group"
wrong fds-null "it is /dev/null" --fd 3,null
wrong fds-file "it is $job/Image" --fd 3,file
wrong fds-memory-as-device "descriptor 8 is of no use" --fd 8
wrong fds-read-only "was not opened with O_RDWR" --fd ro
wrong fds-not-open "descriptor 77 is not open" --fd 3,4,77
wrong fds-twice "descriptor 3 is given twice" --fd 3,kvm
wrong fds-no-name "no descriptor has the name 'gruop'" --fd kvm,gruop
wrong fds-other-group "$edu_group is not among the passed descriptors" --fd kvm,vfio,edge
wrong fds-small-memory "the file is too small" --fd kvm,vfio,edu --memory-file fd:ram
wrong fds-device-as-console "it is no terminal" --fd kvm,vfio,edu --console fd:null
guest fds-unused 0 edu-dma "" --fd kvm,vfio,edu,edge --device $edu
says fds-unused-is-told "($edge_group) was passed and is not used"

# What was inherited by accident is not there, and the keeper has no KVM.
pass=$iommufd
: >"$work/accident"
start_guest spin --fd kvm,iommu,edu --device $edu 9<"$work/accident"
for process in $(pidof dais); do
	for fd in /proc/"$process"/fd/*; do
		echo "$process: $(readlink "$fd")"
	done
done >"$out"
if grep -q accident "$out" || grep -q "^$dais_pid:.*kvm" "$out" || ! grep -q "^$dais_pid:.*vfio" "$out"; then
	fail fds-only-what-is-needed "a descriptor too many, or too few"
else
	pass fds-only-what-is-needed
fi
kill_run
guest fds-after-kill 0 edu-irq "n=20" --fd kvm,iommu,edu --device $edu

PATH=$old_path
if [ "$(basename "$(readlink /sys/bus/platform/devices/10000000.edu/driver)")" = vfio-platform ]; then
	pass fds-still-bound
else
	fail fds-still-bound "dais has unbound the device, or something else has"
fi
kernel_is_quiet fds-host-kernel
