#!/bin/sh
# Turns the clock of a running daemon years forward and back while requests wait, are computed and come
# slowly: none may time out, be answered otherwise, or be closed. Wants Debian's faketime.
#
#   sh tests/faults/clock.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
samples=$root/tests/samples
scratch=$(mktemp -d)
daemon_program=$build/spikeloomd
daemon_folder=$scratch
daemon_pid=
. "$root/tests/check.sh"
. "$root/tests/http/daemon.sh"
clean_up() {
    [ -z "$daemon_pid" ] || kill -KILL "$daemon_pid" 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

library=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
if [ -z "$library" ]; then
    skip "clock jumps" "skipped: faketime is not installed"
    check_finish
    exit
fi
# turn OFFSET: the daemon's clock from now on, "+10y" or "-10y"; the monotonic one stays.
turn() {
    echo "$1" >"$scratch/offset.new" && mv "$scratch/offset.new" "$scratch/offset"
}
turn +0
export FAKETIME_TIMESTAMP_FILE="$scratch/offset" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 \
    DONT_FAKE_MONOTONIC=1
daemon_recorder=$library
daemon_start clock --model-repository "$root/models/weights" --timeout-ms 5000 || exit 1
daemon_recorder=

# synthesize OUT CURL_ARGUMENTS
synthesize() {
    # shellcheck disable=SC2086 # words
    curl -sS -o "$1" -w '%{http_code}\n' $2 --data-binary "@$samples/3_en-us.wav" "$daemon_url/v1/synthesize"
}
# the same picture within a jump, from a client that takes two seconds to send
slow_through_jump() {
    synthesize "$scratch/slow.png" "--limit-rate 16k" >"$scratch/code" &
    slow=$!
    sleep 0.7
    turn "$1"
    wait "$slow"
    [ "$(cat "$scratch/code")" = 200 ] && cmp "$scratch/known.png" "$scratch/slow.png"
}
check "a picture, to compare" [ "$(synthesize "$scratch/known.png" -s)" = 200 ]
for offset in +10y -10y +1d +0; do
    check "the clock jumps to $offset while a request comes in" slow_through_jump "$offset"
    check "  and the next one is served" [ "$(synthesize "$scratch/next.png" -s)" = 200 ]
done
check "the log was written with another year" grep -Eq '"time":"20(1|3)[0-9]' "$daemon_log"
check "it drains" daemon_stop "$daemon_pid"
daemon_pid=
check_finish
