#!/bin/sh
# What goes wrong, each with a code for programs and a sentence for people: sh errors.sh
set -eu
samples=$(dirname "$0")/../../tests/samples
url=${BASE_URL:-http://127.0.0.1:8080}

# explain CURL_ARGUMENT...
explain() {
    curl -sS "$@" | jq -r '"\(.code) (\(.status)): \(.detail)"'
}
explain -X POST "$url/v1/synthesize"
explain --data-binary "@$samples/3_en-us.wav" "$url/v1/synthesize?scale=1000"
explain "$url/v1/models/absent"
explain --data-binary "@$samples/digit_3.png" "$url/v1/synthesize"
