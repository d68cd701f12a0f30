#!/bin/sh
# The same picture again: the seed that an answer names, given with the same number of steps.
# sh repeat.sh [PICTURE]
set -eu
samples=$(dirname "$0")/../../tests/samples
url=${BASE_URL:-http://127.0.0.1:8080}

# draw FILE PARAMETERS: the seed that was used
draw() {
    curl -sS --fail-with-body --data-binary "@$picture" -o "$1" -D - \
        "$url/v1/reconstruct?steps=10$2" | tr -d '\r' | sed -n 's/^Spikeloom-Seed: //Ip'
}
picture=${1:-$samples/digit_3.png}
seed=$(draw first.png "")
draw second.png "&seed=$seed" >/dev/null
cmp first.png second.png && echo "the same with seed $seed"
