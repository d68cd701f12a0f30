#!/bin/sh
# Builds the programs of this folder, runs them and those that Spikeloom is compared with in turns, and
# writes bench/results/MACHINE.md and .json, with the curves as MACHINE-NAME.svg.
#
#   sh bench/run.sh [--quick] [--only NAME,...] [--out FOLDER] [--build FOLDER]
#
#   --quick        each measurement once and short: shows that all of it runs; figures are rough
#   --only NAMES   of: limits models scaling requests startup kernels training http torch onnx numpy
#   --data FOLDER  holds the data sets, mnist and fashion (data, or ../data)
#   --out FOLDER   where results go (bench/results)
#   --build FOLDER where it is built (build-bench)
#
# train/fetch-data.sh gets the data sets. What is missing is skipped, with a line that says so and what
# it would need.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/.." && pwd)
. "$root/deploy/packages.sh"
. "$root/deploy/port.sh"

all_parts="limits models scaling requests startup kernels training http torch onnx numpy"
parts=$all_parts
rounds=3 seconds=1 wrk_seconds=3 quick='' data=''
out=$here/results build=$root/build-bench
python=/usr/bin/python3 # Debian's, which its PyTorch belongs to

usage() {
    sed -n 's/^# \{0,1\}//; 2,14p' "$0" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=1 rounds=1 seconds=0.05 wrk_seconds=1 ;;
    --only)
        [ $# -gt 1 ] || usage
        parts=$(echo "$2" | tr ',' ' ')
        shift
        ;;
    --data)
        [ $# -gt 1 ] || usage
        data=$2
        shift
        ;;
    --out)
        [ $# -gt 1 ] || usage
        out=$2
        shift
        ;;
    --build)
        [ $# -gt 1 ] || usage
        build=$2
        shift
        ;;
    *) usage ;;
    esac
    shift
done

for part in $parts; do
    case " $all_parts " in
    *" $part "*) ;;
    *) usage ;;
    esac
done

wants() {
    case " $parts " in *" $1 "*) ;; *) return 1 ;; esac
}

mkdir -p "$out"
out=$(cd "$out" && pwd)
scratch=$(mktemp -d)
raw=$scratch/raw.tsv
pids=
clean_up() {
    for pid in $pids; do
        kill -TERM "$pid" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

say() {
    echo "$*" >&2
}

# left_out WHAT WHY: told at once and in the results.
left_out() {
    say "SKIPPED $1: $2"
    printf 'skipped.%s\t%s\n' "$1" "$2" >>"$raw"
}

# figures NAME COMMAND...: what it prints are figures, also where it fails in the end.
figures() {
    figures_name=$1
    shift
    if ! "$@" >"$scratch/figures" 2>"$scratch/errors"; then
        tail -n 5 "$scratch/errors" >&2
        left_out "$figures_name" "it failed, or took too long, at least once"
    fi
    grep '	' "$scratch/figures" >>"$raw" || true
}

# fact KEY TEXT
fact() {
    printf '%s\t%s\n' "$1" "$2" >>"$raw"
}

# find_data NAME: prints the folder of a data set, or nothing.
find_data() {
    for folder in ${data:+"$data/$1"} "$root/data/$1" "$root/../data/$1"; do
        if ls "$folder"/t10k-images-idx3-ubyte* >/dev/null 2>&1; then
            (cd "$folder" && pwd)
            return
        fi
    done
}

# number PATTERN FILE: the last number after "PATTERN": in lines of JSON.
number() {
    grep -o "\"$1\": *[0-9][0-9.e+-]*" "$2" | sed 's/.*: *//' | tail -n 1
}

# --- the machine ---------------------------------------------------------------------------------

describe_machine() {
    cores=$(nproc)
    cpu=$(LC_ALL=C lscpu 2>/dev/null | sed -n 's/^Model name: *//p' | head -n 1)
    cpu=${cpu:-$(uname -m)}
    machine=$(echo "$cpu $cores cores" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9\n' - | sed 's/^-//; s/-$//')
    fact machine.cpu "$cpu"
    fact machine.cores "$cores"
    fact machine.kernel "$(uname -sr)"
    fact machine.compiler "$(cc --version | head -n 1)"
    fact machine.commit "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)"
    fact machine.load_before "$(cut -d ' ' -f 1 /proc/loadavg)"
    fact machine.rounds "$rounds"
}

compile() {
    say "Building in $build"
    if ! { cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release -DSPIKELOOM_BENCH=ON &&
        cmake --build "$build" -j"$(nproc)"; } >"$scratch/build.log" 2>&1; then
        tail -n 30 "$scratch/build.log" >&2
        exit 1
    fi
}

# --- in process, and the same by others ----------------------------------------------------------

models="mnist-ae mnist-ann fashion-ae speech-digits"

# model_arguments: the models with the data sets that there are.
model_arguments() {
    for model in $models; do
        case $model in
        mnist-*) echo "$model${mnist:+=mnist:$mnist}" ;;
        fashion-*) echo "$model${fashion:+=fashion:$fashion}" ;;
        *) echo "$model" ;;
        esac
    done
}

