#!/bin/sh
# What reads the files of deploy/ is not here, mostly, but its schemas are: Kubernetes', Envoy's,
# Prometheus' own checker. Dashboard, alerts and autoscaler ask only for metrics that a running daemon
# serves. Broken copies of all of them must be refused.
#
#   sh tests/deploy/schemas.sh BUILD_FOLDER
set -u
. "$(dirname "$0")/../load/measure.sh"
measure_arguments "sh tests/deploy/schemas.sh BUILD_FOLDER" "$@"
check_outcomes=
measure_need curl jq promtool
root=$measure_root
here=$root/tests/deploy
. "$root/deploy/packages.sh"
deploy=$root/deploy
build=$(cd "$1" && pwd)

# promtool on the alerts, and on copies of which each has one fault.
prometheus_checks() {
    cp -R "$deploy/prometheus" "$scratch/prometheus"
    cd "$scratch/prometheus" || return
    check "Prometheus takes its configuration" promtool check config prometheus.yml
    check "its alerts fire on their faults and on nothing else" promtool test rules alerts_test.yml
    sed -i 's/> 0.01/> 0.5/' alerts.yml
    check "  not with another threshold" sh -c "! promtool test rules alerts_test.yml"
    cp "$deploy/prometheus/alerts.yml" .
    sed -i 's/for: 1m/for: 1x/' alerts.yml
    check "  nor with a time that is none" sh -c "! promtool check rules alerts.yml"
    sed 's/scrape_interval/scrap_interval/' "$deploy/prometheus/prometheus.yml" >prometheus.yml
    check "  nor with a misspelt setting" sh -c "! promtool check config prometheus.yml"
    cd "$root" || exit 1
}

# The dashboard's expressions, with what Grafana puts in, as rules that promtool parses.
dashboard_checks() {
    jq '{groups: [{name: "dashboard", rules: [[.. | .expr? | strings][]
        | {record: "a:b", expr: gsub("\\$__rate_interval"; "1m")}]}]}' \
        "$deploy/grafana/spikeloom.json" >"$scratch/dashboard.yml"
    # two of them are the same, which promtool minds in rules
    jq '.groups[].rules |= (to_entries | map(.value + {record: "a:b\(.key)"}))' \
        "$scratch/dashboard.yml" >"$scratch/dashboard_rules.yml"
    check "the dashboard's expressions are PromQL" promtool check rules "$scratch/dashboard_rules.yml"
    sed 's/sum by (code) (/sum by (code (/' "$scratch/dashboard_rules.yml" >"$scratch/broken.yml"
    check "  not with a bracket missing" sh -c "! promtool check rules '$scratch/broken.yml'"
}

# What kubectl makes of the folders.
render() {
    if command -v kubectl >/dev/null || packages_install $packages_kubernetes; then
        kubectl kustomize "$deploy/kubernetes" >"$scratch/base.yaml" &&
            kubectl kustomize "$deploy/kubernetes/monitoring" >"$scratch/monitoring.yaml"
    else
        skip "kubectl renders the manifests" "skipped: there is no kubectl"
        return 1
    fi
}

fails() {
    ! "$@"
}

# options_exist FILE: each option of the training job is one of the command's.
options_exist() {
    "$build/spikeloom-train" autoencoder --help >"$scratch/train_help"
    sed -n 's/^ *- \(--[a-z-]*\)$/\1/p' "$1" >"$scratch/options"
    [ -s "$scratch/options" ] || return 1
    while read -r option; do
        grep -q "^  $option " "$scratch/train_help" || { echo "no $option"; return 1; }
    done <"$scratch/options"
}

job_checks() {
    check "the training job has options that there are" options_exist \
        "$deploy/kubernetes/examples/training.yaml"
    sed 's/- --epochs/- --epoch/' "$deploy/kubernetes/examples/training.yaml" >"$scratch/broken.yaml"
    check "  not with a misspelt one" fails options_exist "$scratch/broken.yaml"
}

install_packages() {
    [ "$here/node_modules/.package-lock.json" -nt "$here/package-lock.json" ] && return
    (cd "$here" && npm ci --ignore-scripts --no-audit --no-fund)
}

# The checks of schemas.mjs, counted with the others.
schemas_checks() {
    command -v npm >/dev/null || { skip "schemas" "skipped: there is no npm"; return; }
    if ! install_packages >"$scratch/npm" 2>&1; then
        npm ping >/dev/null 2>&1 || { skip "schemas" "skipped: npm's registry cannot be reached"; return; }
    fi
    start scraped --triton-metrics
    curl -fsS "$daemon_url/metrics" >"$scratch/scrape"
    "$daemon_program" --help >"$scratch/help"
    render || return
    node "$here/schemas.mjs" "$deploy" "$scratch/scrape" "$scratch/help" "$scratch/base.yaml" \
        "$scratch/monitoring.yaml" "$deploy"/kubernetes/examples/*.yaml >"$scratch/schemas" 2>&1
    sed '$d' "$scratch/schemas"
    check_passed=$((check_passed + $(grep -c '^ok' "$scratch/schemas")))
    check_failed=$((check_failed + $(grep -c '^not ok' "$scratch/schemas")))
    check "schemas.mjs ran to its end" grep -qx '[0-9]* passed, 0 failed, 0 skipped' "$scratch/schemas"
}

prometheus_checks
dashboard_checks
job_checks
schemas_checks
check_finish
