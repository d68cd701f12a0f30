#!/bin/sh
# Builds the project with every warning an error and runs all of its tests.
#
#   sh tests/run.sh               everything; what a bare Debian 12 lacks is installed as root
#   sh tests/run.sh --valgrind    the unit tests alone, under valgrind
#
# Prints a line for each part and, last, the sum: "N passed, N failed, N skipped". Exits 1 when
# anything failed or nothing ran. The output of each part stays in build-tests/log.
# shellcheck disable=SC2317 # functions that `part` calls
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build-tests
logs=$build/log
jobs=$(nproc)
total_passed=0
total_failed=0
total_skipped=0
compile_lowly= # how a build gives way to others
ahead_pid=

. "$root/deploy/packages.sh"
. "$root/deploy/port.sh"

CMOCKA_MESSAGE_OUTPUT=TAP
# detect_stack_use_after_return stays off: gcc 12 aligns the frames that it makes for it to 32 bytes, and
# vectors of AVX-512 want 64 (GCC's bug 110027)
ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=0
UBSAN_OPTIONS=print_stacktrace=1
export CMOCKA_MESSAGE_OUTPUT ASAN_OPTIONS UBSAN_OPTIONS

# count FILE KIND: the number before KIND in the last sum that FILE holds; empty when it has none.
count() {
    sed -n "s/^\(.* \)\{0,1\}\([0-9][0-9]*\) passed, \([0-9][0-9]*\) failed, \([0-9][0-9]*\) skipped\$/\\$2/p" \
        "$1" | tail -n 1
}

# add NAME SECONDS PASSED FAILED SKIPPED: prints a part's line and adds it to the sum.
add() {
    printf '%-22s %5d passed, %d failed, %d skipped  (%d s)\n' "$1" "$3" "$4" "$5" "$2"
    total_passed=$((total_passed + $3))
    total_failed=$((total_failed + $4))
    total_skipped=$((total_skipped + $5))
}

# part NAME COMMAND...: runs a part. Its sum is the last one that it printed; a part without a sum
# counts as one test, and one that exits in failure has failed whatever it printed.
part() {
    part_name=$1
    shift
    part_log=$logs/$(echo "$part_name" | tr '/ ' '--').log
    part_start=$(date +%s)
    part_status=0
    "$@" >"$part_log" 2>&1 || part_status=$?
    part_seconds=$(($(date +%s) - part_start))
    part_passed=$(count "$part_log" 2)
    part_failed=$(count "$part_log" 3)
    part_skipped=$(count "$part_log" 4)
    if [ -z "$part_passed" ]; then
        part_passed=$((part_status == 0)) part_failed=0 part_skipped=0
    fi
    if [ "$part_status" -ne 0 ] && [ "$part_failed" -eq 0 ]; then
        part_failed=1
    elif [ $((part_passed + part_failed + part_skipped)) -eq 0 ]; then
        part_failed=1
        echo "nothing ran" >>"$part_log"
    fi
    add "$part_name" "$part_seconds" "$part_passed" "$part_failed" "$part_skipped"
    if [ "$part_failed" -ne 0 ]; then
        echo "--- $part_log"
        grep '^not ok\|[^a-z]error: ' "$part_log" | head -n 20
        echo "--- its end"
        tail -n 25 "$part_log"
        echo "---"
    elif [ "$part_skipped" -ne 0 ]; then
        grep -i 'skip' "$part_log" | grep -v ' skipped$' | sed 's/^/    /' | head -n 20
    fi
    [ "$part_failed" -eq 0 ]
}

# compile FOLDER COMPILER TYPE TARGETS OPTION...: configures FOLDER with the tests and builds.
compile() {
    compile_folder=$1
    compile_with=$2
    compile_type=$3
    compile_targets=$4
    shift 4
    # shellcheck disable=SC2086 # lists of words
    CC=$compile_with $compile_lowly cmake -S "$root" -B "$compile_folder" -DCMAKE_BUILD_TYPE="$compile_type" \
        -DSPIKELOOM_TESTS=ON -DSPIKELOOM_WERROR=ON "$@" &&
        $compile_lowly cmake --build "$compile_folder" -j "$jobs" --target $compile_targets
}

