#!/bin/sh
# What twice as many requests as can be served do to the daemon: those that are turned away get 503
# with Retry-After, those that are taken keep their deadline, health answers, memory stays.
#
#   sh tests/load/overload.sh BUILD_FOLDER [SECONDS]     60 unless said otherwise
#
# Prints a table of response times. Times are not judged, since they depend on what else the machine
# does: compare them with those of health in the same run.
set -u
. "$(dirname "$0")/measure.sh"
measure_arguments "sh tests/load/overload.sh BUILD_FOLDER [SECONDS]" "$@"
measure_need hey curl
seconds=${2-60}
groups=8 # the clients of one group ask at the same time
clients=$((8 * groups))
timeout_ms=2000

start overload --queue-size 8 --max-batch 4 --timeout-ms $timeout_ms
url=$daemon_url/v1/synthesize

# load NAME CLIENTS REQUESTS_A_SECOND_EACH SECONDS URL ARGUMENT...: the answers in $scratch/NAME.csv.
load() {
    load_file=$scratch/$1.csv
    load_clients=$2
    load_rate=$3
    load_seconds=$4
    shift 4
    hey -o csv -c "$load_clients" -q "$load_rate" -z "${load_seconds}s" "$@" >"$load_file"
}
memory_kib() {
    awk '/^VmRSS:/ { print $2 }' "/proc/$daemon_pid/status"
}

load capacity 8 10000 3 -m POST -D "$speech" "$url"
capacity=$(($(answers "$scratch/capacity.csv" 200) / 3))
check "there is a capacity to be exceeded" test "$capacity" -gt 0
rate=$(ratio $((2 * capacity)) $clients)
pause=$(ratio $clients $((2 * capacity * groups)))

load health 1 20 "$seconds" "$daemon_url/v2/health/live" &
load_pids=$!
group=0
while [ "$group" -lt "$groups" ]; do
    load "work_$group" 8 "$rate" "$seconds" -m POST -D "$speech" "$url" &
    load_pids="$load_pids $!"
    group=$((group + 1))
    sleep "$pause"
done
pids="$pids $load_pids"
sleep $((seconds / 4 + 1))
memory_early=$(memory_kib)
: >"$scratch/asked"
asked=0
while [ "$asked" -lt 40 ]; do
    curl -s -m 10 -o /dev/null -w '%{http_code} %header{retry-after}\n' --data-binary "@$speech" \
        "$url" >>"$scratch/asked"
    asked=$((asked + 1))
done
# shellcheck disable=SC2086 # a list of words
wait $load_pids
memory_late=$(memory_kib)

work=$scratch/work.csv
cat "$scratch"/work_*.csv >"$work"
health=$scratch/health.csv
check "requests are served" test "$(answers "$work" 200)" -gt 0
check "requests are turned away" test "$(answers "$work" 503)" -gt 0
check "nothing but 200, 503 and 504" test "$(answers "$work")" -eq \
    $(($(answers "$work" 200) + $(answers "$work" 503) + $(answers "$work" 504)))
check "each 503 says when to come again" sh -c "! grep -Ev '^(200|504) $|^503 [1-9]' $scratch/asked"
# hey leaves requests without an answer out of its list, so their number is looked at too
check "health answers throughout" test "$(answers "$health" 200)" -eq "$(answers "$health")" -a \
    "$(answers "$health")" -ge $((10 * seconds))
check "memory does not grow by more than 16 MiB" test $((memory_late - memory_early)) -le 16384
check "it stops with 0" daemon_stop "$daemon_pid"

refused=$(percentile "$work" 503 99)
alive=$(percentile "$health" 200 99)
echo
echo "capacity $capacity/s, asked $((2 * capacity))/s for $seconds s by $clients clients; deadline $timeout_ms ms"
printf '%-22s %8s %10s %10s %10s\n' answer count 'p50 ms' 'p99 ms' 'slowest ms'
# row TITLE FILE CODE
row() {
    printf '%-22s %8d %10s %10s %10s\n' "$1" "$(answers "$2" "$3")" "$(percentile "$2" "$3" 50)" \
        "$(percentile "$2" "$3" 99)" "$(percentile "$2" "$3" 100)"
}
for code in 200 503 504; do
    row "synthesize $code" "$work" $code
done
row "health 200" "$health" 200
echo "accepted: $(($(answers "$work" 200) + $(answers "$work" 504))), of which $(answers "$work" 504) \
were told 504 and $(within "$work" 200 $timeout_ms) had their 200 within the deadline as the client sees it"
echo "health asked 20 times a second: longest time without an answer $(longest_gap "$health") s"
echo "99th percentile of 503 over that of health: $(ratio "$refused" "$alive")"
echo "resident memory: $memory_early KiB early, $memory_late KiB at the end"
check_finish