# has_python MODULE...
has_python() {
    for module; do
        "$python" -c "import $module" 2>/dev/null || return 1
    done
}

find_peers() {
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/spikeloom-bench
    torch='' onnx='' numpy=''
    if wants torch; then
        if has_python torch numpy; then torch=1; else
            left_out torch "there is no PyTorch for $python (Debian: python3-torch)"
        fi
    fi
    if wants numpy; then
        if ! has_python numpy; then
            left_out numpy "there is no NumPy for $python (Debian: python3-numpy)"
        elif [ ! -f "$mnist/train-images-idx3-ubyte" ]; then
            left_out numpy "there is no unpacked MNIST"
        else numpy=1; fi
    fi
    if wants onnx; then
        if ! command -v npm >/dev/null || ! has_python numpy; then
            left_out onnx "there is no npm, or no NumPy to write the ONNX file with"
        elif ! install_onnx >"$scratch/npm.log" 2>&1; then
            tail -n 3 "$scratch/npm.log" >&2
            left_out onnx "npm cannot install onnxruntime-node"
        else onnx=1; fi
    fi
}

# Into the cache of the user, as it is no part of the checkout; without its scripts, which fetch more.
install_onnx() {
    export BENCH_CACHE="$cache"
    mkdir -p "$cache"
    if ! cmp -s "$here/peers/package-lock.json" "$cache/package-lock.json" ||
        [ ! -d "$cache/node_modules/onnxruntime-node" ]; then
        cp "$here/peers/package.json" "$here/peers/package-lock.json" "$cache" &&
            npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund || return 1
    fi
    "$python" "$here/peers/write_onnx.py" "$root/models/weights/mnist-ann.safetensors" "$scratch/ann.onnx"
}

run_models() {
    # shellcheck disable=SC2046
    figures models "$build/bench_models" "$seconds" $(model_arguments)
    # shellcheck disable=SC2086
    [ -z "$torch" ] || figures torch_inference timeout 300 "$python" "$here/peers/torch_inference.py" \
        "$root/models/weights" "$scratch" "$(quarter "$seconds")" $models
    [ -z "$onnx" ] || figures onnx_inference timeout 120 node "$here/peers/onnx_inference.mjs" \
        "$scratch/ann.onnx" "$scratch/mnist-ann.inputs" "$scratch/mnist-ann.outputs" "$seconds"
}

# The inputs and outputs of ours that peers compare theirs with, once.
write_outputs() {
    # shellcheck disable=SC2046 # a list of words
    [ -f "$scratch/mnist-ae.inputs" ] || "$build/bench_outputs" "$scratch" $(model_arguments)
}

run_inference() {
    if wants models && [ -n "$torch$onnx" ]; then
        write_outputs
    fi
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        say "Round $round of $rounds in process"
        ! wants limits || figures limits "$build/bench_limits" "$seconds"
        ! wants models || run_models
        ! wants requests || figures requests "$build/bench_requests" "$seconds"
        ! wants scaling || figures scaling "$build/bench_scaling" "$(quarter "$(quarter "$seconds")")" "$scratch"
        ! wants startup || run_startup
    done
}

