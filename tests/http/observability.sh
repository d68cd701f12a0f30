# Traces, request ids, the log, origins of pages.
# shellcheck shell=sh

trace=0af7651916cd43dd8448eb211c80319c
step=b7ad6b7169203331

# traced TRACE FLAGS: whether the answer has a step of its own in that trace (a pattern).
traced() {
    field traceparent | grep -Eqx "00-$1-[0-9a-f]{16}-$2" && ! field traceparent | grep -q "$step"
}

# found FILTER: whether exactly one line of the log fits a jq filter.
found() {
    jq -e -s "map(select($1)) | length == 1" "$daemon_log"
}

# quits_on_variable NAME=VALUE: whether the daemon refuses it by its name.
quits_on_variable() {
    ! env "$1" "$daemon_program" --check-config >"$scratch/refuses.out" 2>&1 &&
        grep -q "${1%%=*} must be 1, true, 0 or false" "$scratch/refuses.out"
}

start observed
expect 200 /v1/synthesize --data-binary "@$speech" -H "traceparent: 00-$trace-$step-01" \
    -H 'tracestate: congo=t61rcWkgMzE' -H 'X-Request-Id: whole'
check "a trace goes on" traced $trace 01
seed=$(field Spikeloom-Seed)
check "  the log has all of it" found ".request_id == \"whole\" and .trace_id == \"$trace\" and
    .parent_span_id == \"$step\" and (.span_id as \$id | \"$(field traceparent)\" | contains(\$id)) and
    .event == \"request\" and .level == \"info\" and .method == \"POST\" and
    .route == \"/v1/synthesize\" and .model == \"speech-digits\" and .status == 200 and
    .bytes_in == $(wc -c <"$speech") and .bytes_out == $(wc -c <"$scratch/body") and
    .seed == $seed and .duration_ms >= .compute_ms and .compute_ms >= .network_ms and
    .queue_ms >= 0 and .decode_ms > 0 and .cochlea_ms > 0 and .network_ms > 0 and .png_ms > 0 and
    (.time | test(\"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[.][0-9]{3}Z\$\")) and
    (has(\"outcome\") or has(\"key\") or has(\"delivered\") | not)"
expect 200 /v1/models -H "traceparent: 00-$trace-$step-00"
check "an unsampled trace stays so" traced $trace 00
expect 200 /v1/models
first=$(field traceparent)
check "without a trace one is made" traced '[0-9a-f]{32}' 00
expect 200 /v1/models
check "  another each time" test "$(field traceparent | cut -c 4-35)" != "$(echo "$first" | cut -c 4-35)"
for value in "00-$trace-$step" "ff-$trace-$step-01" "00-$trace-0000000000000000-01" nonsense \
    "00-00000000000000000000000000000000-$step-01" "00-$trace-$step-01-x" "$(printf '%0500d' 0)"; do
    expect 200 /v1/models -H "traceparent: $value"
    check "an invalid trace is replaced" sh -c "! echo '$(field traceparent)' | grep -q '$trace'"
done
expect 200 /v1/models -H "traceparent: 00-$trace-$step-01" -H "traceparent: 00-$trace-$step-01"
check "two traces are replaced" sh -c "! echo '$(field traceparent)' | grep -q '$trace'"
expect 404 /v1/models/absent -H "traceparent: 00-$trace-$step-01" -H 'X-Request-Id: absent'
check "an error is in the trace" traced $trace 01
check "  and in the log" found '.request_id == "absent" and .status == 404 and .outcome == "NOT_FOUND"'
ask "/v1/synthesize?timeout_ms=1" --data-binary "@$samples/phone_en-us.wav" -H 'X-Request-Id: late'
check "what fails here is a warning" found \
    '.request_id == "late" and .status == 504 and .level == "warn" and .outcome == "DEADLINE"'
expect 200 /healthz -H 'X-Request-Id: quiet'
expect 200 / -H 'X-Request-Id: quiet'
expect 405 /healthz -X DELETE -H 'X-Request-Id: loud'
check "health that is well is not told" sh -c "! grep -q '\"quiet\"' '$daemon_log'"
check "  what is refused is" found '.request_id == "loud" and .status == 405'
check "no query is in the log" sh -c "! grep -q timeout_ms '$daemon_log'"
for id in "$(printf '%065d' 0)" 'a b' 'a"b' "$(printf '%08000d' 0)" 'ä' '{}'; do
    ask /healthz -H "X-Request-Id: $id"
    check "a strange id is replaced" sh -c "echo '$(field X-Request-Id)' | grep -Eqx '[0-9a-f]{32}'"
done
check "stops with 0" daemon_stop "$daemon_pid"

# --- Triton's names -------------------------------------------------------------------------
SPIKELOOM_TRITON_METRICS=1 start triton
expect 200 /v1/synthesize --data-binary "@$speech"
expect 200 /v1/synthesize --data-binary "@$speech"
expect 200 /v1/reconstruct --data-binary "@$picture"
expect 400 '/v1/reconstruct?model=mnist-ae' --data-binary 'This is no picture.'
ask /metrics
# told NAME MODEL PATTERN: whether the metric has such a value.
told() {
    grep -Eqx "nv_inference_$1\{model=\"$2\",version=\"1\"\} $3" "$scratch/body"
}
check "Triton's names tell what succeeded" told request_success speech-digits 2
check "  what failed" told request_failure mnist-ae 1
check "  what was run" told count mnist-ae 1
check "  how often" told exec_count speech-digits 2
for part in request queue compute_input compute_infer compute_output; do
    check "  the microseconds of $part" told ${part}_duration_us speech-digits '[0-9]+'
done
check "  which are some" told compute_infer_duration_us speech-digits '[1-9][0-9]*'
check "stops with 0" daemon_stop "$daemon_pid"
check "a switch has two states" quits_on_variable SPIKELOOM_TRITON_METRICS=maybe

# --- origins, and the state of a trace ------------------------------------------------------------
allowed=https://digits.example.org:8443
start origins --cors-origin "http://localhost:3000,$allowed" --log-level debug
ask /v1/models -H "traceparent: 00-$trace-$step-01" -H 'tracestate: congo=t61rcWkgMzE' \
    -H 'tracestate: rojo=1'
check "the state of a trace comes back" has tracestate 'congo=t61rcWkgMzE, rojo=1'
ask /v1/models -H "traceparent: nonsense" -H 'tracestate: congo=t61rcWkgMzE'
check "  not without its trace" has tracestate ''
ask /healthz -H 'X-Request-Id: told'
check "health is told at the level debug" found '.request_id == "told" and .level == "debug"'

expect 200 /v1/synthesize -H "Origin: $allowed" --data-binary "@$speech"
check "an origin on the list may read" has Access-Control-Allow-Origin "$allowed"
check "  the headers too" sh -c "echo '$(field Access-Control-Expose-Headers)' | grep -q Spikeloom-Seed"
check "  caches are told" has Vary 'Origin, Accept'
expect 400 /v1/synthesize -H "Origin: $allowed" -X POST
check "  and errors" has Access-Control-Allow-Origin "$allowed"
for origin in https://example.com "$allowed.example.com" "${allowed%3}" http://digits.example.org:8443 \
    null "" "http://localhost:3000,$allowed" '*'; do
    expect 200 /v1/models -H "Origin: $origin"
    check "another may not: '$origin'" has Access-Control-Allow-Origin ''
    check "  caches are told" has Vary 'Origin, Accept'
done
expect 200 /v1/models
check "nor one without a name" has Access-Control-Allow-Origin ''
expect 204 /v1/synthesize -X OPTIONS -H "Origin: $allowed" -H 'Access-Control-Request-Method: POST' \
    -H 'Access-Control-Request-Headers: authorization'
check "a preflight is answered" has Access-Control-Allow-Origin "$allowed"
check "  with methods" has Access-Control-Allow-Methods "POST, OPTIONS"
check "  with headers" sh -c "echo '$(field Access-Control-Allow-Headers)' | grep -q Authorization"
check "  for a while" has Access-Control-Max-Age 600
expect 204 /v1/synthesize -X OPTIONS -H 'Origin: https://example.com' \
    -H 'Access-Control-Request-Method: POST'
check "  not for another origin" has Access-Control-Allow-Methods ''
check "stops with 0" daemon_stop "$daemon_pid"

start closed
expect 200 /v1/models -H "Origin: $allowed"
check "without the flag nobody may" has Access-Control-Allow-Origin ''
check "  and nothing varies with it" has Vary Accept
expect 204 /v1/synthesize -X OPTIONS -H "Origin: $allowed" -H 'Access-Control-Request-Method: POST'
check "  nor is a preflight let through" has Access-Control-Allow-Methods ''
check "stops with 0" daemon_stop "$daemon_pid"
for list in '*' null 'https://' example.org 'https://example.org/' 'https://a.example, https://b.example' \
    'https://a.example,' 'https://user@a.example' ftp://a.example HTTPS://a.example; do
    check "no list of origins: $list" refuses 2 cors-origin --cors-origin "$list"
done
