#!/bin/sh
# Searches for inputs that break what reads them: every target of tests/fuzz, two at a time, under
# AddressSanitizer and UndefinedBehaviorSanitizer. Wants clang.
#
#   sh tests/fuzz.sh MINUTES [NAME...]   each target for so long, or those named; NAME=MINUTES is another
#                                        time for one
#   sh tests/fuzz.sh --self-test [NAME...]
#                                        each target must find a planted fault within 60 s
#   sh tests/fuzz.sh --regression BUILD_FOLDER
#                                        the seeds and the inputs that once broke something
#
# Works in build-fuzz: corpus/NAME grows from run to run, findings/NAME keeps what broke, log/NAME is
# libFuzzer's output, report.md and report.json say what was done. Exits 1 when something was found.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
here=$root/tests/fuzz
all="audio http image latent oip fields multipart checkpoint idx sphere"
findings_enough=5 # of one target in one run

usage() {
    sed -n '5,10s/^# *//p' "$0" >&2
    exit 2
}

# build FOLDER SOURCE: the fuzzers of a source tree.
build() {
    mkdir -p "$1" &&
        CC=clang cmake -S "$2" -B "$1" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSPIKELOOM_TESTS=ON \
            -DSPIKELOOM_FUZZ=ON -DSPIKELOOM_SANITIZE=address,undefined >"$1/build.log" 2>&1 &&
        cmake --build "$1" -j "$(nproc)" --target fuzz_programs fuzz_models >>"$1/build.log" 2>&1 ||
        {
            tail -n 20 "$1/build.log" >&2
            return 1
        }
}

# limits NAME: the largest input, and the seconds that one may take.
limits() {
    case $1 in
    audio | sphere) echo "-max_len=24576 -timeout=20" ;;
    http | multipart) echo "-max_len=12288 -timeout=30 -detect_leaks=0" ;; # leaks are looked for at the exit
    checkpoint) echo "-max_len=32768 -timeout=20" ;;
    *) echo "-max_len=8192 -timeout=10" ;;
    esac
}

# search NAME SECONDS: runs a target, again after each finding while there is time.
search() {
    search_name=$1
    search_start=$(date +%s)
    search_end=$((search_start + $2))
    search_log=$work/log/$search_name
    search_dictionary=$here/dictionaries/$search_name.dict
    mkdir -p "$work/corpus/$search_name" "$work/findings/$search_name"
    rm -f "$search_log" "$work/findings/$search_name"/*
    search_found=0
    while search_left=$((search_end - $(date +%s))) && [ "$search_left" -gt 0 ] &&
        [ "$search_found" -lt "$findings_enough" ]; do
        # shellcheck disable=SC2046 # a list of words
        ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=0 \
            UBSAN_OPTIONS=print_stacktrace=1 \
            "$work/fuzz/fuzz_$search_name" "$work/corpus/$search_name" "$work/seeds/$search_name" \
            -max_total_time="$search_left" -rss_limit_mb=2048 -malloc_limit_mb=1024 -print_final_stats=1 \
            -artifact_prefix="$work/findings/$search_name/" -reload=0 $(limits "$search_name") \
            $([ -e "$search_dictionary" ] && echo "-dict=$search_dictionary") \
            >>"$search_log" 2>&1 && break
        search_found=$((search_found + 1))
    done
    echo "searched $(($(date +%s) - search_start)) s" >>"$search_log"
}

# number NAME PATTERN HOW: of a target's log, the last number or the sum of those after PATTERN.
number() {
    sed -n "s/.*$2 *\([0-9][0-9]*\).*/\1/p" "$work/log/$1" |
        awk -v how="$3" '{ sum += $1; last = $1 } END { print (how == "sum" ? sum : last) + 0 }'
}

# report: the table of all targets that have run.
report() {
    {
        echo "# Fuzzing"
        echo
        echo "clang $(clang -dumpversion), AddressSanitizer and UndefinedBehaviorSanitizer, $(date -u +%Y-%m-%d)."
        echo
        echo "| target | seconds | executions | edges | of | corpus | peak MiB | findings |"
        echo "|---|---|---|---|---|---|---|---|"
        for name in $ran; do
            echo "| $name | $(number "$name" 'searched' last) | $(executions "$name") | $(number "$name" ' cov:' last) | $(number "$name" 'Loaded 1 modules  *(' last) | $(find "$work/corpus/$name" -type f | wc -l) | $(number "$name" 'peak_rss_mb:' last) | $(find "$work/findings/$name" -type f | wc -l) |"
        done
    } >"$work/report.md"
    awk -F ' *[|] *' '
        BEGIN { print "[" }
        $3 ~ /^[0-9]+$/ {
            printf "%s  {\"target\":\"%s\",\"seconds\":%d,\"executions\":%d,\"edges\":%d,\"edges_in_all\":%d,\"corpus\":%d,\"peak_mib\":%d,\"findings\":%d}", \
                comma, $2, $3, $4, $5, $6, $7, $8, $9
            comma = ",\n"
        }
        END { print "\n]" }' "$work/report.md" >"$work/report.json"
    cat "$work/report.md"
}

