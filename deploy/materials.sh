#!/bin/sh
# The software bill of materials of a program on Debian, as CycloneDX 1.5: every package that one of
# its libraries comes from, those of libraries of libraries included, with version, licence file and
# check sum; and the library of /docs, where the program holds it.
#
#   sh deploy/materials.sh PROGRAM >materials.json
set -eu

program=$1
command -v jq >/dev/null && command -v dpkg-query >/dev/null || {
    echo "materials.sh: jq and dpkg-query are needed" >&2
    exit 1
}
distribution=$(. /etc/os-release && echo "$ID-$VERSION_ID")

# package_of FILE: the package that it comes from; merged /usr has two names for each file.
package_of() {
    file=$(readlink -f "$1")
    { dpkg-query -S "$file" || dpkg-query -S "${file#/usr}"; } 2>/dev/null | head -n 1 | cut -d : -f 1
}

# How that library's licence begins: pkg:npm/NAME@VERSION LICENCE SHA-512.
held=$(grep -a -o -m 1 'pkg:npm/[a-z-]*@[0-9.]* [A-Za-z0-9.-]* [0-9a-f]\{128\}$' "$program" || true)

ldd "$program" | awk '$2 == "=>" { print $3 } $1 ~ /^\// { print $1 }' | sort -u |
    while read -r library; do
        package=$(package_of "$library")
        [ -n "$package" ] || continue
        dpkg-query -W -f '${Package}\t${Version}\t${source:Package}\t${Architecture}\n' "$package" |
            head -n 1 | tr '\n' '\t'
        printf '%s\t%s\n' "$(basename "$library")" "$(sha256sum <"$(readlink -f "$library")" | cut -d ' ' -f 1)"
    done |
    jq -R -s --arg name "$(basename "$program")" --arg version "$("$program" --version | awk '{ print $NF }')" \
        --arg sum "$(sha256sum <"$program" | cut -d ' ' -f 1)" --arg distribution "$distribution" --arg held "$held" '
        {bomFormat: "CycloneDX", specVersion: "1.5", version: 1,
         metadata: {component: {type: "application", name: $name, version: $version,
                                hashes: [{alg: "SHA-256", content: $sum}],
                                licenses: [{license: {id: "Apache-2.0"}}]}},
         components: ([split("\n")[] | select(length > 0) | split("\t")
             | {package: .[0], version: .[1], source: .[2], architecture: .[3], file: .[4], sum: .[5]}]
             | group_by(.package) | map(.[0] as $first | {
                 type: "library", name: $first.package, version: $first.version,
                 purl: "pkg:deb/debian/\($first.package)@\($first.version | @uri)?arch=\($first.architecture)&distro=\($distribution)",
                 properties: ([{name: "debian:source", value: $first.source},
                     {name: "debian:copyright", value: "/usr/share/doc/\($first.package)/copyright"}]
                     + map({name: "sha256:\(.file)", value: .sum}))})
             + [$held | select(. != "") | split(" ") | {
                 type: "library", name: (.[0] | capture("/(?<name>[^@]*)@").name),
                 version: (.[0] | split("@")[1]), purl: .[0],
                 licenses: [{license: {id: .[1]}}], hashes: [{alg: "SHA-512", content: .[2]}]}])}'
