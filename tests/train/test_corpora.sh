#!/bin/sh
# Licensed and large corpora of speech, made up in their layouts from recordings of tests/samples:
# trained on and scored through the commands, by each division of their speakers.
#
#   sh tests/train/test_corpora.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
weights=$root/models/weights
scratch=$(mktemp -d)
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"

trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# sphere WAV: the same sound as NIST SPHERE, whose header has 1024 bytes.
sphere() {
    samples=$((($(wc -c <"$1") - 44) / 2))
    printf '%-1024s' "NIST_1A
   1024
channel_count -i 1
sample_count -i $samples
sample_rate -i 22050
sample_n_bytes -i 2
sample_byte_format -s2 01
sample_sig_bits -i 16
sample_coding -s3 pcm
end_head
"
    tail -c +45 "$1"
}

# at_48_khz WAV: the same samples, said to be so fast.
at_48_khz() {
    head -c 24 "$1"
    printf '\200\273\000\000\000\167\001\000'
    tail -c +33 "$1"
}

# Both corpora: a woman and a man, told apart by their voices.
make_corpora() {
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        woman=$root/tests/samples/${digit}_en-gb-f2.wav
        man=$root/tests/samples/${digit}_en-us.wav
        for side in train test; do
            mkdir -p "$scratch/ti46/$side/f1" "$scratch/ti46/$side/m8" || return 1
            sphere "$woman" >"$scratch/ti46/$side/f1/0${digit}f1set0.wav"
            sphere "$man" >"$scratch/ti46/$side/m8/0${digit}m8set0.wav"
        done
        cp "$man" "$scratch/ti46/test/m8/0${digit}m8set1.wav"
        mkdir -p "$scratch/audiomnist/data/26" "$scratch/audiomnist/data/60"
        for take in 0 1 2; do
            at_48_khz "$woman" >"$scratch/audiomnist/data/26/${digit}_26_$take.wav"
            at_48_khz "$man" >"$scratch/audiomnist/data/60/${digit}_60_$take.wav"
        done
    done
    echo 'go' >"$scratch/ti46/train/f1/gof1set0.wav" # a command, which is no digit
    echo '{}' >"$scratch/audiomnist/data/audioMNIST_meta.txt"
}

# learnt KIND COUNT OPTION...: trains, and scores that many recordings, by the same division.
learnt() {
    kind=$1
    count=$2
    shift 2
    "$train" audiocoder --quiet --hidden 8 --batch-size 10 --epochs 2 "$@" \
        --data "$kind:$scratch/$kind" --images "images:$scratch/pictures" \
        --autoencoder "$weights/mnist-ae.safetensors" --out "$scratch/$kind.safetensors" &&
        "$train" evaluate --quiet --json "$@" --model "$scratch/$kind.safetensors" \
            --data "$kind:$scratch/$kind" >"$scratch/scores.json" &&
        jq -e --argjson count "$count" '.num_samples == $count' "$scratch/scores.json"
}

# refused TEXT KIND OPTION...
refused() {
    text=$1
    shift
    ! learnt "$1" 0 $2 2>"$scratch/sentence" && cat "$scratch/sentence" &&
        [ "$(wc -l <"$scratch/sentence")" = 1 ] && grep -q -e "$text" "$scratch/sentence"
}

make_pictures "$scratch/pictures"
check "corpora are made" make_corpora
check "ti46 by its folders" learnt ti46 30
check "ti46 without f1" learnt ti46 20 --split speaker=f1
check "ti46 without m8" learnt ti46 30 --split speaker=m8
check "ti46 at random" learnt ti46 10 --split random
check "ti46 has no f2" refused "no speaker 'f2'; its 2 speakers are f1 to m8" ti46 --split=speaker=f2
check "audiomnist without 26" learnt audiomnist 30 --split speaker=26
check "audiomnist at random" learnt audiomnist 10 --split random
check "audiomnist by another seed" learnt audiomnist 10 --split random --seed 2
check "audiomnist has no official division" refused 'no official division' audiomnist ''
check_finish
