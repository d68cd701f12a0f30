#!/bin/sh
# Makes the samples of this folder: the ten English digits as speech (DIGIT_VOICE.wav, 16-bit mono
# at 22,050 Hz) and as pictures (digit_DIGIT.png, 28 x 28, 8-bit grey, white on black), and a phone
# number as speech with pauses (phone_en-us.wav: 555 0173).
#
#   sh tests/samples/make.sh            writes them here
#   sh tests/samples/make.sh --check    makes them elsewhere and compares, byte for byte
#
# The committed files came from Debian 12 with
#   espeak-ng 1.51+dfsg-10+deb12u2, imagemagick 8:6.9.11.60+dfsg-1.6+deb12u15,
#   fonts-dejavu-core 2.37-6
# Other versions may say and draw the digits slightly differently.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
voices="en-us en-gb+f2"
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

need() {
    if ! command -v "$1" >/dev/null; then
        echo "make.sh: $1 is missing; apt-get install $2" >&2
        exit 1
    fi
}

# make_speech FOLDER
make_speech() {
    for voice in $voices; do
        digit=0
        for word in zero one two three four five six seven eight nine; do
            file=$1/${digit}_$(echo "$voice" | tr + -).wav
            espeak-ng -v "$voice" -w "$file" "$word"
            digit=$((digit + 1))
        done
    done
    espeak-ng -v en-us -g 40 -w "$1/phone_en-us.wav" "five five five zero one seven three"
}

# make_pictures FOLDER
make_pictures() {
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        convert -size 28x28 xc:black -fill white -font "$font" -pointsize 24 -gravity center \
            -annotate 0 "$digit" -colorspace Gray -depth 8 -strip \
            -define png:color-type=0 -define png:bit-depth=8 -define png:exclude-chunk=all \
            "$1/digit_$digit.png"
    done
}

# check FOLDER: compares the files of FOLDER with those committed, byte for byte.
check() {
    for file in "$1"/*; do
        if ! cmp "$file" "$here/$(basename "$file")"; then
            echo "make.sh: $(basename "$file") differs; see the versions in make.sh" >&2
            exit 1
        fi
    done
    echo "the samples are what make.sh makes"
}

need espeak-ng espeak-ng
need convert imagemagick
[ -f "$font" ] || need "$font" fonts-dejavu-core

case ${1-} in
"")
    make_speech "$here"
    make_pictures "$here"
    ;;
--check)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    make_speech "$folder"
    make_pictures "$folder"
    check "$folder"
    ;;
*)
    echo "usage: sh tests/samples/make.sh [--check]" >&2
    exit 2
    ;;
esac
