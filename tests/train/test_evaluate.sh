#!/bin/sh
# The evaluate command beyond plain scores: intervals, steps, conditions, pictures and cards, on the
# shipped checkpoints and tests/samples; and the scores by steps against the daemon's pictures.
#
#   sh tests/train/test_evaluate.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
weights=$root/models/weights
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

# evaluate OUT OPTION...: the scores of $scratch/OUT.json.
evaluate() {
    out=$1
    shift
    "$train" evaluate --quiet --json "$@" >"$scratch/$out.json"
}

# holds OUT FILTER
holds() {
    jq -e "$2" "$scratch/$1.json"
}

# is_png FILE WIDTH HEIGHT
is_png() {
    [ "$(od -An -tu1 -j16 -N8 "$1" | awk '{ print $1 * 16777216 + $2 * 65536 + $3 * 256 + $4,
        $5 * 16777216 + $6 * 65536 + $7 * 256 + $8 }')" = "$2 $3" ]
}

# refuses WORDS OPTION...: fails with one sentence that has the words.
refuses() {
    words=$1
    shift
    "$train" evaluate --quiet "$@" 2>"$scratch/sentence" && return 1
    cat "$scratch/sentence"
    [ "$(wc -l <"$scratch/sentence")" = 1 ] && grep -q -e "$words" "$scratch/sentence"
}

make_data() {
    make_pictures "$scratch/pictures"
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$scratch/words/test/$digit" "$scratch/words/train/$digit"
        cp "$root/tests/samples/${digit}_en-us.wav" "$scratch/words/test/$digit/"
        cp "$root/tests/samples/${digit}_en-gb-f2.wav" "$scratch/words/train/$digit/"
    done
    # a recording that lies: its picture is misread
    cp "$root/tests/samples/3_en-us.wav" "$scratch/words/test/7/three.wav"
    cp "$weights/mnist-ae.safetensors" "$weights/speech-digits.safetensors" "$scratch/"
    cp "$weights/mnist-ae.md" "$weights/speech-digits.md" "$scratch/"
}

ae="--model $scratch/mnist-ae.safetensors --data images:$scratch/pictures"
speech="--model $scratch/speech-digits.safetensors --data wavs:$scratch/words"
judge="--judge $root/models/judge/mnist-judge.safetensors"

# The row of fewer steps is the evaluation of so many.
steps_agree() {
    evaluate five $ae --steps 5 &&
        jq -e --slurpfile five "$scratch/five.json" '.by_steps[4] | .steps == 5 and
            .pixel_mse == $five[0].pixel_mse and .synops == $five[0].synops' "$scratch/steps.json"
}

# ... and the daemon's answer to steps=5, up to the rounding of a pixel.
daemon_agrees() {
    daemon_start evaluate --model-repository "$weights" && daemon=$daemon_pid || return 1
    set --
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        picture=$root/tests/samples/digit_$digit.png
        curl -sf --data-binary "@$picture" "$daemon_url/v1/reconstruct?model=mnist-ae&steps=5" \
            -o "$scratch/back_$digit.png" || return 1
        set -- "$@" "$picture" "$scratch/back_$digit.png"
    done
    served=$("$build/score_pictures" mse "$@") || return 1
    jq -e --argjson served "$served" '(.by_steps[4].pixel_mse - $served) | fabs < 1e-4' \
        "$scratch/steps.json"
}

speech_steps_agree() {
    last=$(jq '.by_steps | length' "$scratch/speech.json")
    [ "$last" -gt 1 ] && jq -e '.by_steps[-1] as $last | .synops == $last.synops and
        .digit_accuracy_nearest == $last.digit_accuracy_nearest and
        .pixel_mse == $last.pixel_mse' "$scratch/speech.json"
}

make_data
check "an autoencoder by steps" evaluate steps $ae $judge --by-steps --grid "$scratch/ae.png"
check "intervals enclose the means" holds steps '.interval_95 as $i |
    ["pixel_mse", "mse_pixels", "digit_accuracy_judge"] | all(. as $k | $i[$k][0] <= $i[$k][1])'
check "... of this score" holds steps '.interval_95.pixel_mse[0] < .pixel_mse and
    .pixel_mse < .interval_95.pixel_mse[1] and .interval_95.digit_accuracy_nearest == null'
check "more steps, less error" holds steps '.by_steps | .[-1].pixel_mse < .[2].pixel_mse'
check "more steps, more work" holds steps '[.by_steps[].synops] | . == sort'
check "a row is the evaluation of so many steps" steps_agree
check "and what the daemon answers" daemon_agrees
check "its grid has six rows of ten" is_png "$scratch/ae.png" 582 350

check "speech, all at once" evaluate speech $speech $judge --by-steps --condition noise=10dB \
    --condition silence=0.3 --condition rate=8000,noise=30dB --grid "$scratch/speech-digits.png" \
    --failures "$scratch/failures" --card
