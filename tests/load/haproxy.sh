#!/bin/sh
# Two daemons behind HAProxy, one of which is restarted again and again under load: no request may
# fail.
#
#   sh tests/load/haproxy.sh BUILD_FOLDER [RESTARTS]     10 unless said otherwise
set -u
. "$(dirname "$0")/measure.sh"
measure_arguments "sh tests/load/haproxy.sh BUILD_FOLDER [RESTARTS]" "$@"
measure_need haproxy hey curl
PATH=$PATH:/usr/sbin
restarts=${2-10}
drain_delay=3

first_port=$(port_find_free 18100)
second_port=$(port_find_free $((first_port + 1)))
front_port=$(port_find_free $((second_port + 1)))
stats_port=$(port_find_free $((front_port + 1)))
cat >"$scratch/haproxy.cfg" <<CONFIG
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    retries 3
    option redispatch
    default-server check inter 200ms fall 2 rise 2
frontend pictures
    bind 127.0.0.1:$front_port
    default_backend daemons
backend daemons
    balance roundrobin
    option httpchk GET /v2/health/ready
    server first 127.0.0.1:$first_port
    server second 127.0.0.1:$second_port
backend default_check
    option httpchk
    server second 127.0.0.1:$second_port
listen stats
    bind 127.0.0.1:$stats_port
    stats enable
    stats uri /
CONFIG

# start_on NAME PORT: a daemon on that port, not on any free one.
start_on() {
    start "$1" --port "$2" --drain-delay "$drain_delay"
}
# stat BACKEND SERVER FIELD: one value of HAProxy's statistics.
stat() {
    curl -sS "http://127.0.0.1:$stats_port/;csv" | awk -F, -v backend="$1" -v server="$2" -v field="$3" '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        ($1 == backend || $1 == "# " backend) && $2 == server { print $column[field] }
    '
}
# comes_to BACKEND SERVER STATUS: waits for it, half a minute at most.
comes_to() {
    comes_tries=0
    until [ "$(stat "$1" "$2" status)" = "$3" ]; do
        comes_tries=$((comes_tries + 1))
        [ "$comes_tries" -le 300 ] || return 1
        sleep 0.1
    done
}

start_on first_0 "$first_port"
first_pid=$daemon_pid
start_on second "$second_port"
second_pid=$daemon_pid
haproxy -db -f "$scratch/haproxy.cfg" >"$scratch/haproxy.out" 2>&1 &
haproxy_pid=$!
pids="$pids $haproxy_pid"
sleep 0.5
check "HAProxy finds the first daemon" comes_to daemons first UP
check "HAProxy finds the second daemon" comes_to daemons second UP
check "its default check passes" comes_to default_check second UP

hey -c 8 -q 10 -z 3600s -m POST -D "$speech" "http://127.0.0.1:$front_port/v1/synthesize" \
    >"$scratch/hey" 2>&1 &
hey_pid=$!
pids="$pids $hey_pid"
restart=1
while [ "$restart" -le "$restarts" ]; do
    sleep 1
    kill -TERM "$first_pid"
    wait "$first_pid"
    check "the first daemon ends with 0, time $restart" test $? -eq 0
    start_on "first_$restart" "$first_port"
    first_pid=$daemon_pid
    check "  comes back" comes_to daemons first UP
    restart=$((restart + 1))
done
sleep 1
kill -INT "$hey_pid"
wait "$hey_pid"
cat "$scratch/hey"

served=$(sed -n 's/^ *\[200\][^0-9]*\([0-9]*\) responses/\1/p' "$scratch/hey")
check "requests were served" test "${served:-0}" -gt 0
check "none failed" sh -c "! grep -E '^ *\[([013-9]|20[1-9]|2[1-9])|Error' $scratch/hey"
check "HAProxy saw no failure either" test \
    "$(stat pictures FRONTEND hrsp_5xx)" -eq 0 -a "$(stat daemons BACKEND eresp)" -eq 0
check "the restarted daemon did its share" sh -c \
    "cat '$scratch'/first_*.log | grep -c '\"status\":200' | grep -qv '^0$'"
kill -TERM "$second_pid"
wait "$second_pid"
check "the second daemon ends with 0" test $? -eq 0
echo "$restarts restarts, ${served:-0} requests; connections tried again by HAProxy: $(stat daemons BACKEND wretr)"
check_finish
