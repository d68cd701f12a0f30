#!/bin/sh
# Static analysis: gcc -fanalyzer, clang-tidy, cppcheck. Clean, but for what tests/analyze.txt and
# .clang-tidy leave out, a reason beside each.
#
#   sh tests/analyze.sh [TOOL...]     analyzer, tidy, cppcheck; all unless given
#
# Builds nothing that is kept; a tool that is not installed is skipped. "N passed, N failed, N skipped" is
# the last line.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
tools=${*-}
[ -n "$tools" ] || tools="analyzer tidy cppcheck"
. "$root/tests/check.sh"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM
cd "$root" || exit 1
CC=gcc cmake -S . -B "$scratch/build" -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null &&
    CC=gcc cmake -S . -B "$scratch/bench" -DCMAKE_BUILD_TYPE=Release -DSPIKELOOM_BENCH=ON >/dev/null || exit 1
folders="core models api server train bench"
# shellcheck disable=SC2086 # a list of words
sources=$(find $folders -name '*.c' | LC_ALL=C sort)

# What tests/analyze.txt says of a tool: lines "TOOL PATTERN # reason".
exceptions() {
    sed -n "s/^$1 \\(.*[^ ]\\)  *#.*/\\1/p" "$root/tests/analyze.txt"
}

# clean TOOL FILE: nothing in FILE but exceptions.
clean() {
    exceptions "$1" >"$scratch/exceptions"
    grep -E '(warning|error|style|performance|portability): ' "$2" | sed "s|$root/||" | sort -u |
        grep -vEf "$scratch/exceptions" >"$scratch/left"
    cat "$scratch/left"
    [ ! -s "$scratch/left" ]
}

flags="-I. -D_GNU_SOURCE -DSPIKELOOM_VERSION=\"0\" -DSPIKELOOM_SOURCE_DIR=\"$root\"
    -DSPIKELOOM_DEFAULT_REPOSITORY=\"x\" -std=c17"
libraries="sndfile vorbis ogg soxr libpng jansson nettle gnutls libmicrohttpd zlib openblas"

analyze_with_gcc() {
    # shellcheck disable=SC2016,SC2046,SC2086
    echo "$sources" | xargs -P "$(nproc)" -I FILE sh -c '"$@" -o /dev/null' - gcc $flags \
        $(pkg-config --cflags $libraries) -O1 -fanalyzer -c FILE 2>>"$scratch/analyzer"
    clean analyzer "$scratch/analyzer"
}

# tidy BUILD: what it says of the files on its input, which BUILD knows how to compile.
tidy() {
    xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$1" 2>/dev/null
}

analyze_with_tidy() {
    echo "$sources" | grep -v '^bench/' | tidy "$scratch/build" >"$scratch/tidy"
    echo "$sources" | grep '^bench/' | tidy "$scratch/bench" >>"$scratch/tidy"
    clean tidy "$scratch/tidy"
}

analyze_with_cppcheck() {
    # shellcheck disable=SC2086
    cppcheck --quiet --enable=warning,performance,portability --std=c11 --inline-suppr -I . \
        -D__BYTE_ORDER__=1234 -D__ORDER_LITTLE_ENDIAN__=1234 -j "$(nproc)" \
        $folders 2>"$scratch/cppcheck"
    clean cppcheck "$scratch/cppcheck"
}

# analyze_if_there TOOL
analyze_if_there() {
    program=$1
    [ "$1" != tidy ] || program=clang-tidy
    if command -v "$program" >/dev/null; then
        check "$program" "analyze_with_$1"
    else
        skip "$program" "skipped: not installed"
    fi
}

for tool in $tools; do
    case $tool in
    analyzer) check "gcc -fanalyzer" analyze_with_gcc ;;
    tidy | cppcheck) analyze_if_there "$tool" ;;
    *) echo "analyze.sh: there is no tool $tool" >&2 && exit 2 ;;
    esac
done
check_finish
