# Two network namespaces with a wire in between, daemons in the one, HAProxy and clients in the other;
# sourced by run.sh. The addresses are of a range for documentation, and lead nowhere else.
# shellcheck shell=sh disable=SC2154 # run.sh sets what is used here

network_front=spikeloom-front-$$
network_back=spikeloom-back-$$
network_prefix=198.51.100
network_disk=$scratch/disk

front() {
    ip netns exec "$network_front" "$@"
}

back() {
    ip netns exec "$network_back" "$@"
}

network_clean_up() {
    for pid in $pids; do
        kill -KILL "$pid" 2>/dev/null
    done
    wait 2>/dev/null # until nothing holds the disk
    umount "$network_disk" 2>/dev/null
    ip netns del "$network_front" 2>/dev/null
    ip netns del "$network_back" 2>/dev/null
    scaling_clean_up
    measure_clean_up
}

# network_make: false where this is not allowed.
network_make() {
    [ "$(id -u)" -eq 0 ] && ip netns add "$network_front" 2>/dev/null || return 1
    trap network_clean_up EXIT
    ip netns add "$network_back" &&
        ip link add drill0 netns "$network_front" type veth peer name drill1 netns "$network_back" &&
        front ip addr add "$network_prefix.1/24" dev drill0 &&
        back ip addr add "$network_prefix.10/24" dev drill1 &&
        front ip link set lo up && back ip link set lo up &&
        front ip link set drill0 up && back ip link set drill1 up || return 1
    for number in 1 2 3 4; do
        back ip addr add "$network_prefix.1$number/24" dev drill1 || return 1
    done
    # the daemon's own process, as its number is signalled
    printf '#!/bin/sh\nexec ip netns exec %s "%s" "$@"\n' "$network_back" "$real_daemon" \
        >"$scratch/daemon"
    chmod +x "$scratch/daemon"
    daemon_program=$scratch/daemon
}

# network_daemon NUMBER FLAG...: a daemon at its address; sets daemon_pid.
network_daemon() {
    network_number=$1
    shift
    daemon_start "daemon_$network_number" --host "$network_prefix.1$network_number" --port 8080 \
        --timeout-ms 4000 "$@" || exit 1
    pids="$pids $daemon_pid"
}

# network_balancer NUMBER: HAProxy before so many daemons.
network_balancer() {
    set -- "$1" 127.0.0.1:9 127.0.0.1:9 127.0.0.1:9 127.0.0.1:9
    network_number=1
    network_addresses=
    while [ "$network_number" -le 4 ]; do
        network_address=127.0.0.1:9
        [ "$network_number" -gt "$1" ] || network_address=$network_prefix.1$network_number:8080
        network_addresses="$network_addresses SPIKELOOM_DAEMON_$network_number=$network_address"
        network_number=$((network_number + 1))
    done
    # shellcheck disable=SC2086 # a list of words
    env SPIKELOOM_BIND=127.0.0.1:8080 SPIKELOOM_STATS=127.0.0.1:8404 $network_addresses \
        ip netns exec "$network_front" haproxy -db -f "$measure_root/deploy/haproxy/haproxy.cfg" \
        >"$scratch/haproxy.log" 2>&1 &
    balancer_pid=$!
    pids="$pids $balancer_pid"
}

# network_states: of the first three daemons in HAProxy's eyes, "UP UP DOWN", and the number of
# requests that it has sent again.
network_states() {
    front curl -sS -m 2 'http://127.0.0.1:8404/;csv' | awk -F, '
        NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
        $1 == "daemons" && $2 ~ /^daemon-[123]$/ { states = states " " $column["status"] }
        $1 == "daemons" && $2 == "BACKEND" { again = $column["wretr"] + $column["wredis"] }
        END { print again states }'
}

# network_waits STATES: until HAProxy sees them.
network_waits() {
    network_tries=0
    until [ "$(network_states | cut -d' ' -f2-)" = "$1" ]; do
        network_tries=$((network_tries + 1))
        [ "$network_tries" -le 100 ] || return 1
        sleep 0.2
    done
}
