# A bare Debian 12 in a folder, with packages from where this machine gets its own; sourced by
# bare.sh and engine.sh.
# shellcheck shell=sh

# The first mirror that this machine's sources name for a suite of Debian's archive.
bookworm_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list \
        2>/dev/null | sed -n \
        -e 's/^URIs: *\(http[^ ]*\/debian\)\/* *.*/\1/p' \
        -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\/debian\)\/* .*/\2/p' | head -n 1
}

# bookworm_settings FOLDER MIRROR: the rest that apt needs to reach the same mirror from inside.
bookworm_settings() {
    for path in /etc/apt/apt.conf /etc/apt/apt.conf.d /etc/apt/auth.conf /etc/apt/auth.conf.d \
        /etc/apt/trusted.gpg.d /usr/share/keyrings /etc/ssl/certs /usr/share/ca-certificates \
        /usr/local/share/ca-certificates /etc/resolv.conf /etc/hosts; do
        if [ -e "$path" ]; then
            mkdir -p "$1$(dirname "$path")"
            rm -rf "${1:?}$path"
            cp -RL "$path" "$1$path"
        fi
    done
    # hooks of apt call programs that a bare system does not have
    grep -lE 'Post-Invoke|Pre-Install-Pkgs|Pre-Invoke' "$1"/etc/apt/apt.conf.d/* 2>/dev/null |
        xargs -r rm
    rm -f "$1"/etc/apt/sources.list.d/*
    {
        echo "deb $2 bookworm main"
        echo "deb $2 bookworm-updates main"
    } >"$1/etc/apt/sources.list"
}

# bookworm_make FOLDER: fails, with the end of debootstrap's output on standard error.
bookworm_make() {
    bookworm_from=$(bookworm_mirror)
    if [ -z "$bookworm_from" ]; then
        echo "There is no mirror of Debian in /etc/apt." >&2
        return 1
    fi
    if ! debootstrap --variant=minbase bookworm "$1" "$bookworm_from" >"$1.log" 2>&1; then
        tail -n 20 "$1.log" >&2
        rm -f "$1.log"
        return 1
    fi
    rm -f "$1.log" "$1"/var/cache/apt/archives/*.deb
    bookworm_settings "$1" "$bookworm_from"
}
