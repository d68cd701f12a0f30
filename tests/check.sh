# Counts and prints test cases; sourced by the test scripts, which end with check_finish. What a
# command of check says goes to $scratch/check.out, and is shown when it fails. Where $check_outcomes
# names a file, each case leaves a line there: "ok" or "not ok", $check_file, title.
# shellcheck shell=sh

check_passed=0
check_failed=0
check_skipped=0

# check_note OUTCOME: of the case named $check_title.
check_note() {
    echo "$1 - $check_title"
    [ -z "${check_outcomes-}" ] ||
        printf '%s\t%s\t%s\n' "$1" "${check_file-}" "$check_title" >>"$check_outcomes"
}

# check TITLE COMMAND...: passes when the command succeeds.
check() {
    check_title=$1
    shift
    if "$@" >"$scratch/check.out" 2>&1; then
        check_passed=$((check_passed + 1))
        check_note ok
    else
        check_failed=$((check_failed + 1))
        check_note "not ok"
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
