#!/bin/sh
# Analog baselines from end to end, on pictures of tests/samples: training, going on after an
# interruption, scores, and what the daemon does with their checkpoints.
#
#   sh tests/train/test_ann.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
daemon=
scratch=$(mktemp -d)
daemon_program=$build/spikeloomd
daemon_folder=$scratch
. "$root/tests/http/daemon.sh"
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"

finish() {
    [ -n "$daemon" ] && kill "$daemon" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

# ann OUT OPTION...
ann() {
    out=$1
    shift
    "$train" ann --data "images:$scratch/pictures" --hidden 40 --batch-size 5 --quiet \
        --out "$scratch/$out.safetensors" "$@"
}

# evaluates MODEL FILTER: the scores are JSON that passes.
evaluates() {
    "$train" evaluate --quiet --json --model "$scratch/$1.safetensors" \
        --data "images:$scratch/pictures" >"$scratch/scores.json" &&
        jq -e "$2" "$scratch/scores.json"
}

# A run is stopped by SIGTERM as soon as its state is there, and goes on.
interrupt_and_resume() {
    "$train" ann --data "images:$scratch/pictures" --hidden 40 --batch-size 5 --quiet \
        --out "$scratch/stopped.safetensors" --epochs 4000 --checkpoint-minutes 0.005 \
        >"$scratch/run" 2>&1 &
    run=$!
    waited=0
    while [ ! -e "$scratch/stopped.safetensors.state" ] && [ $waited -lt 200 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    kill -TERM "$run"
    wait "$run" || return 1
    grep -q 'with --resume goes on' "$scratch/run" || return 1
    ann stopped --epochs 4000 --checkpoint-minutes 0.005 --resume &&
        [ ! -e "$scratch/stopped.safetensors.state" ]
}

start_daemon() {
    mkdir "$scratch/models"
    cp "$scratch/mnist-ann.safetensors" "$root/models/weights/mnist-ae.safetensors" \
        "$scratch/models/"
    daemon_start ann --model-repository "$scratch/models" && daemon=$daemon_pid
}

# answers CODE PATH OPTION...: the answer to digit_3.png goes to $scratch/body.
answers() {
    code=$1
    path=$2
    shift 2
    got=$(curl -s -o "$scratch/body" -w '%{http_code}' "$@" \
        --data-binary "@$root/tests/samples/digit_3.png" "$daemon_url$path")
    [ "$got" = "$code" ] || { cat "$scratch/body" && false; }
}

# body_is FILTER: the body is JSON that passes.
body_is() {
    jq -e "$1" "$scratch/body"
}

default_spikes() {
    answers 200 /v1/reconstruct -H 'Accept: application/json' &&
        body_is '.model == "mnist-ae" and (.latent | type) == "object"'
}

make_pictures "$scratch/pictures"
# a seed that ends below the bound with any of the kernels that OpenBLAS picks by processor
check "an ann trains" ann mnist-ann --epochs 300 --seed 6
check "its card says what it is" grep -q 'An analog autoencoder' "$scratch/mnist-ann.md"
check "of units without potential" sh -c "grep -q '784 | 40 | relu |' '$scratch/mnist-ann.md' &&
    ! grep -q -e 'steps of' -e 'reset' -e '(latent)' '$scratch/mnist-ann.md'"
check "its scores" evaluates mnist-ann '.pixel_mse < 0.01 and .mse_spikes == null and .spikes == 0 and
    .synops == .macs and .synops_effective == 0 and .synops_dense == 62720 and
    .energy_joules > 0 and .firing_rate_hz == null and .num_samples == 10'
check "one thread gives the same weights" ann single --epochs 300 --seed 6 --threads 1
check "... exactly" alike mnist-ann single
check "the logistic kind trains" ann sigmoid --epochs 300 --activation sigmoid
check "and learns" evaluates sigmoid '.pixel_mse < 0.05'
check "an interrupted run goes on" interrupt_and_resume
check "an undisturbed run ends" ann undisturbed --epochs 4000
check "both have the same weights" alike stopped undisturbed
check "inspect tells its units" sh -c "'$train' inspect --model '$scratch/mnist-ann.safetensors' |
    grep -q relu"
check "no audiocoder learns from it" sh -c "! '$train' audiocoder --data 'fsdd:$scratch' \
    --images 'images:$scratch/pictures' --autoencoder '$scratch/mnist-ann.safetensors' \
    --out '$scratch/no.safetensors' 2>'$scratch/sentence' &&
    grep -q 'mnist-ann.*no spikes' '$scratch/sentence'"

check "a daemon serves it" start_daemon
check "it reconstructs" answers 200 '/v1/reconstruct?model=mnist-ann'
check "as JSON" answers 200 '/v1/reconstruct?model=mnist-ann' -H 'Accept: application/json'
check "without a latent" body_is '.model == "mnist-ann" and (has("latent") | not) and .spikes == 0 and
    .synops > 0 and .num_steps == 1 and (.image_png | length) > 0'
check "encode refuses it" answers 400 '/v1/encode?model=mnist-ann'
check "in a sentence" body_is '.detail | test("mnist-ann.*has no spikes")'
check "frames are refused" answers 400 '/v1/reconstruct?model=mnist-ann&frames=1'
check "in a sentence" body_is '.detail | test("no steps")'
check "more steps are refused" answers 400 '/v1/reconstruct?model=mnist-ann&steps=2'
check "the default spikes" default_spikes
check "its card is there" answers 200 /v1/models/mnist-ann -X GET
check "and tells its kind" body_is '.kind == "ann" and .layers[0].neuron.model == "relu"'

check_finish
