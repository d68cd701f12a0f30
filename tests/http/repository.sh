# The model repository over HTTP: what is there, loading, unloading.
# shellcheck shell=sh

mkdir "$scratch/repository"
cp "$models/mnist-ae.safetensors" "$models/speech-digits.safetensors" "$scratch/repository"
served=$models
models=$scratch/repository
repository_user=repository-user-1c9e
repository_admin=repository-admin-7d2b
echo $repository_user >"$scratch/repository-users"
echo $repository_admin >"$scratch/repository-admins"
chmod 600 "$scratch/repository-users" "$scratch/repository-admins"
start repository --admin-key-file "$scratch/repository-admins"
models=$served
# admin COMMAND...: a command of answers.sh with an admin's key.
admin() {
    "$@" -H "Authorization: Bearer $repository_admin"
}

# --- index ----------------------------------------------------------------------------------
index=/v2/repository/index
everything='[{"name":"mnist-ae","version":"1","state":"READY","reason":""},
    {"name":"speech-digits","version":"1","state":"READY","reason":""}]'
expect 200 $index -X POST
check "  lists all models" body_is ". == $everything"
expect 200 $index -H 'Content-Type: application/json' -d '{"ready": true}'
check "  lists those that are served" body_is ". == $everything"
cp "$served/fashion-ae.safetensors" "$scratch/repository/another.safetensors"
expect 200 $index -H 'Content-Type: application/json' -d '{"ready": false}'
check "  finds a new file" body_is \
    '.[0] == {name: "another", version: "1", state: "UNAVAILABLE", reason: "It was not loaded."}'
expect 200 $index -H 'Content-Type: application/json' -d '{"ready": true}'
check "  which is not served" body_is ". == $everything"
for body in x '[]' '{"ready": 1}' '{"ready": "true"}' '{"ready": true' '[[[[[[[[[[' \
    '{"a":{"b":{"c":{"d":{}}}}}'; do
    expect 400 $index -H 'Content-Type: application/json' -d "$body"
done

# --- load and unload ------------------------------------------------------------------------
control=/v2/repository/models
expect 503 /v2/models/another
check "  says when to come again" has Retry-After 1
for path in /v2/models/another/versions/1 /v2/models/another/stats \
    /v2/models/another/versions/1/stats; do
    expect 503 $path
done
for path in /v2/models/another/infer /v2/models/another/versions/1/infer; do
    expect 503 $path -H "$json" -d "@$scratch/three.json"
done
for path in /v2/models/another/ready /v2/models/another/versions/1/ready; do
    ask $path
    check "503 for $path" sh -c "[ '$code' = 503 ] &&
        jq -e '. == {name: \"another\", ready: false}' '$scratch/body'"
    check "  says when to come again" has Retry-After 1
done
expect 503 "/v1/reconstruct?model=another" --data-binary "@$picture"
expect 503 /v1/models/another
admin expect 200 $control/another/load -X POST
check "  has nothing to say" body_is '. == {}'
expect 200 /v2/models/another/ready
expect 200 "/v1/reconstruct?model=another" --data-binary "@$picture"
admin expect 200 $control/another/load -H 'Content-Type: application/json' -d '{}'
admin expect 200 $control/another/unload -H 'Content-Type: application/json' \
    -d '{"parameters": {"unload_dependents": false}}'
expect 503 /v2/models/another
admin expect 200 $control/another/unload -X POST

admin expect 200 $control/speech-digits/unload -X POST
expect 503 /v1/synthesize --data-binary "@$speech"
expect 200 /v1/reconstruct --data-binary "@$picture"
expect 200 /readyz
admin expect 200 $control/mnist-ae/unload -X POST
expect 503 /v1/reconstruct --data-binary "@$picture"
ask /readyz
check "not ready without a model" test "$code" = 503
expect 200 /healthz
expect 200 /v1/models
check "  of which there are none" body_is '.models == []'
expect 200 $index -H 'Content-Type: application/json' -d '{"ready": true}'
check "  nor in the index" body_is '. == []'
admin expect 200 $control/mnist-ae/load -X POST
admin expect 200 $control/speech-digits/load -X POST
expect 200 /v1/synthesize --data-binary "@$speech"
expect 200 /readyz

# a damaged file, a file that is gone
head -c 5000 "$served/mnist-ae.safetensors" >"$scratch/repository/mnist-ae.safetensors"
admin expect 400 $control/mnist-ae/load -X POST
check "  says why, and not where" body_is '.error | startswith("mnist-ae.safetensors: ")'
why=$(jq .error "$scratch/body")
expect 200 $index -X POST
check "  the old one serves, and the index says why" body_is \
    ".[1] == {name: \"mnist-ae\", version: \"1\", state: \"READY\", reason: $why}"
check "  so does the log" grep -q '"model":"mnist-ae","change":"kept","reason":"mnist-ae' \
    "$scratch/repository.log"