# quarter NUMBER
quarter() {
    awk -v value="$1" 'BEGIN { print value / 4 }'
}

run_startup() {
    startup=0
    while [ "$startup" -lt 3 ]; do
        startup=$((startup + 1))
        port=$(port_find_free 18400)
        figures startup "$build/bench_startup" "$port" "$build/spikeloomd" --port "$port" \
            --model-repository "$root/models/weights" --log-level error
    done
}

run_kernels() {
    kernels=
    for folder in "$build" "$root/build-tests" "$root/build"; do
        for program in "$folder/kernels_check" "$folder/kernels/kernels_check" "$folder/unit/kernels_check"; do
            [ -n "$kernels" ] || [ ! -x "$program" ] || kernels=$program
        done
    done
    if [ -z "$kernels" ]; then
        left_out kernels "kernels_check is not built (build the tests first)"
    elif ! "$kernels" --bench --json "$scratch/kernels.json" >"$scratch/kernels.log" 2>&1; then
        left_out kernels "kernels_check --bench failed: $(tail -n 1 "$scratch/kernels.log")"
    fi
}

draw_curves() {
    if ! command -v gnuplot >/dev/null; then
        left_out plots "there is no gnuplot (Debian: gnuplot-nox)"
        return
    fi
    while IFS=: read -r name axis; do
        [ -s "$scratch/$name.tsv" ] || continue
        gnuplot -e "data='$scratch/$name.tsv'; picture='$out/$machine-$name.svg'; axis='$axis'" \
            "$here/plot.gp" 2>"$scratch/gnuplot.log" || left_out "plots.$name" "gnuplot failed"
    done <<CURVES
latent_spikes:spikes of the latent, 784-196-784
input_spikes:spikes of the input, 784-196-784
hidden:units of the latent
steps:time steps
batch:inputs of a batch, all cores
CURVES
}

# --- training ------------------------------------------------------------------------------------

# train KEY FLAG...: an epoch of MNIST; in a quick run of a part of it, scaled to all.
train() {
    train_key=$1
    shift
    rm -f "$scratch/train.log"
    if ! "$build/spikeloom-train" autoencoder --data "mnist:$mnist" --epochs 1 --quiet --limit "$limit" \
        --out "$scratch/$train_key.safetensors" --log "$scratch/train.log" "$@" >/dev/null 2>"$scratch/errors"; then
        tail -n 2 "$scratch/errors" >&2
        left_out "training.$train_key" "spikeloom-train failed"
        return
    fi
    grep '"epoch"' "$scratch/train.log" | grep '"seconds"' >"$scratch/epoch.log" || true
    fact "training.$train_key.epoch_s" "$(awk -v s="$(number seconds "$scratch/epoch.log")" -v n="$limit" \
        'BEGIN { print s * (n ? 60000 / n : 1) }')"
}

# How good the network is that an epoch has made; only of whole epochs. It differs by some 3 % from
# seed to seed, so that every round has one of its own.
score() {
    "$build/spikeloom-train" evaluate --quiet --json --model "$scratch/bptt.safetensors" \
        --data "mnist:$mnist" >"$scratch/scores.json"
    fact training.bptt.pixel_mse "$(number pixel_mse "$scratch/scores.json")"
}

# train_by_torch NAME BATCHES|epoch [SEED]
train_by_torch() {
    write_outputs
    [ -f "$scratch/mnist-ae.gradients" ] || "$build/bench_gradients" "$scratch" "mnist:$mnist"
    figures "$1" timeout 300 "$python" "$here/peers/torch_training.py" \
        "$root/models/weights/mnist-ae.safetensors" "$scratch" "$mnist" "$2" ${3:+"$3"}
}

