# Every route with each of its parameters, bodies and codes that the other files leave out, for
# tests/contract. What all routes have in common is asked as the served contract names them, so a new
# route is asked too. Takes the files over that routes.sh and bad_input.sh made.
# shellcheck shell=sh

echo codes-admin-key-4f1d >"$scratch/codes-admins"
chmod 600 "$scratch/codes-admins"
start codes --admin-key-file "$scratch/codes-admins"

# --- what all routes have in common -----------------------------------------------------------
ask /openapi.json
cp "$scratch/body" "$scratch/openapi.json"

# paths METHOD [CODE]: those that take it, and may answer so; the names in braces are filled in.
paths() {
    jq -r --arg method "$1" --arg code "${2:-default}" '.paths | to_entries[] |
        select(.value[$method].responses[$code]) | .key |
        gsub("{(name|model)}"; "mnist-ae") | gsub("{version}"; "1") |
        gsub("{file}"; "app.js")' "$scratch/openapi.json"
}

# coded CODE: whether the last answer has that code, in whatever form.
coded() {
    [ "$code" = "$1" ] || {
        echo "got $code, not $1"
        return 1
    }
}

# everywhere CODE CURL_ARGUMENT...: asks every route that may answer so.
everywhere() {
    everywhere_code=$1
    shift
    for everywhere_method in GET POST; do
        for path in $(paths "$(echo $everywhere_method | tr '[:upper:]' '[:lower:]')" "$everywhere_code"); do
            ask "$path" -X "$everywhere_method" "$@"
            check "$everywhere_code for $everywhere_method $path" coded "$everywhere_code"
        done
    done
}
admin_bearer='Authorization: Bearer codes-admin-key-4f1d'
for method in get post; do
    [ $method = get ] && other=DELETE || other=GET
    for path in $(paths $method); do
        method_name=$(echo $method | tr '[:lower:]' '[:upper:]')
        ask "$path?no-such-parameter=1" -X "$method_name" -H 'X-Request-Id: my.id-7' \
            -H "$admin_bearer"
        check "400 for an unknown parameter of $method_name $path" coded 400
        check "  takes the request id over" has X-Request-Id my.id-7
        ask "$path" -X "$other"
        check "405 for $other $path" coded 405
        check "  allows" sh -c "echo '$(field Allow)' | grep -q $method_name"
        ask "$path" -X OPTIONS
        check "204 for OPTIONS $path" coded 204
    done
done
everywhere 406 -H 'Accept: image/gif' -H "$admin_bearer"
everywhere 413 --data-binary "@$scratch/large.wav" -H "$admin_bearer"
for path in $(paths get 304); do
    ask "$path"
    ask "$path" -H "If-None-Match: $(field ETag)"
    check "304 for $path with a tag that is known" coded 304
done
for path in $(paths get); do
    expect 200 "$path" -I
done

# --- inference ----------------------------------------------------------------------------------
media=$root/tests/unit/media
for query in encoding=aer encoding=bitmap timeout_ms=600000; do
    expect 200 "/v1/synthesize?$query" --data-binary "@$speech"
    expect 200 "/v1/reconstruct?$query" --data-binary "@$picture"
    expect 200 "/v1/encode?$query" --data-binary "@$picture"
    expect 200 "/v1/decode?$query" --data-binary "@$scratch/latent.json"
done
expect 200 "/v1/encode?split=0" --data-binary "@$speech"
for query in model=mnist-ae seed=7 steps=5; do
    expect 200 "/v1/reconstruct?$query" --data-binary "@$picture"
    expect 200 "/v1/encode?$query" --data-binary "@$picture"
done
for query in scale=2 frames=0 frames=1; do
    expect 200 "/v1/reconstruct?$query" --data-binary "@$picture"
    expect 200 "/v1/decode?$query" --data-binary "@$scratch/latent.json"
done
for value in keep invert auto; do
    expect 200 "/v1/reconstruct?polarity=$value" --data-binary "@$picture"
    expect 200 "/v1/encode?polarity=$value" --data-binary "@$picture"
done
expect 200 /v1/reconstruct --data-binary "@$picture" -H 'Accept: application/json'
check "  in full" body_is '.model == "mnist-ae" and .modality == "image" and .latent.num_units > 0'

