#!/bin/sh
# Numbers that can be trusted: daemons built by two compilers answer many uploads with the same bytes,
# values that are no numbers are refused at every door, and sound that fades below the smallest normal
# number (subnormal) takes no other time than any.
#
#   sh tests/numeric.sh BUILD OTHER_BUILD [UPLOADS]     builds by gcc and clang; 40 uploads
set -u

one=$(cd "$1" && pwd)
other=$(cd "$2" && pwd)
uploads=${3-40}
root=$(cd "$(dirname "$0")/.." && pwd)
samples=$root/tests/samples
scratch=$(mktemp -d)
daemon_folder=$scratch
daemon_pid=
pids=
. "$root/tests/check.sh"
. "$root/tests/http/daemon.sh"
clean_up() {
    for pid in $pids; do
        kill -KILL "$pid" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

cc -O1 -Wall -Wextra -o "$scratch/uploads" "$root/tests/http/uploads.c" -lz || exit 1
mkdir "$scratch/sound"
"$scratch/uploads" variants "$scratch/sound" "$uploads" "$samples"/[0-9]_*.wav

# start NAME BUILD
start() {
    daemon_program=$2/spikeloomd
    daemon_start "$1" --model-repository "$root/models/weights" || exit 1
    pids="$pids $daemon_pid"
}
start one "$one"
one_url=$daemon_url
start other "$other"
other_url=$daemon_url

# same PATH FILE: both daemons answer it with 200 and the same bytes.
same() {
    for url in "$one_url" "$other_url"; do
        [ "$(curl -s -H 'Accept: application/json' -o "$scratch/$(basename "${url##*:}")" -w '%{http_code}' \
            --data-binary "@$2" "$url$1")" = 200 ] || {
            echo "$url$1: $(cat "$scratch/${url##*:}")"
            return 1
        }
    done
    cmp "$scratch/${one_url##*:}" "$scratch/${other_url##*:}" && compared=$((compared + 1))
}

compared=0
# all_same PATH FILE...
all_same() {
    all_same_path=$1
    shift
    for file; do
        same "$all_same_path" "$file" || {
            echo "$file"
            return 1
        }
    done
}
check "speech: latent, picture and counts" all_same /v1/synthesize "$scratch"/sound/*.wav
check "speech in other formats" all_same /v1/encode "$root"/tests/unit/media/tone.wav \
    "$root"/tests/unit/media/stereo.flac "$root"/tests/unit/media/ulaw.wav "$root"/tests/unit/media/tone.sph
for model in mnist-ae fashion-ae mnist-ann; do
    check "pictures through $model" all_same "/v1/reconstruct?model=$model" "$samples"/digit_?.png
done
check "several words in one" all_same '/v1/synthesize?split=1' "$samples/phone_en-us.wav"
echo "# $compared answers of two compilers compared"

# --- no numbers ------------------------------------------------------------------------------------
# refused CODE PATH BODY [CURL_ARGUMENT...]
refused() {
    refused_code=$1 refused_path=$2 refused_body=$3
    shift 3
    refused_got=$(curl -s -o "$scratch/refused" -w '%{http_code}' "$@" --data-binary "@$refused_body" \
        "$one_url$refused_path")
    [ "$refused_got" = "$refused_code" ] || {
        echo "$refused_got"
        cat "$scratch/refused"
        return 1
    }
}
# float_wav BYTES OUT: a WAV of 32-bit floats with these four bytes as one of its samples.
float_wav() {
    {
        printf 'RIFF\144\037\000\000WAVEfmt \020\000\000\000\003\000\001\000\100\037\000\000\000\175\000\000\004\000\040\000data\100\037\000\000'
        tail -c 4000 "$samples/3_en-us.wav" | head -c 3996 | tr '\177-\377' '\000-\200' | tr '\000-\377' '=='
        # shellcheck disable=SC2059 # the format is the bytes
        printf "$1"
        head -c 4000 /dev/zero
    } >"$2"
}
for value in '\000\000\300\177:not-a-number' '\000\000\200\177:infinity' '\000\000\200\377:minus-infinity'; do
    float_wav "${value%%:*}" "$scratch/${value#*:}.wav"
    check "a sample that is ${value#*:} is refused" refused 400 /v1/synthesize "$scratch/${value#*:}.wav"
    check "  as such" grep -q 'is not a finite number' "$scratch/refused"
done
tensor='{"inputs":[{"name":"image","shape":[1,28,28],"datatype":"FP32","parameters":{"binary_data_size":3136}}]}'
for value in '\000\000\300\177:NaN' '\000\000\200\177:infinity' '\000\000\200\377:-infinity' \
    '\000\000\000\300:-2'; do
    # shellcheck disable=SC2059
    { printf '%s' "$tensor"; head -c 3132 /dev/zero; printf "${value%%:*}"; } >"$scratch/tensor"
    check "a binary tensor's value ${value#*:} is refused" refused 400 /v2/models/mnist-ae/infer \
        "$scratch/tensor" -H "Inference-Header-Content-Length: ${#tensor}"
done
for text in NaN Infinity 1e999 -1 2; do
    printf '{"inputs":[{"name":"image","shape":[1,28,28],"datatype":"FP32","data":[%s%s]}]}' \
        "$(head -c 783 /dev/zero | tr '\000' '0' | sed 's/0/0,/g')" "$text" >"$scratch/tensor"
    check "a tensor's value $text is refused" refused 400 /v2/models/mnist-ae/infer "$scratch/tensor"
done

# --- the smallest numbers ----------------------------------------------------------------------------
# fading FILL OUT: a word and 12 seconds behind it, of zeros or of a quiet hiss.
fading() {
    bytes=529200
    {
        head -c 4 "$samples/3_en-us.wav"
        request_le32 $((bytes + 28000 + 36))
        head -c 40 "$samples/3_en-us.wav" | tail -c 32
        request_le32 $((bytes + 28000))
        head -c 28044 "$samples/3_en-us.wav" | tail -c 28000
        head -c $bytes "$1"
    } >"$2"
}
. "$root/tests/requests.sh"
yes "$(printf '\001\376')" | tr -d '\n' | head -c 600000 | iconv -f latin1 -t latin1 >"$scratch/hiss" 2>/dev/null ||
    head -c 600000 /dev/zero | tr '\000' '\001' >"$scratch/hiss"
fading /dev/zero "$scratch/zeros.wav"
fading "$scratch/hiss" "$scratch/hissing.wav"
# cochlea FILE: milliseconds of the fastest of five.
cochlea() {
    for _ in 1 2 3 4 5; do
        curl -s -o /dev/null -D - --data-binary "@$1" "$one_url/v1/encode" |
            sed -n 's/.*cochlea;dur=\([0-9.]*\).*/\1/p'
    done | sort -n | head -n 1
}
zeros=$(cochlea "$scratch/zeros.wav")
hissing=$(cochlea "$scratch/hissing.wav")
check "fading to nothing is answered like any sound" refused 200 /v1/encode "$scratch/zeros.wav"
awk -v zeros="$zeros" -v hissing="$hissing" 'BEGIN {
    printf "# cochlea: %s ms with zeros behind the word, %s ms with a hiss: %.2f times\n", zeros, hissing,
        (hissing > 0 ? zeros / hissing : 0) }'
check_finish
