# Figures to results: reads figures.tsv (what each figure is, and its limit), targets.tsv (what is
# wanted) and the figures themselves, "key<TAB>value" a line, the same key once for each sample.
#
#   awk -v format=md|json -v machine=NAME -v quick=1|'' -v kernels=FILE -f report.awk FILES

BEGIN { FS = OFS = "\t" }

FILENAME ~ /figures\.tsv$/ {
    rows++
    section[rows] = $1; row_key[rows] = $2; what[rows] = $3
    unit[rows] = $4; limit[rows] = $5; sense[rows] = $6
    next
}
FILENAME ~ /targets\.tsv$/ {
    targets++
    target_key[targets] = $2; target_what[targets] = $3
    target_sense[targets] = $4; wanted[targets] = $5
    next
}
$1 !~ /^(machine|skipped)\./ && $2 ~ /^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$/ {
    if (!($1 in count))
        keys[++num_keys] = $1
    sample[$1, ++count[$1]] = $2 + 0
    next
}
!($1 in text) { texts[++num_texts] = $1 }
{ text[$1] = $2 }

function sort_samples(key, i, j, value) {
    for (i = 2; i <= count[key]; i++) {
        value = sample[key, i]
        for (j = i - 1; j >= 1 && sample[key, j] > value; j--)
            sample[key, j + 1] = sample[key, j]
        sample[key, j + 1] = value
    }
}

function take_median(key, n) {
    sort_samples(key)
    n = count[key]
    median[key] = (sample[key, int((n + 1) / 2)] + sample[key, int(n / 2) + 1]) / 2
}

# derive KEY VALUE: a figure computed from others.
function derive(key, value) {
    keys[++num_keys] = key
    count[key] = 1
    sample[key, 1] = median[key] = value
}

# Whether there are medians of all of "key key ...", none of them 0.
function have(list, names, n, i) {
    n = split(list, names, " ")
    for (i = 1; i <= n; i++)
        if (!(names[i] in median) || median[names[i]] == 0)
            return 0
    return 1
}

# ratio KEY A B: derives A / B.
function ratio(key, a, b) {
    if (have(a " " b))
        derive(key, median[a] / median[b])
}

# Each server's requests a second with as many connections as suit it better, 16 or 64, none failing.
function derive_best(server, best, many, i, last) {
    last = num_keys
    for (i = 1; i <= last; i++) {
        if (keys[i] !~ /^http\..*\.full\.per_s$/)
            continue
        server = substr(keys[i], 1, length(keys[i]) - length(".full.per_s"))
        many = server ".many"
        best = median[keys[i]]
        if (have(many ".per_s") && sample[many ".failed", count[many ".failed"]] == 0 && median[many ".per_s"] > best)
            best = median[many ".per_s"]
        derive(server ".best.per_s", best)
    }
}

# What a request would cost if nothing but the empty handler and the computation took time.
function derive_http(key, empty, best, light, alone, computed) {
    best = empty ".best.per_s"
    light = empty ".light.p50_ms"
    alone = "requests." key ".single_us"
    computed = "requests." key ".per_s"
    if (have(best " " computed))
        derive("possible." key ".per_s", 1 / (1 / median[best] + 1 / median[computed]))
    if (have(light " " alone))
        derive("possible." key ".light_ms", median[light] + median[alone] / 1000)
    ratio("ratio." key "_efficiency", "http." key ".best.per_s", "possible." key ".per_s")
    ratio("ratio." key "_light", "http." key ".light.p50_ms", "possible." key ".light_ms")
}

# Inferences a second at which weights would be read as fast as the cache gives them.
function derive_batch(model, bytes) {
    if (!have("limits.cache_gb_s models." model ".weight_bytes"))
        return
    bytes = median["models." model ".weight_bytes"]
    derive("possible." model ".batch_per_s",
        text["machine.cores"] * median["limits.cache_gb_s"] * 1e9 / bytes)
}

