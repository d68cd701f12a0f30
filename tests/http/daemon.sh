# Starts and stops daemons; sourced by the tests over HTTP and by api/examples/run.sh.
# shellcheck shell=sh

# daemon_start NAME FLAG...: starts $daemon_program on a free port with its log in
# $daemon_folder/NAME.log, waits until it serves, and sets daemon_pid and daemon_url. Fails, with
# the log on standard error, when it does not start.
daemon_start() {
    daemon_log=$daemon_folder/$1.log
    shift
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
