# What the load tests share; sourced by them after `set -u`. Gives $scratch, $samples, $models and
# the functions of ../check.sh and ../http/daemon.sh; whatever has been started ends with the script.
# shellcheck shell=sh disable=SC2034 # the scripts use them

measure_root=$(cd "$(dirname "$0")/../.." && pwd)
samples=$measure_root/tests/samples
speech=$samples/3_en-us.wav
models=${SPIKELOOM_TEST_MODELS:-$measure_root/models/weights}
unset SPIKELOOM_TEST_MODELS # which is none of the daemon's variables
scratch=$(mktemp -d)
daemon_folder=$scratch
pids=

. "$measure_root/tests/http/daemon.sh"
. "$measure_root/tests/check.sh"
. "$measure_root/deploy/port.sh"

measure_clean_up() {
    for pid in $pids; do
        kill -KILL "$pid" 2>/dev/null
    done
    rm -rf "$scratch"
}
trap measure_clean_up EXIT
trap 'exit 1' INT TERM

# measure_arguments USAGE BUILD_FOLDER [NUMBER]: checks them, and has the outcomes noted.
measure_arguments() {
    measure_usage=$1
    shift
    case "$#.${2-1}" in
    [12].*[!0-9]* | [12]. | 0.* | [3-9].*)
        echo "usage: $measure_usage" >&2
        exit 2
        ;;
    esac
    daemon_program=$1/spikeloomd
    check_file=tests/load/$(basename "$0")
    check_outcomes=$1/exchanges/$(basename "$0" .sh)/checks.tsv # for tests/contract
    mkdir -p "$(dirname "$check_outcomes")" && : >"$check_outcomes"
}

# measure_need PROGRAM...: ends the script, as skipped, where one is not installed.
measure_need() {
    for program; do
        PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || {
            skip "$(basename "$0")" "there is no $program"
            check_finish
            exit
        }
    done
}

# start NAME FLAG...: a daemon that ends with the script.
start() {
    start_name=$1
    shift
    daemon_start "$start_name" --model-repository "$models" "$@" || exit 1
    pids="$pids $daemon_pid"
}

# answers FILE [CODE]: how many answers the lists of hey in a file have (of that code).
answers() {
    awk -F, -v code="${2-}" '$7 ~ /^[0-9]+$/ && (code == "" || $7 == code) { count++ }
        END { print count + 0 }' "$1"
}

# percentile FILE CODE PERCENT: the response time of such answers, in milliseconds.
percentile() {
    awk -F, -v code="$2" '$7 == code { print $1 * 1000 }' "$1" | sort -n |
        awk -v percent="$3" '{ value[NR] = $1 }
            END { at = int((NR * percent + 99) / 100); printf "%.2f\n", (NR ? value[at < 1 ? 1 : at] : 0) }'
}

# within FILE CODE MILLISECONDS: how many such answers came within that time.
within() {
    awk -F, -v code="$2" -v most="$3" '$7 == code && $1 * 1000 <= most { count++ } END { print count + 0 }' "$1"
}

# longest_gap FILE: the longest time between two answers, in seconds.
longest_gap() {
    awk -F, '$7 ~ /^[0-9]+$/ { print $8 + $1 }' "$1" | sort -n |
        awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { printf "%.2f\n", gap }'
}

# ratio A B
ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", (b > 0 ? a / b : 0) }'
}
