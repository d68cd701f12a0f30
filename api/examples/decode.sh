#!/bin/sh
# A spike latent to its picture as it builds up, an animated PNG: sh decode.sh [LATENT [PICTURE]]
set -eu
url=${BASE_URL:-http://127.0.0.1:8080}

curl -sS --fail-with-body -H 'Content-Type: application/json' --data-binary "@${1:-latent.json}" \
    -o "${2:-decoded.png}" "$url/v1/decode?scale=8&frames=1"
