# Changing the models of a daemon that is busy: not one request fails.
# shellcheck shell=sh

mkdir "$scratch/models"
cp "$models/mnist-ae.safetensors" "$models/fashion-ae.safetensors" \
    "$models/speech-digits.safetensors" "$scratch/models"
# put SOURCE NAME: puts a file into the served folder in one step.
put() {
    cp "$1" "$scratch/models/new" && mv "$scratch/models/new" "$scratch/models/$2.safetensors"
}
served=$models
models=$scratch/models
reload_admin=reload-admin-3b8e
echo $reload_admin >"$scratch/reload-admins"
chmod 600 "$scratch/reload-admins"
start reload --queue-size 256 --admin-key-file "$scratch/reload-admins"
models=$served
reload_log=$scratch/reload.log

# pound: asks one model again and again, over new connections and old ones, until $scratch/enough
# is there; "CURL_EXIT CODE ETAG" lines in $scratch/pounded.
pound() {
    pound_number=0
    while [ "$pound_number" -lt 20 ]; do
        [ "$pound_number" -eq 0 ] || echo next
        echo "url = \"$daemon_url/v1/reconstruct?model=mnist-ae&seed=1\""
        echo "data-binary = \"@$picture\""
        [ $((pound_number % 2)) -eq 0 ] || echo 'header = "Connection: close"'
        echo 'output = /dev/null'
        echo 'write-out = "%{exitcode} %{http_code} %header{etag}\n"'
        pound_number=$((pound_number + 1))
    done >"$scratch/pound.curl"
    while [ ! -e "$scratch/enough" ]; do
        curl -s --parallel --parallel-immediate --parallel-max 4 -K "$scratch/pound.curl"
    done >>"$scratch/pounded" 2>/dev/null
}
# logged COUNT PATTERN: waits until as many lines of the log match.
logged() {
    logged_tries=0
    until [ "$(grep -c "$2" "$reload_log")" -ge "$1" ]; do
        logged_tries=$((logged_tries + 1))
        [ "$logged_tries" -lt 200 ] || return 1
        sleep 0.1
    done
}
# tag_of: the entity tag of the model's answer now.
tag_of() {
    ask "/v1/reconstruct?model=mnist-ae&seed=1" --data-binary "@$picture"
    field ETag
}
# answers_with TAG: whether requests of the load have been answered with this tag.
answers_with() {
    answers_tries=0
    until grep -qF "$1" "$scratch/pounded"; do
        answers_tries=$((answers_tries + 1))
        [ "$answers_tries" -lt 100 ] || return 1
        sleep 0.1
    done
}

# --- SIGHUP ---------------------------------------------------------------------------------
: >"$scratch/pounded"
pound &
pound_pid=$!
pids="$pids $pound_pid"
old_tag=$(tag_of)
check "the load has begun" answers_with "$old_tag"
put "$served/fashion-ae.safetensors" mnist-ae
put "$served/fashion-ae.safetensors" another
rm "$scratch/models/fashion-ae.safetensors"
kill -HUP "$daemon_pid"
check "SIGHUP has the folder read" logged 1 '"event":"reload"'
new_tag=$(tag_of)
check "  what has changed is served" test -n "$new_tag" -a "$new_tag" != "$old_tag"
check "  also under load" answers_with "$new_tag"
check "  and logged" grep -q '"event":"model","model":"mnist-ae","change":"replaced"' "$reload_log"
expect 200 /v1/models/another
expect 404 /v1/models/fashion-ae
check "  what is the same stays" grep -q '"model":"speech-digits","change":"unchanged"' "$reload_log"

head -c 100000 "$served/mnist-ae.safetensors" >"$scratch/cut.safetensors"
put "$scratch/cut.safetensors" mnist-ae
kill -HUP "$daemon_pid"
check "SIGHUP with a damaged checkpoint" logged 2 '"event":"reload"'
check "  the old one serves" test "$(tag_of)" = "$new_tag"
check "  and the log says why" grep -q \
    '"level":"warn","event":"model","model":"mnist-ae","change":"kept","reason":"mnist-ae.safetensors: ' \
    "$reload_log"
rm "$scratch"/models/*
kill -HUP "$daemon_pid"
check "SIGHUP with an empty folder" logged 3 '"event":"reload"'
check "  changes nothing" test "$(tag_of)" = "$new_tag"
check "  and the log says why" grep -q '"event":"reload","reason":".*holds no' "$reload_log"
put "$served/mnist-ae.safetensors" mnist-ae
put "$served/speech-digits.safetensors" speech-digits
kill -HUP "$daemon_pid"
check "SIGHUP after the repair" logged 4 '"event":"reload"'
check "  the first model is back" test "$(tag_of)" = "$old_tag"

# --- load ---------------------------------------------------------------------------------------
# load CODE: has mnist-ae loaded anew, which is answered so.
load() {
    expect "$1" /v2/repository/models/mnist-ae/load -X POST \
        -H "Authorization: Bearer $reload_admin"
}
for round in 1 2 3; do
    put "$served/fashion-ae.safetensors" mnist-ae
    load 200
    check "  the new model serves, round $round" test "$(tag_of)" = "$new_tag"
    put "$scratch/cut.safetensors" mnist-ae
    load 400
    check "  it still does after a damaged one" test "$(tag_of)" = "$new_tag"
    expect 200 /v2/repository/index -X POST
    check "  the index says why" body_is '.[] | select(.name == "mnist-ae") |
        .state == "READY" and (.reason | startswith("mnist-ae.safetensors: "))'
    put "$served/mnist-ae.safetensors" mnist-ae
    load 200
    check "  the old model is back" test "$(tag_of)" = "$old_tag"
    expect 200 /v2/repository/index -X POST
    check "  with nothing to say" body_is '.[] | select(.name == "mnist-ae") | .reason == ""'
done
check "the log says why" test "$(grep -c '"change":"kept","reason":"mnist-ae' "$reload_log")" -eq 4

touch "$scratch/enough"
wait "$pound_pid"
check "the load was a load" test "$(wc -l <"$scratch/pounded")" -ge 100
check "not one request failed" sh -c "! grep -v '^0 200 \"' '$scratch/pounded'"
check "each was answered by the old model or the new one" sh -c \
    "! grep -vF -e '$old_tag' -e '$new_tag' '$scratch/pounded'"
check "it stops with 0" daemon_stop "$daemon_pid"
