#!/bin/sh
# Writes the manual pages: the options are what the programs say to --help, the rest is in *.mdoc.
#
#   sh deploy/man/make.sh BUILD_FOLDER [FOLDER]     into FOLDER, deploy/man unless said otherwise
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=$1
folder=${2-$here}

# options INTRO COMMAND...: its help as mdoc, with what stands before the options where INTRO is 1.
# Where the program was built does not belong there.
options() {
    options_intro=$1
    shift
    "$@" --help | sed 's|\[/[^;]*/models/weights;|[/usr/share/spikeloom/models;|' |
        awk -v intro="$options_intro" -f "$here/options.awk"
}

# page NAME FUNCTION: NAME.mdoc, with the line OPTIONS replaced by what the function prints.
page() {
    sed '/^OPTIONS$/,$d' "$here/$1.mdoc"
    "$2"
    sed '1,/^OPTIONS$/d' "$here/$1.mdoc"
}

daemon_options() {
    options 0 "$build/spikeloomd"
}

# Each command is a section of its own, its subjects are in the order of its help.
train_options() {
    "$build/spikeloom-train" --help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | while read -r command; do
        echo ".Sh OPTIONS OF $(echo "$command" | tr '[:lower:]' '[:upper:]')"
        options 1 "$build/spikeloom-train" "$command"
    done
}

page spikeloomd.8 daemon_options >"$folder/spikeloomd.8"
page spikeloom-train.1 train_options >"$folder/spikeloom-train.1"