compile_clang() {
    compile "$build/clang" clang Debug all
}

compile_asan() {
    compile "$build/asan" gcc RelWithDebInfo "unit_tests spikeloomd replay_programs fuzz_models" \
        -DSPIKELOOM_SANITIZE=address,undefined
}

# ahead NAME...: begins with compile_NAME, one after the other, at the lowest priority. In most parts
# programs wait for one another, and a processor is idle.
ahead() {
    jobs=1
    compile_lowly='nice -n 19'
    for ahead_name in "$@"; do
        ahead_status=0
        "compile_$ahead_name" >"$logs/$ahead_name.ahead" 2>&1 || ahead_status=$?
        echo "$ahead_status" >"$logs/$ahead_name.status"
    done
}

# built_ahead NAME: waits for it, prints what it printed, and returns what it returned.
built_ahead() {
    while [ ! -s "$logs/$1.status" ] && kill -0 "$ahead_pid" 2>/dev/null; do
        sleep 1
    done
    cat "$logs/$1.ahead"
    [ "$(cat "$logs/$1.status")" = 0 ]
}

# programs FOLDER LABEL [OPTION...]: the test programs of FOLDER under one label, their cases
# counted.
programs() {
    programs_folder=$1
    programs_label=$2
    shift 2
    ctest --test-dir "$programs_folder" -L "^$programs_label\$" -j "$jobs" -V "$@" \
        >"$logs/ctest.txt" 2>&1
    programs_status=$?
    cat "$logs/ctest.txt"
    awk -f "$root/tests/tap.awk" "$logs/ctest.txt"
    return "$programs_status"
}

# The deployment script from an empty folder: it must leave a picture of 224 x 224 there.
deployment() {
    deployment_folder=$(mktemp -d)
    (
        cd "$deployment_folder" || exit 1
        SPIKELOOM_PORT=$(port_find_free 18080) sh "$root/deploy/run.sh" --once || exit 1
        # signature, IHDR, width and height
        [ "$(head -c 24 digit.png | od -An -v -tx1 | tr -d ' \n')" = \
            89504e470d0a1a0a0000000d49484452000000e0000000e0 ]
    )
    deployment_status=$?
    rm -rf "$deployment_folder"
    return "$deployment_status"
}

# The daemon must not drag in what only training needs.
daemon_libraries() {
    readelf -d "$root/build/spikeloomd" >"$logs/libraries.txt" || return 1
    cat "$logs/libraries.txt"
    grep -q 'NEEDED.*libmicrohttpd' "$logs/libraries.txt" &&
        ! grep -q 'NEEDED.*\(blas\|gfortran\)' "$logs/libraries.txt"
}

# What `cmake --install` puts into a folder starts from there and finds its models.
installation() {
    installation_folder=$(mktemp -d)
    DESTDIR=$installation_folder cmake --install "$root/build" --prefix /usr &&
        "$installation_folder/usr/bin/spikeloomd" --check-config \
            --model-repository "$installation_folder/usr/share/spikeloom/models"
    installation_status=$?
    rm -rf "$installation_folder"
    return "$installation_status"
}

finish() {
    echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
    [ "$total_failed" -eq 0 ] && [ "$total_passed" -gt 0 ]
    exit
}

run_valgrind() {
    # the threads of OpenBLAS are "possibly lost"
    launcher="valgrind;-q;--error-exitcode=99;--leak-check=full;--show-leak-kinds=definite"
    launcher="$launcher;--errors-for-leak-kinds=definite"
    part build compile "$build" gcc RelWithDebInfo all \
        -DSPIKELOOM_TEST_LAUNCHER="$launcher" || finish
    part unit-valgrind programs "$build" unit -E '^unit/shipped$'
    add unit/shipped 0 0 0 1
    echo "    skipped: a thousand runs of each shipped model take too long under valgrind"
    part f64-valgrind programs "$build" f64
}

