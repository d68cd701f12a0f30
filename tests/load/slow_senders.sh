#!/bin/sh
# What 1,000 clients that send a byte a second do to the others.
#
#   sh tests/load/slow_senders.sh BUILD_FOLDER [SECONDS]     30 unless said otherwise
#
# Prints response times without and with them. Times are not judged, since they depend on what else
# the machine does: compare the two, and the first with its repetition.
set -u
. "$(dirname "$0")/measure.sh"
measure_arguments "sh tests/load/slow_senders.sh BUILD_FOLDER [SECONDS]" "$@"
measure_need hey cc
seconds=${2-30}
cc -O1 -o "$scratch/crowd" "$measure_root/tests/load/crowd.c" || exit 1
start slow_senders

# load NAME: normal work, the answers in $scratch/NAME.csv.
load() {
    hey -o csv -c 4 -q 5 -z "${seconds}s" -m POST -D "$speech" "$daemon_url/v1/synthesize" \
        >"$scratch/$1.csv"
}
load before
"$scratch/crowd" "${daemon_url##*:}" 1000 $((seconds + 5)) body again >"$scratch/crowd.out" &
crowd_pid=$!
pids="$pids $crowd_pid"
sleep 3
connections=$(curl -sS "$daemon_url/metrics" | awk '$1 == "spikeloom_connections" { print $2 }')
load among
wait "$crowd_pid"
load after

check "1,000 slow senders are connected" test "$connections" -ge 1000
for name in before among after; do
    check "everybody else is served: $name" test \
        "$(answers "$scratch/$name.csv" 200)" -eq "$(answers "$scratch/$name.csv")" -a \
        "$(answers "$scratch/$name.csv")" -gt 0
done
check "it stops with 0" daemon_stop "$daemon_pid"

echo
echo "20 requests/s for $seconds s; slow senders: $(cat "$scratch/crowd.out")"
printf '%-22s %8s %10s %10s\n' '' count 'p50 ms' 'p99 ms'
for name in before among after; do
    printf '%-22s %8d %10s %10s\n' "$name" "$(answers "$scratch/$name.csv")" \
        "$(percentile "$scratch/$name.csv" 200 50)" "$(percentile "$scratch/$name.csv" 200 99)"
done
echo "99th percentile among slow senders over that before: $(ratio \
    "$(percentile "$scratch/among.csv" 200 99)" "$(percentile "$scratch/before.csv" 200 99)")"
check_finish
