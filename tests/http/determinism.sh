# The same upload gives the same bytes: from daemons with 1, 2 and 4 inference threads, each asked
# by 16 clients at once, in any order.
# shellcheck shell=sh

mkdir "$scratch/variants"
"$scratch/uploads" variants "$scratch/variants" "$uploads" "$samples"/*.wav

# ask_all FOLDER: sends every variant to $daemon_url, 16 at a time, and keeps the pictures.
ask_all() {
    mkdir "$1"
    for file in "$scratch"/variants/*.wav; do
        echo "next"
        echo "url = \"$daemon_url/v1/synthesize\""
        echo "data-binary = \"@$file\""
        echo "output = \"$1/$(basename "$file" .wav).png\""
        echo "fail"
    done | sed 1d >"$1.curl"
    curl -sS --parallel --parallel-max 16 -K "$1.curl" >/dev/null
}

# A folder's pictures in one list of digests.
digests() {
    (cd "$1" && sha256sum -- *.png)
}

for threads in 1 2 4; do
    start "threads_$threads" --infer-threads "$threads" --queue-size 256
    check "$uploads uploads by 16 clients on $threads threads" ask_all "$scratch/pictures_$threads"
    digests "$scratch/pictures_$threads" >"$scratch/digests_$threads"
    check "  each has its picture" test "$(wc -l <"$scratch/digests_$threads")" -eq "$uploads"
    [ "$threads" = 1 ] ||
        check "  the same as on one thread" cmp "$scratch/digests_1" "$scratch/digests_$threads"
    [ "$threads" = 2 ] || check "  stops with 0" daemon_stop "$daemon_pid"
    [ "$threads" = 2 ] && second_pid=$daemon_pid && second_url=$daemon_url
done
daemon_url=$second_url
check "again, on a daemon that has been used" ask_all "$scratch/pictures_again"
digests "$scratch/pictures_again" >"$scratch/digests_again"
check "  the same" cmp "$scratch/digests_1" "$scratch/digests_again"
check "  stops with 0" daemon_stop "$second_pid"
check "no two of the pictures' inputs were alike" test \
    "$(cat "$scratch"/variants/*.wav | wc -c)" -gt 0 -a \
    "$(sha256sum "$scratch"/variants/*.wav | cut -c 1-64 | sort -u | wc -l)" -eq "$uploads"
