#!/bin/sh
# Speech to picture by the Open Inference Protocol, the recording in base64, the picture as numbers
# from 0 to 1, which become a PGM: sh infer.sh [RECORDING [PICTURE]]
set -eu
samples=$(dirname "$0")/../../tests/samples
url=${BASE_URL:-http://127.0.0.1:8080}

base64 -w 0 "${1:-$samples/3_en-us.wav}" |
    jq -Rc '{inputs: [{name: "audio", shape: [1], datatype: "BYTES",
        parameters: {content_type: "base64"}, data: [.]}], outputs: [{name: "image"}]}' |
    curl -sS --fail-with-body -H 'Content-Type: application/json' --data-binary @- \
        "$url/v2/models/speech-digits/infer" |
    jq -r '.outputs[0] | "P2 \(.shape[2]) \(.shape[1]) 255", (.data[] * 255 | round)' \
        >"${2:-inferred.pgm}"
