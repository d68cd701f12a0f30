#!/bin/sh
# Tests of the running daemon: every route, every code, bad input, determinism, and its end.
#
#   sh tests/http/run.sh BUILD_FOLDER
#
# Serves the models of models/weights, or of the folder $SPIKELOOM_TEST_MODELS. Prints a line for
# each check and, last, "N passed, N failed, N skipped"; exits 1 when anything failed.
set -u

[ $# -eq 1 ] || {
    echo "usage: sh tests/http/run.sh BUILD_FOLDER" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
samples=$root/tests/samples
models=${SPIKELOOM_TEST_MODELS:-$root/models/weights}
unset SPIKELOOM_TEST_MODELS # which is none of the daemon's variables
daemon_program=$(cd "$1" && pwd)/spikeloomd
scratch=$(mktemp -d)
daemon_folder=$scratch
pids=

. "$here/daemon.sh"
. "$here/../check.sh"
. "$here/answers.sh"
. "$root/deploy/port.sh"

# Ends what is still running, whatever happened.
clean_up() {
    for pid in $pids; do
        kill -KILL "$pid" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# start NAME FLAG...: a daemon that clean_up knows of.
start() {
    start_name=$1
    shift
    daemon_start "$start_name" --model-repository "$models" "$@" || {
        echo "not ok - the daemon starts: $start_name"
        echo "$check_passed passed, $((check_failed + 1)) failed, $check_skipped skipped"
        exit 1
    }
    pids="$pids $daemon_pid"
}

# A build with sanitizers is slow: fewer uploads are compared. Any other leaves its exchanges and the
# outcome of each check for tests/contract.
if grep -q '^SPIKELOOM_SANITIZE:[A-Z]*=..*' "$1/CMakeCache.txt" 2>/dev/null; then
    uploads=40
else
    uploads=200
    daemon_record "$(cd "$1" && pwd)/exchanges/http" || exit 1
    check_outcomes=$daemon_exchanges/checks.tsv
fi

cc -O1 -o "$scratch/uploads" "$here/uploads.c" -lz || exit 1

for test in routes bad_input styles split framing connections codes determinism oip repository \
    reload security tls observability prometheus lifecycle; do
    check_file=tests/http/$test.sh
    . "$here/$test.sh"
done

check_finish
