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

# The library of /docs as the program at hand was built, without asking the network again.
library=$(find "$build" -maxdepth 1 -name 'swagger-ui-dist-*.tgz')

# build_at FOLDER: a copy of the sources there, built as for a package.
build_at() {
    mkdir -p "$1/source"
    (cd "$root" && tar -cf - CMakeLists.txt LICENSE core models api server deploy tests/samples) |
        tar -xf - -C "$1/source"
    cmake -S "$1/source" -B "$1/build" -DCMAKE_BUILD_TYPE=Release -DSPIKELOOM_TRAINER=OFF \
        -DSPIKELOOM_DEFAULT_REPOSITORY=/usr/share/spikeloom/models -DCMAKE_INSTALL_PREFIX=/usr \
        -DSPIKELOOM_DOCS_LIBRARY="${library:-OFF}" >/dev/null &&
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

# The library of /docs: in the bill as it was fetched; another archive in its place is refused.
materials_of_library() {
    sum=$(sha512sum <"$library" | cut -d ' ' -f 1)
    jq -e --arg sum "$sum" '[.components[] | select(.purl | startswith("pkg:npm/swagger-ui-dist@"))] |
        length == 1 and (.[0] | .licenses == [{license: {id: "Apache-2.0"}}] and
        .hashes == [{alg: "SHA-512", content: $sum}])' "$scratch/materials.json"
}

# configure LIBRARY: of the sources that build_at has copied; what CMake says goes to $scratch/said, on
# one line, as CMake breaks its own where it likes.
configure() {
    rm -rf "$scratch/configured"
    cmake -S "$scratch/one/source" -B "$scratch/configured" -DSPIKELOOM_TRAINER=OFF \
        -DSPIKELOOM_DOCS_LIBRARY="$1" >"$scratch/output" 2>&1
    configured=$?
    tr -s ' \n' ' ' <"$scratch/output" >"$scratch/said"
    return "$configured"
}

refuses_another() {
    cp "$library" "$scratch/another.tgz"
    printf x >>"$scratch/another.tgz"
    ! configure "$scratch/another.tgz" && grep -q 'is not swagger-ui-dist' "$scratch/said"
}

# A registry that hands out something else is not believed, and the build goes on without.
distrusts_registry() {
    mkdir -p "$scratch/registry/swagger-ui-dist/-"
    cp "$scratch/another.tgz" "$scratch/registry/swagger-ui-dist/-/$(basename "$library")"
    npm_config_registry=file://$scratch/registry configure ON &&
        grep -q 'its check sum is another' "$scratch/said" &&
        [ -z "$(find "$scratch/configured" -maxdepth 1 -name 'swagger-ui-dist-*')" ]
}

goes_on_without() {
    npm_config_registry=http://127.0.0.1:9 configure ON && grep -q 'could not be fetched' "$scratch/said"
}

checks_of_program
check "a program without any of it is found out" self_test
check "two builds in different folders are the same bytes" reproducible
check "the bill of materials names the libraries with their versions" materials
if [ -n "$library" ]; then
    check "the bill of materials names the library of /docs" materials_of_library
    check "another archive than the library's is refused" refuses_another
    check "  and is not taken from a registry" distrusts_registry
else
    skip "the library of /docs" "the daemon is built without it"
fi
check "where the library cannot be fetched the build goes on, aloud" goes_on_without
check_finish
