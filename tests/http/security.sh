# API keys, rates, and headers that mean harm.
# shellcheck shell=sh

user_key=user-key-8a1f0c2b9d7e
next_key=next-key-5f3e1d7c9b0a
admin_key=admin-key-c4d2e6f8a0b1
guarded_folder=$scratch/guarded
mkdir "$guarded_folder"
printf '# users\n%s\n' "$user_key" >"$guarded_folder/users"
printf '%s\n' "$admin_key" >"$guarded_folder/admins"
chmod 640 "$guarded_folder/users" "$guarded_folder/admins"

# as KEY COMMAND...: a command of answers.sh with a key.
as() {
    as_key=$1
    shift
    "$@" -H "Authorization: Bearer $as_key"
}

# --- who may ask ----------------------------------------------------------------------------
start guarded --api-key-file "$guarded_folder/users" --admin-key-file "$guarded_folder/admins"
for path in / /openapi.json /metrics /healthz /readyz /v2/health/live /v2/health/ready; do
    expect 200 "$path"
done
for path in /v1/models /v1/models/mnist-ae; do
    expect 401 "$path"
    as "$user_key" expect 200 "$path"
    expect 204 "$path" -X OPTIONS
done
for path in /v1/synthesize /v1/reconstruct /v1/encode /v1/decode; do
    expect 401 $path --data-binary "@$speech"
    check "  says how" has WWW-Authenticate 'Bearer realm="spikeloom"'
done
expect 401 /v1/synthesize --data-binary "@$speech" -H 'Transfer-Encoding: chunked'
expect 401 /v1/synthesize --data-binary "@$speech" -H 'Expect: 100-continue'
as "$user_key" expect 200 /v1/synthesize --data-binary "@$speech"
as "$admin_key" expect 200 /v1/synthesize --data-binary "@$speech"
expect 200 /v1/models -H "authorization: bearer   $user_key"
for key in "${user_key}x" "${user_key%?}" "x$user_key" "$(echo "$user_key" | tr a-z A-Z)" x \
    "$(printf '%04000d' 0)" '../../etc/passwd' "$(printf 'a\tb')"; do
    as "$key" expect 401 /v1/models
    check "  says why" has WWW-Authenticate 'Bearer realm="spikeloom", error="invalid_token"'
done
expect 401 /v1/models -H 'Authorization;'
expect 401 /v1/models -H 'Authorization: Bearer'
expect 401 /v1/models -u "user:$user_key"
expect 401 "/v1/models?access_token=$user_key"
expect 401 /v1/models -H "X-Api-Key: $user_key"
expect 401 /v1/models -H "Authorization: $user_key"
as "$user_key" expect 400 /v1/models -H "Authorization: Bearer $user_key"
as "$user_key" expect 400 /v1/models -H "Authorization: Bearer wrong"
as wrong expect 400 /v1/models -H "Authorization: Bearer $user_key"
as "$(printf '%09000d' 0)" expect 401 /v1/models
as "$user_key" expect 404 /v1/models/absent
ask /metrics
check "refusals are counted" grep -Eq '^spikeloom_rejected_total\{reason="unauthenticated"\} [1-9]' \
    "$scratch/body"

# --- new keys -------------------------------------------------------------------------------
# reloaded COUNT: waits until the log tells of so many readings.
reloaded() {
    reloaded_tries=0
    until [ "$(grep -c '"event":"keys"' "$scratch/guarded.log")" -ge "$1" ]; do
        reloaded_tries=$((reloaded_tries + 1))
        [ "$reloaded_tries" -lt 100 ] || return 1
        sleep 0.1
    done
}
printf 'short\n' >"$guarded_folder/users"
kill -HUP "$daemon_pid"
check "a bad file is told" reloaded 1
check "  by its line" grep -q '"level":"error","event":"keys",.*users: line 1: ' "$scratch/guarded.log"
as "$user_key" expect 200 /v1/models
printf '%s\n' "$next_key" >"$guarded_folder/users"
kill -HUP "$daemon_pid"
check "a good file is told" reloaded 2
as "$user_key" expect 401 /v1/models
as "$next_key" expect 200 /v1/models
kill -HUP "$daemon_pid"
kill -HUP "$daemon_pid"
as "$next_key" expect 200 /v1/models