run_training() {
    limit=0 batches=60 numpy_batches=30
    [ -z "$quick" ] || { limit=2000 batches=3 numpy_batches=3; }
    if [ -z "$mnist" ]; then
        left_out training "MNIST is missing (sh train/fetch-data.sh data)"
        return
    fi
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        say "Round $round of $rounds in training"
        train bptt --seed "$round"
        [ -n "$quick" ] || score
        if [ -n "$torch" ] && [ -f "$mnist/train-images-idx3-ubyte" ]; then
            train_by_torch torch_training "$batches"
            [ -n "$quick" ] || train_by_torch torch_epoch epoch "$round"
        fi
        train membrane --rule membrane
        [ -z "$numpy" ] || figures numpy_membrane timeout 300 "$python" "$here/peers/numpy_membrane.py" \
            "$root/tests/golden/membrane_rule.json" "$mnist" "$numpy_batches"
    done
}

# --- HTTP ----------------------------------------------------------------------------------------

# serve URL COMMAND...: starts a server and waits until the URL answers; sets server_ready.
serve() {
    serve_url=$1
    shift
    "$@" >/dev/null 2>"$scratch/server.log" &
    pids="$pids $!"
    serve_tries=0 server_ready=1
    until curl -s --max-time 5 -o "$scratch/ready" "$serve_url"; do
        serve_tries=$((serve_tries + 1))
        if [ "$serve_tries" -gt 200 ] || ! kill -0 "$!" 2>/dev/null; then
            tail -n 3 "$scratch/server.log" >&2
            server_ready=
            return
        fi
        sleep 0.1
    done
}

# port: the next free one.
next_port() {
    port=$(port_find_free $((port + 1)))
}

# target KEY URL BODY: something that wrk asks.
target() {
    printf '%s %s %s\n' "$1" "$2" "$3" >>"$scratch/targets"
}

# ask URL BODY PICTURE
ask() {
    curl -sf --data-binary "@$2" -o "$3" "$1"
}

serve_ours() {
    next_port
    serve "http://127.0.0.1:$port/v2/health/ready" "$build/spikeloomd" --port "$port" \
        --model-repository "$root/models/weights" --log-level error
    [ -n "$server_ready" ] || return 1
    daemon_pid=$!
    url=http://127.0.0.1:$port
    until curl -sf -o "$scratch/ready" "$url/v2/health/ready"; do sleep 0.05; done
    ask "$url/v1/reconstruct" "$scratch/digit.png" "$scratch/reconstruct.png" &&
        ask "$url/v1/reconstruct?model=mnist-ann" "$scratch/digit.png" "$scratch/ann.png" &&
        ask "$url/v1/synthesize" "$scratch/clip.wav" "$scratch/synthesize.png" || return 1
    target http.reconstruct "$url/v1/reconstruct" "$scratch/digit.png"
    target http.ann "$url/v1/reconstruct?model=mnist-ann" "$scratch/digit.png"
    target http.synthesize "$url/v1/synthesize" "$scratch/clip.wav"
}

serve_empty() {
    for kind in reconstruct synthesize; do
        body=$scratch/digit.png
        [ "$kind" = reconstruct ] || body=$scratch/clip.wav
        next_port
        serve "http://127.0.0.1:$port/" "$build/empty_handler" "$port" "$scratch/$kind.png"
        target "http.empty_$kind" "http://127.0.0.1:$port/" "$body"
    done
}

# agrees KEY URL OURS STEPS: whether a peer's picture is ours; it is not measured otherwise.
agrees() {
    ask "$2" "$scratch/digit.png" "$scratch/theirs.png" || return 1
    figures compare_pictures "$python" "$here/peers/compare_pictures.py" "$1" "$3" "$scratch/theirs.png" "$4"
    grep -q "^$1.agrees	1" "$scratch/figures"
}

# serve_uvicorn KEY WORKERS LOOP HTTP: PyTorch behind uvicorn with these libraries.
serve_uvicorn() {
    next_port
    serve "http://127.0.0.1:$port/ready" env BENCH_THREADS=1 \
        BENCH_CHECKPOINT="$root/models/weights/mnist-ae.safetensors" \
        "$python" -m uvicorn --app-dir "$here/peers" --port "$port" --workers "$2" --loop "$3" --http "$4" \
        --no-access-log --log-level error torch_server:app
    if [ -z "$server_ready" ]; then
        left_out "$1" "uvicorn did not start"
    elif agrees "$1" "http://127.0.0.1:$port/v1/reconstruct" "$scratch/reconstruct.png" 15; then
        target "$1" "http://127.0.0.1:$port/v1/reconstruct" "$scratch/digit.png"
    else
        left_out "$1" "its picture differs from ours"
    fi
}

