#!/bin/sh
# Three daemons behind HAProxy (deploy/haproxy/haproxy.cfg), each fault in turn while clients post:
# what the clients see of it, and how long it takes to be well again.
#
#   sh tests/drill/run.sh BUILD_FOLDER [SECONDS]            18 seconds a fault unless said otherwise
#   sh tests/drill/run.sh --scaling BUILD_FOLDER [SECONDS]  instead: throughput of 1, 2 and 4 replicas
#
# Balancer and clients are in one network namespace, the daemons in another, so that packets between
# them can be dropped. Wants root, ip, iptables and haproxy; skipped where one is missing. Prints the
# table of deploy/RUNBOOK.md or deploy/SIZING.md.
set -u

drill_what=faults
if [ "${1-}" = --scaling ]; then
    drill_what=scaling
    shift
fi
. "$(dirname "$0")/../load/measure.sh"
measure_arguments "sh tests/drill/run.sh [--scaling] BUILD_FOLDER [SECONDS]" "$@"
check_outcomes=
measure_need haproxy ip iptables curl jq prlimit
PATH=$PATH:/usr/sbin:/sbin
here=$measure_root/tests/drill
real_daemon=$daemon_program

. "$here/network.sh"
. "$here/faults.sh"
. "$here/scaling.sh"

network_make || {
    skip "the drill" "skipped: there can be no network namespaces here"
    check_finish
    exit
}
cc -D_GNU_SOURCE -std=c17 -O1 -Wall -Wextra -Werror -o "$scratch/clients" "$here/clients.c" -lpthread ||
    exit 1
if [ "$drill_what" = faults ]; then
    faults_run "${2-18}"
else
    scaling_run "${2-10}"
fi
check_finish
