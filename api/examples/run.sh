#!/bin/sh
# Runs every example against a daemon of its own: sh api/examples/run.sh BUILD_FOLDER
# Serves the models of models/weights, or of the folder $SPIKELOOM_TEST_MODELS.
set -u

[ $# -eq 1 ] || {
    echo "usage: sh api/examples/run.sh BUILD_FOLDER" >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
daemon_program=$(cd "$1" && pwd)/spikeloomd
daemon_folder=$(mktemp -d)
passed=0
failed=0
. "$root/tests/http/daemon.sh"

# example NAME OUTPUT: runs one; it must succeed and leave OUTPUT with something in it.
example() {
    if sh "$here/$1.sh" >"$1.out" && [ -s "$2" ]; then
        passed=$((passed + 1))
        echo "ok - $1"
    else
        failed=$((failed + 1))
        echo "not ok - $1"
        head -c 1000 "$1.out"
    fi
}

daemon_start examples --model-repository "${SPIKELOOM_TEST_MODELS:-$root/models/weights}" || exit 1
trap 'daemon_stop "$daemon_pid"; rm -rf "$daemon_folder"' EXIT
cd "$daemon_folder" || exit 1
BASE_URL=$daemon_url
export BASE_URL
example synthesize synthesized.png
example reconstruct reconstructed.png
example encode latent.json
example decode decoded.png
example models models.out
example infer inferred.pgm
example index index.out
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
