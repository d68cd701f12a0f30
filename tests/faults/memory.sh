#!/bin/sh
# Makes allocations of a running daemon fail, its libraries' own as well, one after the other: each
# answer is the known one, 503, or none at all, and the next one is right. Then those of its start.
#
#   sh tests/faults/memory.sh BUILD [STEP]     every STEPth allocation, 1 (all) unless it is given
set -u

build=$(cd "$1" && pwd)
step=${2-1}
root=$(cd "$(dirname "$0")/../.." && pwd)
samples=$root/tests/samples
scratch=$(mktemp -d)
daemon_program=$build/spikeloomd
daemon_folder=$scratch
daemon_pid=
. "$root/tests/check.sh"
. "$root/tests/http/daemon.sh"
. "$root/tests/requests.sh"
clean_up() {
    [ -z "$daemon_pid" ] || kill -KILL "$daemon_pid" 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

faulty=$scratch/faulty.so
flags="-D_GNU_SOURCE -std=c17 -O1 -Wall -Wextra -Werror"
# shellcheck disable=SC2086 # a list of words
cc $flags -fPIC -shared -o "$faulty" "$root/tests/faults/faulty.c" -ldl || exit 1
# shellcheck disable=SC2086
cc $flags -o "$scratch/sweep" "$root/tests/faults/sweep.c" || exit 1

request() {
    request_post "$scratch" "$@"
}

ask() {
    request_get "$scratch" "$@"
}

# --- a daemon that serves ----------------------------------------------------------------------
head -c 8 /dev/zero >"$scratch/arm"
export FAULTY_ARM="$scratch/arm"
# these use a null pointer where an allocation of their own fails
export FAULTY_SPARE="libsndfile libtasn1 libvorbis libogg libsoxr"
daemon_recorder=$faulty
export MALLOC_ARENA_MAX=1
daemon_start swept --model-repository "$root/models/weights" --io-threads 1 --infer-threads 1 || exit 1
daemon_recorder=
unset FAULTY_ARM
port=${daemon_url##*:}
short=$scratch/short.wav
request_wav "$samples/3_en-us.wav" 7936 "$short"
curl -s "$daemon_url/v1/encode" --data-binary "@$samples/3_en-us.wav" >"$scratch/latent.json"
request_tensor "$scratch/infer.json"
request_form "$samples/digit_4.png" "$scratch/form"
request synthesize /v1/synthesize "$short"
request animate '/v1/synthesize?frames=1' "$root/tests/unit/media/tone.flac"
request vorbis '/v1/encode' "$root/tests/unit/media/vorbis.ogg"
request mp3 '/v1/encode' "$root/tests/unit/media/tone.mp3"
request split '/v1/synthesize?split=1' "$short" 'Accept: application/json'
request reconstruct '/v1/reconstruct?input=1' "$samples/digit_4.png" 'Accept: application/json'
request decode /v1/decode "$scratch/latent.json"
request infer /v2/models/mnist-ae/infer "$scratch/infer.json"
request form /v1/reconstruct "$scratch/form" 'Content-Type: multipart/form-data; boundary=x'
request index /v2/repository/index /dev/null
ask models /v1/models
ask openapi /openapi.json
ask page /
for file in "$scratch"/*.request; do
    name=$(basename "$file" .request)
    check "$name: the right answer, 503 or none" \
        "$scratch/sweep" "$port" "$scratch/arm" "$step" "$file"
    tail -n 1 "$scratch/check.out" | sed 's/^/# /'
done
check "the daemon ends well" daemon_stop "$daemon_pid"
daemon_pid=

# --- its start -----------------------------------------------------------------------------------
mkdir "$scratch/models" && cp "$root/models/weights/mnist-ann.safetensors" "$scratch/models/"
# start NUMBER: a check of the settings and models with that allocation failing.
start() {
    # jansson, where a string with escapes finds no memory, runs into an assertion of its own
    FAULTY_SPARE="$FAULTY_SPARE libjansson" LD_PRELOAD=$faulty FAULTY_CALL=malloc FAULTY_AT=$1 FAULTY_COUNT=$scratch/count \
        "$build/spikeloomd" --check-config --model-repository "$scratch/models" >"$scratch/said" 2>&1
}

# Each ends with 0 or 1 and a sentence.
sweep_start() {
    start 0
    start_count=$(cat "$scratch/count")
    start_number=1
    while [ "$start_number" -le "$start_count" ]; do
        start "$start_number"
        start_code=$?
        [ "$start_code" -le 1 ] && { [ "$start_code" -eq 0 ] || [ -s "$scratch/said" ]; } || {
            echo "allocation $start_number of $start_count: $start_code"
            cat "$scratch/said"
            return 1
        }
        start_number=$((start_number + start_step))
    done
    echo "$start_count allocations"
}
start_step=$((step * 3))
check "a start without memory ends with a sentence" sweep_start
tail -n 1 "$scratch/check.out" | sed 's/^/# /'
check_finish
