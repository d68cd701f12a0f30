#!/bin/sh
# The kernels: each level of the processor's instructions gives the same bits as the plain one, by
# itself (kernels_check) and in all that a daemon answers and a training writes.
#
#   sh tests/kernels/run.sh BUILD_FOLDER
#
# Prints a line for each check and, last, "N passed, N failed, N skipped"; exits 1 when anything
# failed. BUILD_FOLDER/kernels_check --bench times them.
set -u

[ $# -eq 1 ] || {
    echo "usage: sh tests/kernels/run.sh BUILD_FOLDER" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
samples=$root/tests/samples
daemon_program=$build/spikeloomd
scratch=$(mktemp -d)
daemon_folder=$scratch
daemon_pid=

. "$root/tests/http/daemon.sh"
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"

clean_up() {
    [ -z "$daemon_pid" ] || kill -KILL "$daemon_pid" 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# The shipped models, and one of them with rate coding, and one that resets to zero.
make_models() {
    mkdir "$scratch/models"
    cp "$root"/models/weights/*.safetensors "$scratch/models"
    LC_ALL=C sed 's/{\\"kind\\":\\"current\\",/{\\"kind\\":\\"rate\\"   ,/' \
        "$scratch/models/fashion-ae.safetensors" >"$scratch/models/fashion-ae-rate.safetensors"
    LC_ALL=C sed 's/\\"reset\\":\\"subtract\\"/\\"reset\\":\\"zero\\"    /g' \
        "$scratch/models/speech-digits.safetensors" >"$scratch/models/speech-zero.safetensors"
}

# ask NAME PATH FILE [ACCEPT]: one answer, kept as NAME in $answers.
ask() {
    curl -fsS -H "Accept: ${4:-*/*}" --data-binary "@$3" -o "$answers/$1" "$daemon_url/v1/$2"
}

# All that the daemon answers with, in $answers.
ask_all() {
    for file in "$samples"/[0-9]*.wav; do
        name=$(basename "$file" .wav)
        ask "$name.png" "synthesize?scale=2" "$file" &&
            ask "$name.json" synthesize "$file" application/json &&
            ask "$name-zero.json" 'synthesize?model=speech-zero&seed=3' "$file" application/json ||
            return 1
    done
    for file in "$samples"/digit_*.png; do
        name=$(basename "$file" .png)
        for model in mnist-ae fashion-ae mnist-ann mnist-ae-rate fashion-ae-rate; do
            ask "$name-$model.json" "reconstruct?model=$model&seed=7" "$file" application/json ||
                return 1
        done
        for model in mnist-ae mnist-ae-rate fashion-ae-rate; do
            ask "$name-$model-latent.json" "encode?model=$model&seed=5" "$file" || return 1
        done
    done
}

digests() {
    (cd "$1" && sha256sum -- *)
}

# check_daemon LEVEL: its answers are those of the plain level.
check_daemon() {
    answers=$scratch/$1
    mkdir "$answers"
    check "a daemon at level $1" daemon_start "$1" --model-repository "$scratch/models" \
        --cpu-level "$1"
    check "  says so in its log" grep -q "\"event\":\"start\".*\"cpu_level\":\"$1\"" "$daemon_log"
    curl -fsS "$daemon_url/metrics" >"$scratch/metrics"
    check "  and in its metrics" grep -q "^spikeloom_build_info{.*cpu_level=\"$1\"} 1" "$scratch/metrics"
    check "  answers" ask_all
    digests "$answers" >"$scratch/$1.digests"
    check "  with the bytes of the plain level" cmp "$scratch/plain.digests" "$scratch/$1.digests"
    check "  stops with 0" daemon_stop "$daemon_pid"
    daemon_pid=
}

# train LEVEL RULE: a model of a few pictures; its weights, which follow the file's header, are kept.
train() {
    "$build/spikeloom-train" autoencoder --data "images:$scratch/pictures" --cpu-level "$1" \
        --rule "$2" --encoding rate --hidden 37 --batch-size 5 --epochs 3 --quiet \
        --out "$scratch/trained.safetensors" &&
        tail -c $((4 * (2 * 784 * 37 + 37 + 784))) "$scratch/trained.safetensors" \
            >"$scratch/trained.$2.$1"
}

check_training() {
    for rule in bptt membrane; do
        check "a training at level $1 by the rule $rule" train "$1" "$rule"
        check "  gives the weights of the plain level" cmp "$scratch/trained.$rule.plain" \
            "$scratch/trained.$rule.$1"
    done
}

levels=
skipped=
for level in plain neon avx2 avx512; do
    if "$daemon_program" --check-config --cpu-level "$level" >/dev/null 2>&1; then
        levels="$levels $level"
    else
        skipped="$skipped $level"
    fi
done

check "kernels by themselves" "$build/kernels_check"
make_models
make_pictures "$scratch/pictures"
for level in $levels; do
    check_daemon "$level"
    check_training "$level"
done
for level in $skipped; do
    skip "a daemon at level $level" "this processor has not got it"
done
check "answers differ as well" test "$(cut -c 1-64 "$scratch/plain.digests" | sort -u | wc -l)" -gt 50
check "a level that there is not is refused" sh -c \
    "! '$daemon_program' --check-config --cpu-level sse9 2>'$scratch/refused'"
check "  with a sentence" grep -q "no level of kernels 'sse9'" "$scratch/refused"
check "  by the trainer too" sh -c \
    "! '$build/spikeloom-train' inspect --cpu-level sse9 --model '$scratch/models/mnist-ae.safetensors' 2>'$scratch/refused'"
check "  with a sentence" grep -q "no level of kernels 'sse9'" "$scratch/refused"
check "the variable as well" sh -c \
    "! SPIKELOOM_CPU_LEVEL=sse9 '$daemon_program' --check-config 2>'$scratch/refused'"
check_finish
