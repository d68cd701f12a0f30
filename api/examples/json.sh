#!/bin/sh
# The picture with what it cost, as JSON: sh json.sh [RECORDING [PICTURE]]
set -eu
samples=$(dirname "$0")/../../tests/samples
url=${BASE_URL:-http://127.0.0.1:8080}

reply=$(curl -sS --fail-with-body -H 'Accept: application/json' \
    --data-binary "@${1:-$samples/3_en-us.wav}" "$url/v1/synthesize?scale=8")
echo "$reply" | jq -r .image_png | base64 -d >"${2:-from_json.png}"
echo "$reply" | jq -r '"\(.spikes) spikes, \(.synops) operations in \(.num_steps) steps,",
    "\(.latent.events | length) spikes of \(.latent.num_units) units between ear and hand"'
