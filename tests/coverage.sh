#!/bin/sh
# Which lines and branches the tests reach, by folder: the unit tests, the daemon's tests over HTTP, the
# trainer's, the examples and the replayed inputs, built by gcc with counters.
#
#   sh tests/coverage.sh [PART...]     unit, f64, kernels, http, fuzz, faults, train, examples; all unless
#                                      given
#
# With $TESTS_COVERAGE_KEEP set, what earlier calls have reached is counted as well.
#
# Builds in build-coverage; prints a table (also coverage.md there) and the ten files with the most lines
# that are not reached (with all: files.txt there). About 10 minutes on two processors.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
build=$root/build-coverage
parts=${*-}
[ -n "$parts" ] || parts="unit f64 kernels http fuzz faults train examples"

CC=gcc CFLAGS="--coverage -fprofile-update=atomic" cmake -S "$root" -B "$build" \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO="-O1 -g" -DSPIKELOOM_TESTS=ON \
    >"$root/build-coverage.log" 2>&1 &&
    cmake --build "$build" -j "$(nproc)" >>"$root/build-coverage.log" 2>&1 || {
    tail -n 20 "$root/build-coverage.log" >&2
    exit 1
}
mv "$root/build-coverage.log" "$build/build.log"
[ -n "${TESTS_COVERAGE_KEEP-}" ] || find "$build" -name '*.gcda' -delete

# run NAME COMMAND...: what fails is told, and counted all the same.
run() {
    run_name=$1
    shift
    "$@" >"$build/$run_name.log" 2>&1 || echo "$run_name: failed, see $build/$run_name.log" >&2
}
for part in $parts; do
    case $part in
    unit | f64)
        # a thousand runs of each shipped model reach nothing more, and with counters take too long
        run "$part" ctest --test-dir "$build" -L "^$part\$" -E '^unit/shipped$' -j "$(nproc)"
        ;;
    kernels) run kernels sh "$root/tests/kernels/run.sh" "$build" ;;
    http) run http sh "$root/tests/http/run.sh" "$build" ;;
    fuzz) run fuzz sh "$root/tests/fuzz.sh" --regression "$build" ;;
    faults)
        run files sh "$root/tests/faults/files.sh" "$build"
        run memory sh "$root/tests/faults/memory.sh" "$build" 7
        ;;
    train)
        for script in "$root"/tests/train/test_*.sh; do
            run "$(basename "$script" .sh)" sh "$script" "$build"
        done
        ;;
    examples) run examples sh "$root/api/examples/run.sh" "$build" ;;
    *) echo "coverage.sh: there is no part $part" >&2 && exit 2 ;;
    esac
done

# one line a file: path, lines, reached, branches, taken. The same source in several objects counts where
# any of them reached it.
(cd "$build" && find . -name '*.gcda' | grep -v '/tests/' | while read -r data; do
    gcov --json-format --stdout --branch-probabilities "$data" 2>/dev/null
done) | jq -r --arg root "$root/" '
    .files[] | (.file | ltrimstr($root)) as $file
    | select($file | test("^(core|models|train|api|server)/.*[.]c$"))
    | .lines[] | [$file, .line_number, .count, (.branches | map(.count > 0) | @json)] | @tsv' |
    awk -F '\t' '
        {
            key = $1 FS $2
            file[key] = $1
            if ($3 > 0) reached[key] = 1
            count = split(substr($4, 2, length($4) - 2), taken, ",")
            if (count > branches[key]) branches[key] = count
            for (i = 1; i <= count; i++) if (taken[i] == "true") went[key, i] = 1
        }
        END {
            for (key in file) {
                path = file[key]
                lines[path]++
                hit[path] += reached[key]
                all[path] += branches[key]
                for (i = 1; i <= branches[key]; i++) gone[path] += went[key, i]
            }
            for (path in lines)
                printf "%s\t%d\t%d\t%d\t%d\n", path, lines[path], hit[path], all[path], gone[path]
        }' | LC_ALL=C sort >"$build/files.txt"

awk -F '\t' '
    function row(name, l, h, b, g) {
        printf "| %s | %d | %.1f %% | %d | %.1f %% |\n", name, l, l ? 100 * h / l : 0, b, b ? 100 * g / b : 0
    }
    BEGIN { print "| folder | lines | reached | branches | taken |\n|---|---|---|---|---|" }
    {
        folder = $1
        sub("/[^/]*$", "", folder)
        if (!(folder in l)) order[++n] = folder
        l[folder] += $2; h[folder] += $3; b[folder] += $4; g[folder] += $5
        L += $2; H += $3; B += $4; G += $5
    }
    END {
        for (i = 1; i <= n; i++) row(order[i], l[order[i]], h[order[i]], b[order[i]], g[order[i]])
        row("all", L, H, B, G)
    }' "$build/files.txt" | tee "$build/coverage.md"
echo
echo "most lines that are not reached:"
awk -F '\t' '$2 > $3 { printf "%5d of %4d  %s\n", $2 - $3, $2, $1 }' "$build/files.txt" | sort -rn | head -n 10
[ -s "$build/files.txt" ]