# Products of one sample: layer 1 forward and its weights' gradient once; layer 2 forward, its
# weights' gradient and the gradient of its input at every step.
function derive_training(steps) {
    steps = 15
    derive("training.bptt.gflop", 60000 * 2 * 784 * 196 * (2 + 3 * steps) / 1e9)
    ratio("possible.bptt.epoch_s", "training.bptt.gflop", "limits.sgemm_gflop_s")
}

function derive_all() {
    derive_batch("mnist-ae"); derive_batch("mnist-ann")
    derive_batch("fashion-ae"); derive_batch("speech-digits")
    derive_training()
    derive_best()
    derive_http("reconstruct", "http.empty_reconstruct")
    derive_http("ann", "http.empty_reconstruct")
    derive_http("synthesize", "http.empty_synthesize")
    ratio("ratio.torch_single", "peers.torch.mnist-ae.single_us", "models.mnist-ae.single_us")
    ratio("ratio.torch_batch", "models.mnist-ae.batch_per_s", "peers.torch.mnist-ae.batch_per_s")
    if (have("requests.synthesize.single_us"))
        derive("ratio.speech_ms", median["requests.synthesize.single_us"] / 1000)
    derive_uvicorn("http.torch_", "ratio.uvicorn")
    derive_uvicorn("http.uvloop_", "ratio.uvloop")
    ratio("ratio.ann_http", "http.ann.best.per_s", "http.reconstruct.best.per_s")
    ratio("ratio.training", "peers.torch.training.epoch_s", "training.bptt.epoch_s")
    ratio("ratio.training_error", "training.bptt.pixel_mse", "peers.torch.training.pixel_mse")
    ratio("ratio.membrane", "peers.numpy.membrane.epoch_s", "training.membrane.epoch_s")
}

# The better one of one worker and two.
function derive_uvicorn(server, name, best, i) {
    for (i = 1; i <= 2; i++)
        if (have(server i ".best.per_s") && median[server i ".best.per_s"] > best)
            best = median[server i ".best.per_s"]
    if (best && have("http.reconstruct.best.per_s"))
        derive(name, median["http.reconstruct.best.per_s"] / best)
}

function is_met(i, value) {
    value = median[target_key[i]]
    return target_sense[i] == ">=" ? value >= wanted[i] : value <= wanted[i]
}

# How much of its limit a row's figure reaches, or how often ours is the peer's; "" without one.
function reached(i) {
    if (limit[i] == "-" || !have(row_key[i] " " limit[i]))
        return ""
    if (sense[i] == "rate")
        return sprintf("%.0f %% of %s", 100 * median[row_key[i]] / median[limit[i]], number(median[limit[i]]))
    if (sense[i] == "time")
        return sprintf("%.0f %% of %s", 100 * median[limit[i]] / median[row_key[i]], number(median[limit[i]]))
    if (sense[i] == "ours")
        return sprintf("ours is %.2f times as fast", median[row_key[i]] / median[limit[i]])
    return sprintf("ours is %.2f times as fast", median[limit[i]] / median[row_key[i]])
}

