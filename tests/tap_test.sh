#!/bin/sh
# Checks that tap.awk, which counts test cases, misses no way of failing.
#
#   sh tests/tap_test.sh
set -eu

here=$(cd "$(dirname "$0")" && pwd)
passed=0
failed=0

# expect TITLE SUM, the output of ctest on standard input
expect() {
    sum=$(awk -f "$here/tap.awk" | tail -n 1)
    if [ "$sum" = "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok - $1: expected '$2', got '$sum'"
    fi
}

expect "two programs whose lines mix" "3 passed, 0 failed, 0 skipped" <<'LOG'
1: 1..2
2: 1..1
1: ok 1 - a
2: ok 1 - c
1: ok 2 - b
1/2 Test #1: unit/x .......   Passed    0.01 sec
2/2 Test #2: unit/y .......   Passed    0.01 sec
LOG
expect "a failed case" "1 passed, 1 failed, 0 skipped" <<'LOG'
1: 1..2
1: ok 1 - a
1: not ok 2 - b
1/1 Test #1: unit/x .......***Failed    0.01 sec
LOG
expect "skipped cases, in both forms of cmocka" "1 passed, 0 failed, 2 skipped" <<'LOG'
1: 1..3
1: not ok 1 # SKIP a
1: ok 2 # SKIP b
1: ok 3 - c
1/1 Test #1: unit/x .......   Passed    0.01 sec
LOG
expect "a crash in the third of four cases" "2 passed, 2 failed, 0 skipped" <<'LOG'
1: 1..4
1: ok 1 - a
1: ok 2 - b
1/1 Test #1: unit/x .......Subprocess aborted***Exception:   0.01 sec
LOG
expect "an end in success before all cases ran" "1 passed, 1 failed, 0 skipped" <<'LOG'
1: 1..2
1: ok 1 - a
1/1 Test #1: unit/x .......   Passed    0.01 sec
LOG
expect "a failure after all cases passed" "1 passed, 1 failed, 0 skipped" <<'LOG'
1: 1..1
1: ok 1 - a
1/1 Test #1: unit/x .......***Failed    0.01 sec
LOG
expect "a program that says nothing and fails" "0 passed, 1 failed, 0 skipped" <<'LOG'
 1/12 Test  #1: unit/x .......***Timeout 600.01 sec
LOG
expect "no program at all" "0 passed, 1 failed, 0 skipped" <<'LOG'
No tests were found!!!
LOG

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
