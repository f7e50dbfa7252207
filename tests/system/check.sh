# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2034,SC2154 # variables of host.sh
#
# host: --append hugepages=64
# What dais check finds on this host, and in sets of VMs; each finding is provoked.

# finds NAME STATUS TEXT… -- ARGUMENTS…: dais check ends with this status and has all these texts
finds()
{
	finding=$1 wanted=$2
	shift 2
	: >"$work/texts"
	while [ "$1" != -- ]; do
		echo "$1" >>"$work/texts"
		shift
	done
	shift
	expect "$finding-status" "$wanted" dais check "$@" || return 1
	# One line for each finding, so that what was wrapped is found.
	tr '\n' ' ' <"$out" | sed 's/  */ /g' >"$work/joined"
	missing=$(while IFS= read -r text; do
		grep -qF -- "$text" "$work/joined" || echo "$text"
	done <"$work/texts")
	if [ "$missing" ]; then
		fail "$finding" "does not say: $missing"
	else
		pass "$finding"
	fi
}

# vm FILE DEVICE [LINE…]: a VM with this device; the lines are of its [vm] section
vm()
{
	file=$work/$1 device=$2
	shift 2
	printf '%s\n' "[vm]" "kernel = $job/guest/hello.img" "memory = 64M" "$@" >"$file"
	printf '%s\n' "[device d]" "type = vfio-platform" "host = $device" >>"$file"
}

vfio_bind 10000000.edu 10300000.edge 10400000.multi
vfio_unbind 10200000.sata
edu_group=/dev/vfio/$(vfio_group 10000000.edu)
vm edu 10000000.edu
vm edge 10300000.edge
vm sata 10200000.sata
vm multi 10400000.multi

finds check-host 0 "guests can have a GICv$gic" "address bits" "pages are 4 KiB" "all options" "iommufd, type1" \
	"seccomp filters: there" "resample: KVM " "Landlock: there" "users may make namespaces" "blocks: 0" --
finds check-ready 0 "10000000.edu is bound" "10000000.edu can be passed" "blocks: 0" -- -c "$work/edu"
finds check-two-ready 0 "blocks: 0" -- -c "$work/edu" -c "$work/edge"
json check-json dais check --json -c "$work/edu" -c "$work/sata"
# What check says of a host that is ready is true.
expect check-ready-runs 0 dais run -c "$work/edu"

finds check-not-bound 3 "10200000.sata is not bound to vfio-platform" -- -c "$work/sata"
finds check-no-device 3 "there is no device 10000000.edi" "10000000.edu" -- 10000000.edi
finds check-same-device 3 "edu: 10000000.edu is wanted twice" -- -c "$work/edu" 10000000.edu
finds check-same-spi 3 "10200000.sata and 10400000.multi share the host's SPI 5" -- -c "$work/sata" -c "$work/multi"
vm cpu0 10000000.edu "cpu-affinity = 0" "cpus = 1"
vm cpu1 10300000.edge "cpu-affinity = 0-1" "cpus = 1"
finds check-same-cpu 0 "both have vCPUs on host CPU 0" -- -c "$work/cpu0" -c "$work/cpu1"
finds check-refused 3 "9050000.smmuv3 cannot be passed" "dais plan 9050000.smmuv3" -- 9050000.smmuv3
vm huge 10000000.edu "mem-path = /dev/hugepages"
vm huge2 10300000.edge "mem-path = /dev/hugepages" "memory = 96M"
sed -i 3d "$work/huge2"
finds check-hugepages 0 "blocks: 0" -- -c "$work/huge"
finds check-no-hugepages 3 "48 huge pages of 2 MiB are needed, 32 are free behind the VMs before it" "echo 80 | sudo tee" \
	-- -c "$work/huge" -c "$work/huge2"
vm bad 10000000.edu "memroy = 1G"
finds check-bad-file 3 "bad:4" "memory" "10300000.edge is bound" -- -c "$work/bad" -c "$work/edge"

unsafe_interrupts N
finds check-unsafe-interrupts 3 "iommu=type1 VFIO refuses 10000000.edu" "iommu=iommufd VFIO refuses 10000000.edu" \
	"echo Y | sudo tee /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts" -- -c "$work/edu"
# The remedy, as it is said.
grep -o 'echo Y | sudo tee .*_unsafe_interrupts' "$out" | sed 's/sudo//' >"$work/remedy"
sh "$work/remedy" >/dev/null
finds check-remedy 0 "blocks: 0" -- -c "$work/edu"

parameter=/sys/module/vfio_platform/parameters/reset_required
echo Y >"$work/Y"
mkdir -p "/lib/modules/$(uname -r)"
echo "alias vfio-reset:test,edge something" >"/lib/modules/$(uname -r)/modules.alias"
mount --bind "$work/Y" $parameter
finds check-reset-required 3 "driver refuses 10200000.sata" "vfio_platform.reset_required=0" -- -c "$work/sata"
umount $parameter
rm -r "/lib/modules/$(uname -r)"

if [ -e "$forward_switch" ]; then
	forward_was=$(cat "$forward_switch")
	echo N >"$forward_switch"
	finds check-forward-off 0 "forwarding of interrupts is switched off" "echo Y | sudo tee $forward_switch" --
	echo "$forward_was" >"$forward_switch"
fi

namespaces=$(cat /proc/sys/user/max_user_namespaces)
echo 0 >/proc/sys/user/max_user_namespaces
finds check-namespaces 0 "users may not make namespaces" "sudo sysctl user.max_user_namespaces" --
echo "$namespaces" >/proc/sys/user/max_user_namespaces

mv /dev/kvm /dev/kvm.away
finds check-no-kvm 3 "open /dev/kvm: No such file" "10000000.edu is bound" -- -c "$work/edu"
mv /dev/kvm.away /dev/kvm
mv /dev/vfio/vfio /dev/vfio/away
vm type1 10000000.edu "iommu = type1"
finds check-no-container 3 "there is no /dev/vfio/vfio" "modprobe" -- -c "$work/type1"
mv /dev/vfio/away /dev/vfio/vfio
mv "$edu_group" /dev/vfio/away
finds check-no-group 3 "10000000.edu has no file below /dev/vfio for iommu=type1" -- -c "$work/type1"
mv /dev/vfio/away "$edu_group"

start_guest spin --device vfio-platform,host=10000000.edu
finds check-held-device 3 "10000000.edu: it, or a device of its IOMMU group, is held by VM spin.img, pid" -- -c "$work/type1"
kill -9 "$dais_pid"
wait "$dais_pid" 2>/dev/null

# A user without rights: all that is missing at once.
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
chmod 755 "$work"
chmod 600 /dev/kvm
chmod 660 /dev/iommu
ulimit -l 8192
expect check-no-rights-status 3 su -s /bin/sh -c "$job/dais check -c $work/edu" nobody
says check-no-rights "this user may not use KVM" "usermod -aG kvm" "may not open $edu_group" "chown \$USER $edu_group" "may not open /dev/iommu" \
	"RLIMIT_MEMLOCK" \
	"sudo prlimit --pid \$\$ --memlock=67108864:67108864"
ulimit -l 65536
chmod 666 /dev/kvm
chown nobody "$edu_group"
expect check-rights 0 su -s /bin/sh -c "$job/dais check -c $work/edu" nobody
chmod 660 /dev/kvm

expect check-irq-as-before 0 dais check --irq 10000000.edu
kernel_is_quiet check-host-kernel
