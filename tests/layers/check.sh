#!/bin/sh
# Checks how the source files hang together:
#   - includes of the project start at the repository root and follow the arrows
#     core <- models <- train <- bench, core/base <- api, {models, api} <- server; in core,
#     base <- {math, spike, media} and math <- spike
#   - each third-party header appears only in the file that wraps its library
#   - each header has an include guard named after its path
#
#   sh tests/layers/check.sh [ROOT]       checks the repository, or a tree of the same shape
#   sh tests/layers/check.sh --self-test  plants a violation of each kind in a copy and expects
#                                         each to be found
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
layers="core models train api server bench"

# check_tree ROOT: prints "FILE:LINE: what is wrong" for each violation; fails if there is one.
check_tree() (
    cd "$1"
    for layer in $layers; do
        [ ! -d "$layer" ] || find "$layer" -name '*.[ch]'
    done | LC_ALL=C sort | xargs awk -f "$here/includes.awk"
)

# copy_tree: the sources of the repository, to plant in.
copy_tree() {
    mkdir "$scratch/tree"
    for layer in $layers; do
        (cd "$root" && find "$layer" -name '*.[ch]') | while read -r file; do
            mkdir -p "$scratch/tree/$(dirname "$file")"
            cp "$root/$file" "$scratch/tree/$file"
        done
    done
}

# plant FILE TEXT: the copy with TEXT added to FILE must be refused, naming FILE.
plant() {
    title="$1: $(echo "$2" | tr '\n' ' ')"
    printf '%s\n' "$2" >>"$scratch/tree/$1"
    if check_tree "$scratch/tree" >"$scratch/found"; then
        echo "not ok - $title: was not found"
    elif ! grep -q "^$1:" "$scratch/found"; then
        echo "not ok - $title: another file was blamed"
    else
        echo "ok - $title"
    fi
    rm "$scratch/tree/$1"
    [ ! -e "$root/$1" ] || cp "$root/$1" "$scratch/tree/$1"
}

# plant_header FILE LINE...: a new header of these lines must be refused.
plant_header() {
    file=$1
    shift
    plant "$file" "$(printf '%s\n' "$@")"
}

plant_arrows() {
    plant core/base/status.c '#include "core/spike/neuron.h"'
    plant core/base/status.c '#include "core/media/audio.h"'
    plant core/math/planted.c '#include "core/spike/neuron.h"'
    plant core/media/planted.c '#include "core/math/real.h"'
    plant core/media/planted.c '#include "core/spike/raster.h"'
    plant core/spike/planted.c '#include "core/media/audio.h"'
    plant core/spike/planted.c '#include "models/network.h"'
    plant core/base/planted.c '#  include   "api/problem.h"'
    plant core/spike/planted.c '#include "core/math/gemm.h"'
    plant models/planted.c '#include "core/math/gemm.h"'
    plant models/planted.c '#include "train/options.h"'
    plant models/planted.c '#include "server/http.h"'
    plant models/planted.c '#include "api/reply.h"'
    plant api/planted.c '#include "models/network.h"'
    plant api/planted.c '#include "core/media/image.h"'
    plant train/planted.c '#include "server/http.h"'
    plant train/planted.c '#include "api/reply.h"'
    plant server/planted.c '#include "train/options.h"'
    plant server/planted.c '#include "core/math/gemm.h"'
    plant server/planted.c '#include "bench/measure.h"'
    plant train/planted.c '#include "bench/measure.h"'
    plant bench/planted.c '#include "server/http.h"'
    plant bench/planted.c '#include "api/reply.h"'
}

plant_forms() {
    plant core/base/planted.c '#include "status.h"'
    plant core/base/planted.c '#include "../base/status.h"'
    plant core/base/planted.c '#include "./core/base/status.h"'
    plant server/planted.c '#include <core/base/status.h>'
    plant models/planted.c '#include "tests/unit/planted.h"'
}

plant_third_parties() {
    plant core/math/planted.c '#include <cblas.h>'
    plant core/media/planted.c '#include <sndfile.h>'
    plant core/media/planted.c '#include <soxr.h>'
    plant core/base/planted.c '#include <png.h>'
    plant server/planted.c '#include <nettle/sha2.h>'
    plant models/network.c '#include <jansson.h>'
    plant server/planted.c '#include <jansson.h>'
    plant train/dataset.c '#include <jansson.h>'
    plant api/planted.c '#include <microhttpd.h>'
    plant server/planted.c '#include <microhttpd.h>'
    plant bench/planted.c '#include <microhttpd.h>'
    plant models/planted.c '#include <zlib.h>'
    plant server/http.c '#include <gnutls/gnutls.h>'
    plant server/planted.c '#include <curl/curl.h>'
}

plant_guards() {
    plant_header core/base/planted.h 'int planted(void);'
    plant_header core/base/planted.h '#pragma once' 'int planted(void);'
    plant_header core/base/planted.h '#ifndef PLANTED_H' '#define PLANTED_H' '#endif'
    plant_header core/base/planted.h '#ifndef SPIKELOOM_CORE_BASE_PLANTED_H' \
        '#define SPIKELOOM_CORE_BASE_PLANTED' '#endif'
    plant_header models/planted.h '#ifndef SPIKELOOM_MODELS_PLANTED_H' \
        '#define SPIKELOOM_MODELS_PLANTED_H' 'int planted(void);'
    plant_header core/base/planted.h '#include <stdint.h>' \
        '#ifndef SPIKELOOM_CORE_BASE_PLANTED_H' '#define SPIKELOOM_CORE_BASE_PLANTED_H' '#endif'
}

# Prints "ok"/"not ok" for each planted violation; fails if one was not found.
self_test() {
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    copy_tree
    {
        plant_arrows
        plant_forms
        plant_third_parties
        plant_guards
    } >"$scratch/results"
    cat "$scratch/results"
    passed=$(grep -c '^ok' "$scratch/results" || true)
    failed=$(grep -c '^not ok' "$scratch/results" || true)
    echo "$passed passed, $failed failed, 0 skipped"
    [ "$failed" -eq 0 ]
}

case ${1-} in
--self-test) self_test ;;
-*)
    echo "usage: sh tests/layers/check.sh [ROOT | --self-test]" >&2
    exit 2
    ;;
*)
    if check_tree "${1:-$root}"; then
        echo "1 passed, 0 failed, 0 skipped"
    else
        echo "0 passed, 1 failed, 0 skipped"
        exit 1
    fi
    ;;
esac
