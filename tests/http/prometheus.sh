# A Prometheus of its own scrapes the daemon, and what it is asked afterwards is what has happened.
# shellcheck shell=sh

# query EXPRESSION: the value of an expression that has one; fails when it has none or several.
query() {
    curl -sS -m 10 -G "$prometheus_url/api/v1/query" --data-urlencode "query=$1" |
        jq -er '.data.result | if length == 1 then .[0].value[1] else empty end'
}

# is EXPRESSION COMPARISON: whether its value fits, such as "== 3".
is() {
    is_value=$(query "$1") || return 1
    echo "$1 is $is_value"
    awk "BEGIN { exit !($is_value $2) }"
}

# becomes EXPRESSION COMPARISON: waits until it is so.
becomes() {
    becomes_tries=0
    until is "$@"; do
        becomes_tries=$((becomes_tries + 1))
        [ "$becomes_tries" -lt 60 ] || return 1
        sleep 0.5
    done
}

prometheus_checks() {
    start scraped --metrics-port 0 --infer-threads 1
    metrics_address=127.0.0.1:$(sed -n 's/.*"metrics_port":\([0-9]*\).*/\1/p' "$daemon_log")
    for number in 1 2 3 4 5; do
        expect 200 "/v1/synthesize?seed=$number" --data-binary "@$speech"
    done
    spikes=$(field Spikeloom-Spikes)
    expect 200 /v1/reconstruct --data-binary "@$picture"
    expect 400 /v1/synthesize -X POST
    expect 504 '/v1/synthesize?timeout_ms=1' --data-binary "@$samples/phone_en-us.wav" # takes longer
    curl -sS "http://$metrics_address/metrics" >"$scratch/metrics"
    check "promtool finds nothing to complain of" sh -c "promtool check metrics <'$scratch/metrics'"
    echo 'wrong_total{a="b"} x' >>"$scratch/metrics"
    check "  though it looks" sh -c "! promtool check metrics <'$scratch/metrics'"

    prometheus_port=$(port_find_free 19090)
    prometheus_url=http://127.0.0.1:$prometheus_port
    printf '%s\n' 'global: {scrape_interval: 500ms}' 'scrape_configs:' '- job_name: spikeloom' \
        "  static_configs: [{targets: ['$metrics_address']}]" >"$scratch/prometheus.yml"
    prometheus --config.file="$scratch/prometheus.yml" --storage.tsdb.path="$scratch/prometheus" \
        --web.listen-address="127.0.0.1:$prometheus_port" >"$scratch/prometheus.out" 2>&1 &
    prometheus_pid=$!
    pids="$pids $prometheus_pid"
    check "Prometheus scrapes the daemon" becomes 'up{job="spikeloom"}' '== 1'
    check "  and finds it ready" becomes spikeloom_ready '== 1'
    synthesize='route="/v1/synthesize"'
    check "requests are counted by route and code" is \
        "spikeloom_requests_total{$synthesize,code=\"200\"}" '== 5'
    check "  those that were wrong" is "spikeloom_requests_total{$synthesize,code=\"400\"}" '== 1'
    check "  those that were late" is 'spikeloom_rejected_total{reason="deadline"}' '== 1'
    check "each has a duration" is "spikeloom_request_duration_seconds_count{$synthesize}" '== 7'
    check "  whose median is one" is "histogram_quantile(0.5, sum by (le)
        (spikeloom_request_duration_seconds_bucket{$synthesize}))" '> 0'
    check "  the network takes less than all" is "spikeloom_compute_duration_seconds_sum
        < bool on() sum(spikeloom_request_duration_seconds_sum)" '== 1'
    check "each was queued" is spikeloom_queue_duration_seconds_count '>= 6'
    check "  in batches" is 'spikeloom_batch_size_sum / spikeloom_batch_size_count' '>= 1'
    check "the queue is empty" is spikeloom_queue_depth '== 0'
    check "spikes are counted" is spikeloom_spikes_total ">= $spikes"
    check "  and what they cause" is spikeloom_synops_total "> $spikes"
    check "models are told" is 'count(spikeloom_model_info{model="speech-digits"})' '== 1'
    check "  the build too" is spikeloom_build_info '== 1'
    check "the process takes memory" is process_resident_memory_bytes '> 1e6'
    check "  less than its address space" is \
        'process_virtual_memory_bytes - process_resident_memory_bytes' '> 0'
    check "  files" is 'process_max_fds - process_open_fds' '> 0'
    check "  time" is process_cpu_seconds_total '> 0'
    check "  since a moment ago" is 'time() - process_start_time_seconds' '< 3600'
    expect 200 /v1/synthesize --data-binary "@$speech"
    check "a counter goes on" becomes "spikeloom_requests_total{$synthesize,code=\"200\"}" '== 6'
    check "  at a rate" becomes "rate(spikeloom_requests_total{$synthesize,code=\"200\"}[1m])" '> 0'
    check "stops with 0" daemon_stop "$daemon_pid"
    check "  which Prometheus sees" becomes 'up{job="spikeloom"}' '== 0'
    kill -TERM "$prometheus_pid"
    wait "$prometheus_pid"
    check "Prometheus ends" test $? -eq 0
}

if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
    prometheus_checks
else
    skip "Prometheus scrapes the daemon" "prometheus and promtool are not installed"
fi
