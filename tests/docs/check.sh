#!/bin/sh
# The documentation against the tree: every link and every file that a page names is there, every
# option that a page uses exists, and the README's curl commands do what they say.
#
#   sh tests/docs/check.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
daemon=
daemon_program=$build/spikeloomd
daemon_folder=$scratch
. "$root/tests/http/daemon.sh"
. "$root/tests/check.sh"

finish() {
    [ -n "$daemon" ] && kill "$daemon" 2>/dev/null
    rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

# named_files PAGE: targets of relative links, and words in backticks that look like files of ours
# (NAME stands for any; what lies in a build folder is made when it is wanted).
named_files() {
    grep -o ']([^)#: ]*)' "$1" | sed 's/^](//; s/)$//'
    grep -o '`[A-Za-z0-9_./-]*/[A-Za-z0-9_.-]*\.\(c\|h\|sh\|md\|yaml\|txt\)`' "$1" | tr -d '`' | grep -v -e NAME -e '^build'
}

# files_exist PAGE: each is there, seen from the page's folder or from the root.
files_exist() {
    folder=$(dirname "$1")
    named_files "$1" | sort -u | while read -r name; do
        [ -e "$folder/$name" ] || [ -e "$root/$name" ] || [ -e "$folder/../$name" ] ||
            echo "$name"
    done >"$scratch/missing"
    cat "$scratch/missing"
    [ ! -s "$scratch/missing" ]
}

# options_exist PAGE: options of commands of ours in its code blocks.
options_exist() {
    {
        "$build/spikeloomd" --help
        for command in $("$build/spikeloom-train" --help | sed -n 's/^  \([a-z0-9]*\)  .*/\1/p'); do
            "$build/spikeloom-train" "$command" --help
        done
    } >"$scratch/help"
    sed -n '/^```/,/^```/p' "$1" | sed -e ':join' -e '/\\$/{N;s/\\\n//;bjoin' -e '}' |
        grep -E '^(build/)?spikeloom(d|-train) ' | grep -o -e ' --[a-z-]*' | sort -u |
        while read -r option; do
            grep -q -e "$option\b" "$scratch/help" || echo "$option"
        done >"$scratch/missing"
    cat "$scratch/missing"
    [ ! -s "$scratch/missing" ]
}

# Runs the curl commands of the README against a daemon with the shipped models.
run_curl_commands() {
    grep '^curl ' "$root/README.md" | sed "s|http://127.0.0.1:8080|$daemon_url|g" >"$scratch/commands"
    [ -s "$scratch/commands" ] || return 1
    ln -sfn "$root/tests" "$scratch/tests"
    (cd "$scratch" && sh -e ./commands) && [ -s "$scratch/seven.png" ]
}

start_daemon() {
    daemon_start docs --model-repository "$root/models/weights" && daemon=$daemon_pid
}

for page in $(git -C "$root" ls-files '*.md' 2>/dev/null || find "$root" -name '*.md'); do
    check "$page names files that are there" files_exist "$root/$page"
    check "$page uses options that exist" options_exist "$root/$page"
done
check "a daemon starts" start_daemon
check "the README's curl commands work" run_curl_commands
check_finish
