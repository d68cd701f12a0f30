#!/bin/sh
# Checks what the HTTP tests and the examples have sent and got against api/openapi.yaml, and that
# against demands.json; see README.md.
#
#   sh tests/contract/run.sh BUILD_FOLDER
#   sh tests/contract/run.sh --self-test BUILD_FOLDER    breaks copies of all three and wants it found
#
# Wants the exchanges that tests/http/run.sh and api/examples/run.sh left in BUILD_FOLDER/exchanges.
# Prints a line for each check and, last, "N passed, N failed, N skipped"; exits 1 when anything
# failed. Where npm or its registry cannot be had, all of it is skipped.
set -u

self_test=
if [ "${1-}" = --self-test ]; then
    self_test=yes
    shift
fi
[ $# -eq 1 ] || {
    echo "usage: sh tests/contract/run.sh [--self-test] BUILD_FOLDER" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)

skip_all() {
    echo "ok - the contract # SKIP skipped: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}

# The packages of package-lock.json, installed when they are not.
install_packages() {
    [ "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ] && return
    (cd "$here" && npm ci --no-audit --no-fund)
}

command -v npm >/dev/null || skip_all "there is no npm"
if ! install_packages; then
    npm ping >/dev/null 2>&1 || skip_all "npm's registry cannot be reached"
    echo "not ok - the packages cannot be installed"
    exit 1
fi
set --
for folder in "$build"/exchanges/*/; do
    [ -d "$folder" ] && set -- "$@" "$folder"
done
[ $# -gt 0 ] || {
    echo "not ok - nothing was recorded: run tests/http/run.sh first"
    exit 1
}
if [ -n "$self_test" ]; then
    node "$here/self_test.mjs" "$@"
else
    node "$here/check.mjs" "$build" "$@"
fi
