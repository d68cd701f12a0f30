# deploy/compose.yaml, run with an image made of Debian's packages in the place of those that cannot be
# pulled everywhere: balancing, a daemon that dies, what Prometheus sees, the cache at the edge;
# sourced by run.sh.
# shellcheck shell=sh disable=SC2154 # run.sh sets what is used here

compose() {
    docker-compose -p spikeloomtest -f "$root/deploy/compose.yaml" --profile edge "$@"
}

compose_clean_up() {
    compose down -v --remove-orphans -t 2 >/dev/null 2>&1
}

# query EXPRESSION: its one value, as Prometheus in its container has it.
query() {
    curl -fsS -G "http://127.0.0.1:$prometheus_port/api/v1/query" --data-urlencode "query=$1" |
        jq -r '.data.result[0].value[1]'
}

compose_posts() {
    url=$1
    for number in 1 2 3 4 5 6 7 8; do
        post "$scratch/compose.png" || return 1
        cmp "$scratch/first.png" "$scratch/compose.png" || return 1
    done
}

compose_settings() {
    front_port=$(port_find_free 18500)
    stats_port=$(port_find_free $((front_port + 1)))
    prometheus_port=$(port_find_free $((stats_port + 1)))
    edge_port=$(port_find_free $((prometheus_port + 1)))
    SPIKELOOM_IMAGE=$image
    SPIKELOOM_PORT=$front_port
    HAPROXY_IMAGE=spikeloom:debian
    HAPROXY_STATS_PORT=$stats_port
    PROMETHEUS_IMAGE=spikeloom:debian
    PROMETHEUS_PORT=$prometheus_port
    NGINX_IMAGE=spikeloom:debian
    NGINX_PORT=$edge_port
    export SPIKELOOM_IMAGE SPIKELOOM_PORT HAPROXY_IMAGE HAPROXY_STATS_PORT PROMETHEUS_IMAGE \
        PROMETHEUS_PORT NGINX_IMAGE NGINX_PORT
}

compose_file_checks() {
    check "compose takes its file" compose config -q
    sed 's/condition: service_healthy/condition: service_helthy/' "$root/deploy/compose.yaml" \
        >"$scratch/compose.yaml"
    check "  not one with a condition that there is not" sh -c \
        "! docker-compose -f '$scratch/compose.yaml' config -q"
}

compose_run_checks() {
    check "all of it comes up" compose up -d
    check "  a daemon is healthy" becomes 20 healthy health_of spikeloomtest_daemon-1_1
    check "  pictures come through HAProxy" becomes 20 "" compose_posts "http://127.0.0.1:$front_port"
    check "  Prometheus scrapes both daemons" becomes 30 2 query 'sum(up{job="spikeloom"})'
    check "    and HAProxy" becomes 30 1 query 'sum(up{job="haproxy"})'
    check "    has the alerts" becomes 10 9 sh -c \
        "curl -fsS 'http://127.0.0.1:$prometheus_port/api/v1/rules' | jq '[.data.groups[].rules[]] | length'"
    docker kill spikeloomtest_daemon-1_1 >/dev/null
    check "  a daemon is killed: pictures go on" compose_posts "http://127.0.0.1:$front_port"
    check "    Prometheus misses it" becomes 30 1 query 'sum(up{job="spikeloom"})'
    docker start spikeloomtest_daemon-1_1 >/dev/null
    check "    it comes back" becomes 30 2 query 'sum(up{job="spikeloom"})'
    check "  pictures come through nginx" becomes 20 "" compose_posts "http://127.0.0.1:$edge_port"
    check "    from its cache" sh -c "curl -sS -D- -o /dev/null --data-binary '@$speech' \
        'http://127.0.0.1:$edge_port/v1/synthesize?scale=8' | grep -i 'spikeloom-cache: HIT'"
    check "  all of it goes down" compose down -v
}

compose_checks() {
    # shellcheck disable=SC2086 # a list of words
    if ! packages_install $packages_compose; then
        skip "compose" "skipped: there is no docker-compose"
        return
    fi
    compose_settings
    compose_file_checks
    compose_run_checks
}
