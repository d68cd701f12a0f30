#!/bin/sh
# arm64 from another machine: makes a bare Debian 12 with debootstrap in a temporary folder, builds
# the committed state of this repository in it with Debian's cross compiler and arm64 libraries, and
# runs the unit tests and the daemon under qemu-user. Needs root, debootstrap and git. Not part of
# tests/run.sh, as emulation takes its time.
#
#   sh tests/container/arm64.sh [--keep]
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
keep=no
triplet=aarch64-linux-gnu

. "$root/tests/container/bookworm.sh"
. "$root/deploy/packages.sh"

fail() {
    echo "arm64.sh: $*" >&2
    exit 1
}

clean_up() {
    umount "$bare/proc" 2>/dev/null || true
    if [ "$keep" = yes ]; then
        echo "kept $bare"
    elif ! grep -q " $bare/" /proc/mounts; then
        rm -rf "$bare"
    fi
}

inside() {
    env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
        chroot "$bare" sh -c "cd /spikeloom || exit
$*"
}

# Tools of this machine's kind, libraries of the other's.
packages_for_arm64() {
    for package in $packages_build libcmocka-dev; do
        case $package in
        gcc | make | cmake | pkgconf | curl) echo "$package" ;;
        libc6-dev) ;;
        *) echo "$package:arm64" ;;
        esac
    done
    echo crossbuild-essential-arm64 qemu-user-static curl
}

make_system() {
    bookworm_make "$bare" || fail "debootstrap failed."
    echo force-unsafe-io >"$bare/etc/dpkg/dpkg.cfg.d/unsafe-io"
    git clone -q "$root" "$bare/spikeloom"
    mount -t proc proc "$bare/proc"
    # shellcheck disable=SC2046 # a list of words
    inside "dpkg --add-architecture arm64 && apt-get update -qq && apt-get install -qq -y \
        --no-install-recommends -o Dpkg::Use-Pty=0" $(packages_for_arm64) ">/dev/null" ||
        fail "the packages cannot be installed."
}

build() {
    cat >"$bare/arm64.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER $triplet-gcc)
set(PKG_CONFIG_EXECUTABLE /usr/bin/$triplet-pkg-config)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
CMAKE
    inside "cmake -S . -B build-arm64 -DCMAKE_TOOLCHAIN_FILE=/arm64.cmake -DSPIKELOOM_TESTS=ON \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSPIKELOOM_TEST_LAUNCHER=qemu-aarch64-static >/dev/null" &&
        inside "cmake --build build-arm64 -j $(nproc) >/dev/null" || fail "the build failed."
    inside "$triplet-readelf -h build-arm64/spikeloomd" | grep -q AArch64 ||
        fail "what was built is not for arm64."
}

# The daemon answers a post; deploy/port.sh needs /proc alone.
serve() {
    port=$(. "$root/deploy/port.sh" && port_find_free 18700)
    inside "qemu-aarch64-static build-arm64/spikeloomd --port $port 2>/log &
        daemon=\$!
        tries=0
        until curl -fsS -o /dev/null http://127.0.0.1:$port/v2/health/ready 2>/dev/null; do
            tries=\$((tries + 1)); [ \$tries -lt 150 ] || { cat /log; exit 1; }
            sleep 0.2
        done
        curl -fsS --data-binary @tests/samples/3_en-us.wav -o /arm64.png \
            http://127.0.0.1:$port/v1/synthesize
        kill \$daemon; wait \$daemon"
}

[ "${1-}" != --keep ] || keep=yes
[ "$(id -u)" -eq 0 ] || fail "debootstrap and chroot need root."
command -v debootstrap >/dev/null || fail "debootstrap is missing; apt-get install debootstrap"
bare=$(mktemp -d)
trap clean_up EXIT
trap 'exit 130' INT TERM
chmod 755 "$bare"
make_system
build
status=0
# a thousand runs of each shipped model take too long under emulation
inside "ctest --test-dir build-arm64 -L '^unit\$' -E '^unit/shipped\$' -j $(nproc)" || status=1
serve || status=1
sha256sum "$bare/arm64.png" || status=1
exit "$status"
