# Start, overload, drain, end.
# shellcheck shell=sh

# --- flags ----------------------------------------------------------------------------------
# quits CODE PATTERN COMMAND...: ends with that code and one line that matches.
quits() {
    quits_code=$1
    quits_pattern=$2
    shift 2
    timeout 20 "$@" >"$scratch/quits.out" 2>&1
    quits_got=$?
    cat "$scratch/quits.out"
    [ "$quits_got" -eq "$quits_code" ] && [ "$(wc -l <"$scratch/quits.out")" -eq 1 ] &&
        grep -q "$quits_pattern" "$scratch/quits.out"
}
check "an unknown flag" quits 2 'no flag' "$daemon_program" --nonsense
check "a bad value" quits 2 'whole number' "$daemon_program" --port 70000
check "a missing value" quits 2 'wants a value' "$daemon_program" --port
check "a value too many" quits 2 'no value' "$daemon_program" --version=1
check "a bad variable" quits 2 SPIKELOOM_QUEUE_SIZE env SPIKELOOM_QUEUE_SIZE=x "$daemon_program"
check "an unknown level" quits 2 'debug, info' "$daemon_program" --log-level=loud
check "a delay that outlasts the end" quits 2 'exit-timeout-secs 30' "$daemon_program" \
    --check-config --drain-delay 30
