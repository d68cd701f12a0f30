#!/bin/sh
# The page in a headless Chromium, at the width of a phone and of a desktop; see README.md.
#
#   sh tests/page/run.sh BUILD_FOLDER
#
# Leaves pictures of what it saw in BUILD_FOLDER/page. Installs what is missing: Debian's chromium as
# root, the packages of package-lock.json by npm. Prints a line for each check and, last,
# "N passed, N failed, N skipped"; exits 1 when anything failed. Where no browser can be had or run,
# all of it is skipped.
set -u

[ $# -eq 1 ] || {
    echo "usage: sh tests/page/run.sh BUILD_FOLDER" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
models=${SPIKELOOM_TEST_MODELS:-$root/models/weights}
unset SPIKELOOM_TEST_MODELS # which is none of the daemon's variables
pictures=$build/page
daemon_program=$build/spikeloomd
scratch=$(mktemp -d)
daemon_folder=$scratch
pids=

. "$root/tests/http/daemon.sh"
. "$root/deploy/packages.sh"
. "$root/deploy/port.sh"

# Ends what is still running, whatever happened.
clean_up() {
    for pid in $pids; do
        kill -TERM "$pid" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

skip_all() {
    echo "ok - the page # SKIP skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}

fail_all() {
    echo "not ok - $1"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
}

# The packages of package-lock.json, installed when they are not.
install_packages() {
    [ "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ] && return
    (cd "$here" && npm ci --no-audit --no-fund)
}

# start NAME FLAG...: a daemon that clean_up knows of.
start() {
    start_name=$1
    shift
    daemon_start "$start_name" --model-repository "$models" "$@" ||
        fail_all "the daemon starts: $start_name"
    pids="$pids $daemon_pid"
}

command -v npm >/dev/null || packages_page="$packages_page $packages_contract"
# shellcheck disable=SC2086 # a list of words
command -v chromium >/dev/null || packages_install $packages_page >&2
command -v chromium >/dev/null || skip_all "there is no chromium"
command -v npm >/dev/null || skip_all "there is no npm"
chromium --headless --no-sandbox --disable-gpu --dump-dom about:blank >/dev/null 2>&1 ||
    skip_all "chromium does not run here"
if ! install_packages; then
    npm ping >/dev/null 2>&1 || skip_all "npm's registry cannot be reached"
    fail_all "the packages cannot be installed"
fi

rm -rf "$pictures"
mkdir -p "$pictures"
start plain
plain=$daemon_url
printf '%s\n' page-user-key-52c1 >"$scratch/keys"
chmod 600 "$scratch/keys"
start guarded --api-key-file "$scratch/keys" --metrics-port "$(port_find_free 18400)"
node "$here/check.mjs" --plain "$plain" --guarded "$daemon_url" --guarded-pid "$daemon_pid" \
    --key page-user-key-52c1 --chromium "$(command -v chromium)" --scratch "$scratch" \
    --pictures "$pictures" --samples "$root/tests/samples"