run_all() {
    part layers sh "$root/tests/layers/check.sh"
    part layers-self-test sh "$root/tests/layers/check.sh" --self-test
    part counting sh "$root/tests/tap_test.sh"
    part build compile "$build" gcc RelWithDebInfo all -DSPIKELOOM_TEST_LAUNCHER= || finish
    rm -f "$logs"/*.status
    ahead clang asan &
    ahead_pid=$!
    trap 'kill "$ahead_pid" 2>/dev/null' EXIT
    trap 'exit 1' INT TERM
    part unit programs "$build" unit
    part f64 programs "$build" f64
    part kernels sh "$root/tests/kernels/run.sh" "$build"
    for script in "$root"/tests/train/test_*.sh; do
        part "train/$(basename "$script" .sh)" sh "$script" "$build"
    done
    part http sh "$root/tests/http/run.sh" "$build"
    part train/kill sh "$root/tests/train/kill.sh" "$build" 5
    part faults/files sh "$root/tests/faults/files.sh" "$build"
    part faults/clock sh "$root/tests/faults/clock.sh" "$build"
    part faults/memory sh "$root/tests/faults/memory.sh" "$build" 7
    part soak sh "$root/tests/soak/run.sh" "$build" 0.4
    part fuzz sh "$root/tests/fuzz.sh" --regression "$build"
    part load/haproxy sh "$root/tests/load/haproxy.sh" "$build" 3
    part load/overload sh "$root/tests/load/overload.sh" "$build" 8
    part load/reload sh "$root/tests/load/reload.sh" "$build" 2
    part load/slow_senders sh "$root/tests/load/slow_senders.sh" "$build" 4
    part deploy deployment
    part deploy/manuals sh "$root/tests/deploy/manuals.sh" "$build"
    part deploy/hardening sh "$root/tests/deploy/hardening.sh" "$build"
    part deploy/schemas sh "$root/tests/deploy/schemas.sh" "$build"
    part deploy/balancers sh "$root/tests/deploy/balancers.sh" "$build"
    part drill sh "$root/tests/drill/run.sh" "$build" 10
    part container sh "$root/tests/container/run.sh"
    part daemon-libraries daemon_libraries
    part installation installation
    part examples sh "$root/api/examples/run.sh" "$build"
    part contract sh "$root/tests/contract/run.sh" "$build"
    part contract-self-test sh "$root/tests/contract/run.sh" --self-test "$build"
    part page sh "$root/tests/page/run.sh" "$build"
    part bench sh "$root/tests/bench/run.sh" "$build"
    part docs sh "$root/tests/docs/check.sh" "$build"
    part clang built_ahead clang
    part numeric sh "$root/tests/numeric.sh" "$build" "$build/clang"
    part asan-build built_ahead asan || finish
    part asan-unit programs "$build/asan" unit
    part asan-fuzz sh "$root/tests/fuzz.sh" --regression "$build/asan"
    part asan-http sh "$root/tests/http/run.sh" "$build/asan"
}

case ${1-} in
"") packages=$packages_tests ;;
--valgrind) packages="$packages_tests $packages_valgrind" ;;
*)
    echo "usage: sh tests/run.sh [--valgrind]" >&2
    exit 2
    ;;
esac
# npm may be there without being a package of Debian
command -v npm >/dev/null || packages="$packages $packages_contract"
# shellcheck disable=SC2086 # a list of words
if ! packages_install $packages; then
    total_failed=1
    finish
fi
mkdir -p "$logs"
if [ "${1-}" = --valgrind ]; then
    run_valgrind
else
    run_all
fi
finish
