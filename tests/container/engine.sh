# A Docker engine for the tests, and images in it; sourced after check.sh by scripts that call
# engine_clean_up when they end. Where no engine runs, one of its own is started, with all of its
# files in $scratch, and is gone afterwards together with what it did to the network.
# shellcheck shell=sh

. "$root/tests/container/bookworm.sh"

engine_pid=
engine_images=
engine_network=
engine_reason=
engine_made=

# engine_start: false, with engine_reason set, where there can be none.
engine_start() {
    engine_reason="there is no docker"
    command -v docker >/dev/null || return 1
    docker info >/dev/null 2>&1 && return 0
    engine_reason="there is no dockerd, or this is not root"
    [ "$(id -u)" -eq 0 ] && command -v dockerd >/dev/null || return 1
    engine_forward=$(cat /proc/sys/net/ipv4/ip_forward)
    iptables-save >"$scratch/iptables" 2>/dev/null || : >"$scratch/iptables"
    ip link show docker0 >/dev/null 2>&1 && engine_bridge=old || engine_bridge=new
    DOCKER_HOST=unix://$scratch/docker.sock
    export DOCKER_HOST
    setsid dockerd --data-root "$scratch/docker" --exec-root "$scratch/docker.exec" \
        --pidfile "$scratch/docker.pid" -H "$DOCKER_HOST" >"$scratch/dockerd.log" 2>&1 &
    engine_pid=$!
    engine_tries=0
    until docker info >/dev/null 2>&1; do
        engine_tries=$((engine_tries + 1))
        if [ "$engine_tries" -gt 150 ] || ! kill -0 "$engine_pid" 2>/dev/null; then
            engine_reason="dockerd does not start: $(tail -n 1 "$scratch/dockerd.log")"
            return 1
        fi
        sleep 0.2
    done
}

# The network as it was before dockerd came.
engine_restore_network() {
    if [ -s "$scratch/iptables" ]; then
        iptables-restore <"$scratch/iptables"
    fi
    [ "$engine_bridge" = old ] || ip link del docker0 2>/dev/null
    echo "$engine_forward" >/proc/sys/net/ipv4/ip_forward
}

# Ends what the tests have begun; to be called before $scratch goes.
engine_clean_up() {
    [ -z "$engine_made" ] || rm -rf "$engine_made"
    [ -z "$engine_images" ] || docker ps -aq --filter label=spikeloom.test |
        xargs -r docker rm -f -v >/dev/null
    for image in $engine_images; do
        docker rmi -f "$image" >/dev/null 2>&1
    done
    [ -z "$engine_images" ] ||
        docker image prune -f --filter label=spikeloom.stage=build >/dev/null
    if [ -n "$engine_pid" ]; then
        kill -TERM "$engine_pid" 2>/dev/null
        wait "$engine_pid"
        umount "$scratch/docker.exec/netns/default" 2>/dev/null
        engine_restore_network
    fi
}

engine_folder_for_base() {
    if [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')" -gt 1000000 ] 2>/dev/null; then
        mktemp -d -p /dev/shm
    else
        mktemp -d -p "$scratch"
    fi
}

# engine_base NAME: that image, pulled, or else made by debootstrap.
engine_base() {
    docker image inspect "$1" >/dev/null 2>&1 && { engine_network=host; return; }
    engine_images="$engine_images $1"
    timeout 120 docker pull -q "$1" 2>"$scratch/pull" && return
    echo "$1 cannot be pulled ($(tail -n 1 "$scratch/pull")); debootstrap makes it"
    engine_network=host
    # in memory, where there is room: dpkg waits for the disk after every file
    engine_made=$(engine_folder_for_base) || return 1
    if bookworm_make "$engine_made/base"; then
        echo force-unsafe-io >"$engine_made/base/etc/dpkg/dpkg.cfg.d/unsafe-io"
        tar -C "$engine_made/base" -c . | docker import - "$1"
    else
        false
    fi
    engine_status=$?
    rm -rf "$engine_made"
    return "$engine_status"
}

# engine_build NAME FOLDER OPTION...: an image. Where the base could not be pulled, packages come
# over the network of the host.
engine_build() {
    engine_name=$1
    engine_folder=$2
    shift 2
    engine_images="$engine_name $engine_images"
    # shellcheck disable=SC2086 # nothing, or one option
    docker build ${engine_network:+--network $engine_network} -t "$engine_name" "$@" "$engine_folder"
}

# engine_field NAME TEMPLATE: of a container or an image.
engine_field() {
    docker inspect -f "$2" "$1"
}