check "--version" quits 0 '^spikeloomd [0-9]' "$daemon_program" --version
check "--help names every variable" sh -c "'$daemon_program' --help | grep -q SPIKELOOM_DRAIN_DELAY"
every_variable() {
    "$daemon_program" --help | awk '/^  --/ { flag = $1 }
        /SPIKELOOM_/ { sub(/^.*SPIKELOOM_/, ""); sub(/].*/, ""); name = tolower($0)
            gsub(/_/, "-", name); if ("--" name != flag) exit 1; twins++ }
        /^[A-Z]/ { subjects++ } END { exit twins < 12 || subjects < 6 }'
}
check "--help has each variable by its flag, under subjects" every_variable
# documented: whether the README has each flag of --help with its default and its sentence.
documented() {
    "$daemon_program" --help | awk '
        function row() { if (flag) print "| `" flag "` | " preset " | " what " |"; flag = "" }
        /^  --/ { row(); flag = $0; sub(/^  /, "", flag); sub(/  .*/, "", flag)
            what = $0; sub(/^  --[^ ]+( [A-Z]+)? +/, "", what); preset = "" }
        /SPIKELOOM_/ { preset = $0; sub(/^ *\[/, "", preset); sub(/; SPIKELOOM_.*/, "", preset) }
        END { row() }' | grep -v -e '--model-repository' >"$scratch/flags"
    [ "$(wc -l <"$scratch/flags")" -gt 30 ] && ! grep -vxFf "$root/server/README.md" "$scratch/flags"
}
check "server/README.md has each flag as --help tells it" documented
check "--check-config" quits 0 models "$daemon_program" --check-config --model-repository "$models"
check "--check-config without models" quits 1 . "$daemon_program" --check-config \
    --model-repository "$scratch/nowhere"
check "no models" quits 1 . "$daemon_program" --port 0 --model-repository "$scratch/nowhere"
check "--healthcheck of nothing" quits 1 'No answer' "$daemon_program" --healthcheck --port 1
mkdir "$scratch/broken"
head -c 1000 "$models/mnist-ae.safetensors" >"$scratch/broken/mnist-ae.safetensors"
check "a broken model" quits 1 mnist-ae "$daemon_program" --port 0 \
    --model-repository "$scratch/broken"

check "an unknown variable" quits 2 'variable SPIKELOOM_QUEUE;' env SPIKELOOM_QUEUE=8 \
    "$daemon_program" --port 0 --model-repository "$models"
check "  also for --check-config" quits 2 'variable SPIKELOOM_QUEUE;' env SPIKELOOM_QUEUE=8 \
    "$daemon_program" --check-config --model-repository "$models"
check "what Kubernetes sets for a service is no setting" quits 0 models \
    env SPIKELOOM_SERVICE_HOST=10.0.0.1 SPIKELOOM_PORT=tcp://10.0.0.1:80 \
    SPIKELOOM_PORT_80_TCP_ADDR=10.0.0.1 \
    "$daemon_program" --check-config --model-repository "$models"
check "a delay for batches of one" quits 2 'max-batch above 1' "$daemon_program" \
    --check-config --max-batch 1 --max-queue-delay-us 100
check "more connections of one address than of all" quits 2 'more than --max-connections' \
    "$daemon_program" --check-config --max-connections 4 --max-connections-per-ip 5

start taken
check "a taken port" quits 1 taken "$daemon_program" --port "${daemon_url##*:}" \
    --model-repository "$models"
check "  stops with 0" daemon_stop "$daemon_pid"

# --- overload -------------------------------------------------------------------------------
# burst FILE COUNT: that many requests at once, a connection each; "CURL_EXIT CODE" lines in FILE.
burst() {
    burst_number=0
    while [ "$burst_number" -lt "$2" ]; do
        [ "$burst_number" -eq 0 ] || echo next
        echo "url = \"$daemon_url/v1/synthesize?seed=$burst_number\""
        echo "data-binary = \"@$speech\""
        echo "header = \"Connection: close\""
        echo "output = /dev/null"
        echo 'write-out = "%{exitcode} %{http_code} %header{retry-after}\n"'
        burst_number=$((burst_number + 1))
    done >"$1.curl"
    curl -s --parallel --parallel-immediate --parallel-max 32 -K "$1.curl" >"$1" 2>/dev/null
    [ "$(wc -l <"$1")" -eq "$2" ]
}
start narrow --queue-size 1 --infer-threads 1
burst "$scratch/narrow" 64
check "a full queue answers 200 or 503 with Retry-After" sh -c \
    "! grep -Ev '^0 (200 |503 [0-9]+)$' $scratch/narrow"
check "  some are served" grep -q '^0 200' "$scratch/narrow"
check "  some are turned away" grep -q '^0 503 1$' "$scratch/narrow"
ask /metrics
check "  and counted" sh -c \
    "grep -Eq '^spikeloom_rejected_total\{reason=\"overloaded\"\} [1-9]' '$scratch/body'"
expect 200 /v1/synthesize --data-binary "@$speech"

# clients that leave while they wait
left=0
while [ "$left" -lt 8 ]; do
    curl -s -m 0.02 --data-binary "@$speech" -o /dev/null "$daemon_url/v1/synthesize?scale=32&frames=1" &
    left=$((left + 1))
    pids="$pids $!"
done
sleep 0.5
expect 200 /v1/synthesize --data-binary "@$speech"
ask /metrics
check "  clients that left are counted" sh -c \
    "grep -Eq '^spikeloom_rejected_total\{reason=\"client_gone\"\} [1-9]' '$scratch/body'"
check "  stops with 0" daemon_stop "$daemon_pid"

# --- the end --------------------------------------------------------------------------------
start draining --drain-delay 3
ask /readyz
check "ready before" answered 200
kill -TERM "$daemon_pid"
sleep 0.5
ask /readyz
check "not ready while draining" test "$code" = 503
check "  nor for --healthcheck" quits 1 'not ready' "$daemon_program" --healthcheck \
    --port "${daemon_url##*:}"
expect 200 /healthz
expect 200 /v1/synthesize --data-binary "@$speech"
check "  its connection is closed" has Connection close
wait "$daemon_pid"
check "  exits with 0" test $? -eq 0

start twice --drain-delay 60 --exit-timeout-secs 90
kill -TERM "$daemon_pid"
sleep 0.3
kill -TERM "$daemon_pid"
wait "$daemon_pid"
check "a second signal ends it at once" test $? -eq 143

start dawdled --exit-timeout-secs 2
"$scratch/crowd" "${daemon_url##*:}" 3 30 body >"$scratch/crowd.dawdled" &
pids="$pids $!"
sleep 1
kill -TERM "$daemon_pid"
wait "$daemon_pid"
check "a client that does not finish does not keep it" test $? -eq 0
check "  and is told of" grep -q '"event":"stop","unanswered":3' "$scratch/dawdled.log"

start loaded --queue-size 256
burst "$scratch/loaded" 600 &
load_pid=$!
# long before the last one is answered
until [ "$(grep -c '"status":200' "$scratch/loaded.log")" -ge 50 ] ||
    ! kill -0 "$daemon_pid" 2>/dev/null; do
    sleep 0.02
done
kill -INT "$daemon_pid"
wait "$daemon_pid"
check "exits with 0 under load" test $? -eq 0
wait "$load_pid"
check "  every request was answered or never connected" sh -c \
    "! grep -Ev '^(0 200|7 000) $' $scratch/loaded"
check "  some were answered" grep -q '^0 200' "$scratch/loaded"
check "  some came too late" grep -q '^7 000' "$scratch/loaded"
check "  as many as the log says" test \
    "$(grep -c '^0 200' "$scratch/loaded")" -eq "$(grep -c '"status":200' "$scratch/loaded.log")"
