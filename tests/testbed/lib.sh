# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034 # used by those who read this file
#
# What the scripts beside it share: . lib.sh
# They set: here (this directory), me (the script's name).

# shellcheck disable=SC2154 # here
root=$(cd "$here/../.." && pwd)
cache=$("$root/scripts/cache") || exit 125

# Arm libraries that dais is linked with, and the programs of the host and of Linux guests
host_packages=(busybox-static libc6 libcap-ng0 libfdt1 libjansson4 zlib1g)
guest_packages=(busybox-static)

# A failure of the testbed itself, in difference to one of the job
die()
{
	echo "${me:-testbed}: $*" >&2
	exit 125
}

# debs NAME [--suite SUITE] [--depends] PACKAGE...: prints the directory where these packages, of $arch or arm64, are unpacked
debs()
{
	local dir=$cache/testbed/$1 options=()
	shift
	if [ "$1" = --suite ]; then
		options=("$1" "$2")
		shift 2
	fi
	if [ "$1" = --depends ]; then
		options+=("$1")
		shift
	fi

	mkdir -p "$cache/testbed"
	(
		flock 7
		"$root/scripts/fetch-debs" "${options[@]}" "${arch:-arm64}" "$dir" "$@"
	) 7>"$dir.lock" || die "cannot get Debian's $* for ${arch:-arm64}"
	echo "$dir"
}

# initramfs_add TREE FILE[:DEST] DIR: copies FILE, also a directory, to DEST, or else into DIR
initramfs_add()
{
	local file=${2%%:*} dest=$3/

	[ -e "$file" ] || die "--add: there is no $file"
	[ "$file" = "$2" ] || dest=${2#*:}
	case $dest in
	*/) dest=$dest$(basename "$file") ;;
	esac
	mkdir -p "$1/$(dirname "$dest")"
	cp -rL --preserve=mode "$file" "$1/$dest"
}

# initramfs_host TREE: busybox, and the libraries that dais is linked with, for an emulated host
initramfs_host()
{
	local tree=$1 debs lib

	debs=$(debs "host-debs" "${host_packages[@]}")
	mkdir -p "$tree"/{bin,dev,etc,job,lib,modules,proc,root,run,sys,tmp,usr}
	ln -s ../bin "$tree/usr/bin"
	cp -L "$(find "$debs" -path '*/bin/busybox')" "$tree/bin/busybox"
	ln -s busybox "$tree/bin/sh"
	find "$debs" -path '*/aarch64-linux-gnu/*.so*' -not -path '*/gconv/*' |
		while read -r lib; do
			cp -L "$lib" "$tree/lib/"
		done
}

# initramfs_module TREE NAME: a module of Debian's kernel (debian-image), with those that it needs before it: the host's and the
# guest's first process load what is in /modules in the order of their names. arch is arm64 or armhf, linux another version.
n_modules=0
initramfs_module()
{
	local tree=$1 file name other

	file=$(find "$("$here/debian-image" --linux "${linux:-6.12}" --modules "$arch")" -name "${2//[-_]/?}.ko*")
	[ -n "$file" ] || die "Debian's kernel for $arch has no module $2"
	name=$(basename "${file%%.ko*}").ko
	! compgen -G "$tree/modules/*-$name" >/dev/null || return 0
	xz -dcf "$file" >"$tree/$name"
	for other in $(tr '\0' '\n' <"$tree/$name" | sed -n 's/^depends=//p' | tr , ' '); do
		initramfs_module "$tree" "$other"
	done
	mkdir -p "$tree/modules"
	mv "$tree/$name" "$tree/modules/$((100 + n_modules++))-$name"
}

# initramfs_pack TREE FILE: uncompressed, QEMU and kernels read that fastest
initramfs_pack()
{
	(cd "$1" && find . -print0 | sort -z | cpio -0 -o -H newc -R 0:0 --quiet) >"$2"
}
