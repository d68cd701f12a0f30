#!/bin/sh
# Writes a manual page to standard output: the options are what the program says to --help, the rest
# is in PAGE.mdoc. The build calls it.
#
#   sh deploy/man/make.sh spikeloomd.8|spikeloom-train.1 PROGRAM...     a program, or what runs it first
set -eu

here=$(cd "$(dirname "$0")" && pwd)
page=$1
shift

# options INTRO COMMAND...: its help as mdoc, with what stands before the options where INTRO is 1.
# Where the program was built does not belong there.
options() {
    options_intro=$1
    shift
    "$@" --help | sed 's|\[/[^;]*/models/weights;|[/usr/share/spikeloom/models;|' |
        awk -v intro="$options_intro" -f "$here/options.awk"
}

# Each command is a section of its own, its subjects are in the order of its help.
sections() {
    "$@" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | while read -r command; do
        echo ".Sh OPTIONS OF $(echo "$command" | tr '[:lower:]' '[:upper:]')"
        options 1 "$@" "$command"
    done
}

sed '/^OPTIONS$/,$d' "$here/$page.mdoc"
case $page in
spikeloomd.8) options 0 "$@" ;;
*) sections "$@" ;;
esac
sed '1,/^OPTIONS$/d' "$here/$page.mdoc"
