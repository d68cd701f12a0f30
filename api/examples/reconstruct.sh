#!/bin/sh
# A picture through the autoencoder, dark strokes on paper as well as bright ones on black:
# sh reconstruct.sh [PICTURE [RECONSTRUCTION]]
set -eu
samples=$(dirname "$0")/../../tests/samples
url=${BASE_URL:-http://127.0.0.1:8080}

curl -sS --fail-with-body -F "file=@${1:-$samples/digit_3.png}" \
    -o "${2:-reconstructed.png}" "$url/v1/reconstruct?scale=8&polarity=auto"
