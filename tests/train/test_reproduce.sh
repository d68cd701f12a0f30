#!/bin/sh
# spikeloom-train reproduce on tiny pictures made here and the spoken digits of tests/samples: its
# report against the CSV files, a second call, one that is killed and goes on, and what is refused.
#
#   sh tests/train/test_reproduce.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
passed=0
failed=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# check TITLE COMMAND...: passes when the command succeeds.
check() {
    title=$1
    shift
    if "$@" >"$scratch/output" 2>&1; then
        echo "ok - $title"
        passed=$((passed + 1))
    else
        echo "not ok - $title"
        failed=$((failed + 1))
        tail -n 15 "$scratch/output" | sed 's/^/# /'
    fi
}

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

make_data() {
    mkdir "$scratch/data"
    idx_files train 40
    idx_files t10k 20
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$scratch/words/train/$digit" "$scratch/words/test/$digit"
        cp "$root/tests/samples/${digit}_en-us.wav" "$scratch/words/train/$digit/"
        cp "$root/tests/samples/${digit}_en-gb-f2.wav" "$scratch/words/test/$digit/"
    done
}

# become FOLDER OPTION...: turns the shell into the trainer, in a folder of its own, so that all
# write the same words.
become() {
    mkdir -p "$scratch/$1" && cd "$scratch/$1" && shift &&
        exec "$train" reproduce --quiet --out report --mnist "mnist:$scratch/data" "$@"
}

reproduce() {
    (become "$@")
}

# All experiments, with few samples.
become_quick() {
    become "$1" --quick --fashion "fashion:$scratch/data" --speech "wavs:$scratch/words"
}

quick() {
    (become_quick "$1")
}

rows() {
    [ -e "$scratch/$1/report/results.jsonl" ] && wc -l <"$scratch/$1/report/results.jsonl" || echo 0
}