function number(value) {
    return sprintf((value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.3g"), value)
}

function quoted(string) {
    gsub(/[\\"]/, "\\\\&", string)
    return "\"" string "\""
}

# --- JSON ------------------------------------------------------------------------------------------

function write_json(i, key, line, kernels_text) {
    printf "{\n  \"machine_name\": %s,\n  \"quick\": %s,\n  \"facts\": {", quoted(machine), quick ? "true" : "false"
    for (i = 1; i <= num_texts; i++)
        printf "%s\n    %s: %s", (i > 1 ? "," : ""), quoted(texts[i]), quoted(text[texts[i]])
    printf "\n  },\n  \"figures\": {"
    for (i = 1; i <= num_keys; i++) {
        key = keys[i]
        printf "%s\n    %s: {\"median\": %.6g, \"least\": %.6g, \"most\": %.6g, \"samples\": %d}",
            (i > 1 ? "," : ""), quoted(key), median[key], sample[key, 1], sample[key, count[key]], count[key]
    }
    printf "\n  },\n  \"targets\": ["
    for (i = 1; i <= targets; i++)
        printf "%s\n    {\"key\": %s, \"what\": %s, \"sense\": %s, \"wanted\": %s, \"measured\": %s, \"met\": %s}",
            (i > 1 ? "," : ""), quoted(target_key[i]), quoted(target_what[i]), quoted(target_sense[i]), wanted[i],
            target_key[i] in median ? sprintf("%.6g", median[target_key[i]]) : "null",
            target_key[i] in median ? (is_met(i) ? "true" : "false") : "null"
    printf "\n  ],\n  \"kernels\": "
    while ((getline line < kernels) > 0)
        kernels_text = kernels_text line "\n"
    printf "%s\n}\n", kernels_text == "" ? "null" : kernels_text
}

# --- Markdown --------------------------------------------------------------------------------------

function write_facts(i) {
    print "| | |"
    print "|---|---|"
    for (i = 1; i <= num_texts; i++)
        if (texts[i] ~ /^machine\./)
            printf "| %s | %s |\n", substr(texts[i], 9), text[texts[i]]
    print ""
}

function write_targets(i) {
    print "## Wanted and measured\n"
    print "| | wanted | measured | |"
    print "|---|---|---|---|"
    for (i = 1; i <= targets; i++)
        printf "| %s | %s %s | %s | %s |\n", target_what[i], target_sense[i], wanted[i],
            target_key[i] in median ? number(median[target_key[i]]) : "not measured",
            target_key[i] in median ? (is_met(i) ? "met" : "missed") : ""
}

function write_rows(i, key, last, fact) {
    for (i = 1; i <= rows; i++) {
        key = row_key[i]
        if (!(key in median))
            continue
        if (section[i] != last) {
            printf "\n## %s\n\n| | median | least | most | | of its limit |\n|---|---|---|---|---|---|\n", section[i]
            last = section[i]
        }
        fact = key
        sub(/(_us|_per_s|epoch_s)$/, "", fact)
        fact = fact (key ~ /epoch_s$/ ? "won" : "_won")
        printf "| %s%s | %s | %s | %s | %s | %s |\n", what[i], fact in text ? " (" text[fact] ")" : "",
            number(median[key]), number(sample[key, 1]), number(sample[key, count[key]]), unit[i], reached(i)
    }
}

function write_rest(i) {
    print "\n## Left out, and peers that differ\n"
    for (i = 1; i <= num_texts; i++)
        if (texts[i] ~ /^skipped\./)
            printf "- %s: %s\n", substr(texts[i], 9), text[texts[i]]
        else if (texts[i] ~ /\.differs$/)
            printf "- %s: %s\n", texts[i], text[texts[i]]
    for (i = 1; i <= num_keys; i++)
        if (keys[i] ~ /\.agrees$/)
            printf "- %s: %s\n", keys[i], median[keys[i]] && sample[keys[i], 1] ? "its output is ours" : "ITS OUTPUT DIFFERS, not timed"
        else if (keys[i] ~ /\.failed$/ && sample[keys[i], count[keys[i]]] > 0)
            printf "- %s: %d requests failed\n", keys[i], sample[keys[i], count[keys[i]]]
}

END {
    for (i = 1; i <= num_keys; i++)
        take_median(keys[i])
    derive_all()
    if (format == "json") {
        write_json()
        exit
    }
    printf "# %s\n\n", machine
    print "Written by `sh bench/run.sh`" (quick ? " --quick: these figures are rough." : "; [README](../README.md) says what each figure is.") "\n"
    write_facts()
    write_targets()
    write_rows()
    write_rest()
}
