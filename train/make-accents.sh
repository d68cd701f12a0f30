#!/bin/sh
# Makes speech with accents to train and test on: the ten English digits by the voices of MBROLA, which
# are cut from recordings of people of many countries, 63 of them here. Some have English phonemes; the
# others say the English words as their language spells them.
#
#   sh train/make-accents.sh DIR
#
# DIR/train/DIGIT/*.wav and DIR/test/DIGIT/*.wav, to be used as wavs:DIR. No voice of the test split is
# in the training split. Needs the Debian packages espeak-ng, sox, and mbrola with its voices, which are
# in the archive's sections contrib and non-free (apt-get install mbrola '^mbrola-[a-z][a-z][0-9]$').
# Their terms permit to synthesize speech with them, with MBROLA alone, and say nothing of the speech;
# mbrola-de4, which is for non-commercial use, is left out.
# The same versions make the same files.
set -eu

words="zero one two three four five six seven eight nine"
spellings=$(dirname "$0")/digit-spellings.txt
# kept for the test split: eleven people
strangers=" us2 in2 jp3 fr2 es3 br2 hu1 sw2 tr1 it2 gr2 "
english="us1 us2 us3 en1"
foreign_english="af1 nl2 fr1 fr4 de1 de2 de3 de5 de6 gr2 hu1 pl1 ro1 sw1 sw2"
# A line for each language of digit-spellings.txt: those who speak it, or one that is spelt like it.
foreign() {
    cat <<EOF
ar ar1 ar2
pt br1 br2 br3 br4 pt1
hr cr1
cs cz1 cz2
nl nl1 nl2 nl3 af1
et ee1
fr ca1 ca2 fr1 fr2 fr3 fr4 fr5 fr6 fr7
de de1 de2 de3 de5 de6 de7 de8
el gr1 gr2
hi in1 in2
hu hu1
id id1 ma1
it it1 it2 it3 it4 la1
ja jp1 jp2 jp3
pl pl1
ro ro1
es es1 es2 es3 es4 mx1 mx2 vz1
sv sw1 sw2
tr tr1 tr2
EOF
}

need() {
    if ! command -v "$1" >/dev/null; then
        echo "make-accents.sh: $1 is missing; apt-get install $1" >&2
        exit 1
    fi
}

# is_silent FILE: a voice without a sound that a word needs says nothing at all.
is_silent() {
    [ ! -s "$1" ] || sox "$1" -n stat 2>&1 | grep -q '^Maximum amplitude: *0.000000'
}

# say TURNS PERSON SUFFIX WORD...: the ten words so many times; pitch and pace go through their ranges.
say() {
    turns=$1 person=$2 voice=mb-$2$3
    shift 3
    split=train
    case $strangers in *" $person "*) split=test ;; esac
    if [ ! -e "/usr/share/mbrola/$person" ]; then
        echo "make-accents.sh: a voice is missing; apt-get install mbrola-$person" >&2
        exit 1
    fi
    turn=0
    while [ $turn -lt "$turns" ]; do
        turn=$((turn + 1)) digit=0
        for word; do
            count=$((count + 1))
            file=$folder/$split/$digit/$voice-$turn.wav
            espeak-ng -v "$voice" -s $((110 + count * 37 % 90)) -p $((20 + count * 53 % 60)) \
                -w "$file" "$word" 2>/dev/null || true
            ! is_silent "$file" || rm -f "$file"
            digit=$((digit + 1))
        done
    done
}

if [ $# != 1 ]; then
    echo "usage: sh train/make-accents.sh DIR" >&2
    exit 2
fi
if [ -e "$1" ]; then
    echo "$1 is there already"
    exit 0
fi
need espeak-ng
need mbrola
need sox
folder=$1.new
count=0
rm -rf "$folder"
for split in train test; do
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$folder/$split/$digit"
    done
done
# shellcheck disable=SC2086 # lists of words
{
    for person in $english; do say 8 "$person" "" $words; done
    for person in $foreign_english; do say 4 "$person" -en $words; done
    foreign >"$folder/foreign"
    while read -r language people; do
        spelling=$(sed -n "s/^$language //p" "$spellings")
        for person in $people; do say 4 "$person" "" $spelling; done
    done <"$folder/foreign"
}
rm "$folder/foreign"
mv "$folder" "$1"
echo "$1: $(find "$1/train" -type f | wc -l) recordings to train on, $(find "$1/test" -type f | wc -l) to test on"
echo "--data wavs:$1"
