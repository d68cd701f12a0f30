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
results=$(mktemp -d)
halves=
trap 'kill $halves 2>/dev/null; rm -rf "$results"' EXIT
trap 'exit 1' INT TERM

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

# start NAME FLAG...: a daemon that clean_up knows of.
start() {
    start_name=$1
    shift
    daemon_start "$start_name" --model-repository "$models" "$@" || {
        echo "not ok - the daemon starts: $start_name"
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
fi

# What several tests use.
make_tools() {
    cc -O1 -o "$scratch/uploads" "$here/uploads.c" -lz &&
        cc -O1 -o "$scratch/crowd" "$here/../load/crowd.c" &&
        "$scratch/uploads" quiet "$scratch/large.wav" 8000 3600 &&
        "$scratch/uploads" quiet "$scratch/silence.wav" 8000 1
}

# run NAME TEST...: the tests, in a shell of their own (`run ... &`); their counts go to a file of
# that name.
run() {
    run_name=$1
    shift
    scratch=$(mktemp -d)
    daemon_folder=$scratch
    pids=
    check_outcomes=$results/$run_name.tsv
    trap clean_up EXIT
    trap 'exit 1' INT TERM
    make_tools || exit 1
    for test in "$@"; do
        check_file=tests/http/$test.sh
        . "$here/$test.sh"
    done
    for log in "$scratch"/*.log; do
        check "no sanitizer complains in $(basename "$log")" sh -c \
            "! grep -q 'ERROR: \|runtime error' '$log'"
    done
    echo "$check_passed $check_failed $check_skipped" >"$results/$run_name"
}

# Adds the counts of a run to the sum; one that ended before its time has failed.
add_counts() {
    if read -r add_passed add_failed add_skipped <"$results/$1"; then
        check_passed=$((check_passed + add_passed))
        check_failed=$((check_failed + add_failed))
        check_skipped=$((check_skipped + add_skipped))
    else
        check_failed=$((check_failed + 1))
    fi
}

# Two at a time, as a test waits for its daemon most of the time, or the daemon for it.
run first routes bad_input styles split framing connections codes determinism \
    >"$results/first.log" 2>&1 &
halves=$!
run second oip repository reload security tls observability prometheus lifecycle &
halves="$halves $!"
# shellcheck disable=SC2086 # two
wait $halves
halves=
cat "$results/first.log"
# cases belong to those above them
[ -z "${daemon_exchanges-}" ] ||
    cat "$results/first.tsv" "$results/second.tsv" >"$daemon_exchanges/checks.tsv"
add_counts first
add_counts second
check_finish
