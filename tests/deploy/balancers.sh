#!/bin/sh
# deploy/haproxy and deploy/nginx before two daemons: who answers when one is gone or full, and what
# the cache at the edge keeps. Broken copies of both configurations must be refused.
#
#   sh tests/deploy/balancers.sh BUILD_FOLDER
# shellcheck disable=SC2086 # $haproxy_run is a list of words
set -u
. "$(dirname "$0")/../load/measure.sh"
measure_arguments "sh tests/deploy/balancers.sh BUILD_FOLDER" "$@"
check_outcomes=
measure_need curl haproxy nginx
PATH=$PATH:/usr/sbin
root=$measure_root

first_port=$(port_find_free 18300)
second_port=$(port_find_free $((first_port + 1)))
front_port=$(port_find_free $((second_port + 1)))
stats_port=$(port_find_free $((front_port + 1)))
url=http://127.0.0.1:$front_port/v1/synthesize

# daemon NUMBER FLAG...: on its port; sets daemon_pid.
daemon() {
    daemon_number=$1
    shift
    [ "$daemon_number" = 1 ] && daemon_port=$first_port || daemon_port=$second_port
    start "daemon_$daemon_number" --port "$daemon_port" "$@"
}

# post FILE [OPTION...]: the answer in $scratch/answer, its head in $scratch/head; prints its code.
post() {
    post_file=$1
    shift
    curl -sS -m 20 -D "$scratch/head" -o "$scratch/answer" -w '%{http_code}' \
        --data-binary "@$post_file" "$@" "$url"
}

# posts CODE FILE [OPTION...]: and keeps the head.
posts() {
    posts_code=$1
    shift
    posts_got=$(post "$@")
    cat "$scratch/head"
    [ "$posts_got" = "$posts_code" ]
}

# field NAME WANTED: of the last answer's head.
field() {
    tr -d '\r' <"$scratch/head" | grep -ix "$1: $2"
}

asked_of() {
    grep -c '"route":"/v1/synthesize"' "$scratch/daemon_$1.log"
}

listens() {
    listens_tries=0
    until port_is_taken "$1"; do
        listens_tries=$((listens_tries + 1))
        [ "$listens_tries" -le 50 ] || return 1
        sleep 0.2
    done
}

# server_is NAME STATUS: in HAProxy's eyes, within ten seconds.
server_is() {
    server_tries=0
    until curl -sS "http://127.0.0.1:$stats_port/;csv" | grep -q "^daemons,$1,.*,$2,"; do
        server_tries=$((server_tries + 1))
        [ "$server_tries" -le 50 ] || return 1
        sleep 0.2
    done
}

# the program, as a background job is to be the balancer itself and no shell
haproxy_run="env SPIKELOOM_BIND=127.0.0.1:$front_port SPIKELOOM_STATS=127.0.0.1:$stats_port
    SPIKELOOM_DAEMON_1=127.0.0.1:$first_port SPIKELOOM_DAEMON_2=127.0.0.1:$second_port
    SPIKELOOM_DAEMON_3=127.0.0.1:9 SPIKELOOM_DAEMON_4=127.0.0.1:9 haproxy -db"

# refuses NEEDLE REPLACEMENT FILE COMMAND...: the command fails on a copy, named $scratch/broken.
refuses() {
    sed "s|$1|$2|" "$3" >"$scratch/broken"
    shift 2
    ! cmp -s "$1" "$scratch/broken" || return 1
    shift
    ! "$@"
}

haproxy_checks() {
    config=$root/deploy/haproxy/haproxy.cfg
    check "HAProxy takes its configuration" $haproxy_run -c -f "$config"
    check "  not one with a misspelt option" refuses 'option redispatch' 'option redispach' "$config" \
        $haproxy_run -c -f "$scratch/broken"
    check "  nor one with a missing backend" refuses 'default_backend daemons' \
        'default_backend demons' "$config" $haproxy_run -c -f "$scratch/broken"
    daemon 1
    first_pid=$daemon_pid
    daemon 2
    second_pid=$daemon_pid
    $haproxy_run -f "$config" >"$scratch/haproxy.log" 2>&1 &
    haproxy_pid=$!
    pids="$pids $haproxy_pid"
    check "  it finds both daemons" listens "$front_port"
    check "    the first" server_is daemon-1 UP
    check "    the second" server_is daemon-2 UP
    for number in 1 2 3 4; do
        check "  answer $number" posts 200 "$speech"
    done
    check "  both had a share" test "$(asked_of 1)" -gt 0 -a "$(asked_of 2)" -gt 0
    check "  it tells Prometheus" sh -c \
        "curl -sS 'http://127.0.0.1:$stats_port/metrics' | grep -q '^haproxy_server_status.*daemon-2'"
    haproxy_death_checks
    kill "$haproxy_pid"
    wait "$haproxy_pid" 2>/dev/null
}

# One daemon dies with a request in its hands, or hangs with one: another one answers.
haproxy_death_checks() {
    kill -STOP "$first_pid"
    for number in 1 2 3; do
        post "$speech" >"$scratch/code_$number" &
        posted="${posted-} $!"
    done
    sleep 0.4
    kill -KILL "$first_pid"
    wait $posted
    check "  what a killed daemon had in its hands is answered by the other" test \
        "$(cat "$scratch/code_1" "$scratch/code_2" "$scratch/code_3")" = 200200200
    check "  which HAProxy tried again" sh -c \
        "curl -sS 'http://127.0.0.1:$stats_port/metrics' |
            grep '^haproxy_backend_retry_warnings_total.*daemons' | grep -qv ' 0\$'"
    check "  the first is out" server_is daemon-1 DOWN
    check "  nobody minds" posts 200 "$speech"
    kill -TERM "$second_pid"
    wait "$second_pid"
    check "  with none left it says 503" posts 503 "$speech"
}

