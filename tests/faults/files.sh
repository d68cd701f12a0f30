#!/bin/sh
# Makes every call on the files of a training fail once, and demands that what was there before is
# there after: checkpoints, cards, states; and that reading copes with a signal, a short read, an error.
#
#   sh tests/faults/files.sh BUILD
#
# $TESTS_FAULTS is how many calls of a kind are failed in each training, 12 unless it is set.
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
scratch=$(mktemp -d)
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

faulty=$scratch/faulty.so
faults=0
cc -D_GNU_SOURCE -std=c17 -O1 -Wall -Wextra -Werror -fPIC -shared -o "$faulty" \
    "$root/tests/faults/faulty.c" -ldl || exit 1

# with CALL NUMBER HOW COMMAND...: the command with that call on files of the folder `out` failing.
with() {
    with_call=$1 with_number=$2 with_how=$3
    shift 3
    LD_PRELOAD=$faulty FAULTY_CALL=$with_call FAULTY_AT=$with_number FAULTY_HOW=$with_how \
        FAULTY_PATH=$scratch/out FAULTY_COUNT=$scratch/count "$@" >"$scratch/said" 2>&1
}

autoencoder() {
    "$train" autoencoder --data "images:$scratch/pictures" --hidden 8 --batch-size 5 --quiet \
        --threads 1 --out "$scratch/out/model.safetensors" "$@"
}

# train_with CALL NUMBER HOW OPTION...
train_with() {
    train_with_call=$1 train_with_number=$2 train_with_how=$3
    shift 3
    with "$train_with_call" "$train_with_number" "$train_with_how" \
        "$train" autoencoder --data "images:$scratch/pictures" --hidden 8 --batch-size 5 --quiet \
        --threads 1 --out "$scratch/out/model.safetensors" "$@"
}

# put NAME: the folder `out` as it was kept under that name.
put() {
    rm -rf "$scratch/out"
    cp -r "$scratch/$1" "$scratch/out"
}

# one_of FILE NAME...: the file is that of one of the kept folders.
one_of() {
    one_of_file=$1
    shift
    for one_of_name; do
        cmp -s "$scratch/out/$one_of_file" "$scratch/$one_of_name/$one_of_file" && return 0
    done
    echo "$one_of_file is none of: $*"
    return 1
}

# After a save with a fault: each file is the old or the new one, whole; success means the new ones.
intact() {
    code=$1
    [ "$code" -lt 126 ] || {
        echo "ended by a signal: $code"
        return 1
    }
    [ -z "$(find "$scratch/out" -name '*.tmp')" ] || {
        echo "a temporary file is left"
        return 1
    }
    if [ "$code" -eq 0 ]; then
        one_of model.safetensors new && one_of model.md new
    else
        grep -q "^spikeloom-train: " "$scratch/said" && one_of model.safetensors old new &&
            one_of model.md old new
    fi
}

# sweep CALL HOW TEST FOLDER OPTION...: every call of a training over the kept folder FOLDER.
sweep() {
    sweep_call=$1 sweep_how=$2 sweep_test=$3 sweep_folder=$4
    shift 4
    put "$sweep_folder"
    train_with "$sweep_call" 0 "$sweep_how" "$@"
    sweep_count=$(cat "$scratch/count")
    [ "$sweep_count" -le "${TESTS_FAULTS-12}" ] || sweep_count=${TESTS_FAULTS-12}
    sweep_number=1
    while [ "$sweep_number" -le "$sweep_count" ]; do
        put "$sweep_folder"
        train_with "$sweep_call" "$sweep_number" "$sweep_how" "$@"
        "$sweep_test" $? || {
            echo "$sweep_call $sweep_number of $sweep_count, $sweep_how"
            cat "$scratch/said"
            return 1
        }
        sweep_number=$((sweep_number + 1))
        faults=$((faults + 1))
    done
    [ "$sweep_count" -gt 0 ]
}

# --- saving a model over an older one ----------------------------------------------------------
make_pictures "$scratch/pictures"
mkdir "$scratch/out"
autoencoder --epochs 2 --seed 2 >/dev/null
cp -r "$scratch/out" "$scratch/old"
autoencoder --epochs 2 >/dev/null
cp -r "$scratch/out" "$scratch/new"
for case in open:EMFILE write:ENOSPC write:EIO fsync:EIO rename:ENOSPC close:EIO; do
    check "a failing ${case%:*} (${case#*:}) leaves the old model or the new one" \
        sweep "${case%:*}" "${case#*:}" intact old --epochs 2
done
for how in EINTR short; do
    succeeds() {
        [ "$1" -eq 0 ] && intact 0
    }
    check "a write that is cut short or interrupted is gone on with ($how)" \
        sweep write "$how" succeeds old --epochs 2
done

# --- the state of a training that goes on ------------------------------------------------------
numbers=$((4 * (2 * 784 * 8 + 8 + 784))) # the end of the file
long="--epochs 60 --checkpoint-minutes 0.00002"
put old
# shellcheck disable=SC2086 # a list of words
autoencoder $long >/dev/null
cp -r "$scratch/out" "$scratch/through"
put old
# shellcheck disable=SC2086
train_with rename 9 EIO $long # the ninth is that of a state: it ends with one behind it
cp -r "$scratch/out" "$scratch/halfway"
check "a training without room for its state leaves the one before" \
    [ -s "$scratch/halfway/model.safetensors.state" ]

# Whatever is left, the training goes on from there and ends as the undisturbed one.
goes_on() {
    [ "$1" -lt 126 ] || return 1
    [ "$1" -eq 0 ] || [ -s "$scratch/out/model.safetensors.state" ] || return 1
    # shellcheck disable=SC2086
    [ "$1" -eq 0 ] || autoencoder $long --resume >"$scratch/again" 2>&1 || {
        cat "$scratch/again"
        return 1
    }
    tail -c $numbers "$scratch/out/model.safetensors" >"$scratch/one"
    tail -c $numbers "$scratch/through/model.safetensors" >"$scratch/other"
    cmp "$scratch/one" "$scratch/other"
}
for call in open write fsync rename close; do
    # shellcheck disable=SC2086
    check "a failing $call of a state loses no progress" sweep "$call" ENOSPC goes_on halfway $long --resume
done

# --- reading -------------------------------------------------------------------------------------
put new
# read_all HOW: a check of the models with each read of them failing like that.
read_all() {
    with read 0 "$1" "$build/spikeloomd" --check-config --model-repository "$scratch/out"
    read_count=$(cat "$scratch/count")
    read_number=1
    while [ "$read_number" -le "$read_count" ]; do
        with read "$read_number" "$1" "$build/spikeloomd" --check-config \
            --model-repository "$scratch/out"
        read_code=$?
        [ "$read_code" -eq "$2" ] || {
            echo "read $read_number: $read_code"
            cat "$scratch/said"
            return 1
        }
        read_number=$((read_number + 1))
        faults=$((faults + 1))
    done
    [ "$read_count" -gt 0 ]
}
check "an interrupted read is repeated" read_all EINTR 0
check "a short read is gone on with" read_all short 0
check "a failing read is told" read_all EIO 1
check "  by the file's name" grep -q 'model.safetensors: reading failed' "$scratch/said"
check "too many open files are told" sh -c "
    ! LD_PRELOAD='$faulty' FAULTY_CALL=open FAULTY_AT=1 FAULTY_HOW=EMFILE FAULTY_PATH=model.safetensors \
        '$build/spikeloomd' --check-config --model-repository '$scratch/out' 2>'$scratch/said' &&
        grep -q 'Too many open files' '$scratch/said'"
echo "# $faults faults"
check_finish
