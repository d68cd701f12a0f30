# The same upload gives the same bytes: from daemons with 1, 2 and 4 inference threads, each asked
# by 16 clients at once, in any order, and by one alone; in batches of any size; and by way of its
# latent.
# shellcheck shell=sh

mkdir "$scratch/variants"
"$scratch/uploads" variants "$scratch/variants" "$uploads" "$samples"/*.wav

# ask_all CLIENTS ROUTE FROM FOLDER SUFFIX: sends every file of FROM to a route of $daemon_url, CLIENTS
# at a time, and keeps the answers in FOLDER.
ask_all() {
    mkdir "$4"
    for file in "$3"/*; do
        name=$(basename "$file")
        echo "next"
        echo "url = \"$daemon_url/v1/$2\""
        echo "data-binary = \"@$file\""
        echo "output = \"$4/${name%.*}.$5\""
        echo "fail"
    done | sed 1d >"$4.curl"
    curl -sS --parallel --parallel-max "$1" -K "$4.curl" >/dev/null
}

# draw_all CLIENTS FOLDER: the pictures of all variants.
draw_all() {
    ask_all "$1" synthesize "$scratch/variants" "$2" png
}

# A folder's pictures in one list of digests.
digests() {
    (cd "$1" && sha256sum -- *.png)
}

for threads in 1 2 4; do
    start "threads_$threads" --infer-threads "$threads" --queue-size 256 --timeout-ms 600000
    check "$uploads uploads by 16 clients on $threads threads" draw_all 16 "$scratch/pictures_$threads"
    digests "$scratch/pictures_$threads" >"$scratch/digests_$threads"
    check "  each has its picture" test "$(wc -l <"$scratch/digests_$threads")" -eq "$uploads"
    [ "$threads" = 1 ] ||
        check "  the same as on one thread" cmp "$scratch/digests_1" "$scratch/digests_$threads"
    [ "$threads" = 2 ] || check "  stops with 0" daemon_stop "$daemon_pid"
    [ "$threads" = 2 ] && second_pid=$daemon_pid && second_url=$daemon_url
done
daemon_url=$second_url
check "again, one at a time, on a daemon that has been used" draw_all 1 "$scratch/pictures_again"
digests "$scratch/pictures_again" >"$scratch/digests_again"
check "  the same" cmp "$scratch/digests_1" "$scratch/digests_again"
check "$uploads latents" ask_all 16 encode "$scratch/variants" "$scratch/latents" json
check "  decoded" ask_all 16 decode "$scratch/latents" "$scratch/pictures_decoded" png
digests "$scratch/pictures_decoded" >"$scratch/digests_decoded"
check "  to the same pictures" cmp "$scratch/digests_1" "$scratch/digests_decoded"
check "pictures differ as well" test "$(cut -c 1-64 "$scratch/digests_1" | sort -u | wc -l)" -gt 10
check "  stops with 0" daemon_stop "$second_pid"

# batches_larger_than SIZE: how many batches the daemon has taken that were larger.
batches_larger_than() {
    curl -sS "$daemon_url/metrics" | awk -v le="le=\"$1\"" '
        index($0, "spikeloom_batch_size_bucket{" le "}") { most = $2 }
        /^spikeloom_batch_size_count / { print $2 - most }
    '
}

start batch_1 --infer-threads 1 --max-batch 1 --queue-size 256 --timeout-ms 600000
check "$uploads uploads without batches" draw_all 16 "$scratch/pictures_batch_1"
digests "$scratch/pictures_batch_1" >"$scratch/digests_batch_1"
check "  the same pictures" cmp "$scratch/digests_1" "$scratch/digests_batch_1"
check "  one at a time" test "$(batches_larger_than 1)" -eq 0
check "  stops with 0" daemon_stop "$daemon_pid"
for size in 3 16; do
    start "batch_$size" --infer-threads 1 --max-batch "$size" --max-queue-delay-us 20000 \
        --queue-size 256 --timeout-ms 600000
    check "$uploads uploads in batches of up to $size" draw_all 16 "$scratch/pictures_batch_$size"
    digests "$scratch/pictures_batch_$size" >"$scratch/digests_batch_$size"
    check "  the same pictures" cmp "$scratch/digests_1" "$scratch/digests_batch_$size"
    check "  there were batches" test "$(batches_larger_than 2)" -gt 0
    check "  none was too large" test "$(batches_larger_than $((size == 3 ? 4 : 16)))" -eq 0
    check "  stops with 0" daemon_stop "$daemon_pid"
done
check "no two of the pictures' inputs were alike" test \
    "$(cat "$scratch"/variants/*.wav | wc -c)" -gt 0 -a \
    "$(sha256sum "$scratch"/variants/*.wav | cut -c 1-64 | sort -u | wc -l)" -eq "$uploads"
