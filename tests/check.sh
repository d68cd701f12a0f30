# Counts and prints test cases; sourced by the test scripts, which end with check_finish. What a
# command of check says goes to $scratch/check.out, and is shown when it fails.
# shellcheck shell=sh

check_passed=0
check_failed=0
check_skipped=0

# check TITLE COMMAND...: passes when the command succeeds.
check() {
    check_title=$1
    shift
    if "$@" >"$scratch/check.out" 2>&1; then
        check_passed=$((check_passed + 1))
        echo "ok - $check_title"
    else
        check_failed=$((check_failed + 1))
        echo "not ok - $check_title"
        tail -c 2000 "$scratch/check.out" | sed 's/^/# /'
    fi
}

skip() {
    check_skipped=$((check_skipped + 1))
    echo "ok - $1 # SKIP $2"
}

# Prints the sum; fails when a case has failed or none was run.
check_finish() {
    echo "$check_passed passed, $check_failed failed, $check_skipped skipped"
    [ "$check_failed" -eq 0 ] && [ $((check_passed + check_skipped)) -gt 0 ]
}
