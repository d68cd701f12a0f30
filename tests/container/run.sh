#!/bin/sh
# The image: builds it with a real Docker engine, runs it confined, asks it for a picture, watches
# its health check, stops it, and looks at what it leaves. Then deploy/compose.yaml
# (compose.sh) and the Debian packages (package.sh).
#
#   sh tests/container/run.sh [--trainer]     with it the image that trains, too
#
# What is missing is installed as root. Where no engine runs, one is started for the test; where none
# can run, all of it is skipped. Prints a line for each check and, last, "N passed, N failed, N
# skipped"; exits 1 when anything failed. Everything that it makes is gone afterwards.
set -u

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
speech=$root/tests/samples/3_en-us.wav
image=spikeloom:test
scratch=$(mktemp -d)

. "$root/deploy/packages.sh"
. "$root/tests/check.sh"
. "$here/engine.sh"
. "$here/compose.sh"
. "$here/package.sh"
. "$root/deploy/port.sh"

clean_up() {
    [ -z "${SPIKELOOM_IMAGE-}" ] || compose_clean_up
    engine_clean_up
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

skip_all() {
    skip "the container" "skipped: $1"
    check_finish
    exit
}

# timed FUNCTION: runs it and tells the seconds since the start.
timed() {
    "$1"
    timed_status=$?
    echo "# $1: $(($(date +%s) - begun)) s from the start"
    return "$timed_status"
}

# becomes SECONDS WANTED COMMAND...: waits until the command prints it.
becomes() {
    becomes_left=$(($1 * 5))
    becomes_wanted=$2
    shift 2
    until becomes_is=$("$@" 2>/dev/null) && [ "$becomes_is" = "$becomes_wanted" ]; do
        becomes_left=$((becomes_left - 1))
        [ "$becomes_left" -gt 0 ] || { echo "is $becomes_is, not $becomes_wanted"; return 1; }
        sleep 0.2
    done
}

# is WANTED COMMAND...: what it prints.
is() {
    is_wanted=$1
    shift
    is_got=$("$@")
    echo "got $is_got, want $is_wanted"
    [ "$is_got" = "$is_wanted" ]
}

# run_container NAME OPTION... -- FLAG...: confined as tightly as the daemon bears, reached on
# loopback alone; sets url.
run_container() {
    container=$1
    shift
    options=
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        options="$options $1"
        shift
    done
    [ $# -eq 0 ] || shift
    # shellcheck disable=SC2086 # a list of words
    docker run -d --name "$container" --label spikeloom.test --read-only --cap-drop ALL \
        --security-opt no-new-privileges --memory 128m --memory-swap 128m --cpus 1 --pids-limit 32 \
        -p 127.0.0.1::8080 --health-interval 1s --health-start-period 5s --health-retries 2 \
        $options "$image" "$@" || return 1
    url=http://$(docker port "$container" 8080/tcp | head -n 1)
}

health_of() {
    engine_field "$1" '{{.State.Health.Status}}'
}

post() {
    curl -fsS -m 10 --data-binary "@$speech" -o "$1" "$url/v1/synthesize?scale=8"
}

# signature, IHDR, width and height of 224
is_picture() {
    [ "$(head -c 24 "$1" | od -An -v -tx1 | tr -d ' \n')" = \
        89504e470d0a1a0a0000000d49484452000000e0000000e0 ]
}

# The size of what lies over the base image, in units of 100 kB, as Docker counts: sums of files.
size_over_base() {
    echo $((($(engine_field "$image" '{{.Size}}') - $(engine_field "$base" '{{.Size}}')) / 100000))
}

build_checks() {
    base=$(sed -n 's/^ARG BASE=//p' "$root/Dockerfile")
    check "the base image is there: $base" engine_base "$base"
    check "the image is built" engine_build "$image" "$root" || return 1
    over=$(size_over_base)
    echo "# $((over / 10)).$((over % 10)) MB over the base image"
    check "  and adds less than 40 MB to its base" test "$over" -lt 400 -a "$over" -gt 0
    check "  runs as a user without a name" is 65532:65532 engine_field "$image" '{{.Config.User}}'
    check "  starts the daemon without a shell" is '[/usr/bin/spikeloomd]' \
        engine_field "$image" '{{.Config.Entrypoint}}'
    check "  and checks its health without one" is '[CMD /usr/bin/spikeloomd --healthcheck]' \
        engine_field "$image" '{{.Config.Healthcheck.Test}}'
    version=$(sed -n 's/^project(spikeloom VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
    check "  tells the version" is "$version" engine_field "$image" \
        '{{index .Config.Labels "org.opencontainers.image.version"}}'
    check "  which the daemon tells too" sh -c \
        "docker run --rm --label spikeloom.test '$image' --version | grep -q ' $version\$'"
    check "  has no compiler" sh -c "! docker run --rm --label spikeloom.test --entrypoint /usr/bin/env \
        '$image' sh -c 'command -v cc gcc make cmake'"
}

confined_checks() {
    check "it runs read-only, without capabilities, in 128 MB and one processor" \
        run_container spikeloom-confined
    check "  turns healthy" becomes 20 healthy health_of spikeloom-confined
    check "  makes a picture" post "$scratch/first.png"
    check "  of the size asked for" is_picture "$scratch/first.png"
    check "  and the same once more" post "$scratch/second.png"
    check "    byte for byte" cmp "$scratch/first.png" "$scratch/second.png"
    check "  serves what is shipped" is "$(find "$root/models/weights" -name '*.safetensors' | wc -l)" \
        sh -c "curl -fsS '$url/v1/models' | jq '.models | length'"
    check "  the daemon is process 1" is spikeloomd \
        sh -c "docker exec spikeloom-confined cat /proc/1/comm"
    check "  cannot write" sh -c "! docker exec spikeloom-confined touch /tmp/x"
    docker kill -s STOP spikeloom-confined >/dev/null
    check "  turns unhealthy when it hangs" becomes 30 unhealthy health_of spikeloom-confined
    docker kill -s CONT spikeloom-confined >/dev/null
    check "  healthy again when it goes on" becomes 20 healthy health_of spikeloom-confined
    check "  still makes that picture" post "$scratch/third.png"
    check "    byte for byte" cmp "$scratch/first.png" "$scratch/third.png"
    stop_checks
}

# A second or two, whether a request is on its way or not, is not the ten after which Docker kills.
stop_checks() {
    curl -sS -m 10 --data-binary "@$speech" -o "$scratch/last.png" "$url/v1/synthesize?scale=8" &
    last=$!
    sleep 0.2
    started=$(date +%s)
    docker stop -t 10 spikeloom-confined >/dev/null
    stopped=$(($(date +%s) - started))
    wait "$last"
    check "it stops when asked, in $stopped s" test "$stopped" -lt 8
    check "  with 0" is 0 engine_field spikeloom-confined '{{.State.ExitCode}}'
    check "  nothing left unanswered" sh -c \
        "docker logs spikeloom-confined 2>&1 | grep '\"event\":\"stop\"' | grep '\"unanswered\":0'"
    check "  the last request too" cmp "$scratch/first.png" "$scratch/last.png"
    check "  not for want of memory" is false engine_field spikeloom-confined '{{.State.OOMKilled}}'
}

# Models of one's own over the shipped ones, changed while it runs.
volume_checks() {
    mkdir "$scratch/models"
    cp "$root/models/weights/mnist-ae.safetensors" "$scratch/models/"
    chmod -R a+rX "$scratch/models"
    check "models come from a volume" run_container spikeloom-volume \
        -v "$scratch/models:/usr/share/spikeloom/models:ro"
    check "  it turns healthy" becomes 20 healthy health_of spikeloom-volume
    check "  serves that one alone" is mnist-ae \
        sh -c "curl -fsS '$url/v1/models' | jq -r '.models[].name'"
    cp "$root/models/weights/speech-digits.safetensors" "$scratch/models/.new"
    mv "$scratch/models/.new" "$scratch/models/speech-digits.safetensors"
    docker kill -s HUP spikeloom-volume >/dev/null
    check "  and a new one after SIGHUP" becomes 10 2 \
        sh -c "curl -fsS '$url/v1/models' | jq '.models | length'"
    check "    which answers as the shipped one" post "$scratch/volume.png"
    check "    byte for byte" cmp "$scratch/first.png" "$scratch/volume.png"
    docker rm -f spikeloom-volume >/dev/null
    check "without models it ends" run_container spikeloom-empty --tmpfs /usr/share/spikeloom/models
    check "  with a code of failure" becomes 10 1 engine_field spikeloom-empty '{{.State.ExitCode}}'
    check "  and never was healthy" test "$(health_of spikeloom-empty)" != healthy
}

# The same image without any shell.
shell_checks() {
    mkdir "$scratch/shellless"
    printf '%s\n' "FROM $image" 'USER 0' \
        'RUN ["/bin/rm", "/bin/sh", "/bin/dash", "/bin/bash", "/bin/rbash"]' 'USER 65532:65532' \
        >"$scratch/shellless/Dockerfile"
    check "an image without a shell is built" engine_build spikeloom:shellless "$scratch/shellless"
    image=spikeloom:shellless
    check "  runs" run_container spikeloom-shellless
    check "  turns healthy" becomes 20 healthy health_of spikeloom-shellless
    docker stop -t 10 spikeloom-shellless >/dev/null
    check "  stops with 0" is 0 engine_field spikeloom-shellless '{{.State.ExitCode}}'
    image=spikeloom:test
}

# The image of deploy/kubernetes/examples/training.yaml.
trainer_checks() {
    check "an image with the trainer is built" \
        engine_build spikeloom:trainer "$root" --build-arg TRAINER=ON
    check "  it inspects a shipped model" docker run --rm --label spikeloom.test --read-only \
        --cap-drop ALL --entrypoint /usr/bin/spikeloom-train spikeloom:trainer \
        inspect --model /usr/share/spikeloom/models/mnist-ae.safetensors
    check "  and serves as the other does" is "spikeloomd $version" \
        docker run --rm --label spikeloom.test spikeloom:trainer --version
}

# What the other two need of Debian, in one image, as apt reaches no mirror from the network that
# containers are in: the balancers, Prometheus, systemd, what the packages depend on.
debian_checks() {
    mkdir "$scratch/debian"
    printf '%s\n' "FROM $base" 'RUN apt-get update -qq && apt-get install -qq -y \' \
        '--no-install-recommends haproxy prometheus nginx-light libnginx-mod-http-js systemd \' \
        "systemd-sysv procps curl $(echo $packages_runtime $packages_trainer_runtime) >/dev/null \\" \
        '&& systemctl disable haproxy nginx prometheus' >"$scratch/debian/Dockerfile"
    check "an image of Debian's balancers, Prometheus and systemd is built" \
        engine_build spikeloom:debian "$scratch/debian"
    docker image inspect spikeloom:debian >/dev/null 2>&1
}

# shellcheck disable=SC2086 # a list of words
packages_install $packages_build $packages_container || skip_all "packages are missing"
engine_start || skip_all "$engine_reason"
begun=$(date +%s)
package_begin
timed build_checks || { check_finish; exit; }
timed confined_checks
timed volume_checks
timed shell_checks
[ "${1-}" != --trainer ] || timed trainer_checks
if timed debian_checks; then
    timed compose_checks
    timed package_checks
fi
check_finish
