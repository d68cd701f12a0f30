#!/bin/sh
# Makes recordings that are no spoken digits, to teach and to test a network's confidence: other
# words by espeak-ng and flite, noise of several colours, tones, and music by sox.
#
#   sh train/make-non-digits.sh DIR
#
# DIR/train/KIND/*.wav and DIR/test/KIND/*.wav, KIND one of words, noise, tones, music, to be used as
# wavs:DIR. The splits share no word, no voice and no setting of a sound. Needs the Debian packages
# espeak-ng, flite and sox. The same versions make the same files.
set -eu

accents="en-us en-gb en-gb-scotland en-gb-x-rp en-gb-x-gbclan en-029"
train_variants="m1 m2 m3 m5 m6 m8 f1 f4 klatt klatt3 klatt4 Alex Andy Annie Denis Gene Hugo Jacky
    Lee Marco Michael linda steph belinda"
test_variants="f3 f5 m4 m7 klatt2 croak"
train_flite="kal awb slt"
test_flite="rms"
train_words="yes no up down left right on off stop go bed bird cat dog happy house tree wow backward
    forward follow learn visual water music paper window table garden people morning hello please
    thanks coffee sugar doctor letter number question answer summer winter Monday Friday green yellow
    orange mother father river mountain open close light door heaven hero knife stick"
test_words="sister brother kitchen apple banana silver purple Tuesday Sunday evening school computer
    pencil island bridge flower bottle market castle forest thunder pilot hammer butter rabbit horse
    camera picture start pause next volume cancel blue black milk bread rain eleven wine"

need() {
    if ! command -v "$1" >/dev/null; then
        echo "make-non-digits.sh: $1 is missing; apt-get install $1" >&2
        exit 1
    fi
}

# nth N WORD...: the word of that number, from 0, round and round.
nth() {
    nth_number=$1
    shift
    shift $((nth_number % $#))
    echo "$1"
}

# speak_espeak SPLIT TIMES VARIANTS WORD...: each word in TIMES voices, which go round.
speak_espeak() {
    split=$1 times=$2 variants=$3
    shift 3
    for word; do
        for turn in $(seq "$times"); do
            count=$((count + 1))
            voice=$(nth $((count * 5)) $accents)+$(nth $((count * 7 + turn)) $variants)
            espeak-ng -v "$voice" -s $((115 + count * 37 % 110)) -p $((25 + count * 53 % 50)) \
                -w "$folder/$split/words/$word-$turn-$voice.wav" "$word"
        done
    done
}

# speak_flite SPLIT VOICES WORD...: each word in each voice, at paces and pitches that go round.
speak_flite() {
    split=$1 voices=$2
    shift 2
    for word; do
        for voice in $voices; do
            count=$((count + 1))
            flite -voice "$voice" --setf "duration_stretch=$(nth $count 0.8 0.9 1.0 1.15 1.3)" \
                --setf "f0_shift=$(nth $count 0.9 1.0 1.15)" -t "$word" \
                -o "$folder/$split/words/$word-flite-$voice.wav"
        done
    done
}

# sound FILE EFFECT...: 16-bit mono at 16 kHz; the same sound each time.
sound() {
    sound_file=$1
    shift
    sox -R -D -n -r 16000 -b 16 -c 1 "$sound_file" "$@" norm -6
}

# seconds N: 0.30 to 1.19, by N.
seconds() {
    hundredths=$((30 + $1 * 37 % 90))
    echo "$((hundredths / 100)).$((hundredths / 10 % 10))$((hundredths % 10))"
}

# make_noise SPLIT FIRST COLOURS FILTER...: each colour through each filter, steady and in syllables.
make_noise() {
    split=$1 number=$2 colours=$3
    shift 3
    for colour in $colours; do
        for filter; do
            for shape in "gain 0" "tremolo 4 90" "fade t 0.1 0 0.2"; do
                number=$((number + 1))
                # shellcheck disable=SC2086 # filter and shape are several words each
                sound "$folder/$split/noise/$colour-$number.wav" synth 60 "${colour}noise" \
                    trim $((number * 31 % 58)) "$(seconds $number)" gain -15 $filter $shape
            done
        done
    done
}

# make_tones SPLIT SHAPES HERTZ...: each shape at each frequency, steady, rising, and two at once.
make_tones() {
    split=$1 shapes=$2 number=0
    shift 2
    for shape in $shapes; do
        for hertz; do
            number=$((number + 1))
            length=$(seconds $number)
            sound "$folder/$split/tones/$shape-$hertz.wav" synth "$length" "$shape" "$hertz" \
                fade t 0.02 0 0.05
            sound "$folder/$split/tones/$shape-$hertz-rising.wav" synth "$length" "$shape" \
                "$hertz:$((hertz * 3))"
            sound "$folder/$split/tones/$shape-$hertz-two.wav" synth "$length" "$shape" "$hertz" \
                "$shape" $((hertz * 5 / 3)) remix -
        done
    done
}

# make_music SPLIT INSTRUMENTS ROOT...: chords and broken chords on each root, in semitones from A4.
make_music() {
    split=$1 instruments=$2
    shift 2
    for instrument in $instruments; do
        for root; do
            third=$((root + 3 + (root & 1)))
            fifth=$((root + 7))
            sound "$folder/$split/music/$instrument-chord-$root.wav" synth 0.9 "$instrument" "%$root" \
                "$instrument" "%$third" "$instrument" "%$fifth" remix - fade 0.01 0 0.3
            sound "$folder/$split/music/$instrument-broken-$root.wav" synth 0.8 "$instrument" "%$root" \
                "$instrument" "%$third" "$instrument" "%$fifth" delay 0 0.2 0.4 remix - fade 0.01 0 0.2
        done
    done
}

if [ $# != 1 ]; then
    echo "usage: sh train/make-non-digits.sh DIR" >&2
    exit 2
fi
if [ -e "$1" ]; then
    echo "$1 is there already"
    exit 0
fi
need espeak-ng
need flite
need sox
folder=$1.new
count=0
rm -rf "$folder"
for split in train test; do
    for kind in words noise tones music; do
        mkdir -p "$folder/$split/$kind"
    done
done
# shellcheck disable=SC2086 # lists of words
{
    speak_espeak train 8 "$train_variants" $train_words
    speak_flite train "$train_flite" $train_words
    speak_espeak test 6 "$test_variants" $test_words
    speak_flite test "$test_flite" $test_words
}
make_noise train 0 "white pink" "gain 0" "lowpass 700" "highpass 2500" "bandpass 1200 1q" \
    "bandpass 500 1q" "bandreject 1800 1q" "equalizer 900 1q 12" "lowpass 3000"
make_noise test 100 "white pink brown" "gain 0" "lowpass 1500" "highpass 1500" "bandpass 800 1q" \
    "equalizer 2000 1q 12"
make_tones train "sine square" 110 175 262 392 587 880 1320 2200
make_tones test "triangle sawtooth sine" 147 330 494 740 1109 1661
make_music train "pluck sine" -24 -21 -19 -17 -14 -12 -9 -7 -5 -2 0 3
make_music test "pluck triangle" -23 -20 -18 -16 -13 -10 -8 -6 -3 1
mv "$folder" "$1"
echo "$1: $(ls "$1"/train/* | grep -c wav) recordings to train on, $(ls "$1"/test/* | grep -c wav) to test on"
echo "--non-digits wavs:$1"