# executions NAME: of all runs in its log.
executions() {
    number "$1" 'stat::number_of_executed_units:' sum
}

found() {
    find "$work/findings" -type f | while read -r file; do
        echo "found: $file"
    done
}

# run_pair LIST: two of "NAME=SECONDS" at a time.
run_all() {
    for job; do
        echo "$job"
    done | xargs -P 2 -I JOB sh "$0" --one "$work" JOB
}

# asked WORD...: what to run: the words, and all other targets where none is named without a time.
asked() {
    for word; do
        case $word in *=*) ;; *) echo "$*" && return ;; esac
    done
    echo "$*"
    for name in $all; do
        case " $* " in *" $name="*) ;; *) echo "$name" ;; esac
    done
}

search_all() {
    minutes=$1
    shift
    # shellcheck disable=SC2046 # a list of words
    set -- $(asked "$@")
    jobs=
    ran=
    for name; do
        target=${name%%=*}
        time=$minutes
        [ "$target" = "$name" ] || time=${name#*=}
        case " $all " in
        *" $target "*) ;;
        *) echo "fuzz.sh: there is no target $target; there are $all" >&2 && exit 2 ;;
        esac
        seconds=$(awk -v minutes="$time" 'BEGIN { print int(60 * minutes) }')
        [ "$seconds" -gt 0 ] || usage
        jobs="$jobs $target=$seconds"
        ran="$ran $target"
    done
    build "$work" "$root" || exit 1
    rm -rf "$work/seeds" "$work/findings"
    sh "$here/seeds.sh" "$work" "$work/seeds" || exit 1
    for name in $ran; do
        [ ! -d "$here/regression/$name" ] || cp -r "$here/regression/$name/." "$work/seeds/$name/"
    done
    mkdir -p "$work/log"
    # shellcheck disable=SC2086 # a list of words
    run_all $jobs
    report
    found
    [ -z "$(found)" ]
}

# --- planted faults ----------------------------------------------------------------------------

# A copy of the sources, each line of plants.txt in it.
self_test() {
    . "$root/tests/check.sh"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 1' INT TERM
    mkdir "$scratch/source"
    (cd "$root" && git ls-files -co --exclude-standard -- CMakeLists.txt core models api server train tests deploy LICENSE |
        tar -cf - -T -) | tar -xf - -C "$scratch/source"
    while read -r name file change; do
        case $name in "" | \#*) continue ;; esac
        cp "$scratch/source/$file" "$scratch/before"
        sed -i "$change" "$scratch/source/$file"
        check "$name: a fault can be planted in $file" differ "$scratch/before" "$scratch/source/$file"
    done <"$here/plants.txt"
    check "the planted sources build" build "$scratch/build" "$scratch/source"
    sh "$here/seeds.sh" "$scratch/build" "$scratch/build/seeds" || exit 1
    work=$scratch/build
    mkdir -p "$work/log"
    export FUZZ_ENOUGH=1
    # shellcheck disable=SC2046 # a list of words
    run_all $(for name in $all; do echo "$name=60"; done)
    for name in $all; do
        check "$name finds its planted fault: $(summary "$name")" grep -q '^SUMMARY: ' "$work/log/$name"
    done
    check_finish
}

differ() {
    ! cmp -s "$1" "$2"
}

summary() {
    sed -n 's/^SUMMARY: //p' "$work/log/$1" | head -n 1 | sed "s|$scratch/source/||"
    executions "$1" | sed 's/$/ executions/'
}

# --- the inputs of old findings, without a fuzzer --------------------------------------------------

regression() {
    . "$root/tests/check.sh"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    trap 'exit 1' INT TERM
    sh "$here/seeds.sh" "$1" "$scratch/seeds" || exit 1
    for name in $all; do
        check "seeds of $name" "$1/fuzz/replay_$name" "$scratch/seeds/$name"
        [ ! -d "$here/regression/$name" ] ||
            check "what once broke $name" "$1/fuzz/replay_$name" "$here/regression/$name"
    done
    check_finish
}

work=$root/build-fuzz
case ${1-} in
--one) # of run_all: WORK NAME=SECONDS
    work=$2
    [ -z "${FUZZ_ENOUGH-}" ] || findings_enough=$FUZZ_ENOUGH
    echo "$(date +%H:%M:%S) ${3%%=*}: ${3#*=} s"
    search "${3%%=*}" "${3#*=}"
    echo "$(date +%H:%M:%S) ${3%%=*}: $(executions "${3%%=*}") executions, $(find "$work/findings/${3%%=*}" -type f | wc -l) findings"
    ;;
--self-test)
    shift
    [ $# -eq 0 ] || all=$*
    self_test
    ;;
--regression) [ $# -eq 2 ] && regression "$(cd "$2" && pwd)" || usage ;;
[0-9]*) search_all "$@" ;;
*) usage ;;
esac
