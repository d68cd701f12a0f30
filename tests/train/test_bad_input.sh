#!/bin/sh
# What spikeloom-train does with bad input: data that is missing or damaged, a full disk, options out
# of range, checkpoints and states that do not fit. Each is refused in one sentence with an exit code
# that is not 0, before hours of training where it can be known, and no file that was there is lost.
#
#   sh tests/train/test_bad_input.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
train=$build/spikeloom-train
weights=$root/models/weights
samples=$root/tests/samples
mounted=
scratch=$(mktemp -d)
. "$root/tests/check.sh"
. "$root/tests/train/pictures.sh"

finish() {
    [ -n "$mounted" ] && umount "$mounted"
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

# refused CODE TEXT COMMAND...: it ends with that code and one sentence that has the text.
refused() {
    code=$1
    text=$2
    shift 2
    "$@" >"$scratch/said" 2>"$scratch/sentence"
    got=$?
    cat "$scratch/sentence"
    [ "$got" = "$code" ] && [ "$(wc -l <"$scratch/sentence")" = 1 ] &&
        grep -q -e "$text" "$scratch/sentence"
}

# learns KIND:DIR OPTION...: a short training over models/mine.safetensors, which was there before.
learns() {
    data=$1
    shift
    "$train" autoencoder --quiet --hidden 8 --batch-size 5 --epochs 1 --data "$data" \
        --out "$scratch/models/mine.safetensors" "$@"
}

# kept: the checkpoint, the card and the state that were there before are the same, and alone.
kept() {
    diff -r "$scratch/models" "$scratch/models.before"
}

# before_training COMMAND...: refused, and not an epoch was trained.
before_training() {
    rm -f "$scratch/log"
    refused 1 "$@" --log "$scratch/log" && ! grep -s '"event":"epoch"' "$scratch/log" && kept
}

# --- data -----------------------------------------------------------------------------------

# images_of COUNT SIDE, labels_of COUNT: idx files on standard output; numbers in octal.
images_of() {
    printf '\000\000\010\003\000\000\000\'"$1"'\000\000\000\'"$2"'\000\000\000\'"$2"
    head -c $((0$1 * 0$2 * 0$2)) "$weights/mnist-ae.safetensors"
}

labels_of() {
    printf '\000\000\010\001\000\000\000\'"$1"
    head -c "$((0$1))" /dev/zero
}

# idx FOLDER: a whole set of twenty images a split.
idx() {
    mkdir -p "$1"
    images_of 24 34 >"$1/train-images-idx3-ubyte"
    labels_of 24 >"$1/train-labels-idx1-ubyte"
    images_of 24 34 >"$1/t10k-images-idx3-ubyte"
    labels_of 24 >"$1/t10k-labels-idx1-ubyte"
}

# spoiled NAME: a fresh set to be spoiled.
spoiled() {
    idx "$scratch/$1"
    spec=mnist:$scratch/$1
    file=$scratch/$1/$2
}

test_idx() {
    for split in train t10k; do
        images=$split-images-idx3-ubyte
        labels=$split-labels-idx1-ubyte
        spoiled "$split-none" "$images" && rm "$file"
        check "$images missing" before_training "$images is missing" learns "$spec"
        spoiled "$split-cut" "$images" && images_of 24 34 | head -c 9000 >"$file"
        check "$images truncated" before_training "$images is truncated" learns "$spec"
        spoiled "$split-cut-gz" "$images" && rm "$file" &&
            images_of 24 34 | gzip | head -c 1000 >"$file.gz"
        check "$images.gz truncated" before_training "$images.gz is truncated" learns "$spec"
        spoiled "$split-sum-gz" "$images" && rm "$file" && images_of 24 34 | gzip >"$file.gz" &&
            printf 'XXXX' | dd of="$file.gz" bs=1 conv=notrunc \
                seek=$(($(wc -c <"$file.gz") - 8)) 2>/dev/null
        check "$images.gz with another checksum" before_training "$images.gz is damaged" learns "$spec"
        spoiled "$split-empty" "$images" && : >"$file"
        check "$images empty" before_training "$images is truncated" learns "$spec"
        spoiled "$split-long" "$images" && printf x >>"$file"
        check "$images too long" before_training "$images is longer than the 20 entries" \
            learns "$spec"
        spoiled "$split-labels" "$labels" && labels_of 23 >"$file"
        check "$labels too short" before_training "$labels has 19 labels for 20 images" learns "$spec"
    done
    spoiled size t10k-images-idx3-ubyte && images_of 24 16 >"$file"
    check "splits of two sizes" before_training "14 x 14 pixels, its training split of 28 x 28" \
        learns "$spec"
    spoiled whole none
    check "the whole set is learnt" learns "$spec" --out "$scratch/whole.safetensors"
}

test_pictures() {
    cp -r "$scratch/pictures" "$scratch/torn"
    head -c 100 "$samples/digit_3.png" >"$scratch/torn/test/3/digit_3.png"
    check "a cut PNG of the test split" before_training 'test/3/digit_3.png: The PNG is damaged' \
        learns "images:$scratch/torn"
    check "no folder" before_training 'nowhere is missing' learns "images:$scratch/nowhere"
    check "no classes" before_training 'has no folders' learns "images:$scratch/pictures/train/3"
    check "no kind of data" before_training 'is no data set' learns nonsense
    spoken "$scratch/heard"
    check "recordings for pictures" before_training '0/a.wav: ' learns "images:$scratch/heard"
    check "speech for images" before_training 'speech where images are wanted' learns "wavs:$scratch"
}

# hears KIND:DIR OPTION...
hears() {
    data=$1
    shift
    "$train" audiocoder --quiet --hidden 8 --batch-size 5 --epochs 1 --data "$data" \
        --images "images:$scratch/pictures" --autoencoder "$weights/mnist-ae.safetensors" \
        --out "$scratch/models/mine.safetensors" "$@"
}

# spoken FOLDER: a recording of each digit in either split.
spoken() {
    for digit in 0 1 2 3 4 5 6 7 8 9; do
        mkdir -p "$1/train/$digit" "$1/test/$digit"
        cp "$samples/${digit}_en-us.wav" "$1/train/$digit/a.wav"
        cp "$samples/${digit}_en-gb-f2.wav" "$1/test/$digit/a.wav"
    done
}

# spoil FOLDER: three recordings that cannot be used.
spoil() {
    : >"$1/3/empty.wav"
    echo 'no sound' >"$1/4/noise.wav"
    head -c 1000 "$samples/5_en-us.wav" >"$1/5/cut.wav"
}

skips_bad() {
    hears "wavs:$scratch/few" --skip-bad --out "$scratch/few.safetensors" 2>"$scratch/sentence" &&
        grep -q 'train/3/empty.wav: ' "$scratch/sentence" &&
        grep -q 'train/4/noise.wav: ' "$scratch/sentence" &&
        grep -q 'train/5/cut.wav: ' "$scratch/sentence" &&
        grep -q 'skipped 3 of 13 recordings' "$scratch/sentence"
}

test_recordings() {
    spoken "$scratch/few" && spoil "$scratch/few/train"
    check "the first bad recording is named, all are counted" before_training \
        'train/3/empty.wav: .*3 of 13 recordings cannot be used; --skip-bad' hears "wavs:$scratch/few"
    check "--skip-bad names each and goes on" skips_bad
    spoken "$scratch/last" && spoil "$scratch/last/test"
    check "bad ones of the test split, too" before_training \
        'test/3/empty.wav: .*3 of 13 recordings' hears "wavs:$scratch/last"
    spoken "$scratch/mute"
    for file in "$scratch"/mute/test/*/a.wav; do
        : >"$file"
    done
    check "nothing is left of a split" before_training '10 of 10 recordings cannot be used)' \
        hears "wavs:$scratch/mute" --skip-bad
    mkdir -p "$scratch/bare"
    check "fsdd without recordings" before_training 'no recordings for' hears "fsdd:$scratch/bare"
    check "ti46 without its folders" before_training 'bare/train is missing' \
        hears "ti46:$scratch/bare"
    check "audiomnist has no official division" before_training 'no recordings' \
        hears "audiomnist:$scratch/bare" --split random
}

# --- disk -----------------------------------------------------------------------------------

# limited BLOCKS COMMAND...: no file may grow beyond so many blocks of 512 bytes.
limited() (
    ulimit -f "$1" || exit 3
    shift
    "$@"
)

# The nearest to a full disk that needs no rights.
test_limited_files() {
    check "a checkpoint that cannot be written" refused 1 'mine.safetensors: writing failed: File too' \
        limited 40 learns "images:$scratch/pictures"
    check "... leaves the old one" kept
    check "a state that cannot be written" refused 1 'mine.safetensors.state: writing failed: File' \
        limited 40 learns "images:$scratch/pictures" --epochs 90000 --checkpoint-minutes 0.001
    check "... leaves the old one" kept
}

small_disk() {
    mkdir "$scratch/disk" && mount -t tmpfs -o size=256k tmpfs "$scratch/disk" && mounted=$scratch/disk
}

fill_disk() {
    learns "images:$scratch/pictures" --out "$mounted/a.safetensors" || return 1
    cp "$mounted"/a.* "$scratch/"
    head -c 300000 /dev/zero >"$mounted/rest" 2>/dev/null
    [ -s "$mounted/rest" ]
}

same_on_disk() {
    cmp "$mounted/a.safetensors" "$scratch/a.safetensors" && cmp "$mounted/a.md" "$scratch/a.md" &&
        [ "$(ls -A "$mounted" | tr '\n' ' ')" = 'a.md a.safetensors rest ' ]
}

test_full_disk() {
    if [ "$(id -u)" != 0 ] || ! small_disk 2>/dev/null; then
        skip "a full disk" "mounting one needs root"
        skip "a disk that is read only" "mounting one needs root"
        return
    fi
    check "a disk is filled" fill_disk
    check "a checkpoint on a full disk" refused 1 'a.safetensors: writing failed: No space left' \
        learns "images:$scratch/pictures" --seed 2 --out "$mounted/a.safetensors"
    check "... leaves the old one" same_on_disk
    check "a state on a full disk" refused 1 'a.safetensors.state: writing failed: No space left' \
        learns "images:$scratch/pictures" --epochs 90000 --checkpoint-minutes 0.001 \
        --out "$mounted/a.safetensors"
    check "... leaves the old checkpoint" same_on_disk
    mount -o remount,ro "$mounted"
    check "a disk that is read only" refused 1 'cannot be written: Read-only file system' \
        learns "images:$scratch/pictures" --out "$mounted/a.safetensors"
    check "... has the old one" same_on_disk
    umount "$mounted" && mounted=
}

test_out() {
    mkdir "$scratch/folder"
    name=$(printf 'x%.0s' 1 2 3 4 5 6 7 8 | sed 's/x/12345678/g')
    for case in "no/folder/x:cannot be written: No such file" "folder:not a regular file" \
        "folder/:not a regular file" "pictures/train/3/digit_3.png/x:Not a directory" \
        "$name.safetensors:1 to 63 characters" "mine.md:where the model's card goes"; do
        check "out: ${case%%:*}" before_training "${case#*:}" learns "images:$scratch/pictures" \
            --out "$scratch/${case%%:*}"
    done
    check "pictures into a file" refused 1 'not a folder' "$train" synthesize \
        --model "$weights/speech-digits.safetensors" --out "$scratch/models/mine.md" \
        "$samples/3_en-us.wav"
    check "... leaves it" kept
}

# --- the command line -----------------------------------------------------------------------

test_ranges() {
    for case in "--epochs 0" "--epochs 1e3" "--epochs 100001" "--learning-rate 0" \
        "--learning-rate nan" "--learning-rate 1.01" "--hidden 65537" "--steps 1001" \
        "--batch-size -1" "--seed 9007199254740992" "--limit 4294967296" "--threads 1025" \
        "--checkpoint-minutes 0" "--max-rate-hz 1001"; do
        # shellcheck disable=SC2086 # two words
        check "$case" refused 2 "${case% *} takes .*, not '${case#* }'" \
            learns "images:$scratch/pictures" $case
    done
    check "nothing was written" kept
}

# --- checkpoints and states -----------------------------------------------------------------

scores() {
    "$train" evaluate --quiet --model "$1" --data "$2"
}

test_checkpoints() {
    "$train" ann --quiet --hidden 8 --epochs 1 --data "images:$scratch/pictures" \
        --out "$scratch/analog.safetensors" >/dev/null
    head -c 1000 "$weights/mnist-ae.safetensors" >"$scratch/cut.safetensors"
    spoken "$scratch/good"
    check "an audiocoder for an autoencoder" before_training 'speech-digits.* is no autoencoder' \
        hears "wavs:$scratch/good" --autoencoder "$weights/speech-digits.safetensors"
    check "an analog network for an autoencoder" before_training 'analog.* has no spikes' \
        hears "wavs:$scratch/good" --autoencoder "$scratch/analog.safetensors"
    check "no autoencoder" before_training 'there is no such file' \
        hears "wavs:$scratch/good" --autoencoder "$scratch/nothing.safetensors"
    check "a cut autoencoder" before_training 'cut.safetensors: .*beyond the file' \
        hears "wavs:$scratch/good" --autoencoder "$scratch/cut.safetensors"
    check "speech for an image model" refused 1 'does not take speech' \
        scores "$weights/mnist-ae.safetensors" "wavs:$scratch/good"
    check "images for a speech model" refused 1 'does not take images' \
        scores "$weights/speech-digits.safetensors" "images:$scratch/pictures"
    check "a recording for an image model" refused 1 'does not take speech' "$train" synthesize \
        --model "$weights/mnist-ae.safetensors" --out "$scratch/drawn" "$samples/3_en-us.wav"
    check "a cut checkpoint" refused 1 'cut.safetensors: .*beyond the file' \
        "$train" inspect --model "$scratch/cut.safetensors"
    check "a folder for a checkpoint" refused 1 'not a regular file' \
        "$train" inspect --model "$scratch/folder"
}

# resumes TEXT OPTION...: going on from models/mine.safetensors.state is refused; it is left alone.
resumes() {
    text=$1
    shift
    rm -rf "$scratch/models.before"
    cp -r "$scratch/models" "$scratch/models.before"
    before_training "$text" learns "images:$scratch/pictures" --epochs 90000 --resume "$@"
}

make_state() {
    "$train" autoencoder --quiet --hidden 8 --batch-size 5 --data "images:$scratch/pictures" \
        --out "$scratch/models/mine.safetensors" --epochs 90000 --checkpoint-minutes 0.001 \
        >"$scratch/said" &
    run=$!
    waited=0
    while [ ! -e "$scratch/models/mine.safetensors.state" ] && [ $waited -lt 200 ]; do
        sleep 0.05
        waited=$((waited + 1))
    done
    kill -TERM "$run"
    wait "$run" && cp "$scratch/models/mine.safetensors.state" "$scratch/state"
}

test_states() {
    state=$scratch/models/mine.safetensors.state
    rm "$state"
    check "no state" resumes 'mine.safetensors.state: there is no such file'
    check "a training is stopped" make_state
    head -c 2000 "$scratch/state" >"$state"
    check "a cut state" resumes 'state: .*outside the file'
    : >"$state"
    check "an empty state" resumes 'state: The file is shorter'
    head -c 20000 "$samples/3_en-us.wav" >"$state"
    check "a recording for a state" resumes "state: The header's length"
    cp "$scratch/models/mine.safetensors" "$state"
    check "a checkpoint for a state" resumes 'state belongs to a training with other settings'
    cp "$scratch/state" "$state"
    check "the state of another seed" resumes 'with other settings' --seed 2
    check "the state of another size" resumes 'with other settings' --hidden 9
    check "the state of another rule" resumes 'with other settings' --rule membrane
    printf '\377\377\377\377' |
        dd of="$state" bs=1 conv=notrunc seek=$(($(wc -c <"$state") - 400)) 2>/dev/null
    check "a state with damaged numbers" resumes "numbers are damaged"
    rm "$state" && mkdir "$state"
    check "a folder for a state" resumes 'not a regular file'
    rmdir "$state"
}

# --- many trainings -------------------------------------------------------------------------

# sweeps OPTION...
sweeps() {
    "$train" sweep --quiet --data "images:$scratch/pictures" --batch-size 5 --epochs 1 --steps 3 \
        --over hidden=4,5 --out "$scratch/swept" "$@"
}

swept_kept() {
    diff -r "$scratch/swept" "$scratch/swept.before"
}

# reproduces OPTION...
reproduces() {
    "$train" reproduce --quiet --mnist "mnist:$scratch/whole" --out "$scratch/report" "$@"
}

test_folders_of_runs() {
    check "a sweep" sweeps
    cp -r "$scratch/swept" "$scratch/swept.before"
    check "another size in its folder" refused 1 'hidden4 with other settings' sweeps --steps 4
    check "... leaves it" swept_kept
    echo 'no row' >>"$scratch/swept/results.jsonl"
    cp "$scratch/swept/results.jsonl" "$scratch/swept.before/"
    check "damaged results" refused 1 'results.jsonl: line 3 is no row' sweeps
    check "... are left" swept_kept
    check "a sweep into a file" refused 1 'not a folder' sweeps --out "$scratch/models/mine.md"
    check "a sweep into a folder of no folder" refused 1 'No such file' sweeps --out "$scratch/no/dir"
    check "speech that is missing is found before the first experiment" refused 1 \
        'nowhere is missing' reproduces --speech "fsdd:$scratch/nowhere"
    check "images for speech as well" refused 1 'images where speech is wanted' \
        reproduces --speech "mnist:$scratch/whole"
    check "no experiment was begun" sh -c "! ls '$scratch'/report/*.safetensors* '$scratch'/report/logs/*"
    check "a report into a file" refused 1 'not a folder' reproduces --out "$scratch/models/mine.md"
}

make_pictures "$scratch/pictures"
mkdir "$scratch/models"
check "a training" learns "images:$scratch/pictures"
echo 'a state of before' >"$scratch/models/mine.safetensors.state"
cp -r "$scratch/models" "$scratch/models.before"
test_idx
test_pictures
test_recordings
test_limited_files
test_full_disk
test_out
test_ranges
test_checkpoints
test_states
test_folders_of_runs
check_finish
