#!/bin/sh
# The judge from end to end, on pictures of tests/samples: training, going on after an interruption,
# what it says of networks, and that no daemon serves it.
#
#   sh tests/train/test_judge.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
weights=$root/models/weights
shipped=$root/models/judge/mnist-judge.safetensors
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"

# judge OUT OPTION...
judge() {
    out=$1
    shift
    "$train" judge --data "images:$scratch/pictures" --batch-size 5 --quiet \
        --out "$scratch/$out.safetensors" "$@"
}

# same_weights A B: all behind the headers, which name the files; 784-400-160-10 units.
same_weights() {
    bytes=$((4 * (784 * 400 + 400 + 400 * 160 + 160 + 160 * 10 + 10)))
    for name in "$1" "$2"; do
        tail -c $bytes "$scratch/$name.safetensors" >"$scratch/$name.numbers"
    done
    cmp "$scratch/$1.numbers" "$scratch/$2.numbers"
}

# A run is stopped by SIGTERM as soon as its state is there, and goes on.
interrupt_and_resume() {
    "$train" judge --data "images:$scratch/pictures" --batch-size 5 --quiet \
        --out "$scratch/stopped.safetensors" --epochs 600 --checkpoint-minutes 0.002 \
        >"$scratch/run" 2>&1 &
    run=$!
    waited=0
    while [ ! -e "$scratch/stopped.safetensors.state" ] && [ $waited -lt 400 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    kill -TERM "$run"
    wait "$run" || return 1
    grep -q 'with --resume goes on' "$scratch/run" || return 1
    judge stopped --epochs 600 --checkpoint-minutes 0.002 --resume &&
        [ ! -e "$scratch/stopped.safetensors.state" ]
}

# scores FILTER OPTION...: what evaluate says of the shipped networks.
scores() {
    filter=$1
    shift
    "$train" evaluate --quiet --json "$@" >"$scratch/scores.json" && jq -e "$filter" "$scratch/scores.json"
}

make_words() {
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$scratch/words/test/$digit" "$scratch/words/train/$digit"
        cp "$root/tests/samples/${digit}_en-us.wav" "$scratch/words/test/$digit/"
        cp "$root/tests/samples/${digit}_en-gb-f2.wav" "$scratch/words/train/$digit/"
    done
}

# refuses WORDS COMMAND...: fails with one sentence that has the words.
refuses() {
    words=$1
    shift
    "$@" 2>"$scratch/sentence" && return 1
    cat "$scratch/sentence"
    [ "$(wc -l <"$scratch/sentence")" = 1 ] && grep -q "$words" "$scratch/sentence"
}

# The daemon names the file and stops.
daemon_refuses() {
    mkdir "$scratch/models"
    cp "$weights/mnist-ae.safetensors" "$shipped" "$scratch/models/"
    ! timeout 20 "$build/spikeloomd" --port 0 --model-repository "$scratch/models" \
        2>"$scratch/daemon.log" &&
        grep -q 'mnist-judge.safetensors: The file holds a judge, which scores pictures' \
            "$scratch/daemon.log"
}

make_pictures "$scratch/pictures"
make_words
mkdir -p "$scratch/clothes/train" "$scratch/clothes/test"
for split in train test; do
    cp -r "$scratch/pictures/$split/3" "$scratch/clothes/$split/shirt"
    cp -r "$scratch/pictures/$split/4" "$scratch/clothes/$split/boot"
done

check "a judge trains" judge one --epochs 200 --log "$scratch/log.jsonl"
check "its card tells command and accuracy" sh -c "
    grep -q 'spikeloom-train judge --data images' '$scratch/one.md' &&
    grep -q 'digit_accuracy | \`1.0\`' '$scratch/one.md'"
check "the log has a line an epoch" [ "$(grep -c '"event":"epoch"' "$scratch/log.jsonl")" = 200 ]
check "one thread trains" judge single --epochs 200 --threads 1
check "the same weights" same_weights one single
check "an interrupted run goes on" interrupt_and_resume
check "an undisturbed run ends" judge undisturbed --epochs 600
check "both have the same weights" same_weights stopped undisturbed
check "clothes are no digits" refuses 'is none' "$train" judge --quiet --epochs 1 \
    --data "images:$scratch/clothes" --out "$scratch/x.safetensors"

check "the shipped one reads the pictures of speech" scores \
    '.digit_accuracy_judge >= 0.9 and .num_samples == 10' --judge "$shipped" \
    --model "$weights/speech-digits.safetensors" --data "wavs:$scratch/words"
check "and reconstructions" scores '.digit_accuracy_judge >= 0.9' --judge "$shipped" \
    --model "$weights/mnist-ae.safetensors" --data "images:$scratch/pictures"
check "but of digits alone" scores '.digit_accuracy_judge == null and .num_samples == 2' \
    --judge "$shipped" --model "$weights/mnist-ae.safetensors" --data "images:$scratch/clothes"
check "without a judge the score is null" scores '.digit_accuracy_judge == null' \
    --model "$weights/speech-digits.safetensors" --data "wavs:$scratch/words"
check "an audiocoder records it" "$train" audiocoder --data "wavs:$scratch/words" \
    --images "images:$scratch/pictures" --autoencoder "$weights/mnist-ae.safetensors" \
    --judge "$shipped" --epochs 2 --hidden 24 --quiet --out "$scratch/words.safetensors"
check "on its card" sh -c "grep -q 'digit_accuracy_judge | \`[0-9]' '$scratch/words.md' &&
    grep -q 'judge | .*mnist-judge.safetensors' '$scratch/words.md'"
check "a network is no judge" refuses 'holds no judge' "$train" evaluate --quiet \
    --judge "$weights/mnist-ae.safetensors" --model "$weights/mnist-ae.safetensors" \
    --data "images:$scratch/pictures"
check "a judge that is missing stops a training before it begins" refuses 'none.safetensors' \
    "$train" audiocoder --data "wavs:$scratch/words" --images "images:$scratch/pictures" \
    --autoencoder "$weights/mnist-ae.safetensors" --judge "$scratch/none.safetensors" --quiet \
    --out "$scratch/never.safetensors"
check "inspect says what it is" refuses 'holds a judge' "$train" inspect --model "$shipped"
check "the daemon refuses it" daemon_refuses
check_finish
