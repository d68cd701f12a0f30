#!/bin/sh
# A spike latent to its picture: sh decode.sh [LATENT [PICTURE]]
# What encode.sh left and what synthesize.sh drew are the same picture, byte for byte.
set -eu
url=${BASE_URL:-http://127.0.0.1:8080}

curl -sS --fail-with-body -H 'Content-Type: application/json' --data-binary "@${1:-latent.json}" \
    -o "${2:-decoded.png}" "$url/v1/decode?scale=8"