check "the last step is the whole" speech_steps_agree
check "eleven recordings, one of them misread" holds speech '.num_samples == 11 and
    (.digit_accuracy_nearest - 10 / 11 | fabs) < 1e-6 and .digit_accuracy_judge < 0.91'
check "conditions in their order" holds speech '[.conditions[].condition] ==
    ["noise=10dB", "silence=0.3", "rate=8000,noise=30dB"]'
check "they change the scores" holds speech '.pixel_mse as $m | .conditions |
    all(.num_samples == 11) and any(.pixel_mse != $m)'
check "silence is cut off again" holds speech '.conditions[1].digit_accuracy_nearest >= 0.8'
check "the grid has a column for each class" is_png "$scratch/speech-digits.png" 582 350
check "the failure is named" jq -e 'select(.recording == "three.wav") | .said == "7" and
    .nearest == "3" and .judge == "3"' "$scratch/failures/failures.jsonl"
check "and drawn" is_png "$scratch/failures/$(jq -r 'select(.recording == "three.wav") | .picture' \
    "$scratch/failures/failures.jsonl")" 236 120
check "no more than asked for" sh -c "'$train' evaluate --quiet --json $speech --failures \
    '$scratch/few' --max-failures 1 >/dev/null && [ \$(wc -l <'$scratch/few/failures.jsonl') = 1 ]"
check "the same again" sh -c "'$train' evaluate --quiet --json $speech --condition noise=10dB \
    >'$scratch/again.json' && jq -e --slurpfile first '$scratch/speech.json' \
    '.conditions[0].pixel_mse == \$first[0].conditions[0].pixel_mse' '$scratch/again.json'"
check "other noise by another seed" sh -c "'$train' evaluate --quiet --json $speech --seed 2 \
    --condition noise=10dB >'$scratch/again.json' && jq -e --slurpfile first '$scratch/speech.json' \
    '.conditions[0].pixel_mse != \$first[0].conditions[0].pixel_mse' '$scratch/again.json'"

check "handwritings" evaluate styles $speech $judge --styles 3 --images "images:$scratch/pictures"
check "a row for each" holds styles '[.styles[].style] == [1, 2, 3] and
    all(.styles[]; .num_samples == 11 and .pixel_mse > 0)'
check "they are read as their mean says" holds styles '([.styles[].digit_accuracy_judge] | add / 3) as $mean |
    (.styles_digit_accuracy_judge - $mean | fabs) < 1e-6 and $mean > 0.7'
check "they differ" holds styles '.styles_distance > 0.01 and .styles_distance < 0.3'
check "an autoencoder has none" refuses 'knows no handwriting' $ae --styles 3

card=$scratch/speech-digits.md
check "the card has a section for this data" grep -qx "## Scores on the test split of wavs:.*words" \
    "$card"
check "with intervals" grep -q '^| digit_accuracy_nearest | `0.90909` | 0\.[0-9]* to 0\.[0-9]* |$' \
    "$card"
check "steps, conditions and samples" sh -c "grep -qx '### By steps' '$card' &&
    grep -q '^| \`silence=0.3\` |' '$card' && grep -q '!\[Samples\](speech-digits.png)' '$card'"
check "what else it says stays" sh -c "grep -v '^$' '$weights/speech-digits.md' >'$scratch/lines' &&
    [ \$(grep -cvxF -f '$card' '$scratch/lines') = 0 ]"
printf '\n## Limits of it\n\nBy hand.\n' >>"$card"
cp "$card" "$scratch/before.md"
check "once more onto the card" sh -c "'$train' evaluate --quiet --json $speech $judge --by-steps \
    --condition noise=10dB --condition silence=0.3 --condition rate=8000,noise=30dB \
    --grid '$scratch/speech-digits.png' --failures '$scratch/failures' --card >/dev/null"
check "changes the command alone" sh -c "grep -v '^.spikeloom-train' '$card' >'$scratch/a'
    grep -v '^.spikeloom-train' '$scratch/before.md' | cmp - '$scratch/a'"
check "a card of another checkpoint is refused" sh -c "
    cp '$weights/mnist-ae.md' '$scratch/speech-digits.md' &&
    ! '$train' evaluate --quiet --json $speech --card 2>'$scratch/sentence' &&
    grep -q 'card of another checkpoint' '$scratch/sentence'"

check "conditions are of speech" refuses 'condition is for speech' $ae --condition noise=10dB
check "failures, too" refuses 'failures is for speech' $ae --failures "$scratch/x"
check "other conditions are refused" refuses 'condition takes' $speech --condition echo=1
check "--max-failures alone does nothing" refuses 'does nothing without' $speech --max-failures 3
check_finish
