#!/bin/sh
# The measurements of bench/ in short: programs and report work, and the JSON has what is promised.
# Nothing is asked of the figures but that they are positive, as the machine may be busy.
#
#   sh tests/bench/run.sh BUILD        builds in BUILD/bench
set -u

build=$(cd "$1" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
check_file=tests/bench/run.sh
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
. "$root/tests/check.sh"

# report FORMAT FIGURES: what bench/report.awk makes of them.
report() {
    awk -v format="$1" -v machine=m -v quick='' -v kernels="$scratch/none" -f "$root/bench/report.awk" \
        "$root/bench/figures.tsv" "$root/bench/targets.tsv" "$2"
}

# is FILE FILTER: whether jq's filter holds.
is() {
    jq -e "$2" "$1"
}

# --- the report of known figures -----------------------------------------------------------------

cat >"$scratch/known.tsv" <<FIGURES
machine.cores	2
machine.cpu	a "quoted" name
models.mnist-ae.single_us	30
models.mnist-ae.single_us	10
models.mnist-ae.single_us	20
peers.torch.mnist-ae.single_us	400
peers.torch.mnist-ae.single_won	traced, 1 thread
requests.reconstruct.per_s	1000
http.empty_reconstruct.full.per_s	1000
http.reconstruct.full.per_s	200
http.reconstruct.many.per_s	300
http.reconstruct.many.failed	0
http.ann.full.per_s	200
http.ann.many.per_s	900
http.ann.many.failed	1
peers.onnx.mnist-ann.agrees	0
skipped.numpy	it is missing
FIGURES
report json "$scratch/known.tsv" >"$scratch/known.json"
report md "$scratch/known.tsv" >"$scratch/known.md"
check "a figure is the median of its samples" is "$scratch/known.json" \
    '.figures["models.mnist-ae.single_us"] == {median: 20, least: 10, most: 30, samples: 3}'
check "a target that is met" is "$scratch/known.json" \
    '.targets[] | select(.key == "ratio.torch_single") | .measured == 20 and .met'
check "a target that is missed" is "$scratch/known.json" \
    '.targets[] | select(.key == "ratio.reconstruct_efficiency") | .measured == 0.6 and (.met | not)'
check "of two numbers of connections the better one" is "$scratch/known.json" \
    '.figures["http.reconstruct.best.per_s"].median == 300'
check "  but not where requests failed" is "$scratch/known.json" \
    '.figures["http.ann.best.per_s"].median == 200'
check "  nor where it was not measured" is "$scratch/known.json" \
    '.figures["http.empty_reconstruct.best.per_s"].median == 1000'
check "a target that was not measured" is "$scratch/known.json" \
    '.targets[] | select(.key == "ratio.membrane") | .measured == null and .met == null'
check "quotes in what is told of the machine" is "$scratch/known.json" \
    '.facts["machine.cpu"] == "a \"quoted\" name"'
check "what is left out is told" grep -q '^- numpy: it is missing$' "$scratch/known.md"
check "a peer that differs is told" grep -q 'onnx.*DIFFERS' "$scratch/known.md"
check "which way won is told" grep -q 'mnist-ae, one input (traced, 1 thread)' "$scratch/known.md"

# --- a short run ---------------------------------------------------------------------------------

check "a short run" sh "$root/bench/run.sh" --quick --build "$build/bench" --out "$scratch/results" \
    --only limits,models,scaling,requests,startup,http
json=$(ls "$scratch/results/"*.json)
check "there is a page" test -s "${json%.json}.md"

keys="limits.memory_gb_s limits.cache_gb_s limits.sgemm_gflop_s
    requests.synthesize.single_us requests.synthesize.share.decode requests.synthesize.share.resample
    requests.synthesize.share.hear requests.synthesize.share.network requests.synthesize.share.png
    requests.reconstruct.per_s requests.ann.per_s requests.cochlea_real_time
    startup.ready_ms startup.resident_mib"
for model in mnist-ae mnist-ann fashion-ae speech-digits; do
    keys="$keys models.$model.single_us models.$model.batch_per_s models.$model.synops"
done
for curve in latent_spikes input_spikes hidden steps batch; do
    keys="$keys scaling.$curve.each_ns scaling.$curve.r_squared"
done
for key in $keys; do
    check "$key" is "$json" ".figures[\"$key\"] | .median > 0 and .samples > 0"
done
if command -v wrk >/dev/null; then
    for kind in reconstruct synthesize; do
        check "$kind over HTTP" is "$json" ".figures[\"http.$kind.full.per_s\"].median > 0 and
            .figures[\"http.$kind.full.failed\"].most == 0"
        check "$kind against what is possible" is "$json" ".figures[\"ratio.${kind}_efficiency\"].median > 0"
    done
else
    skip "figures over HTTP" "there is no wrk"
    check "that is told" is "$json" '.facts["skipped.http"] != null'
fi
check_finish
