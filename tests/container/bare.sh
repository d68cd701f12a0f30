#!/bin/sh
# Runs the two commands of the README on a bare Debian 12: makes one with debootstrap in a temporary
# folder, clones the committed state of this repository into it, runs deploy/run.sh --once and
# tests/run.sh there and prints how long each took. Needs root, debootstrap and git.
#
#   sh tests/container/bare.sh [--deploy-only] [--keep]
#
# Packages come from where this machine gets its own: sources, proxy settings, keys and CA
# certificates of apt are copied into the bare system.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
deploy_only=no
keep=no
failed=0

fail() {
    echo "bare.sh: $*" >&2
    exit 1
}

parse_arguments() {
    for argument; do
        case $argument in
        --deploy-only) deploy_only=yes ;;
        --keep) keep=yes ;;
        *)
            echo "usage: sh tests/container/bare.sh [--deploy-only] [--keep]" >&2
            exit 2
            ;;
        esac
    done
    [ "$(id -u)" -eq 0 ] || fail "debootstrap and chroot need root."
    command -v debootstrap >/dev/null || fail "debootstrap is missing; apt-get install debootstrap"
    command -v git >/dev/null || fail "git is missing; apt-get install git"
}

# The first mirror that this machine's sources name for a suite of Debian's archive.
find_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list \
        2>/dev/null | sed -n \
        -e 's/^URIs: *\(http[^ ]*\/debian\)\/* *.*/\1/p' \
        -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\/debian\)\/* .*/\2/p' | head -n 1
}

# The rest that apt needs to reach the same mirror from inside.
copy_settings() {
    for path in /etc/apt/apt.conf /etc/apt/apt.conf.d /etc/apt/auth.conf /etc/apt/auth.conf.d \
        /etc/apt/trusted.gpg.d /usr/share/keyrings /etc/ssl/certs /usr/share/ca-certificates \
        /usr/local/share/ca-certificates /etc/resolv.conf /etc/hosts; do
        if [ -e "$path" ]; then
            mkdir -p "$bare$(dirname "$path")"
            rm -rf "${bare:?}$path"
            cp -RL "$path" "$bare$path"
        fi
    done
    # hooks of apt call programs that a bare system does not have
    grep -lE 'Post-Invoke|Pre-Install-Pkgs|Pre-Invoke' "$bare"/etc/apt/apt.conf.d/* 2>/dev/null |
        xargs -r rm
    rm -f "$bare"/etc/apt/sources.list.d/*
    {
        echo "deb $mirror bookworm main"
        echo "deb $mirror bookworm-updates main"
    } >"$bare/etc/apt/sources.list"
}

make_bare() {
    mirror=$(find_mirror)
    [ -n "$mirror" ] || fail "no mirror of Debian in /etc/apt."
    debootstrap --variant=minbase bookworm "$bare" "$mirror" >"$bare.log" 2>&1 ||
        { tail -n 20 "$bare.log" >&2; fail "debootstrap failed."; }
    copy_settings
    git clone -q "$root" "$bare/spikeloom"
    mount -t proc proc "$bare/proc"
    mount --rbind /dev "$bare/dev"
    mount --make-rslave "$bare/dev"
}

clean_up() {
    umount -R "$bare/dev" 2>/dev/null || true
    umount "$bare/proc" 2>/dev/null || true
    if [ "$keep" = yes ]; then
        echo "kept $bare"
    elif ! grep -q " $bare/" /proc/mounts; then
        rm -rf "$bare" "$bare.log"
    fi
}

# inside COMMAND...: runs it in the bare system with an environment as bare, and prints its time.
inside() {
    started=$(date +%s)
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$bare" sh -c "cd /spikeloom && $*" || failed=1
    echo "*** $*: $(($(date +%s) - started)) s"
}

parse_arguments "$@"
bare=$(mktemp -d)
trap clean_up EXIT
trap 'exit 130' INT TERM
chmod 755 "$bare"
make_bare
inside sh deploy/run.sh --once
inside ls -l digit.png
[ "$deploy_only" = yes ] || inside sh tests/run.sh
[ "$failed" -eq 0 ] || fail "a command failed in the bare system."
