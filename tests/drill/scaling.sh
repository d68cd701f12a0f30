# Throughput of several replicas, each on a quarter of a processor, and what one takes; sourced by
# run.sh.
# shellcheck shell=sh disable=SC2154 # run.sh sets what is used here

scaling_group=/sys/fs/cgroup/cpu/spikeloom-drill-$$

# After the processes are gone.
scaling_clean_up() {
    for group in "$scaling_group"-*; do
        [ ! -d "$group" ] || rmdir "$group"
    done
}

# scaling_limit NUMBER PID: a quarter of a processor for a process.
scaling_limit() {
    mkdir -p "$scaling_group-$1" && echo 100000 >"$scaling_group-$1/cpu.cfs_period_us" &&
        echo 25000 >"$scaling_group-$1/cpu.cfs_quota_us" &&
        echo "$2" >"$scaling_group-$1/cgroup.procs"
}

# scaling_metric NUMBER NAME
scaling_metric() {
    front curl -sS "http://$network_prefix.1$1:8080/metrics" | awk -v name="$2" '$1 == name { print $2 }'
}

# scaling_sum NAME: over the replicas.
scaling_sum() {
    number=1
    while [ "$number" -le "$scaling_replicas" ]; do
        scaling_metric "$number" "$1"
        number=$((number + 1))
    done | awk '{ sum += $1 } END { print sum + 0 }'
}

scaling_measure() {
    scaling_replicas=$1
    while [ "${scaling_started:-0}" -lt "$1" ]; do
        scaling_started=$((${scaling_started:-0} + 1))
        network_daemon "$scaling_started" --infer-threads 1 --model-repository "$models"
        scaling_limit "$scaling_started" "$daemon_pid" || return 1
    done
    network_balancer "$1"
    sleep 2
    before=$(scaling_sum process_cpu_seconds_total)
    front "$scratch/clients" 8080 $((4 * $1)) 0 "$scaling_seconds" "$speech" >"$scratch/answers"
    after=$(scaling_sum process_cpu_seconds_total)
    kill "$balancer_pid"
    wait "$balancer_pid" 2>/dev/null
    check "$1 replicas answer every request" \
        awk '$3 != 200 { print; wrong = 1 } END { exit wrong || NR < 10 }' "$scratch/answers"
    sort -n -k 2 "$scratch/answers" | awk -v replicas="$1" -v seconds="$scaling_seconds" \
        -v cpu="$(awk "BEGIN { print $after - $before }")" \
        -v memory="$(scaling_metric 1 process_resident_memory_bytes)" '
        { duration[NR] = $2 }
        END { printf "| %d | %d | %.1f | %.1f ms | %.0f ms | %.0f ms | %.1f MB |\n", replicas, 4 * replicas,
                  NR / seconds, 1000 * cpu / NR, duration[int(NR / 2) + 1], duration[int(NR * 0.99) + 1],
                  memory / 1e6 }' >>"$scratch/table"
}

scaling_run() {
    scaling_seconds=$1
    if ! mkdir "$scaling_group-1" 2>/dev/null; then
        skip "scaling" "skipped: processes cannot be given a share of a processor here"
        return
    fi
    for replicas in 1 2 4; do
        scaling_measure "$replicas"
    done
    echo
    echo "| replicas | clients | requests/s | processor time each | median | 99 % | memory of one |"
    echo "|---|---|---|---|---|---|---|"
    cat "$scratch/table"
    echo
}
