#!/bin/sh
# From a bare Debian 12 to a first picture: installs what is missing, builds the daemon, starts it
# on 127.0.0.1, posts a spoken three, writes digit.png into the current folder and keeps serving
# until Ctrl-C.
#
#   sh deploy/run.sh [--once]     --once stops the daemon after the picture
#
# SPIKELOOM_PORT chooses the port (8080).
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
port=${SPIKELOOM_PORT:-8080}
sample=$root/tests/samples/3_en-us.wav
once=no
daemon=

. "$root/deploy/packages.sh"
. "$root/deploy/port.sh"

fail() {
    echo "run.sh: $*" >&2
    exit 1
}

parse_arguments() {
    for argument; do
        case $argument in
        --once) once=yes ;;
        -h | --help)
            echo "usage: sh deploy/run.sh [--once]"
            exit 0
            ;;
        *)
            echo "usage: sh deploy/run.sh [--once]" >&2
            exit 2
            ;;
        esac
    done
}

check_port() {
    case $port in
    "" | *[!0-9]* | ??????*) fail "SPIKELOOM_PORT=$port is not a port number." ;;
    esac
    if [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; then
        fail "SPIKELOOM_PORT=$port is not a port number."
    fi
    if port_is_taken "$port"; then
        fail "Port $port is taken; choose another one, such as SPIKELOOM_PORT=$((port + 1))."
    fi
}

build() {
    log=$root/build/build.log
    echo "Building $root/build (a minute or two)"
    mkdir -p "$root/build"
    if ! { cmake -S "$root" -B "$root/build" -DCMAKE_BUILD_TYPE=Release &&
        cmake --build "$root/build" -j "$(nproc)"; } >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        fail "The build failed; see $log."
    fi
}

# Apart from the terminal, so that Ctrl-C reaches this script alone and the daemon gets one signal.
start() {
    setsid "$root/build/spikeloomd" --host 127.0.0.1 --port "$port" \
        --model-repository "$root/models/weights" &
    daemon=$!
    trap stop EXIT
    trap 'stop; exit "$stopped"' INT TERM HUP
}

# Asks the daemon to finish and waits until it has; `stopped` is its exit status.
stop() {
    trap '' INT TERM HUP
    trap - EXIT
    stopped=0
    kill -TERM "$daemon" 2>/dev/null || true
    wait "$daemon" || stopped=$?
}

wait_until_ready() {
    waited=0
    until curl -fs -o /dev/null "http://127.0.0.1:$port/v2/health/ready"; do
        kill -0 "$daemon" 2>/dev/null || fail "The daemon did not start; it says why above."
        waited=$((waited + 1))
        [ "$waited" -le 300 ] || fail "The daemon was not ready within 30 seconds."
        sleep 0.1
    done
}

synthesize() {
    url="http://127.0.0.1:$port/v1/synthesize?scale=8"
    code=$(curl -sS --data-binary "@$sample" -o digit.png.tmp -w '%{http_code}' "$url") ||
        fail "No answer came back."
    if [ "$code" != 200 ]; then
        cat digit.png.tmp >&2
        echo >&2
        rm -f digit.png.tmp
        fail "No picture came back, but $code."
    fi
    mv digit.png.tmp digit.png
    echo "Wrote $(pwd)/digit.png, made from a spoken three by"
    echo "  curl --data-binary @$sample -o digit.png '$url'"
}

parse_arguments "$@"
check_port
# shellcheck disable=SC2086 # a list of words
packages_install $packages_build || exit 1
build
start
wait_until_ready
synthesize
if [ "$once" = yes ]; then
    stop
    exit "$stopped"
fi
echo "Serving on http://127.0.0.1:$port; Ctrl-C stops it."
wait "$daemon"
