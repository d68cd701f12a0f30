#!/bin/sh
# A daemon under mixed traffic for a long time: valid, invalid, slow, huge and aborted requests, its
# folder read anew all the while, good and damaged. Every answer is the one that the request had at
# first, or 503 or 504; memory and open files do not grow; at the end it drains.
#
#   sh tests/soak/run.sh BUILD MINUTES [CLIENTS]     12 clients unless it is given
#
# Prints a table; from 10 minutes on it is kept in tests/soak/REPORT.md. $TESTS_REPORT is another
# place for it. Progress is in BUILD/soak.log.
set -u

build=$(cd "$1" && pwd)
minutes=$2
clients=${3-12}
root=$(cd "$(dirname "$0")/../.." && pwd)
samples=$root/tests/samples
scratch=$(mktemp -d)
daemon_program=$build/spikeloomd
daemon_folder=$scratch
daemon_pid=
traffic=
. "$root/tests/check.sh"
. "$root/tests/http/daemon.sh"
. "$root/tests/requests.sh"
clean_up() {
    for pid in $traffic $daemon_pid; do
        kill -KILL "$pid" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' HUP INT TERM

seconds=$(awk -v minutes="$minutes" 'BEGIN { print int(60 * minutes) }')
report=${TESTS_REPORT-/dev/null}
[ -n "${TESTS_REPORT-}" ] || [ "$seconds" -lt 600 ] || report=$root/tests/soak/REPORT.md
interval=$((seconds / 360 > 1 ? seconds / 360 : 1))
cc -D_GNU_SOURCE -std=c17 -O1 -Wall -Wextra -Werror -o "$scratch/traffic" "$root/tests/soak/traffic.c" \
    -lpthread || exit 1

# --- the daemon and its requests -----------------------------------------------------------------
models=$scratch/models
cp -r "$root/models/weights" "$models"
daemon_start soak --model-repository "$models" --max-body-bytes 1048576 --queue-size 16 \
    --max-header-bytes 8192 --timeout-ms 20000 --idle-timeout-secs 5 || exit 1
port=${daemon_url##*:}
asked=$scratch/asked
mkdir "$asked"
request_wav "$samples/7_en-gb-f2.wav" 16000 "$scratch/short.wav"
curl -s "$daemon_url/v1/encode" --data-binary "@$samples/5_en-us.wav" >"$scratch/latent.json"
request_form "$samples/digit_4.png" "$scratch/form"
request_tensor "$scratch/tensor.json"
head -c 900000 /dev/zero >"$scratch/zeros"
head -c 5000 "$samples/5_en-us.wav" >"$scratch/cut.wav"
printf '{"num_units":3' >"$scratch/broken.json"
for digit in 0 3 7; do
    request_post "$asked" "speech-$digit" /v1/synthesize "$samples/${digit}_en-us.wav"
done
request_post "$asked" short '/v1/synthesize?scale=4' "$scratch/short.wav"
request_post "$asked" animation '/v1/synthesize?frames=1' "$samples/1_en-us.wav"
request_post "$asked" json /v1/synthesize "$samples/2_en-us.wav" 'Accept: application/json'
request_post "$asked" phone '/v1/synthesize?split=1' "$samples/phone_en-us.wav" 'Accept: application/json'
request_post "$asked" ogg /v1/encode "$root/tests/unit/media/vorbis.ogg"
request_post "$asked" picture /v1/reconstruct "$samples/digit_8.png"
request_post "$asked" fashion '/v1/reconstruct?model=fashion-ae' "$samples/digit_8.png"
request_post "$asked" form /v1/reconstruct "$scratch/form" 'Content-Type: multipart/form-data; boundary=x'
request_post "$asked" latent /v1/decode "$scratch/latent.json"
request_post "$asked" tensor /v2/models/mnist-ae/infer "$scratch/tensor.json"
request_post "$asked" cut /v1/synthesize "$scratch/cut.wav"
request_post "$asked" no-sound /v1/synthesize "$scratch/zeros"
request_post "$asked" broken /v1/decode "$scratch/broken.json"
request_post "$asked" nameless '/v1/encode?wrong=1' "$samples/digit_8.png"
request_post "$asked" empty /v1/encode /dev/null
request_post "$asked" webm /v1/encode "$root/tests/unit/media/tone.webm"
request_post "$asked" vorbis-damaged /v1/encode "$root/tests/fuzz/regression/audio/damaged-vorbis-header"
tail -c +2 "$root/tests/fuzz/regression/multipart/nameless-part" >"$scratch/nameless"
request_post "$asked" nameless-part /v1/encode "$scratch/nameless" 'Content-Type: multipart/form-data; boundary=seam'
request_get "$asked" contract /openapi.json
request_get "$asked" page /
request_get "$asked" models /v1/models
request_get "$asked" nothing /nothing
printf 'POST /v1/encode HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999999\r\n\r\nRIFF' \
    >"$asked/huge.request"
printf 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n' \
    >"$asked/smuggled.request"
printf 'GET /%04000d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' 0 >"$asked/long.request"

# --- the traffic -----------------------------------------------------------------------------------
memory_kib() {
    awk '/^VmRSS:/ { print $2 }' "/proc/$daemon_pid/status"
}
open_files() {
    ls "/proc/$daemon_pid/fd" | wc -l
}
first_files=$(open_files)
"$scratch/traffic" "$port" "$seconds" "$clients" 1 "$asked"/*.request >"$scratch/sum" 2>"$scratch/wrong" &
traffic=$!
reloads=0
: >"$build/soak.log"
started=$(date +%s)
while kill -0 "$traffic" 2>/dev/null; do
    sleep "$interval"
    reloads=$((reloads + 1))
    # good and damaged by turns; the good one is what is served already, in a new file
    if [ $((reloads % 2)) -eq 0 ]; then
        cp "$root/models/weights/mnist-ae.safetensors" "$models/new"
    else
        head -c 100000 "$root/models/weights/mnist-ae.safetensors" >"$models/new"
    fi
    mv "$models/new" "$models/mnist-ae.safetensors"
    kill -HUP "$daemon_pid" 2>/dev/null || break
    echo "$(($(date +%s) - started)) $(memory_kib) $(open_files)" >>"$build/soak.log"
done
wait "$traffic"
traffic_code=$?
traffic=
sleep 8 # past the time that a connection may be silent: of some that broke off, nothing else tells

# --- what must hold --------------------------------------------------------------------------------
# grown COLUMN: by how much the mean of the last quarter is above that of the second.
grown() {
    awk -v column="$1" '{ value[NR] = $column } END {
        for (i = 1; i <= NR; i++) {
            if (i > NR / 4 && i <= NR / 2) { early += value[i]; earlies++ }
            if (i > 3 * NR / 4) { late += value[i]; lates++ }
        }
        print earlies && lates ? int(late / lates - early / earlies) : 0
    }' "$build/soak.log"
}
memory_grown=$(grown 2)
files_grown=$(grown 3)
last_files=$(open_files)
highest=$(awk '$2 > most { most = $2 } END { print int(most / 1024) }' "$build/soak.log")
fives=$(curl -s "$daemon_url/metrics" |
    awk '/^spikeloom_requests_total/ && /code="5/ && !/code="50[34]"/ { sum += $2 } END { print sum + 0 }')
told() {
    cat "$scratch/wrong" "$scratch/sum"
    return "$traffic_code"
}
check "every answer is the known one, 503 or 504" told
check "no other 5xx" [ "$fives" -eq 0 ]
# a slow daemon, as one with a sanitizer, answers several signals by one reading
check "the folder was read anew" [ "$(grep -c '"event":"reload"' "$daemon_log")" -ge $((reloads / 4)) ]
if [ "$seconds" -ge 1800 ]; then # in a quarter of an hour the heaps of all threads have seen all kinds
    check "memory does not grow (by $memory_grown KiB)" [ "$memory_grown" -lt 3072 ]
fi
if [ "$seconds" -ge 600 ]; then
    check "open files do not grow (by $files_grown)" [ "$files_grown" -lt 8 ]
fi
check "all files are closed again" [ "$last_files" -le $((first_files + 2)) ]
check "it drains" daemon_stop "$daemon_pid"
daemon_pid=
{
    echo "# Long load"
    echo
    echo "\`sh tests/soak/run.sh BUILD $minutes $clients\`, $(nproc) processors, $(date -u +%Y-%m-%d): $(ls "$asked" | wc -l) kinds of requests."
    echo
    echo "| minutes | requests | right | 503, 504 | aborted | slow | wrong | other 5xx | reloads | peak MiB | grown KiB | files grown |"
    echo "|---|---|---|---|---|---|---|---|---|---|---|---|"
    awk -v minutes="$minutes" -v fives="$fives" -v reloads="$reloads" -v highest="$highest" \
        -v memory="$memory_grown" -v files="$files_grown" '
        { printf "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |\n", minutes, $2, $4, $6, \
            $8, $10, $12, fives, reloads, highest, memory, files }' "$scratch/sum"
} | tee "$report"
check_finish
