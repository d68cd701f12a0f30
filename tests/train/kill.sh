#!/bin/sh
# Kills a training without warning at moments drawn by a seed and goes on each time, until it is done;
# the weights must be those of the undisturbed run, bit for bit. Does so again until there were
# that many kills.
#
#   sh tests/train/kill.sh BUILD KILLS [SEED]
#
# 5 kills take about 20 seconds, 200 about 10 minutes on one processor. Prints a line for each training, "N passed,
# N failed, N skipped" last, and a table that goes to $TESTS_REPORT if that is set.
set -u

[ $# -ge 2 ] || {
    echo "usage: sh tests/train/kill.sh BUILD KILLS [SEED]" >&2
    exit 2
}
build=$(cd "$1" && pwd)
wanted=$2
seed=${3-1}
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
scratch=$(mktemp -d)
run=
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"

finish() {
    [ -z "$run" ] || kill -KILL "$run" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

# autoencoder OUT OPTION...: saves its state thirty times a second.
autoencoder() {
    out=$1
    shift
    exec "$train" autoencoder --data "images:$scratch/pictures" --hidden 40 --batch-size 5 --quiet \
        --threads 1 --epochs 1500 --checkpoint-minutes 0.0005 --out "$scratch/$out.safetensors" "$@"
}

now_ms() {
    date +%s%3N
}

# moment NUMBER: milliseconds until a kill, by the seed and the number alone.
moment() {
    awk -v hex="$(printf '%s:%s' "$seed" "$1" | sha256sum | cut -c 1-6)" -v longest="$longest" '
        BEGIN {
            for (i = 1; i <= 6; i++)
                value = 16 * value + index("0123456789abcdef", substr(hex, i, 1)) - 1
            print int(value / 16777216 * longest)
        }'
}

state=$scratch/killed.safetensors.state
kills=0      # that hit a running training
resumed=0    # of these, after which there was a state to go on from
trainings=0
attempts=0   # of kills, those that came too late included

# One training, killed until it is through, at most 25 times.
train_and_kill() {
    rm -f "$scratch"/killed.*
    round_kills=0
    while :; do
        resume=
        [ ! -e "$state" ] || resume=--resume
        # shellcheck disable=SC2086 # nothing or one word
        (autoencoder killed $resume) >"$scratch/run.log" 2>&1 &
        run=$!
        if [ "$round_kills" -lt 25 ] && [ "$kills" -lt "$wanted" ]; then
            attempts=$((attempts + 1))
            sleep "$(awk -v ms="$(moment "$attempts")" 'BEGIN { print ms / 1000 }')"
            if kill -KILL "$run" 2>/dev/null; then
                wait "$run" 2>/dev/null
                code=$?
                run=
                [ "$code" -ne 0 ] || break # it was through already
                kills=$((kills + 1))
                round_kills=$((round_kills + 1))
                [ ! -e "$state" ] || resumed=$((resumed + 1))
                continue
            fi
        fi
        wait "$run"
        code=$?
        run=
        break
    done
    trainings=$((trainings + 1))
    [ "$code" -eq 0 ] || {
        cat "$scratch/run.log"
        return 1
    }
}

same_as_undisturbed() {
    train_and_kill && [ ! -e "$state" ] && alike undisturbed killed
}

report() {
    echo "| kills | a state was there | trainings | other weights |"
    echo "|---|---|---|---|"
    echo "| $kills | $resumed | $trainings | $check_failed |"
}

make_pictures "$scratch/pictures"
started=$(now_ms)
undisturbed() {
    (autoencoder undisturbed)
}
check "the undisturbed training ends" undisturbed
longest=$((($(now_ms) - started) * 2 / 3))
while [ "$kills" -lt "$wanted" ] && [ "$check_failed" -eq 0 ]; do
    check "training $((trainings + 1)) has the undisturbed run's weights" same_as_undisturbed
    echo "# $kills of $wanted kills"
done
command_is_whole() {
    grep -aq 'spikeloom-train autoencoder' "$scratch/killed.safetensors" &&
        ! grep -aq -e --resume "$scratch/killed.safetensors"
}
check "the command that is recorded makes the network at once" command_is_whole
check "most kills left a state to go on from" [ $((2 * resumed)) -ge "$kills" ]
report | tee "${TESTS_REPORT-/dev/null}"
check_finish
