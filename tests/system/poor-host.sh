# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash disable=SC2154 # variables of host.sh
#
# A host that cannot have every layer of the sandbox: no Landlock, no namespaces for users. It takes a word for each of them.
# host: --append lsm=
guest=$job/guest/hello.img

refuses poor-no-landlock 3 "layer landlock" "this kernel has no Landlock" "--sandbox-allow-missing=landlock" -- \
	--kernel "$guest" --memory 64M
guest poor-landlock-allowed 0 hello "" --sandbox-allow-missing landlock
says poor-landlock-is-told "the sandbox lacks the layer landlock, as allowed"

# as_nobody NAME STATUS OPTION…: dais run by a user whom the host gives /dev/kvm
as_nobody()
{
	name=$1 wanted=$2
	shift 2
	expect "$name" "$wanted" su -s /bin/sh -c "exec $job/dais run --kernel $guest --memory 64M --device test-device $*" nobody
}
echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
chmod 666 /dev/kvm
as_nobody poor-user 0 --sandbox-allow-missing landlock
echo 0 >/proc/sys/user/max_user_namespaces
as_nobody poor-no-namespaces 3 --sandbox-allow-missing landlock
says poor-no-namespaces-says "layer namespaces" "user.max_user_namespaces=" "--sandbox-allow-missing=namespaces"
as_nobody poor-namespaces-allowed 0 --sandbox-allow-missing landlock,namespaces
says poor-namespaces-are-told "the sandbox lacks the layer namespaces" "the sandbox lacks the layer landlock"
# Root needs none of users' namespaces.
guest poor-root 0 hello "" --sandbox-allow-missing landlock

expect poor-check 0 dais check
says poor-check-says "the kernel has no Landlock" "users may not make namespaces"