# Every row of every table of the report, as a line of CSV, stands in a file of csv/.
tables_agree() {
    report=$scratch/whole/report
    sed -n 's/^| \(.*\) |$/\1/p' "$report/REPORT.md" |
        sed 's/ | /,/g; :again; s/,-\(,\|$\)/,\1/; t again' >"$scratch/lines"
    [ "$(wc -l <"$scratch/lines")" -gt 60 ] || return 1
    while read -r line; do
        cat "$report"/csv/*.csv | grep -qxF -e "$line" || {
            echo "$line"
            return 1
        }
    done <"$scratch/lines"
}

# Of each run the report shows the figures that its evaluation prints.
command_gives_figures() {
    grep -m 1 '^spikeloom-train evaluate .*mnist-if-none' "$scratch/whole/report/REPORT.md" |
        sed "s|^spikeloom-train|'$train'|" >"$scratch/command"
    (cd "$scratch/whole" && sh "$scratch/command") >"$scratch/scores" || return 1
    printed=$(jq -r '[.mse_spikes, .mse_pixels] | @tsv' "$scratch/scores")
    expected=$(printf '%s' "$printed" | awk '{ printf "%.4g | %.4g", $1, $2 }')
    grep -F -e "| mnist-if-none | none | if | $expected |" "$scratch/whole/report/REPORT.md"
}

# Every picture that the report shows is there, and is a PNG.
figures_are_there() {
    sed -n 's/^!\[.*\](\(.*\))$/\1/p' "$scratch/whole/report/REPORT.md" >"$scratch/figures"
    [ "$(wc -l <"$scratch/figures")" -gt 15 ] || return 1
    while read -r figure; do
        [ "$(head -c 4 "$scratch/whole/report/$figure" | tail -c 3)" = PNG ] || return 1
    done <"$scratch/figures"
}

plots_or_a_word() {
    if command -v gnuplot >/dev/null; then
        grep -q 'plots/steps.png' "$scratch/whole/report/REPORT.md"
    else
        grep -q 'gnuplot .* is not installed' "$scratch/whole/report/REPORT.md"
    fi
}

second_call_does_nothing() {
    touch "$scratch/marker"
    quick whole | grep -q 'nothing to do' || return 1
    find "$scratch/whole/report" -newer "$scratch/marker" -name '*.safetensors' -o \
        -newer "$scratch/marker" -name REPORT.md -o \
        -newer "$scratch/marker" -name results.jsonl >"$scratch/newer"
    cat "$scratch/newer"
    [ ! -s "$scratch/newer" ]
}

kill_in_the_middle() {
    become_quick killed >/dev/null 2>&1 &
    killed=$!
    waited=0
    while [ "$(rows killed)" -lt 2 ] && [ $waited -lt 1000 ]; do
        sleep 0.02
        waited=$((waited + 1))
    done
    kill -9 "$killed"
    wait "$killed"
    kept=$(rows killed)
    cp "$scratch/killed/report/results.jsonl" "$scratch/kept.jsonl"
    [ "$kept" -ge 2 ] && [ "$kept" -lt 30 ] && [ ! -e "$scratch/killed/report/REPORT.md" ]
}

keeps_finished_runs() {
    head -n "$kept" "$scratch/killed/report/results.jsonl" | cmp - "$scratch/kept.jsonl"
}

# Time and memory are the last section, and no two calls agree in them.
same_report() {
    for folder in whole killed; do
        sed '/^## Time and memory/,$d' "$scratch/$folder/report/REPORT.md" >"$scratch/$folder.md"
    done
    cmp "$scratch/whole.md" "$scratch/killed.md" &&
        diff -r -x time.csv "$scratch/whole/report/csv" "$scratch/killed/report/csv"
}

same_pictures() {
    diff -r "$scratch/whole/report/pictures" "$scratch/killed/report/pictures"
}

# Published sizes of what pictures alone can do.
full_of_pictures() {
    reproduce full --full --commit abc123 >"$scratch/words_said" &&
        grep -q 'Expected time: about [0-9]* minutes for 22 runs' "$scratch/words_said" &&
        grep -q 'sources abc123' "$scratch/full/report/REPORT.md" &&
        grep -q 'Not run: audio-a-bptt, for want of --speech' "$scratch/full/report/REPORT.md" &&
        grep -q 'Not run: fashion-ann, for want of --fashion' "$scratch/full/report/REPORT.md"
}

without_gnuplot() {
    rm "$scratch/full/report/REPORT.md"
    (cd "$scratch/full" && PATH=$scratch/nothing "$train" reproduce --quiet --out report --full \
        --mnist "mnist:$scratch/data") 2>"$scratch/sentence" &&
        grep -q 'gnuplot .* is not installed' "$scratch/sentence" &&
        grep -q 'gnuplot .* is not installed' "$scratch/full/report/REPORT.md" &&
        ! grep -q 'plots/' "$scratch/full/report/REPORT.md"
}

# refused TEXT FOLDER OPTION...: one sentence with the text.
refused() {
    text=$1
    shift
    ! reproduce "$@" 2>"$scratch/sentence" &&
        cat "$scratch/sentence" &&
        [ "$(wc -l <"$scratch/sentence")" = 1 ] && grep -q -e "$text" "$scratch/sentence"
}

make_data
check "all experiments run, small" quick whole
check "with a row for each" [ "$(rows whole)" = 30 ]
check "every figure of the report stands in a CSV" tables_agree
check "and comes from the command above it" command_gives_figures
check "its figures are there" figures_are_there
check "plots are drawn, or the report says why not" plots_or_a_word
check "a second call does nothing" second_call_does_nothing
check "a call is killed" kill_in_the_middle
check "and goes on" quick killed
check "without repeating what was finished" keeps_finished_runs
check "to the same report" same_report
check "and the same pictures" same_pictures
check "full tells its time first, and leaves out what has no data" full_of_pictures
check "without gnuplot it says so" without_gnuplot
check "quick and full exclude each other" refused 'exclude each other' refused --quick --full
check "other sizes in the same folder are refused" refused 'with other settings' whole --full
check "data that is not there is refused" refused 'nowhere' refused --mnist "mnist:$scratch/nowhere"

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
