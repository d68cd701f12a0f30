#!/bin/sh
# The commands of spikeloom-train from end to end, on pictures and speech of tests/samples: training,
# going on after an interruption, scores, pictures; and the scores against the daemon's PNGs.
#
#   sh tests/train/test_commands.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
score=$build/score_pictures
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

make_data() {
    make_pictures "$scratch/pictures"
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$scratch/words/train/$digit" "$scratch/words/test/$digit"
        cp "$root/tests/samples/${digit}_en-us.wav" "$scratch/words/train/$digit/"
        cp "$root/tests/samples/${digit}_en-gb-f2.wav" "$scratch/words/test/$digit/"
    done
}

small="--data images:$scratch/pictures --hidden 40 --batch-size 5 --quiet"

# autoencoder OUT OPTION...
autoencoder() {
    out=$1
    shift
    "$train" autoencoder $small --out "$scratch/$out.safetensors" "$@"
}

# last_line FILTER COMMAND...: the last line that the command prints is JSON that passes.
last_line() {
    filter=$1
    shift
    "$@" >"$scratch/lines" || return 1
    tail -n 1 "$scratch/lines" | tee "$scratch/scores.json" | jq -e "$filter"
}

all_scores='(keys | contains(["pixel_mse", "mse_pixels", "mse_spikes", "digit_accuracy_nearest",
    "digit_accuracy_judge", "synops", "spikes", "num_samples"])) and .num_samples == 10'

test_autoencoder() {
    check "an autoencoder trains" autoencoder one --epochs 300 --log "$scratch/log.jsonl"
    check "its card names command and scores" \
        grep -q 'spikeloom-train autoencoder --data images' "$scratch/one.md"
    check "the log has a line an epoch" \
        [ "$(grep -c '"event":"epoch"' "$scratch/log.jsonl")" = 300 ]
    check "and tells the seconds of each" \
        [ "$(grep '"event":"epoch"' "$scratch/log.jsonl" | grep -c '"seconds":[0-9]')" = 300 ]
    check "evaluate ends with one JSON object" last_line "$all_scores and .pixel_mse < 0.01 and
        .mse_spikes == null" "$train" evaluate --quiet --json \
        --model "$scratch/one.safetensors" --data "images:$scratch/pictures"
    check "images can be held out" autoencoder held --epochs 1 --validate 3
    check "... and are what is scored" sh -c "grep -q 'images held out' '$scratch/held.md' &&
        grep -q 'num_samples | .3' '$scratch/held.md'"
    check "... but not all of them" sh -c "
        ! '$train' autoencoder $small --out '$scratch/x' --validate 10 2>'$scratch/err'
        grep -q 'cannot be held out' '$scratch/err'"
    check "one thread gives the same weights" autoencoder single --epochs 300 --threads 1
    check "... exactly" alike one single
    check "weights in fixed point can be put there again" "$train" quantize --quiet \
        --model "$scratch/one.safetensors" --data "images:$scratch/pictures" \
        --out "$scratch/again.safetensors"
    check "... which changes none" alike one again
    check "... and is told on the card, with the time of the training" sh -c "
        grep -q 'amended_by.*quantize' '$scratch/again.md' &&
        grep -q '^| time | ' '$scratch/one.md'"
    check "another seed gives others" autoencoder other --epochs 300 --seed 2
    check "... really" differ one other
}

