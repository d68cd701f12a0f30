# Which TCP ports are in use, read from the kernel, as a bare system has no tool for it; sourced by
# deploy/run.sh and the tests.
# shellcheck shell=sh

# port_is_taken PORT: true when something listens on it, on any address.
port_is_taken() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v hex="$(printf '%04X' "$1")" '
        $4 == "0A" { split($2, address, ":"); if (address[2] == hex) taken = 1 }
        END { exit !taken }
    '
}

# port_find_free FIRST: prints the first port from FIRST on that nothing listens on.
port_find_free() {
    port_candidate=$1
    while port_is_taken "$port_candidate"; do
        port_candidate=$((port_candidate + 1))
    done
    echo "$port_candidate"
}