# As Debian's package of uvicorn comes, and with the two libraries that make it faster.
serve_torch() {
    if [ -z "$torch" ] || ! has_python fastapi uvicorn PIL; then
        left_out http.torch "PyTorch, FastAPI, uvicorn or Pillow is missing"
        return
    fi
    uvloop=1
    if ! has_python uvloop httptools; then
        uvloop=
        left_out http.uvloop "uvloop or httptools is missing"
    fi
    for workers in 1 2; do
        serve_uvicorn "http.torch_$workers" "$workers" asyncio h11
        [ -z "$uvloop" ] || serve_uvicorn "http.uvloop_$workers" "$workers" uvloop httptools
    done
}

serve_onnx() {
    if [ -z "$onnx" ] || ! has_python PIL; then
        left_out http.onnx "ONNX Runtime, or Pillow to compare pictures, is missing"
        return
    fi
    next_port
    serve "http://127.0.0.1:$port/" node "$here/peers/onnx_server.mjs" "$scratch/ann.onnx" "$port"
    if [ -n "$server_ready" ] && agrees http.onnx "http://127.0.0.1:$port/" "$scratch/ann.png" 1; then
        target http.onnx "http://127.0.0.1:$port/" "$scratch/digit.png"
    else
        left_out http.onnx "it did not start, or its picture differs from ours"
    fi
}

# load KEY CONNECTIONS URL BODY
load() {
    figures "$1" env BENCH_KEY="$1" BENCH_BODY="$4" wrk -t 1 -c "$2" -d "${wrk_seconds}s" --timeout 10s \
        -s "$here/post.lua" "$3"
}

run_http() {
    if ! command -v wrk >/dev/null || ! command -v curl >/dev/null; then
        left_out http "wrk or curl is missing (Debian: wrk, curl)"
        return
    fi
    : >"$scratch/targets"
    port=18500
    "$build/bench_requests" --write "$scratch"
    if ! serve_ours; then
        left_out http "the daemon did not answer"
        return
    fi
    serve_empty
    ! wants torch || serve_torch
    ! wants onnx || serve_onnx
    round=0
    while [ "$round" -lt "$rounds" ]; do
        round=$((round + 1))
        say "Round $round of $rounds over HTTP"
        while read -r key url body; do
            load "$key.light" 1 "$url" "$body"
            load "$key.full" 16 "$url" "$body"
            load "$key.many" 64 "$url" "$body"
        done <"$scratch/targets"
    done
    fact startup.resident_loaded_mib \
        "$(awk '/^VmHWM:/ { print $2 / 1024 }' "/proc/$daemon_pid/status")"
}

# --- all of it -----------------------------------------------------------------------------------

packages_wanted="$packages_build"
[ -n "$quick" ] || packages_wanted="$packages_wanted $packages_bench"
# shellcheck disable=SC2086
packages_install $packages_wanted || say "Going on without them."

: >"$raw"
compile
describe_machine
mnist=$(find_data mnist)
fashion=$(find_data fashion)
[ -n "$mnist" ] || left_out data.mnist "no MNIST: digits of tests/samples instead"
[ -n "$fashion" ] || left_out data.fashion "no Fashion-MNIST: digits of tests/samples instead"
find_peers
! wants kernels || run_kernels
run_inference
! wants scaling || draw_curves
! wants training || run_training
! wants http || run_http
fact machine.load_after "$(cut -d ' ' -f 1 /proc/loadavg)"

for format in json md; do
    awk -v format="$format" -v machine="$machine" -v quick="$quick" -v kernels="$scratch/kernels.json" \
        -f "$here/report.awk" "$here/figures.tsv" "$here/targets.tsv" "$raw" >"$out/$machine.$format"
done
say "Wrote $out/$machine.md and .json"
