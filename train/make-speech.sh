#!/bin/sh
# Makes speech to train and test on: the ten English digits, spoken by espeak-ng, flite and festival
# in many voices, accents, pitches and paces, by voices of 26 other languages as their speakers say
# them, and by the six people whose voices come with Debian packages of a telephone exchange, of games
# and of a clock.
#
#   sh train/make-speech.sh DIR
#
# DIR/train/DIGIT/*.wav and DIR/test/DIGIT/*.wav, to be used as wavs:DIR. No voice of the test split
# is in the training split, nor are the voices of tests/samples (espeak-ng en-us and en-gb+f2).
# Needs the Debian packages espeak-ng, flite, festival, festvox-kdlpc16k, festvox-us-slt-hts,
# asterisk-core-sounds-en-wav, csmash-data, saytime, scid-data, sox and tuxpaint-stamps-default.
# The same versions make the same files.
set -eu

accents="en-us en-gb en-gb-scotland en-gb-x-rp en-gb-x-gbclan en-029"
train_variants="m1 m2 m3 m5 m6 m8 f1 f4 klatt klatt3 klatt4 Alex Andy Annie Denis Gene Hugo Jacky
    Lee Marco Michael linda steph belinda"
test_variants="f3 f5 m4 m7 klatt2 croak"
train_flite="kal awb slt"
test_flite="rms"
train_festival="ked_diphone cmu_us_slt_arctic_hts"
words="zero one two three four five six seven eight nine"
prompts=/usr/share/asterisk/sounds/en_US_f_Allison/digits
table_tennis=/usr/share/games/csmash/wav
clock=/usr/share/saytime
chess=/usr/share/scid/sounds
stamps=/usr/share/tuxpaint/stamps/symbols/math
# a line for each language: how it spells the English digits from zero to nine, for its own sounds
spellings=$(dirname "$0")/digit-spellings.txt

need() {
    if ! command -v "$1" >/dev/null; then
        echo "make-speech.sh: $1 is missing; apt-get install $1" >&2
        exit 1
    fi
}

# need_file FILE PACKAGE
need_file() {
    if [ ! -e "$1" ]; then
        echo "make-speech.sh: $1 is missing; apt-get install $2" >&2
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

# speak_foreign SPLIT VARIANT...: every fourth variant in each language, in the next one the next.
speak_foreign() {
    split=$1
    shift
    turn=0
    while read -r language spelling; do
        turn=$((turn + 1))
        place=0
        for variant; do
            place=$((place + 1))
            [ $(((place + turn) % 4)) = 0 ] || continue
            digit=0
            for word in $spelling; do
                count=$((count + 1))
                espeak-ng -v "$language+$variant" -s $((115 + count * 37 % 110)) \
                    -p $((25 + count * 53 % 50)) \
                    -w "$folder/$split/$digit/$language+$variant.wav" "$word"
                digit=$((digit + 1))
            done
        done
    done <"$spellings"
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

# speak_festival SPLIT VOICE...: each voice at several paces; the diphone one at several pitches too.
speak_festival() {
    split=$1
    shift
    for voice; do
        for stretch in 0.75 0.85 1.0 1.15 1.3; do
            for pitch in 85 105 135; do
                echo "(voice_$voice)"
                echo "(Parameter.set 'Duration_Stretch $stretch)"
                echo "(set! int_lr_params '((target_f0_mean $pitch) (target_f0_std 14) (model_f0_mean 170) (model_f0_std 34)))"
                digit=0
                for word in $words; do
                    echo "(utt.save.wave (SynthText \"$word\") \"$folder/$split/$digit/festival-$voice-$stretch-$pitch.wav\" 'riff)"
                    digit=$((digit + 1))
                done
            done
        done
    done | festival --pipe
}

# copy SPLIT NAME DIGIT FILE: a recorded word, so many times over that its speaker counts beside the
# many others.
copy() {
    for turn in 1 2 3 4 5 6 7 8 9 10 11 12; do
        cp "$4" "$folder/$1/$3/$2-$turn.${4##*.}"
    done
}

# copy_people SPLIT: the recorded ones. The clock's words have no header; chess has no 0 and no 9.
copy_people() {
    digit=0
    for word in $words; do
        copy "$1" prompt $digit "$prompts/$digit.wav"
        copy "$1" table-tennis $digit "$table_tennis/$word.wav"
        sox -t ul -r 8000 -c 1 "$clock/$digit.au" "$folder/clock.wav"
        copy "$1" clock $digit "$folder/clock.wav"
        copy "$1" stamp-us $digit "$stamps/$digit.ogg"
        copy "$1" stamp-gb $digit "$stamps/${digit}_en_GB.ogg"
        [ ! -e "$chess/$digit.wav" ] || copy "$1" chess $digit "$chess/$digit.wav"
        digit=$((digit + 1))
    done
    rm "$folder/clock.wav"
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
need festival
need sox
need_file "$prompts/0.wav" asterisk-core-sounds-en-wav
need_file "$table_tennis/zero.wav" csmash-data
need_file "$clock/0.au" saytime
need_file "$chess/1.wav" scid-data
need_file "$stamps/0.ogg" tuxpaint-stamps-default
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
speak_foreign train $train_variants
speak_flite train $train_flite
speak_festival train $train_festival
copy_people train
speak_flite test $test_flite
mv "$folder" "$1"
echo "$1: $(find "$1/train" -type f | wc -l) recordings to train on, $(find "$1/test" -type f | wc -l) to test on"
echo "--data wavs:$1"
