#!/bin/sh
# Runs every example against a daemon of its own: sh api/examples/run.sh BUILD_FOLDER
# Serves the models of models/weights, or of the folder $SPIKELOOM_TEST_MODELS, and leaves what was
# sent and answered in BUILD_FOLDER/exchanges/examples for tests/contract.
set -u

[ $# -eq 1 ] || {
    echo "usage: sh api/examples/run.sh BUILD_FOLDER" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
daemon_program=$build/spikeloomd
scratch=$(mktemp -d)
daemon_folder=$scratch
check_file=api/examples/run.sh
. "$root/tests/http/daemon.sh"
. "$root/tests/check.sh"
. "$root/tests/http/answers.sh"

# example NAME OUTPUT [ARGUMENT...]: runs one; it must succeed and leave OUTPUT with something in it.
example() {
    example_name=$1
    example_output=$2
    shift 2
    echo "$example_name" >>examples.txt
    sh "$here/$example_name.sh" "$@" >"$example_name.out" && [ -s "$example_output" ]
}

every_example() {
    for example_file in "$here"/*.sh; do
        grep -qx "$(basename "$example_file" .sh)" examples.txt || [ "$example_file" = "$here/run.sh" ] || {
            echo "$example_file was not run"
            return 1
        }
    done
}

daemon_record "$build/exchanges/examples" || exit 1
check_outcomes=$daemon_exchanges/checks.tsv
models=${SPIKELOOM_TEST_MODELS:-$root/models/weights}
unset SPIKELOOM_TEST_MODELS # which is none of the daemon's variables
daemon_start examples --model-repository "$models" || exit 1
trap 'daemon_stop "$daemon_pid"; rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
BASE_URL=$daemon_url
export BASE_URL
check "synthesize" example synthesize synthesized.png
check "  draws 224 x 224" test "$(png_size synthesized.png)" = "224 224"
check "reconstruct" example reconstruct reconstructed.png
check "  draws 224 x 224" test "$(png_size reconstructed.png)" = "224 224"
check "encode" example encode latent.json
check "decode" example decode decoded.png
check "  draws the same picture" cmp decoded.png synthesized.png
check "animate" example animate animated.png
check "  with one frame a step" test "$(grep -ao fcTL animated.png | wc -l)" -gt 2
check "json" example json json.out
check "  tells spikes and operations" grep -Eq '^[0-9]+ spikes, [0-9]+ operations' json.out
check "  and draws the picture" cmp from_json.png synthesized.png
check "conditional" example conditional conditional.out
check "  gets nothing new" grep -q '^304' conditional.out
check "repeat" example repeat repeat.out
check "  twice the same" grep -q '^the same' repeat.out
check "errors" example errors errors.out
check "  with their codes" test "$(cut -d ' ' -f 1 errors.out | paste -s -d ' ')" = \
    "empty invalid_argument not_found unsupported_media"
check "models" example models models.out
check "  names speech-digits" grep -q '^speech-digits' models.out
check "infer" example infer inferred.pgm
check "index" example index index.out
check "no example is left out" every_example
check_finish
