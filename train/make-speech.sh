#!/bin/sh
# Makes synthetic speech to train and test on: the ten English digits, spoken by espeak-ng and flite
# in many voices, accents, pitches and paces.
#
#   sh train/make-speech.sh DIR
#
# DIR/train/DIGIT/*.wav and DIR/test/DIGIT/*.wav, to be used as wavs:DIR. No voice of the test split
# is in the training split, nor are the voices of tests/samples (espeak-ng en-us and en-gb+f2).
# Needs the Debian packages espeak-ng and flite. The same versions make the same files.
set -eu

accents="en-us en-gb en-gb-scotland en-gb-x-rp en-gb-x-gbclan en-029"
train_variants="m1 m2 m3 m5 m6 m8 f1 f4 klatt klatt3 klatt4 Alex Andy Annie Denis Gene Hugo Jacky
    Lee Marco Michael linda steph belinda"
test_variants="f3 f5 m4 m7 klatt2 croak"
train_flite="kal awb slt"
test_flite="rms"
words="zero one two three four five six seven eight nine"

need() {
    if ! command -v "$1" >/dev/null; then
        echo "make-speech.sh: $1 is missing; apt-get install $1" >&2
        exit 1
    fi
}

# speak_espeak SPLIT VARIANT...: each accent in each variant; pitch and pace go through their ranges.
speak_espeak() {
    split=$1
    shift
    for variant; do
        for accent in $accents; do
            digit=0
            for word in $words; do
                count=$((count + 1))
                espeak-ng -v "$accent+$variant" -s $((115 + count * 37 % 110)) \
                    -p $((25 + count * 53 % 50)) \
                    -w "$folder/$split/$digit/$accent+$variant.wav" "$word"
                digit=$((digit + 1))
            done
        done
    done
}

# speak_flite SPLIT VOICE...: each voice at several paces and pitches.
speak_flite() {
    split=$1
    shift
    for voice; do
        for stretch in 0.8 0.9 1.0 1.15 1.3; do
            for pitch in 0.9 1.0 1.15; do
                digit=0
                for word in $words; do
                    flite -voice "$voice" --setf "duration_stretch=$stretch" \
                        --setf "f0_shift=$pitch" -t "$word" \
                        -o "$folder/$split/$digit/flite-$voice-$stretch-$pitch.wav"
                    digit=$((digit + 1))
                done
            done
        done
    done
}

if [ $# != 1 ]; then
    echo "usage: sh train/make-speech.sh DIR" >&2
    exit 2
fi
if [ -e "$1" ]; then
    echo "$1 is there already"
    exit 0
fi
need espeak-ng
need flite
folder=$1.new
count=0
rm -rf "$folder"
for split in train test; do
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$folder/$split/$digit"
    done
done
speak_espeak train $train_variants
speak_espeak test $test_variants
speak_flite train $train_flite
speak_flite test $test_flite
mv "$folder" "$1"
echo "$1: $(ls "$1"/train/* | grep -c wav) recordings to train on, $(ls "$1"/test/* | grep -c wav) to test on"
echo "--data wavs:$1"