# A run is stopped by SIGTERM as soon as its state is there, and goes on.
interrupt_and_resume() {
    "$train" autoencoder $small --out "$scratch/stopped.safetensors" --epochs 8000 \
        --checkpoint-minutes 0.005 >"$scratch/run" 2>&1 &
    run=$!
    waited=0
    while [ ! -e "$scratch/stopped.safetensors.state" ] && [ $waited -lt 200 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    kill -TERM "$run"
    wait "$run" || return 1
    grep -q 'with --resume goes on' "$scratch/run" || return 1
    [ ! -e "$scratch/stopped.safetensors" ] || return 1
    autoencoder stopped --epochs 8000 --checkpoint-minutes 0.005 --resume &&
        [ ! -e "$scratch/stopped.safetensors.state" ]
}

test_resume() {
    check "an interrupted run goes on" interrupt_and_resume
    check "an undisturbed run ends" autoencoder undisturbed --epochs 8000
    check "both have the same weights" alike stopped undisturbed
    check "a state of other settings is refused" sh -c "
        cp '$scratch/undisturbed.safetensors' '$scratch/fake.safetensors.state'
        ! '$train' autoencoder $small --out '$scratch/fake.safetensors' --resume"
}

test_membrane() {
    check "the membrane rule trains" autoencoder membrane --rule membrane --epochs 20
    check "its card names the rate of its input" grep -q 'input of up to 300 Hz' "$scratch/membrane.md"
    check "and has scores against input spikes" last_line "$all_scores and .mse_spikes < 2" \
        "$train" evaluate --quiet --json --model "$scratch/membrane.safetensors" \
        --data "images:$scratch/pictures"
}

test_audiocoder() {
    check "an audiocoder trains" "$train" audiocoder --data "wavs:$scratch/words" \
        --images "images:$scratch/pictures" --autoencoder "$weights/mnist-ae.safetensors" \
        --epochs 240 --variants 1 --batch-size 10 --hidden 24 --quiet --out "$scratch/words.safetensors"
    check "its scores are those of speech" last_line "$all_scores and .digit_accuracy_nearest > 0.3" \
        "$train" evaluate --quiet --json --model "$scratch/words.safetensors" \
        --data "wavs:$scratch/words"
    check "synthesize writes pictures" "$train" synthesize --model "$scratch/words.safetensors" \
        --out "$scratch/drawn" "$root"/tests/samples/?_en-us.wav
    check "one for each file" [ "$(ls "$scratch/drawn" | wc -l)" = 10 ]
}

# Three times the ten words are six batches of five.
test_extra_speech() {
    cp -r "$scratch/words" "$scratch/more"
    check "speech comes from several places" "$train" audiocoder --data "wavs:$scratch/words" \
        --extra "wavs:$scratch/more" --extra "wavs:$scratch/words" --images "images:$scratch/pictures" \
        --autoencoder "$weights/mnist-ae.safetensors" --epochs 1 --variants 0 --batch-size 5 --hidden 8 \
        --quiet --log "$scratch/extra.jsonl" --out "$scratch/extra.safetensors"
    check "... each of which is learnt" grep -q '"event":"epoch".*"batches":6' "$scratch/extra.jsonl"
    check "... and named on the card" \
        grep -q "^| extra | .wavs:$scratch/more wavs:$scratch/words." "$scratch/extra.md"
}

# Handwritings and a confidence for the shipped network: both voices of each digit, of which one
# calibrates and one measures; tones and a phone number are none.
test_confidence() {
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$scratch/voices/test/$digit"
        cp "$root/tests/samples/${digit}_"*.wav "$scratch/voices/test/$digit/"
    done
    cp -r "$scratch/voices/test" "$scratch/voices/train"
    mkdir -p "$scratch/others/test/tones" "$scratch/others/test/numbers"
    cp "$root/tests/unit/media/tone.wav" "$root/tests/unit/media/ulaw.wav" "$scratch/others/test/tones/"
    for copy in a b; do
        cp "$root/tests/samples/phone_en-us.wav" "$scratch/others/test/numbers/$copy.wav"
    done
    cp -r "$scratch/others/test" "$scratch/others/train"
    check "calibrate measures a confidence" last_line '.digits_kept >= 0.9 and .turned_away == 1 and
        .turned_away_numbers == 1 and .confidence_threshold > 0 and .confidence_threshold < 1' \
        "$train" calibrate --model "$weights/speech-digits.safetensors" --hands 1 \
        --autoencoder "$weights/mnist-ae.safetensors" --images "images:$scratch/pictures" \
        --data "wavs:$scratch/voices" --non-digits "wavs:$scratch/others" \
        --out "$scratch/calibrated.safetensors"
    check "its card says so" grep -q '^| turned_away_numbers | ' "$scratch/calibrated.md"
    check "another autoencoder's handwritings are refused" sh -c "
        ! '$train' calibrate --model '$weights/speech-digits.safetensors' \
            --autoencoder '$weights/fashion-ae.safetensors' --images 'images:$scratch/pictures' \
            --data 'wavs:$scratch/voices' --non-digits 'wavs:$scratch/others' \
            --out '$scratch/x' 2>'$scratch/err' && grep -q '^spikeloom-train: ' '$scratch/err'"
    check "a network of images is not calibrated" sh -c "
        ! '$train' calibrate --model '$weights/mnist-ae.safetensors' \
            --autoencoder '$weights/mnist-ae.safetensors' --images 'images:$scratch/pictures' \
            --data 'wavs:$scratch/voices' --non-digits 'wavs:$scratch/others' \
            --out '$scratch/x' 2>'$scratch/err' && grep -q 'does not take speech' '$scratch/err'"
    "$train" evaluate --quiet --model "$scratch/calibrated.safetensors" --styles 1 --by-steps \
        --condition rate=8000 --data "wavs:$scratch/voices" >"$scratch/table"
    check "scores are printed as a table" grep -Eq \
        '^digit_accuracy_nearest +1 \(0\.[0-9]+ \.\. 1\)$' "$scratch/table"
    check "  with others for each handwriting, step and condition" sh -c "
        grep -q '^style 1$' '$scratch/table' && grep -q '^steps 15$' '$scratch/table' &&
            grep -q '^condition rate=8000$' '$scratch/table'"
}

# An audiocoder whose recordings are varied anew in every epoch.
anew_options="--data wavs:$scratch/words --images images:$scratch/pictures
    --autoencoder $weights/mnist-ae.safetensors --epochs 100 --variants 1 --fresh 0.7 --dense 20
    --loss-power 0.5 --repeat 2 --batch-size 6 --hidden 12 --quiet"

# anew NAME OPTION...
anew() {
    name=$1
    shift
    "$train" audiocoder $anew_options --out "$scratch/$name.safetensors" "$@"
}

# numbers NAME: all of a checkpoint but its header, which has the command line.
numbers() {
    header=$(od -An -tu8 -N8 "$scratch/$1.safetensors")
    tail -c +$((header + 9)) "$scratch/$1.safetensors"
}

same_numbers() {
    numbers "$1" >"$scratch/first.numbers" && numbers "$2" >"$scratch/second.numbers" &&
        [ -s "$scratch/first.numbers" ] && cmp "$scratch/first.numbers" "$scratch/second.numbers"
}

other_numbers() {
    ! same_numbers "$1" "$2"
}

interrupt_anew() {
    "$train" audiocoder $anew_options --out "$scratch/anew-stopped.safetensors" \
        --checkpoint-minutes 0.001 >"$scratch/run" 2>&1 &
    run=$!
    waited=0
    while [ ! -e "$scratch/anew-stopped.safetensors.state" ] && [ $waited -lt 400 ]; do
        sleep 0.02
        waited=$((waited + 1))
    done
    kill -TERM "$run"
    wait "$run" || return 1
    grep -q 'with --resume goes on' "$scratch/run" && anew anew-stopped --resume
}

test_varied_anew() {
    check "recordings are varied anew" anew anew --threads 1
    check "with three threads as well" anew anew-threads --threads 3
    check "... and the same weights" same_numbers anew anew-threads
    check "an interrupted run goes on with them" interrupt_anew
    check "... to the same weights" same_numbers anew anew-stopped
    check "another seed varies otherwise" anew anew-other --seed 2
    check "... really" other_numbers anew anew-other
}

# front_end NAME SETTING VALUE: what the checkpoint says of its front end.
front_end() {
    head -c 65536 "$scratch/$1.safetensors" | grep -aq "$2[^,]*:$3,"
}

# Two recordings of each digit and of a tone in either split: the least to calibrate with.
make_many() {
    for split in train test; do
        mkdir -p "$scratch/tones/$split/tone"
        for copy in 1 2; do
            cp "$root/tests/unit/media/tone.wav" "$scratch/tones/$split/tone/$copy.wav"
            for digit in 0 1 2 3 4 5 6 7 8 9; do
                mkdir -p "$scratch/many/$split/$digit"
                cp "$root/tests/samples/${digit}_en-us.wav" "$scratch/many/$split/$digit/$copy.wav"
            done
        done
    done
}

test_calibrate() {
    make_many
    check "a calibration may change how much of the noise floor comes off" "$train" calibrate \
        --model "$scratch/words.safetensors" --out "$scratch/calibrated.safetensors" --hands 1 \
        --floor-removal 0.5 --autoencoder "$weights/mnist-ae.safetensors" \
        --images "images:$scratch/pictures" --data "wavs:$scratch/many" --non-digits "wavs:$scratch/tones"
    check "... which the model then tells" front_end calibrated floor_removal 0.5
    check "... and the other not" front_end words floor_removal 2.0
    check "... and it listens again where it doubts" front_end calibrated doubt_margin '0.4[0-9]*'
    check "... the other never" front_end words doubt_margin 0.0
}

# The published audiocoder, small: its checkpoint is evaluated, and served like any other.
serve_published() {
    mkdir -p "$scratch/repository" &&
        cp "$scratch/published.safetensors" "$scratch/repository/" &&
        daemon_start published --model-repository "$scratch/repository" || return 1
    daemon=$daemon_pid
    post synthesize "$root/tests/samples/3_en-us.wav" "$scratch/published.png"
    posted=$?
    daemon_stop "$daemon"
    daemon=
    [ "$posted" = 0 ] && [ -s "$scratch/published.png" ]
}

published="--rule membrane --images images:$scratch/pictures --batch-size 5 --hidden 16 --quiet"

test_published_audiocoder() {
    check "the membrane rule trains an audiocoder" "$train" audiocoder $published --epochs 2 \
        --data "wavs:$scratch/words" --autoencoder "$scratch/membrane.safetensors" \
        --out "$scratch/published.safetensors"
    check "with targets of their own as well" "$train" audiocoder $published --epochs 1 \
        --targets own --optimizer sgd --clip-norm 1 --data "wavs:$scratch/words" \
        --autoencoder "$scratch/membrane.safetensors" --out "$scratch/own.safetensors"
    check "it has scores" last_line "$all_scores and .mse_pixels_class_min > 0" "$train" evaluate \
        --quiet --json --model "$scratch/published.safetensors" --data "wavs:$scratch/words" \
        --images "images:$scratch/pictures"
    check "the daemon serves it" serve_published
    check "an autoencoder without spikes at its input is refused" sh -c "
        '$train' audiocoder $published --epochs 1 --data 'wavs:$scratch/words' \
            --autoencoder '$weights/mnist-ae.safetensors' --out '$scratch/x' 2>'$scratch/err'
        [ \$? = 1 ] && grep -q 'trained with --rule membrane' '$scratch/err'"
}

start_daemon() {
    daemon_start train --model-repository "$weights" && daemon=$daemon_pid
}

post() {
    curl -sf --data-binary "@$2" "$daemon_url/v1/$1" -o "$3"
}

# The shipped autoencoder on the pictures: evaluate's pixel_mse against that of the daemon's PNGs.
compare_reconstructions() {
    set --
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        picture=$root/tests/samples/digit_$digit.png
        post reconstruct "$picture" "$scratch/back_$digit.png" || return 1
        set -- "$@" "$picture" "$scratch/back_$digit.png"
    done
    served=$("$score" mse "$@") || return 1
    "$train" evaluate --quiet --json --model "$weights/mnist-ae.safetensors" \
        --data "images:$scratch/pictures" >"$scratch/scores.json" || return 1
    jq -e --argjson served "$served" '(.pixel_mse - $served) | fabs < 1e-4' "$scratch/scores.json"
}

# Every shipped recording, through the daemon, is nearest to the picture of what it says.
compare_samples() {
    set --
    for recording in "$root"/tests/samples/[0-9]_*.wav; do
        name=$(basename "$recording" .wav)
        post synthesize "$recording" "$scratch/$name.png" || return 1
        set -- "$@" "${name%%_*}" "$scratch/$name.png"
    done
    [ "$("$score" nearest "$weights/speech-digits.safetensors" "$@")" = 1.000000000 ]
}

# ... and so say the scores of speech, where every recording is in the test split.
compare_accuracy() {
    mkdir -p "$scratch/spoken"
    cp -r "$scratch/words/train" "$scratch/spoken/train"
    cp -r "$scratch/words/train" "$scratch/spoken/test"
    cp -r "$scratch/words/test/." "$scratch/spoken/test/"
    "$train" evaluate --quiet --json --model "$weights/speech-digits.safetensors" \
        --data "wavs:$scratch/spoken" >"$scratch/scores.json" || return 1
    jq -e '.num_samples == 20 and .digit_accuracy_nearest == 1' "$scratch/scores.json"
}

test_served_scores() {
    check "the daemon starts" start_daemon
    check "evaluate agrees with the PNGs that the daemon returns" compare_reconstructions
    check "every shipped recording becomes its digit" compare_samples
    check "evaluate says so too" compare_accuracy
}

make_data
test_autoencoder
test_resume
test_membrane
test_audiocoder
test_extra_speech
test_confidence
test_varied_anew
test_calibrate
test_published_audiocoder
test_served_scores
check_finish
