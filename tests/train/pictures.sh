# Pictures of tests/samples as data sets, and checkpoints compared; sourced by the tests of training.
# shellcheck shell=sh

# make_pictures FOLDER: an images:FOLDER of ten digits, the same ones in both splits.
make_pictures() {
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        for split in train test; do
            mkdir -p "$1/$split/$digit"
            cp "$root/tests/samples/digit_$digit.png" "$1/$split/$digit/"
        done
    done
}

# alike A B: two checkpoints of 784-40-784 in $scratch hold the same numbers, which are the end of the
# file; their descriptions name different files.
alike() {
    bytes=$((4 * (2 * 784 * 40 + 40 + 784)))
    tail -c $bytes "$scratch/$1.safetensors" >"$scratch/first.numbers" &&
        tail -c $bytes "$scratch/$2.safetensors" >"$scratch/second.numbers" &&
        cmp "$scratch/first.numbers" "$scratch/second.numbers"
}

differ() {
    ! alike "$@"
}