expect 200 /v1/reconstruct --data-binary "@$picture"
rm "$scratch/repository/mnist-ae.safetensors"
mkdir "$scratch/repository/mnist-ae.safetensors"
admin expect 500 $control/mnist-ae/load -X POST
check "  what cannot be read is another fault" body_is '.error | test("not a regular file")'
expect 200 /v1/reconstruct --data-binary "@$picture"
rmdir "$scratch/repository/mnist-ae.safetensors"
admin expect 404 $control/mnist-ae/load -X POST
expect 200 /v1/reconstruct --data-binary "@$picture"
cp "$served/mnist-ae.safetensors" "$scratch/repository"
admin expect 200 $control/mnist-ae/load -X POST
expect 200 $index -X POST
check "  the reason is gone with the fault" body_is '.[1].state == "READY" and .[1].reason == ""'

# --- what is refused ------------------------------------------------------------------------
ln -s /etc "$scratch/repository/etc"
for name in nothing .. . mnist-ae.safetensors etc/passwd ..%2fmnist-ae %2e%2e/mnist-ae \
    "$(printf '%064d' 1)" ''; do
    admin expect 404 "$control/$name/load" --path-as-is -X POST
    admin expect 404 "$control/$name/unload" --path-as-is -X POST
done
head -c 70000 /dev/zero | tr '\0' ' ' >"$scratch/spaces"
for path in $control/mnist-ae/load $control/mnist-ae/unload; do
    for body in x '[]' '{"parameters": 1}' '{"parameters": {"config": "{}"}}' \
        '{"parameters": {"unload_dependents": 1}}'; do
        admin expect 400 $path -H 'Content-Type: application/json' -d "$body"
    done
done
for path in $index $control/mnist-ae/load $control/mnist-ae/unload; do
    admin expect 400 "$path?ready=1" -X POST
    expect 405 $path
    check "  says what it takes" has Allow "POST, OPTIONS"
    expect 204 $path -X OPTIONS
    admin expect 406 $path -X POST -H 'Accept: image/png'
    admin expect 413 $path -H 'Content-Type: application/json' --data-binary "@$scratch/spaces"
    admin expect 200 $path -X POST -H 'X-Request-Id: repository.1'
    check "  keeps the request id" has X-Request-Id repository.1
done
admin expect 200 $control/mnist-ae/load -X POST

# more at once than may wait
for path in $control/mnist-ae/load $control/mnist-ae/unload $index; do
    storm_number=0
    while [ "$storm_number" -lt 120 ]; do
        [ "$storm_number" -eq 0 ] || echo next
        echo "header = \"Authorization: Bearer $repository_admin\""
        printf 'url = "%s"\nrequest = "POST"\noutput = /dev/null\nheader = "Connection: close"\n' \
            "$daemon_url$path"
        echo 'write-out = "%{http_code} %header{retry-after}\n"'
        storm_number=$((storm_number + 1))
    done >"$scratch/storm.curl"
    curl -s --parallel --parallel-immediate --parallel-max 120 -K "$scratch/storm.curl" \
        >"$scratch/storm" 2>/dev/null
    check "many at once at $path are done or turned away" sh -c \
        "! grep -Ev '^(200 |503 1)$' '$scratch/storm'"
    check "  some are done" grep -q '^200' "$scratch/storm"
done
admin expect 200 $control/mnist-ae/load -X POST
expect 200 /v1/reconstruct --data-binary "@$picture"
check "it stops with 0" daemon_stop "$daemon_pid"

# --- keys -----------------------------------------------------------------------------------
start repository-keys --api-key-file "$scratch/repository-users" \
    --admin-key-file "$scratch/repository-admins" --rate-limit 1 --rate-burst 1
# hurried PATH CURL_ARGUMENT...: asks until the key's rate is used up.
hurried() {
    hurried_tries=0
    until ask "$@" && [ "$code" = 429 ]; do
        hurried_tries=$((hurried_tries + 1))
        [ "$hurried_tries" -lt 50 ] || return 1
    done
    answered 429
}
for path in $oip_documents $oip_states; do
    expect 401 $path
    check "429 for too many of $path" hurried $path -H "Authorization: Bearer $repository_user"
done
expect 401 $index -X POST
check "429 for too many of $index" hurried $index -X POST -H "Authorization: Bearer $repository_user"
for path in $see /v2/models/mnist-ae/versions/1/infer; do
    expect 401 $path -H "$json" -d "@$scratch/three.json"
    check "429 for too many of $path" hurried $path -H "$json" -d "@$scratch/three.json" \
        -H "Authorization: Bearer $repository_user"
done
for path in $control/mnist-ae/load $control/mnist-ae/unload; do
    expect 401 $path -X POST
    sleep 1.1
    expect 403 $path -X POST -H "Authorization: Bearer $repository_user"
    check "429 for too many of $path" hurried $path -X POST \
        -H "Authorization: Bearer $repository_admin"
done
check "it stops with 0" daemon_stop "$daemon_pid"
start repository-closed
expect 403 $control/mnist-ae/unload -X POST
expect 403 $control/mnist-ae/unload -X POST -H "Authorization: Bearer $repository_admin"
check "it stops with 0" daemon_stop "$daemon_pid"
