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

. "$root/tests/container/bookworm.sh"

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

make_bare() {
    bookworm_make "$bare" || fail "debootstrap failed."
    git clone -q "$root" "$bare/spikeloom"
    mount -t proc proc "$bare/proc"
    mount --rbind /dev "$bare/dev"
    mount --make-rslave "$bare/dev"
}

clean_up() {
    umount "$bare/run/netns" 2>/dev/null || true # left by `ip netns`
    umount -R "$bare/dev" 2>/dev/null || true
    umount "$bare/proc" 2>/dev/null || true
    if [ "$keep" = yes ]; then
        echo "kept $bare"
    elif ! grep -q " $bare/" /proc/mounts; then
        rm -rf "$bare"
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
