# The faults, what they are mended by, and the table; sourced by run.sh.
# shellcheck shell=sh disable=SC2154 disable=SC2317 # run.sh sets what is used; called by name

faults_none() { :; }
mend_none() { :; }

faults_killed() { kill -KILL "$first_pid"; }
mend_killed() { faults_first; }

faults_hung() { kill -STOP "$first_pid"; }
mend_hung() { kill -CONT "$first_pid"; }

# Its log and its models lie on that disk; a new model is half there when it is told to reload.
faults_full_disk() {
    cat /dev/zero >"$network_disk/filler" 2>/dev/null
    cp "$models/fashion-ae.safetensors" "$network_disk/models/late.safetensors" 2>/dev/null
    kill -HUP "$first_pid"
    # the log that would tell has no room either
    sleep 1
    front curl -sS -m 5 -X POST \
        "http://$network_prefix.11:8080/v2/repository/index" >"$scratch/index"
}
mend_full_disk() {
    rm -f "$network_disk/filler" "$network_disk/models/late.safetensors"
    kill -HUP "$first_pid"
}

faults_no_descriptors() { prlimit --pid "$first_pid" --nofile=8: ; }
mend_no_descriptors() { prlimit --pid "$first_pid" --nofile=1024: ; }

drop() {
    back iptables -A INPUT -d "$network_prefix.11" -m statistic --mode random --probability "$1" -j DROP
}
faults_lossy() { drop 0.3; }
mend_lossy() { back iptables -F INPUT; }
faults_cut_off() { drop 1; }
mend_cut_off() { back iptables -F INPUT; }

# One after the other, each when the one before is back.
faults_restarts() {
    for number in 1 2 3; do
        eval "kill -TERM \"\$daemon_pid_$number\"; wait \"\$daemon_pid_$number\""
        [ $? -eq 0 ] || faults_unclean=$((faults_unclean + 1))
        faults_daemon "$number"
        network_waits "UP UP UP"
    done
}
mend_restarts() { :; }

# faults_daemon NUMBER: the first has a disk of its own.
faults_daemon() {
    if [ "$1" = 1 ]; then
        daemon_folder=$network_disk
        network_daemon 1 --drain-delay 2 --model-repository "$network_disk/models"
        daemon_folder=$scratch
        first_pid=$daemon_pid
    else
        network_daemon "$1" --drain-delay 2 --model-repository "$models"
    fi
    eval "daemon_pid_$1=$daemon_pid"
}

faults_first() {
    faults_daemon 1
}

faults_now() {
    echo $((($(date +%s%N) - faults_start) / 1000000))
}

# What HAProxy sees, five times a second, each line with its time.
faults_watch() {
    while :; do
        echo "$(faults_now) $(network_states)"
        sleep 0.2
    done
}

# faults_seen TIME PATTERN: milliseconds from a time to the first line after it that fits, or "-".
faults_seen() {
    awk -v from="$1" -v pattern="$2" '
        $1 >= from && $0 ~ pattern { printf "%.1f s", ($1 - from) / 1000; found = 1; exit }
        END { if (!found) printf "-" }' "$scratch/watched"
}

# faults_wait NAME: as long as the fault lasts. What hangs must outlast HAProxy's `timeout server`: when it
# wakes within a second before that, it answers what it had taken with 504, its own deadline being over.
faults_wait() {
    if [ "$1" = hung ] && [ "$faults_lasts" -lt 6 ]; then
        sleep 6
    else
        sleep "$faults_lasts"
    fi
}

# faults_drill NAME TITLE: one row, and whether no client saw an error.
faults_drill() {
    network_waits "UP UP UP" || echo "# not all daemons are up"
    again_before=$(network_states | cut -d' ' -f1)
    faults_unclean=0
    faults_start=$(date +%s%N)
    front "$scratch/clients" 8080 8 4 "$faults_seconds" "$speech" >"$scratch/answers" &
    faults_clients=$!
    faults_watch >"$scratch/watched" 2>/dev/null &
    faults_watcher=$!
    pids="$pids $faults_clients $faults_watcher"
    sleep 3
    faults_at=$(faults_now)
    "faults_$1"
    faults_wait "$1"
    mended_at=$(faults_now)
    "mend_$1"
    wait "$faults_clients"
    network_waits "UP UP UP"
    again=$(($(network_states | cut -d' ' -f1) - again_before))
    sleep 0.4
    kill "$faults_watcher"
    wait "$faults_watcher" 2>/dev/null
    faults_row "$1" "$2"
    check "$2: no client saw an error" \
        awk '$3 != 200 { print; wrong = 1 } END { exit wrong || NR < 50 }' "$scratch/answers"
    check "  and all daemons are in again" network_waits "UP UP UP"
}

faults_row() {
    faults_out=$(faults_seen "$faults_at" ' (DOWN|NOLB|MAINT|DRAIN)')
    faults_back=$(faults_seen "$mended_at" ' UP UP UP$')
    [ "$faults_out" != - ] || faults_back=-
    [ "$1" != restarts ] || faults_back=-
    awk -v title="$2" -v again="$again" -v out="$faults_out" -v back="$faults_back" '
        { if ($3 != 200) wrong++; if ($2 > 1000) slow++; if ($2 > slowest) slowest = $2 }
        END { printf "| %s | %d | %d | %d | %d | %.1f s | %s | %s |\n",
                  title, NR, wrong, again, slow, slowest / 1000, out, back }' \
        "$scratch/answers" >>"$scratch/table"
}

faults_run() {
    faults_seconds=$1
    # two health checks that time out take HAProxy up to three seconds
    faults_lasts=$((faults_seconds / 2 - 3))
    [ "$faults_lasts" -ge 4 ] || faults_lasts=4
    mkdir "$network_disk"
    mount -t tmpfs -o size=24m tmpfs "$network_disk" || exit 1
    cp -R "$models" "$network_disk/models"
    for number in 1 2 3; do
        faults_daemon "$number"
    done
    network_balancer 3
    check "HAProxy finds three daemons" network_waits "UP UP UP"
    faults_drill none "no fault"
    faults_drill killed "one killed (\`kill -9\`), started again"
    check "  the clients were served by the others" \
        awk -v at="$faults_at" -v to="$mended_at" \
        '$1 > at && $1 < to { n++ } END { exit n < 10 }' "$scratch/answers"
    check "  which HAProxy saw" test "$faults_out" != -
    faults_drill hung "one hangs (SIGSTOP), goes on"
    check "  which HAProxy saw" test "$faults_out" != -
    faults_drill full_disk "its disk is full: log and a half-copied model"
    check "  the half-copied model was refused" \
        jq -e '.[] | select(.name == "late") | .state == "UNAVAILABLE" and .reason != ""' \
        "$scratch/index"
    faults_drill no_descriptors "one has no file descriptors left"
    faults_drill lossy "30 % of the packets to one are lost"
    faults_drill cut_off "all packets to one are lost"
    check "  which HAProxy saw" test "$faults_out" != -
    faults_drill restarts "all are restarted in turn (SIGTERM)"
    check "  each ended with 0" test "$faults_unclean" -eq 0
    echo
    echo "| fault | requests | errors seen | sent again | over 1 s | slowest | out after | in again after |"
    echo "|---|---|---|---|---|---|---|---|"
    cat "$scratch/table"
    echo
}
