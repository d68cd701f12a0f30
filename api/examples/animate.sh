#!/bin/sh
# Speech to the picture as it builds up, spike by spike, an animated PNG that browsers play:
# sh animate.sh [RECORDING [PICTURE]]
set -eu
samples=$(dirname "$0")/../../tests/samples
url=${BASE_URL:-http://127.0.0.1:8080}

curl -sS --fail-with-body --data-binary "@${1:-$samples/3_en-us.wav}" \
    -o "${2:-animated.png}" "$url/v1/synthesize?scale=8&frames=1"
