# The Debian packages that this project is built, tested and measured with; sourced by deploy/run.sh,
# tests/run.sh, bench/run.sh and the Dockerfile.
# shellcheck shell=sh disable=SC2034 # the lists are used there

packages_runtime="libmicrohttpd12 libjansson4 libsndfile1 libvorbis0a libogg0 libsoxr0 libpng16-16
    libnettle8 libgnutls30"
packages_daemon="gcc libc6-dev make cmake pkgconf libmicrohttpd-dev libjansson-dev libsndfile1-dev
    libvorbis-dev libogg-dev libsoxr-dev libpng-dev nettle-dev libgnutls28-dev"
packages_build="$packages_daemon zlib1g-dev libopenblas-dev curl"
packages_tests="$packages_build libcmocka-dev clang binutils faketime git jq haproxy hey openssl
    prometheus nginx-light libnginx-mod-http-js mandoc systemd iproute2 iptables"
packages_contract="nodejs npm"
packages_page="chromium fonts-liberation"
packages_valgrind="valgrind"
packages_bench="wrk curl git gnuplot-nox nodejs npm python3-torch python3-numpy python3-pil python3-fastapi
    python3-uvicorn python3-uvloop python3-httptools"
packages_trainer_runtime="libopenblas0 zlib1g"
packages_container="docker.io debootstrap iptables iproute2 jq curl
    dpkg-dev file"
packages_compose="docker-compose"
packages_kubernetes="kubernetes-client"

# packages_install NAME...: installs those that are missing. Fails, naming them, where it may not.
packages_install() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is not Debian: the counterparts of these packages are needed:" "$@" >&2
        return 0
    fi
    packages_missing=
    for package; do
        case $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) in
        *installed*) ;;
        *) packages_missing="$packages_missing $package" ;;
        esac
    done
    [ -n "$packages_missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        echo "Packages are missing. Run as root: apt-get install$packages_missing" >&2
        return 1
    fi
    echo "Installing$packages_missing"
    # shellcheck disable=SC2086 # a list of words
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
        --no-install-recommends -o Dpkg::Use-Pty=0 $packages_missing >/dev/null
}
