#!/bin/sh
# The manual pages say what --help says and are well-formed; the systemd unit is, too. Broken copies
# of all of them must be refused.
#
#   sh tests/deploy/manuals.sh BUILD_FOLDER
set -u

[ $# -eq 1 ] || {
    echo "usage: sh tests/deploy/manuals.sh BUILD_FOLDER" >&2
    exit 2
}
build=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
. "$root/tests/check.sh"

lint() {
    mandoc -Tlint -W warning "$1"
}

refuses() {
    ! "$@"
}

# misses_nothing COMMAND PAGE: every option of --help is an item of the page.
misses_nothing() {
    # shellcheck disable=SC2086 # a program, or a program and a command
    (cd "$build" && ./$1 --help) | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort -u >"$scratch/options"
    [ -s "$scratch/options" ] || return 1
    while read -r option; do
        grep -q "^\.It Fl \\\\-$(echo "$option" | sed 's/-/\\\\-/g')\( Ar .*\)\{0,1\}\$" "$2" || {
            echo "no --$option"
            return 1
        }
    done <"$scratch/options"
}

manual_checks() {
    for page in spikeloomd.8 spikeloom-train.1; do
        check "$page is well-formed" lint "$build/$page"
        sed 's/^\.Sh FILES/.Sx FILES\n.El/' "$build/$page" >"$scratch/broken"
        check "  not with a list that was not begun" refuses lint "$scratch/broken"
        check "  it can be read" sh -c "mandoc -Tmarkdown '$build/$page' | grep -qx '# EXIT STATUS'"
    done
    check "spikeloomd.8 has every flag" misses_nothing spikeloomd "$build/spikeloomd.8"
    check "spikeloom-train.1 has every option of evaluate" \
        misses_nothing "spikeloom-train evaluate" "$build/spikeloom-train.1"
    sed 's/^\.It Fl .-queue.-size/.It Fl x/' "$build/spikeloomd.8" >"$scratch/broken"
    check "  not with one left out" refuses misses_nothing spikeloomd "$scratch/broken"
}

# As `cmake --install` leaves it, but with a program that is there.
unit_checks() {
    sed -e "s|@CMAKE_INSTALL_FULL_BINDIR@|$build|; s|@CMAKE_INSTALL_FULL_DATADIR@|/usr/share|" \
        -e '/^Documentation=/d' "$root/deploy/systemd/spikeloom.service.in" >"$scratch/spikeloom.service"
    check "systemd takes the unit" unit_verify "$scratch/spikeloom.service"
    sed 's/^ProtectHome=/ProtectHomes=/' "$scratch/spikeloom.service" >"$scratch/broken.service"
    check "  not with a misspelt setting" refuses unit_verify "$scratch/broken.service"
    check "  its sandbox is tight" systemd-analyze security --offline=true --no-pager --threshold=15 \
        "$scratch/spikeloom.service"
    sed '/^ProtectSystem=/d; /^CapabilityBoundingSet=/d; /^SystemCallFilter=/d' \
        "$scratch/spikeloom.service" >"$scratch/loose.service"
    check "  not with a third of it gone" refuses \
        systemd-analyze security --offline=true --no-pager --threshold=15 "$scratch/loose.service"
}

# It exits with 0 whatever it finds; what it finds is printed.
unit_verify() {
    systemd-analyze verify "$1" >"$scratch/verified" 2>&1
    ! grep "$(basename "$1")" "$scratch/verified"
}

if command -v mandoc >/dev/null; then
    manual_checks
else
    skip "manual pages" "skipped: there is no mandoc"
fi
if command -v systemd-analyze >/dev/null; then
    unit_checks
else
    skip "the systemd unit" "skipped: there is no systemd-analyze"
fi
check_finish
