# Starts and stops daemons; sourced by the tests over HTTP and by api/examples/run.sh.
# shellcheck shell=sh

# daemon_record FOLDER: what the daemons started from now on receive and send is left in FOLDER, for
# tests/contract. A daemon with sanitizers must be left alone: they want to be loaded first.
daemon_record() {
    daemon_exchanges=$1
    daemon_recorder=$1/recorder.so
    rm -rf "$daemon_exchanges"
    mkdir -p "$daemon_exchanges" &&
        cc -D_GNU_SOURCE -std=c17 -O1 -Wall -Wextra -Werror -fPIC -shared \
            -o "$daemon_recorder" "$root/tests/contract/recorder.c" -ldl
}

# daemon_start NAME FLAG...: starts $daemon_program on a free port with its log in
# $daemon_folder/NAME.log, waits until it serves, and sets daemon_pid and daemon_url. Fails, with
# the log on standard error, when it does not start.
daemon_start() {
    daemon_log=$daemon_folder/$1.log
    : >"$daemon_log" # an older daemon of that name has told its port there
    shift
    : >"$daemon_log"
    LD_PRELOAD=${daemon_recorder-} RECORDER_FOLDER=${daemon_exchanges-} \
        "$daemon_program" --port 0 "$@" 2>"$daemon_log" &
    daemon_pid=$!
    daemon_tries=0
    until grep -q '"event":"start"' "$daemon_log"; do
        daemon_tries=$((daemon_tries + 1))
        if [ "$daemon_tries" -gt 300 ] || ! kill -0 "$daemon_pid" 2>/dev/null; then
            cat "$daemon_log" >&2
            return 1
        fi
        sleep 0.1
    done
    daemon_url=http://127.0.0.1:$(sed -n 's/.*"event":"start".*"port":\([0-9]*\).*/\1/p' "$daemon_log")
}

# daemon_stop PID: ends a daemon and returns its exit status.
daemon_stop() {
    kill -TERM "$1" 2>/dev/null
    wait "$1"
}
