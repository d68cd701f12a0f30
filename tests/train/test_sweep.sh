#!/bin/sh
# spikeloom-train sweep on tiny pictures made here: the results, a sweep that is killed and goes on
# against an undisturbed one, and grids that are refused before anything runs.
#
#   sh tests/train/test_sweep.sh BUILD
set -u

build=$(cd "$1" && pwd)
train=$build/spikeloom-train
scratch=$(mktemp -d)
. "$(dirname "$0")/../check.sh"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# idx_files PREFIX COUNT: pictures of 6 x 6 and their labels.
idx_files() {
    printf "$(awk -v count="$2" 'BEGIN {
        printf "\\000\\000\\010\\003\\000\\000\\000\\%03o\\000\\000\\000\\006\\000\\000\\000\\006", count
        for (i = 0; i < 36 * count; i++) printf "\\%03o", (i * 37 + int(i / 36) * 11) % 256
    }')" >"$scratch/data/$1-images-idx3-ubyte"
    printf "$(awk -v count="$2" 'BEGIN {
        printf "\\000\\000\\010\\001\\000\\000\\000\\%03o", count
        for (i = 0; i < count; i++) printf "\\%03o", i % 10
    }')" >"$scratch/data/$1-labels-idx1-ubyte"
}

# sweep FOLDER OPTION...: in a folder of its own, so that both write the same words into checkpoints.
sweep() {
    folder=$1
    shift
    mkdir -p "$scratch/$folder"
    (cd "$scratch/$folder" && "$train" sweep --data "mnist:$scratch/data" --out results \
        --hidden 20 --batch-size 5 --threads 1 --quiet "$@")
}

grid() {
    sweep "$1" --over steps=3,6 --over learning-rate=1e-3,3e-3 --over seed=1,2 --epochs 400
}

rows() {
    [ -e "$scratch/$1/results/results.jsonl" ] && wc -l <"$scratch/$1/results/results.jsonl" || echo 0
}

# Kills a sweep as soon as two of its eight runs are finished.
kill_in_the_middle() {
    mkdir -p "$scratch/killed"
    (cd "$scratch/killed" && exec "$train" sweep --data "mnist:$scratch/data" --out results \
        --hidden 20 --batch-size 5 --threads 1 --quiet --over steps=3,6 \
        --over learning-rate=1e-3,3e-3 --over seed=1,2 --epochs 400) >/dev/null 2>&1 &
    killed=$!
    waited=0
    while [ "$(rows killed)" -lt 2 ] && [ $waited -lt 400 ]; do
        sleep 0.02
        waited=$((waited + 1))
    done
    kill -9 "$killed"
    wait "$killed"
    kept=$(rows killed)
    cp "$scratch/killed/results/results.jsonl" "$scratch/kept.jsonl"
    [ "$kept" -ge 2 ] && [ "$kept" -lt 8 ]
}

keeps_finished_runs() {
    head -n "$kept" "$scratch/killed/results/results.jsonl" | cmp - "$scratch/kept.jsonl"
}

# without_time FOLDER: the results but for the seconds that each run took.
without_time() {
    jq -c 'del(.seconds)' "$scratch/$1/results/results.jsonl"
}

same_results() {
    without_time killed >"$scratch/a" && without_time whole >"$scratch/b" &&
        cmp "$scratch/a" "$scratch/b"
}

same_checkpoints() {
    for file in "$scratch"/whole/results/*.safetensors; do
        cmp "$file" "$scratch/killed/results/$(basename "$file")" || return 1
    done
}

csv_agrees() {
    csv=$scratch/whole/results/results.csv
    [ "$(wc -l <"$csv")" = 9 ] &&
        head -n 1 "$csv" | grep -q '^run,data,limit,validate,hidden,steps,.*,pixel_mse,.*,seconds$' &&
        [ "$(cut -d, -f1 "$csv" | sed -n 4p)" = steps3-lr3e-3-seed1 ] &&
        [ "$(awk -F, 'NR == 1 { n = NF } NF != n' "$csv")" = "" ]
}

# each_row_has FOLDER FILTER
each_row_has() {
    [ "$(rows "$1")" = 4 ] &&
        [ "$(jq "$2" "$scratch/$1/results/results.jsonl" | sort -u)" = true ]
}

# refused TEXT OPTION...: one sentence with the text, and nothing is written.
refused() {
    text=$1
    shift
    ! sweep refused "$@" 2>"$scratch/sentence" &&
        cat "$scratch/sentence" &&
        [ "$(wc -l <"$scratch/sentence")" = 1 ] &&
        grep -q -e "$text" "$scratch/sentence" &&
        [ ! -e "$scratch/refused/results" ]
}

other_settings() {
    ! sweep whole --over steps=3 --over learning-rate=1e-3 --over seed=1 --epochs 9 \
        2>"$scratch/sentence" &&
        grep -q 'with other settings' "$scratch/sentence" && [ "$(rows whole)" = 8 ]
}

bigger_grid() {
    sweep whole --over steps=3,4 --over learning-rate=1e-3 --over seed=1 --epochs 400 &&
        [ "$(rows whole)" = 9 ]
}

mkdir "$scratch/data"
idx_files train 40
idx_files t10k 20

check "a sweep runs through its grid" grid whole
check "with a row for each run" [ "$(rows whole)" = 8 ]
check "and a table of the same" csv_agrees
check "a sweep is killed" kill_in_the_middle
check "and goes on" grid killed
check "without repeating what was finished" keeps_finished_runs
check "to the results of an undisturbed one" same_results
check "and its checkpoints" same_checkpoints
check "other settings in the same folder are refused" other_settings
check "a bigger grid adds to a folder" bigger_grid
check "all that may be swept is" sweep axes --over tau-mem-ms=5,20 --over spike-penalty=0,0.1 \
    --over surrogate-slope=2 --over batch-size=4 --over neuron=lif --over epochs=2 --validate 10
check "and scored on images held out" each_row_has axes \
    '.settings.validate == 10 and .scores.num_samples == 10'
check "an unknown axis is refused" refused "'threads=1,2'" --over threads=1,2
check "an axis without values is refused" refused 'lacks a value' --over steps=
check "a value that is missing is refused" refused 'lacks a value' --over steps=3,,4
check "an axis given twice is refused" refused 'steps twice' --over steps=3 --over steps=4
check "a value given twice is refused" refused '3 twice' --over steps=3,4,3
check "a value out of range is refused" refused '--steps takes a whole number from 1 to 1000' \
    --over steps=3,0
check "a value that is no choice is refused" refused '--mask takes xor|none' --rule membrane \
    --over mask=xor,and
check "a value that would do nothing is refused" refused 'does nothing' --over mask=xor,none
check "a sweep over nothing is refused" refused 'needs --over'
check "a grid too large is refused" refused 'at most 1000 runs' \
    --over "seed=$(seq -s , 1 40)" --over "hidden=$(seq -s , 1 40)"

check_finish
