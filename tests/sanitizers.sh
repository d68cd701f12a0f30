#!/bin/sh
# Sanitizers that are too slow, or too much to build, for each run of the tests; AddressSanitizer and
# UndefinedBehaviorSanitizer are part of tests/run.sh.
#
#   sh tests/sanitizers.sh thread [MINUTES]   the daemon under mixed traffic, reloads and its drain,
#                                             and the tests of what threads share (2 minutes of traffic)
#   sh tests/sanitizers.sh memory             what reads and computes without other libraries, by clang
#   sh tests/sanitizers.sh valgrind BUILD     the trainer: two trainings, scores, pictures
#
# Builds in build-thread and build-memory. Prints "N passed, N failed, N skipped" last.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# build FOLDER COMPILER SANITIZER TARGET...
build() {
    build_folder=$1 build_compiler=$2 build_sanitizer=$3
    shift 3
    CC=$build_compiler cmake -S "$root" -B "$build_folder" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DSPIKELOOM_TESTS=ON -DSPIKELOOM_SANITIZE="$build_sanitizer" &&
        cmake --build "$build_folder" -j "$(nproc)" --target "$@"
}

# What threads share, and what they do at once.
threads="test_parallel test_pool test_registry test_metrics test_connections test_rate_limit test_keys
    test_mem test_inference test_lingering"

check_thread() {
    folder=$root/build-thread
    # what is too much to allocate is what test_mem asks for
    export TSAN_OPTIONS=halt_on_error=1:exitcode=66:second_deadlock_stack=1:allocator_may_return_null=1
    # shellcheck disable=SC2086 # a list of words
    check "it builds" build "$folder" gcc thread spikeloomd $threads
    for program in $threads; do
        check "$program" "$folder/unit/$program"
    done
    check "the daemon under mixed traffic, with reloads and its drain" \
        env TESTS_REPORT="$scratch/soak.md" sh "$root/tests/soak/run.sh" "$folder" "${1-2}"
    grep 'requests\|^| [0-9]' "$scratch/check.out"
}

# Their libraries are this project's and libc alone: memory that another library has written looks
# as if nobody had.
own="test_query test_traceparent test_framing test_buf test_status test_rng test_raster
    test_neuron test_synapse test_readout test_encode test_layer test_endpoints test_silence
    test_rate_limit test_options test_interval"

check_memory() {
    folder=$root/build-memory
    export MSAN_OPTIONS=halt_on_error=1:exit_code=66
    # shellcheck disable=SC2086
    check "it builds" build "$folder" clang memory $own
    for program in $own; do
        check "$program" "$folder/unit/$program"
    done
}

check_valgrind() {
    grind="valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite
        --errors-for-leak-kinds=definite"
    trainer=$1/spikeloom-train
    make_pictures "$scratch/pictures"
    for digit in 0 1 2; do
        mkdir -p "$scratch/words/train/$digit" "$scratch/words/test/$digit"
        cp "$root/tests/samples/${digit}_en-us.wav" "$scratch/words/train/$digit/"
        cp "$root/tests/samples/${digit}_en-gb-f2.wav" "$scratch/words/test/$digit/"
    done
    export OPENBLAS_NUM_THREADS=1
    # shellcheck disable=SC2086
    check "an autoencoder" $grind "$trainer" autoencoder --data "images:$scratch/pictures" --hidden 12 \
        --batch-size 5 --epochs 2 --threads 2 --quiet --out "$scratch/see.safetensors"
    # shellcheck disable=SC2086
    check "an audiocoder" $grind "$trainer" audiocoder --data "wavs:$scratch/words" \
        --images "images:$scratch/pictures" --autoencoder "$scratch/see.safetensors" --epochs 1 \
        --variants 1 --batch-size 3 --hidden 8 --threads 2 --quiet --out "$scratch/hear.safetensors"
    # shellcheck disable=SC2086
    check "their scores" $grind "$trainer" evaluate --quiet --json --model "$scratch/see.safetensors" \
        --data "images:$scratch/pictures"
    # shellcheck disable=SC2086
    check "pictures of speech" $grind "$trainer" synthesize --model "$scratch/hear.safetensors" \
        --out "$scratch/drawn" "$root/tests/samples/0_en-us.wav"
}

case ${1-} in
thread) check_thread "${2-2}" ;;
memory) check_memory ;;
valgrind) check_valgrind "$(cd "${2-build}" && pwd)" ;;
*)
    sed -n '5,9s/^# *//p' "$0" >&2
    exit 2
    ;;
esac
check_finish
