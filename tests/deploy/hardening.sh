#!/bin/sh
# What the programs are built with against mistakes in memory, read from their files; that two builds
# in different folders are the same bytes; that the bill of materials names what is linked.
#
#   sh tests/deploy/hardening.sh BUILD
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
. "$root/tests/check.sh"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' HUP INT TERM

# has PATTERN READELF_OPTION...: of the program at hand.
has() {
    has_pattern=$1
    shift
    readelf -W "$@" "$program" | grep -Eq "$has_pattern"
}

lacks() {
    ! has "$@"
}

# Calls to libc's checked functions (memcpy becomes __memcpy_chk) where a size is known.
checks_of_program() {
    for program in "$build/spikeloomd" "$build/spikeloom-train"; do
        name=$(basename "$program")
        check "$name is loaded anywhere (PIE)" has 'Type: *DYN' -h
        check "$name: all symbols are bound at the start" has 'FLAGS.*(BIND_NOW|NOW)' -d
        check "$name: tables of symbols are read-only then (RELRO)" has 'GNU_RELRO' -l
        check "$name: the stack is not executable" lacks 'GNU_STACK.*E' -l
        check "$name: nothing is both writable and executable" lacks 'LOAD.* RWE' -l
        check "$name: no text relocations" lacks 'TEXTREL' -d
        check "$name: libraries are looked for in the system's folders alone" lacks 'R(UN)?PATH' -d
        check "$name: stacks are guarded" has '__stack_chk_fail' --dyn-syms
        check "$name: sizes are checked (FORTIFY)" has '__[a-z]+_chk(@|$)' --dyn-syms
        case $(uname -m) in
        x86_64) mark=endbr64 ;;
        aarch64) mark='paciasp|bti' ;;
        esac
        check "$name: targets of jumps are marked" sh -c "
            [ \$(objdump -d --no-show-raw-insn '$program' | grep -Ec '$mark') -gt 300 ]"
    done
}

# A build without any of it must not pass.
self_test() {
    echo 'int main(void) { return 0; }' >"$scratch/plain.c"
    program=$scratch/plain
    cc -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack -fno-stack-protector -o "$program" "$scratch/plain.c"
    for check in "has DYN -h" "has NOW -d" "has GNU_RELRO -l" "lacks GNU_STACK.*E -l" \
        "has __stack_chk_fail --dyn-syms" "has _chk --dyn-syms"; do
        # shellcheck disable=SC2086 # a list of words
        ! $check || {
            echo "a plain program passes: $check"
            return 1
        }
    done
}

# build_at FOLDER: a copy of the sources there, built as for a package.
build_at() {
    mkdir -p "$1/source"
    (cd "$root" && tar -cf - CMakeLists.txt LICENSE core models api server deploy tests/samples) |
        tar -xf - -C "$1/source"
    cmake -S "$1/source" -B "$1/build" -DCMAKE_BUILD_TYPE=Release -DSPIKELOOM_TRAINER=OFF \
        -DSPIKELOOM_DEFAULT_REPOSITORY=/usr/share/spikeloom/models -DCMAKE_INSTALL_PREFIX=/usr >/dev/null &&
        cmake --build "$1/build" -j "$(nproc)" --target spikeloomd >/dev/null
}

reproducible() {
    build_at "$scratch/one" && build_at "$scratch/another/and/deeper" &&
        cmp "$scratch/one/build/spikeloomd" "$scratch/another/and/deeper/build/spikeloomd" &&
        ! grep -q "$scratch" "$scratch/one/build/spikeloomd"
}

materials() {
    sh "$root/deploy/materials.sh" "$build/spikeloomd" >"$scratch/materials.json" &&
        jq -e '.bomFormat == "CycloneDX" and .specVersion == "1.5" and
            ([.components[].name] | contains(["libmicrohttpd12", "libsndfile1", "libpng16-16", "libc6"]))
            and ([.components[] | select(.version == "" or .purl == "")] == [])' "$scratch/materials.json"
}

checks_of_program
check "a program without any of it is found out" self_test
check "two builds in different folders are the same bytes" reproducible
check "the bill of materials names the libraries with their versions" materials
check_finish
