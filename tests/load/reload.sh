#!/bin/sh
# Changes a model under load, again and again, to a good checkpoint and then to a damaged one: no
# request may fail, and the damaged ones change nothing but what the log and the index say.
#
#   sh tests/load/reload.sh BUILD_FOLDER [ROUNDS]     10 unless said otherwise
set -u
. "$(dirname "$0")/measure.sh"
measure_arguments "sh tests/load/reload.sh BUILD_FOLDER [ROUNDS]" "$@"
measure_need hey curl jq
rounds=${2-10}
picture=$samples/digit_3.png

served=$models
models=$scratch/models
mkdir "$models"
cp "$served/mnist-ae.safetensors" "$served/speech-digits.safetensors" "$models"
head -c 100000 "$served/mnist-ae.safetensors" >"$scratch/damaged"
admin=load-admin-2f6b9c1d
echo $admin >"$scratch/admins"
chmod 600 "$scratch/admins"
start reload --queue-size 256 --admin-key-file "$scratch/admins"
url="$daemon_url/v1/reconstruct?model=mnist-ae&seed=1"

# put FILE: makes it the checkpoint of mnist-ae, in one step.
put() {
    cp "$1" "$models/new" && mv "$models/new" "$models/mnist-ae.safetensors"
}
# logged COUNT: waits until the daemon has read its folder so often.
logged() {
    logged_tries=0
    until [ "$(grep -c '"event":"reload"' "$daemon_log")" -ge "$1" ]; do
        logged_tries=$((logged_tries + 1))
        [ "$logged_tries" -le 300 ] || return 1
        sleep 0.1
    done
}
tag_of() {
    curl -sS -o /dev/null -w '%header{etag}' --data-binary "@$picture" "$url"
}
# load_by_request CODE: has the model loaded anew by an administrator.
load_by_request() {
    [ "$(curl -sS -o "$scratch/loaded" -w '%{http_code}' -X POST -H "Authorization: Bearer $admin" \
        "$daemon_url/v2/repository/models/mnist-ae/load")" = "$1" ]
}
index_says() {
    curl -sS -X POST "$daemon_url/v2/repository/index" |
        jq -e "map(select(.name == \"mnist-ae\"))[0] | .state == \"READY\" and ($1)"
}
# have_loaded WHAT CODE: by SIGHUP and by request in turn; CODE is the answer to a request.
have_loaded() {
    if [ $((round % 2)) -eq 1 ]; then
        kill -HUP "$daemon_pid"
        reloads=$((reloads + 1))
        check "round $round: a $1 checkpoint, by SIGHUP" logged $reloads
    else
        check "round $round: a $1 checkpoint, by request" load_by_request "$2"
    fi
}
# change GOOD: puts a good checkpoint and then a damaged one.
change() {
    put "$1"
    have_loaded good 200
    change_tag=$(tag_of)
    check "  it serves" test "$change_tag" != "$old_tag"
    sleep 1
    put "$scratch/damaged"
    have_loaded damaged 400
    check "  the one before still serves" test "$(tag_of)" = "$change_tag"
    check "  the index says why" index_says '.reason | startswith("mnist-ae.safetensors: ")'
    check "  the log says why" test "$(grep -c '"change":"kept","reason":"mnist-ae' "$daemon_log")" \
        -eq "$round"
    old_tag=$change_tag
    sleep 1
}

hey -c 8 -q 10 -z 3600s -m POST -D "$picture" "$url" >"$scratch/hey" 2>&1 &
hey_pid=$!
pids="$pids $hey_pid"
old_tag=$(tag_of)
round=1
reloads=0
while [ "$round" -le "$rounds" ]; do
    if [ $((round % 2)) -eq 1 ]; then
        change "$served/fashion-ae.safetensors"
    else
        change "$served/mnist-ae.safetensors"
    fi
    round=$((round + 1))
done
kill -INT "$hey_pid"
wait "$hey_pid"
cat "$scratch/hey"

requests=$(sed -n 's/^ *\[200\][^0-9]*\([0-9]*\) responses/\1/p' "$scratch/hey")
check "requests were served" test "${requests:-0}" -gt 0
check "none failed" sh -c "! grep -E '^ *\[([013-9]|20[1-9]|2[1-9])|Error' $scratch/hey"
check "it stops with 0" daemon_stop "$daemon_pid"
echo "$rounds good and $rounds damaged checkpoints, ${requests:-0} requests, none but these answers:"
grep -E '^ *\[[0-9]+\]|Error' "$scratch/hey"
check_finish