# --- headers that mean harm -----------------------------------------------------------------
# sends TEXT: sends exactly this, with \r\n\r\n behind it, and puts the answer into $scratch/raw.
sends() {
    printf "$1\r\n\r\n" | timeout 10 curl -sS -m 4 "telnet://${daemon_url#http://}" >"$scratch/raw" 2>&1
}
sends "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer $next_key\001\033[2J"
check "control bytes in a key are no key" grep -q '^HTTP/1.1 4' "$scratch/raw"
sends "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer $next_key\r\n x"
check "a folded key is no key" grep -q '^HTTP/1.1 4' "$scratch/raw"
many=$(awk 'BEGIN { for (i = 0; i < 3000; i++) printf "X-%d: y\\r\\n", i }')
sends "GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${many}Authorization: Bearer $next_key"
check "thousands of headers are refused or served" grep -Eq '^HTTP/1.1 (200|413|431)' "$scratch/raw"
as "$next_key" ask /v1/models -H 'X-Request-Id: a"b\n{"level":"error"}'
check "an id that would break the log is replaced" sh -c \
    "echo '$(field X-Request-Id)' | grep -Eq '^[0-9a-f]{32}\$'"
ask "/%0a%7B%22level%22" -X "$(printf 'A"B')"
as "$next_key" expect 200 /healthz
check "the log has only JSON lines" jq -e 'has("event") and has("level")' "$scratch/guarded.log"
check "  with the key's digest" grep -q "\"key\":\"$(printf %s "$next_key" | sha256sum | cut -c 1-16)\"" \
    "$scratch/guarded.log"
check "stops with 0" daemon_stop "$daemon_pid"
for key in "$user_key" "$next_key" "$admin_key" Bearer; do
    check "the log does not have $key" sh -c "! grep -q '$key' '$scratch/guarded.log'"
done

# --- uploads --------------------------------------------------------------------------------
mkdir "$scratch/nowhere_else"
(cd "$scratch/nowhere_else" && TMPDIR=$scratch/nowhere_else && export TMPDIR &&
    start discreet --log-level debug && echo "$daemon_pid $daemon_url" >"$scratch/discreet")
read -r daemon_pid daemon_url <"$scratch/discreet"
pids="$pids $daemon_pid"
printf '{"model": "upload-marker-71c4e0"}' >"$scratch/marked.json"
expect 400 /v1/decode --data-binary "@$scratch/marked.json"
expect 400 /v1/decode -F "file=@$scratch/marked.json;filename=upload-marker-71c4e0"
{ cat "$speech" && printf 'upload-marker-71c4e0'; } >"$scratch/marked.wav"
expect 200 /v1/synthesize --data-binary "@$scratch/marked.wav"
expect 200 /v1/synthesize -F "file=@$scratch/marked.wav;filename=upload-marker-71c4e0"
check "an upload is not in the log" sh -c "! grep -q upload-marker '$scratch/discreet.log'"
# writable: regular files that are open for writing, but for the two that every program is given
# and the recorder's.
writable() {
    for writable_fd in /proc/"$daemon_pid"/fd/*; do
        writable_file=$(readlink "$writable_fd")
        case ${writable_fd##*/}$writable_file in [12]/* | *"${daemon_exchanges-none}"/*) continue ;; esac
        [ -f "$writable_file" ] &&
            grep -Eq '^flags:.*[12]$' "/proc/$daemon_pid/fdinfo/${writable_fd##*/}" &&
            echo "$writable_file"
    done
}
check "  nor in a file" test -z "$(ls -A "$scratch/nowhere_else"; writable)"
kill -TERM "$daemon_pid"

