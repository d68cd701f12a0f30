#!/bin/sh
# A recording or a picture to its spike latent: sh encode.sh [FILE [LATENT]]
set -eu
samples=$(dirname "$0")/../../tests/samples
url=${BASE_URL:-http://127.0.0.1:8080}

curl -sS --fail-with-body --data-binary "@${1:-$samples/3_en-us.wav}" \
    -o "${2:-latent.json}" "$url/v1/encode"