# --- bodies by any name -------------------------------------------------------------------------
expect 200 /v1/synthesize --data-binary "@$media/tone.flac" -H 'Content-Type: audio/flac'
expect 200 /v1/synthesize --data-binary "@$media/vorbis.ogg" -H 'Content-Type: audio/ogg'
expect 200 /v1/synthesize --data-binary "@$media/tone.mp3" -H 'Content-Type: audio/mpeg'
expect 200 /v1/encode --data-binary "@$speech" -H 'Content-Type: audio/wav'
expect 200 /v1/encode -F "file=@$speech"
for type in image/png application/octet-stream text/plain; do
    expect 200 /v1/reconstruct --data-binary "@$picture" -H "Content-Type: $type"
    expect 200 /v1/encode --data-binary "@$picture" -H "Content-Type: $type"
    [ $type = image/png ] ||
        expect 200 /v1/synthesize --data-binary "@$speech" -H "Content-Type: $type"
done

# --- codes --------------------------------------------------------------------------------------
# every CODE QUERY SYNTHESIZE RECONSTRUCT ENCODE DECODE CURL_ARGUMENT...: sends a file to each route;
# no file leaves the route out.
every() {
    every_code=$1
    every_query=$2
    every_files="$3 $4 $5 $6"
    shift 6
    for every_route in synthesize reconstruct encode decode; do
        every_file=${every_files%% *}
        every_files=${every_files#* }
        [ "$every_file" = - ] ||
            expect "$every_code" "/v1/$every_route?$every_query" --data-binary "@$every_file" "$@"
    done
}
latent=$scratch/latent.json
every 415 encoding=aer "$picture" "$speech" "$latent" "$picture"
every 422 encoding=aer "$scratch/silence.wav" "$scratch/huge.png" "$scratch/huge.png" -
for route in synthesize reconstruct encode decode; do
    file=$speech
    [ $route = reconstruct ] && file=$picture
    [ $route = decode ] && file=$latent
    ask /v1/$route --data-binary "@$file"
    ask /v1/$route --data-binary "@$file" -H "If-None-Match: $(field ETag)"
    check "412 for /v1/$route with a tag that is known" answered 412
done

# eventually CODE PATH CURL_ARGUMENT...: asks until that code comes, a hundred times at most.
eventually() {
    eventually_code=$1
    eventually_tries=0
    shift
    while [ "$eventually_tries" -lt 100 ]; do
        ask "$@"
        [ "$code" = "$eventually_code" ] && break
        eventually_tries=$((eventually_tries + 1))
    done
    check "$eventually_code for $1" answered "$eventually_code"
}
check "  stops with 0" daemon_stop "$daemon_pid"

# half a minute at 8 kHz, in an .au whose header tells no length: it keeps a thread for a while
{
    printf '.snd\0\0\0\030\377\377\377\377\0\0\0\003\0\0\037\100\0\0\0\001'
    tail -c +45 "$samples/phone_en-us.wav"
    tail -c +45 "$samples/phone_en-us.wav"
} | head -c 470000 >"$scratch/long.au"

# busy FLAG...: a daemon with one inference thread that sixteen clients keep busy until it ends.
busy() {
    start busy --infer-threads 1 "$@"
    busy_number=0
    while [ "$busy_number" -lt 200 ]; do
        [ "$busy_number" -eq 0 ] || echo next
        echo "url = \"$daemon_url/v1/synthesize?seed=$busy_number\""
        echo "data-binary = \"@$scratch/long.au\""
        echo 'output = /dev/null'
        busy_number=$((busy_number + 1))
    done >"$scratch/busy.curl"
    while kill -0 "$daemon_pid" 2>/dev/null &&
        curl -s --parallel --parallel-immediate --parallel-max 16 -K "$scratch/busy.curl"; do
        :
    done >/dev/null 2>&1 &
    busy_pid=$!
}
idle() {
    check "  stops with 0" daemon_stop "$daemon_pid"
    wait "$busy_pid"
}
busy
eventually 504 "/v1/synthesize?timeout_ms=1" --data-binary "@$speech"
eventually 504 "/v1/reconstruct?timeout_ms=1" --data-binary "@$picture"
eventually 504 "/v1/encode?timeout_ms=1" --data-binary "@$picture"
eventually 504 "/v1/decode?timeout_ms=1" --data-binary "@$latent"

# A deadline in the body holds in the queue: such a request never gets to an inference thread. A
# large one is read there, and then it is too late.
hurried_body() {
    jq -nc --argjson parameters "$1" '{inputs: [{name: "image", shape: [1, 28, 28],
        datatype: "FP32", data: [range(784) | 0]}], parameters: $parameters}'
}
# outdated ID COMPUTED: asks until the log has a request of that id with 504 that has, or has not,
# been on an inference thread.
outdated() {
    outdated_tries=0
    until jq -es "map(select(.request_id == \"$1\" and .status == 504 and
        has(\"compute_ms\") == $2)) | length > 0" "$daemon_log"; do
        outdated_tries=$((outdated_tries + 1))
        [ "$outdated_tries" -lt 100 ] || return 1
        ask /v2/models/mnist-ae/infer -d "@$scratch/$1.json" \
            -H 'Content-Type: application/json' -H "X-Request-Id: $1"
    done
}
hurried_body '{"timeout_ms": 1}' >"$scratch/small.json"
{ hurried_body '{"timeout_ms": 1}' && head -c 70000 /dev/zero | tr '\0' ' '; } >"$scratch/large.json"
check "a deadline in a body holds in the queue" outdated small false
check "  in a large one when it is read" outdated large true
check "  and never before" sh -c "! jq -es 'map(select(.request_id == \"large\" and
    .status == 504 and (has(\"compute_ms\") | not))) | length > 0' '$daemon_log'"
idle
busy --queue-size 1
eventually 503 /v1/synthesize --data-binary "@$speech"
eventually 503 /v1/reconstruct --data-binary "@$picture"
eventually 503 /v1/encode --data-binary "@$picture"
eventually 503 /v1/decode --data-binary "@$latent"
check "  says when to come again" has Retry-After 1
# ready_when_full: asks until the queue was full right before and right after being found ready.
ready_when_full() {
    ready_tries=0
    while [ "$ready_tries" -lt 100 ]; do
        ask /v1/synthesize --data-binary "@$speech"
        ready_before=$code
        ask /v2/health/ready
        [ "$code" = 200 ] || return 1
        ask /v1/synthesize --data-binary "@$speech"
        [ "$ready_before $code" = "503 503" ] && return
        ready_tries=$((ready_tries + 1))
    done
    return 1
}
check "ready whatever the queue" ready_when_full
idle
busy --queue-size 64 --timeout-ms 1
eventually 504 /v1/synthesize --data-binary "@$speech"
check "504 for /v1/synthesize past the daemon's own deadline" answered 504
idle

# --- without a key, and too often -------------------------------------------------------------
echo codes-user-key-7a20 >"$scratch/codes-users"
chmod 600 "$scratch/codes-users"
start codes_guarded --api-key-file "$scratch/codes-users" --admin-key-file "$scratch/codes-admins"
everywhere 401
everywhere 403 -H 'Authorization: Bearer codes-user-key-7a20'
check "  stops with 0" daemon_stop "$daemon_pid"

# too_often PATH METHOD: of requests in one breath, one at least is too many.
too_often() {
    set -- "$daemon_url$1" "$2"
    curl -sS -X "$2" -H "$admin_bearer" -w '%{stderr}%{http_code}\n' "$1" "$1" "$1" "$1" "$1" "$1" \
        2>&1 >/dev/null | tee "$scratch/often.txt"
    grep -q '^429$' "$scratch/often.txt"
}
start codes_limited --admin-key-file "$scratch/codes-admins" --api-key-file "$scratch/codes-users" \
    --rate-limit 1
for path in $(paths get 429); do
    check "429 for GET $path" too_often "$path" GET
done
for path in $(paths post 429); do
    check "429 for POST $path" too_often "$path" POST
done
check "  stops with 0" daemon_stop "$daemon_pid"

# --- before the models are there ----------------------------------------------------------------
# Starts a daemon that waits for $scratch/go with its models loaded half.
start_held() {
    cc -D_GNU_SOURCE -std=c17 -O1 -Wall -Wextra -Werror -fPIC -shared -o "$scratch/hold.so" \
        "$here/hold.c" -ldl || return 1
    port=$(port_find_free 18300)
    LD_PRELOAD="${daemon_recorder-} $scratch/hold.so" RECORDER_FOLDER=${daemon_exchanges-} \
        HOLD_UNTIL=$scratch/go "$daemon_program" --port "$port" --model-repository "$models" \
        --admin-key-file "$scratch/codes-admins" 2>"$scratch/held.log" &
    daemon_pid=$!
    pids="$pids $daemon_pid"
    daemon_url=http://127.0.0.1:$port
    eventually 200 /healthz --retry 20 --retry-connrefused --retry-delay 1
}
if [ "$uploads" -lt 200 ]; then
    skip "what is said before the models are there" "a build with sanitizers cannot be held"
else
    start_held
    expect 200 /v2/health/live
    everywhere 503 -H "$admin_bearer"
    expect 503 /v1/models/mnist-ae
    check "  says why" body_is '.code == "not_ready"'
    : >"$scratch/go"
    eventually 200 /v1/models
    check "  stops with 0" daemon_stop "$daemon_pid"
fi