# --- rates ----------------------------------------------------------------------------------
printf '%s\n' "$user_key" >"$guarded_folder/users"
# throttled KEY PATH CURL_ARGUMENT...: asks until it is too often, which takes longer on a busy machine.
throttled() {
    throttled_tries=0
    until as "$@" && [ "$code" = 429 ]; do
        throttled_tries=$((throttled_tries + 1))
        [ "$throttled_tries" -lt 100 ] || break
    done
    check "429 for $3" answered 429
}
start limited --api-key-file "$guarded_folder/users" --admin-key-file "$guarded_folder/admins" \
    --rate-limit 1 --rate-burst 3
as "$user_key" expect 200 /v1/models
throttled "$user_key" ask /v1/models
check "  says when" has Retry-After 1
as "$admin_key" expect 200 /v1/models
expect 401 /v1/models
expect 200 /healthz
ask /metrics
check "  and it is counted" grep -q '^spikeloom_rejected_total{reason="rate_limited"} [1-9]' "$scratch/body"
sleep 1.1
as "$user_key" expect 200 /v1/models
ask /openapi.json
jq -r '.paths | to_entries[] | .key as $path | .value | to_entries[] |
    select(.value.responses? | has("429")) | "\(.key | ascii_upcase) \($path)"' "$scratch/body" |
    sed 's/{name}/mnist-ae/; s/{version}/1/' >"$scratch/guarded_routes"
check "the contract names the routes that want a key" test "$(wc -l <"$scratch/guarded_routes")" -ge 6
check "stops with 0" daemon_stop "$daemon_pid"
start throttled --api-key-file "$guarded_folder/users" --admin-key-file "$guarded_folder/admins" \
    --rate-limit 1 --rate-burst 1
while read -r method path <&3; do
    expect 401 "$path" -X "$method"
    throttled "$admin_key" ask "$path" -X "$method"
    check "  says when" has Retry-After 1
done 3<"$scratch/guarded_routes"
check "stops with 0" daemon_stop "$daemon_pid"

# --- files that cannot be taken -------------------------------------------------------------
# refuses CODE PATTERN FLAG...: neither --check-config nor the daemon itself takes the flags.
refuses() {
    refuses_code=$1
    refuses_pattern=$2
    shift 2
    for mode in --check-config --port=0; do
        timeout 20 "$daemon_program" "$mode" --model-repository "$models" "$@" \
            >"$scratch/refuses.out" 2>&1
        refuses_got=$?
        cat "$scratch/refuses.out"
        [ "$refuses_got" -eq "$refuses_code" ] && [ "$(wc -l <"$scratch/refuses.out")" -eq 1 ] &&
            grep -q -e "$refuses_pattern" "$scratch/refuses.out" || return 1
    done
}
: >"$guarded_folder/empty"
printf '%s\n' "$user_key" >"$guarded_folder/open"
chmod 600 "$guarded_folder/empty"
chmod 644 "$guarded_folder/open"
for flag in --api-key-file --admin-key-file; do
    check "$flag without its file" refuses 1 'no such file' $flag "$guarded_folder/absent"
    check "$flag with an empty file" refuses 1 'no key' $flag "$guarded_folder/empty"
    check "$flag with a file open to others" refuses 1 chmod $flag "$guarded_folder/open"
    check "$flag with a folder" refuses 1 'regular file' $flag "$guarded_folder"
    check "$flag without a value" refuses 2 'wants a value' $flag
done
check "one file for both" refuses 2 'same file' --api-key-file "$guarded_folder/users" \
    --admin-key-file "$guarded_folder/users"
check "a rate without keys" refuses 2 'api-key-file' --rate-limit 5
check "a burst without a rate" refuses 2 'rate-limit' --rate-burst 5
check "--check-config counts keys" sh -c "'$daemon_program' --check-config --model-repository '$models' \
    --api-key-file '$guarded_folder/users' | grep -q ' 1 API keys, 0 admin keys, HTTP\$'"
