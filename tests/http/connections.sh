# Clients that take their time: each kind is closed in time, and those who do not are served
# meanwhile, also when there are no places left.
# shellcheck shell=sh

# counted SERIES: the value of a metric.
counted() {
    curl -sS "$daemon_url/metrics" | awk -v series="$1" '$1 == series { print $2 }'
}

start slow --idle-timeout-secs 2 --transfer-timeout-secs 3
crowd_pids=
for mode in idle head body read; do
    "$scratch/crowd" "${daemon_url##*:}" 20 10 $mode >"$scratch/crowd.$mode" &
    crowd_pids="$crowd_pids $!"
done
pids="$pids $crowd_pids"
sleep 1
check "80 slow clients are there" test "$(counted spikeloom_connections)" -ge 80
expect 200 /v1/synthesize --data-binary "@$speech"
for pid in $crowd_pids; do
    wait "$pid"
done
for mode in idle head body; do
    check "slow clients are closed in time: $mode" sh -c \
        "cat $scratch/crowd.$mode; grep -q '^opened 20 closed 20 failed 0 open 0 ' $scratch/crowd.$mode"
done
check "slow readers as well" test "$(counted spikeloom_connections)" -eq 1
check "  and counted" test "$(counted 'spikeloom_connections_shut_total{reason="late"}')" -ge 40
expect 200 /healthz
check "  stops with 0" daemon_stop "$daemon_pid"

start crowded --max-connections 64
"$scratch/crowd" "${daemon_url##*:}" 200 6 body again >"$scratch/crowd.body" &
crowd_pid=$!
pids="$pids $crowd_pid"
sleep 2
for try in 1 2 3 4 5; do
    expect 200 /healthz
    expect 200 /v1/synthesize --data-binary "@$speech"
done
check "no more than --max-connections" test "$(counted spikeloom_connections)" -le 64
wait "$crowd_pid"
check "the slow gave way" sh -c \
    "cat $scratch/crowd.body; ! grep -q ' closed 0 ' $scratch/crowd.body"
check "  and were counted" test "$(counted 'spikeloom_connections_shut_total{reason="full"}')" -gt 0
check "  stops with 0" daemon_stop "$daemon_pid"

start one_address --max-connections-per-ip 4 --max-header-bytes 4096 --max-body-bytes 1024
"$scratch/crowd" "${daemon_url##*:}" 8 2 head >"$scratch/crowd.head"
check "four connections of one address stay, four are closed" sh -c \
    "cat $scratch/crowd.head; grep -q '^opened 8 closed 4 failed 0 open 4 ' $scratch/crowd.head"
sleep 0.2
expect 200 /healthz
expect 200 "/v1/reconstruct?scale=32&frames=1" --data-binary "@$samples/digit_3.png"
check "  answers may be larger than many uploads" test "$(wc -c <"$scratch/body")" -gt $((32 * 1024))
ask /healthz -H "X: $(printf '%030000d' 0)"
check "431 past --max-header-bytes" test "$code" = 431
check "  stops with 0" daemon_stop "$daemon_pid"