# nginx in a folder of its own, on our ports.
nginx_prepare() {
    nginx_folder=$scratch/nginx
    mkdir "$nginx_folder"
    cp "$root/deploy/nginx/digest.js" "$nginx_folder"
    modules=$(find /usr/lib/nginx/modules -name ngx_http_js_module.so 2>/dev/null)
    sed -e "s|daemon-1:8080|127.0.0.1:$first_port|; s|daemon-2:8080|127.0.0.1:$second_port|" \
        -e "s|listen 8080|listen 127.0.0.1:$front_port|; s|/var/cache/nginx|$nginx_folder|" \
        -e "s|/tmp/nginx.pid|$nginx_folder/pid|; s|/dev/stdout|$nginx_folder/access.log|" \
        -e "s|modules/ngx_http_js_module.so|$modules|" \
        "$root/deploy/nginx/nginx.conf" >"$nginx_folder/nginx.conf"
    # run by root, its workers would be another user, who may not enter here
    [ "$(id -u)" -ne 0 ] || sed -i '1i user root;' "$nginx_folder/nginx.conf"
}

nginx_checks() {
    nginx_prepare
    if [ -z "$modules" ]; then
        skip "nginx" "skipped: there is no ngx_http_js_module"
        return
    fi
    config=$nginx_folder/nginx.conf
    check "nginx takes its configuration" nginx -t -e stderr -c "$config"
    check "  not one with a misspelt directive" refuses proxy_cache_lock proxy_cash_lock "$config" \
        nginx -t -e stderr -c "$scratch/broken"
    check "  nor one with an unknown variable" refuses '\$past_the_cache;' '$past_it;' "$config" \
        nginx -t -e stderr -c "$scratch/broken"
    daemon 1
    first_pid=$daemon_pid
    daemon 2
    second_pid=$daemon_pid
    nginx -e stderr -c "$config" -g 'daemon off;' >"$scratch/nginx.log" 2>&1 &
    nginx_pid=$!
    pids="$pids $nginx_pid"
    check "  it listens" listens "$front_port"
    cache_checks
    cache_exception_checks
    check "  it ends when asked" daemon_stop "$nginx_pid"
}

asked_of_both() {
    cat "$scratch"/daemon_[12].log | grep -c '"route":"/v1/synthesize"'
}

cache_checks() {
    check "  an upload is answered" posts 200 "$speech"
    check "    by a daemon" field Spikeloom-Cache MISS
    cp "$scratch/answer" "$scratch/first"
    first_id=$(grep -i '^x-request-id:' "$scratch/head")
    asked=$(asked_of_both)
    check "  the same once more" posts 200 "$speech"
    check "    from the cache" field Spikeloom-Cache HIT
    check "    byte for byte" cmp "$scratch/first" "$scratch/answer"
    check "    under an id of its own" test "$first_id" != "$(grep -i '^x-request-id:' "$scratch/head")"
    check "    no daemon was asked" test "$(asked_of_both)" -eq "$asked"
    check "  another upload" posts 200 "$samples/4_en-us.wav"
    check "    not from the cache" field Spikeloom-Cache MISS
    check "    has another picture" sh -c "! cmp -s '$scratch/first' '$scratch/answer'"
    check "  the same with another Accept" posts 200 "$speech" -H 'Accept: application/json'
    check "    not from the cache" field Spikeloom-Cache MISS
    check "    in JSON" jq -e 'type == "object"' "$scratch/answer"
    kill -KILL "$first_pid" "$second_pid"
    wait "$first_pid" "$second_pid" 2>/dev/null
    check "  what is in the cache is answered without any daemon" posts 200 "$speech"
    check "    byte for byte" cmp "$scratch/first" "$scratch/answer"
    check "  what is not is 502" posts 502 "$samples/5_en-us.wav"
    daemon 1
    daemon 2
    sleep 2 # fail_timeout
}

cache_exception_checks() {
    check "  a request with a key" posts 200 "$speech" -H 'Authorization: Bearer 0123456789abcdef'
    check "    goes past the cache" field Spikeloom-Cache BYPASS
    tag=$(sed -n 's/^[Ee][Tt]ag: //p' "$scratch/head" | tr -d '\r')
    check "  a condition is judged by the daemon" posts 412 "$speech" -H "If-None-Match: $tag"
    check "  a wrong request" posts 400 "$root/tests/samples/make.sh"
    check "    is passed on" field Spikeloom-Cache MISS
    check "  and once more" posts 400 "$root/tests/samples/make.sh"
    check "    is not kept" field Spikeloom-Cache MISS
    head -c 1500000 /dev/zero >"$scratch/large"
    check "  a body too large for a digest" posts 400 "$scratch/large"
    check "    goes past the cache" field Spikeloom-Cache BYPASS
    sed -i 's/default 1;$/default 2;/' "$nginx_folder/nginx.conf"
    kill -HUP "$nginx_pid"
    sleep 1
    check "  another generation" posts 200 "$speech"
    check "    begins with an empty cache" field Spikeloom-Cache MISS
}

haproxy_checks
nginx_checks
check_finish
