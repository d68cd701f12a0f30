# The Debian packages: built by CPack, installed in a container in which systemd is process 1, used
# there under the unit's sandbox, and removed; sourced by run.sh.
# shellcheck shell=sh disable=SC2154 # run.sh sets what is used here

# Begun while other things wait for the network.
package_begin() {
    (cd "$root" && cmake --preset package && cmake --build --preset package -j "$(nproc)" &&
        cpack --preset package -B "$scratch/packages") >"$scratch/package.log" 2>&1 &
    package_pid=$!
}

package_built() {
    wait "$package_pid" || { tail -n 20 "$scratch/package.log"; return 1; }
}

# systemd as process 1 wants the capabilities that a host has, and its control group.
package_boot() {
    docker run -d --name spikeloom-system --label spikeloom.test --cap-add ALL \
        --cap-drop SYS_RESOURCE --security-opt seccomp=unconfined --tmpfs /run --tmpfs /tmp \
        -v /sys/fs/cgroup:/sys/fs/cgroup:rw spikeloom:debian /sbin/init &&
        becomes 20 running docker exec spikeloom-system systemctl is-system-running &&
        for package in "$scratch"/packages/*.deb; do
            docker cp "$package" spikeloom-system:/ || return
        done
}

inside() {
    docker exec spikeloom-system "$@"
}

# property NAME: of the service.
property() {
    inside systemctl show --value -p "$1" spikeloom.service
}

package_service_checks() {
    check "  it runs as a service" becomes 10 active inside systemctl is-active spikeloom
    check "  and does so at the next start" is enabled inside systemctl is-enabled spikeloom
    check "  is ready" becomes 10 ready inside curl -fsS http://127.0.0.1:8080/v2/health/ready
    docker cp "$speech" spikeloom-system:/tmp.wav
    inside curl -fsS --data-binary @/tmp.wav 'http://127.0.0.1:8080/v1/synthesize?scale=8' \
        >"$scratch/service.png"
    check "  makes a picture" is_picture "$scratch/service.png"
    check "  runs as a user of its own, not root" test \
        "$(inside stat -c %u "/proc/$(property MainPID)")" -gt 60000
    check "  under a tight sandbox" \
        inside systemd-analyze security --no-pager --threshold=15 spikeloom.service
    first_pid=$(property MainPID)
    inside kill -KILL "$first_pid"
    check "  comes back when it was killed" \
        becomes 15 ready inside curl -sS http://127.0.0.1:8080/v2/health/ready
    check "    as another process" test "$(property MainPID)" != "$first_pid"
    check "  reloads" inside systemctl reload spikeloom
    check "    the same process, still there" becomes 5 active inside systemctl is-active spikeloom
    inside sh -c 'echo SPIKELOOM_PORT=8181 >/etc/default/spikeloom'
    check "  takes settings from /etc/default/spikeloom" inside systemctl restart spikeloom
    check "    such as a port" becomes 10 ready inside curl -sS http://127.0.0.1:8181/v2/health/ready
    inside systemctl stop spikeloom
    check "  stops with 0" is 0 property ExecMainStatus
}

package_checks() {
    check "the Debian packages are built" package_built || return
    # no systemd without the control group of systemd, as on hosts with others
    if ! package_boot >"$scratch/boot" 2>&1; then
        skip "the package runs under systemd" \
            "skipped: systemd does not start in a container here: $(tail -n 1 "$scratch/boot")"
        return
    fi
    check "the daemon's package is installed" inside sh -c 'dpkg -i /spikeloom_*.deb'
    package_service_checks
    check "the trainer's package is installed" inside sh -c 'dpkg -i /spikeloom-train_*.deb'
    check "  it inspects a shipped model" inside spikeloom-train inspect \
        --model /usr/share/spikeloom/models/mnist-ae.safetensors
    inside systemctl start spikeloom
    check "both are removed" inside dpkg --purge spikeloom spikeloom-train
    check "  leaving no file" is "" inside sh -c \
        'find / -xdev -name "*spikeloom*" -not -path "/proc/*" -not -path "/sys/*" -not -name "*.deb" \
            -not -path "/etc/default/*" -not -path "/var/log/*"'
    check "  and no process" sh -c "! docker exec spikeloom-system sh -c 'cat /proc/*/comm' |
        grep -q spikeloom"
    docker rm -f -v spikeloom-system >/dev/null
}
