# Every route as it is meant to be used.
# shellcheck shell=sh

start routes
speech=$samples/3_en-us.wav
picture=$samples/digit_3.png

# --- synthesize -----------------------------------------------------------------------------
expect 200 /v1/synthesize --data-binary "@$speech"
cp "$scratch/body" "$scratch/synthesized.png"
check "  is a PNG" is_png "$scratch/body"
check "  of 28 x 28" test "$(png_size "$scratch/body")" = "28 28"
check "  of 8 bits of grey" test "$(od -An -j 24 -N 2 -t u1 "$scratch/body" | tr -s ' ')" = " 8 0"
check "  with its type" has Content-Type image/png
check "  names the model" has Spikeloom-Model speech-digits
check "  counts synops" test "$(field Spikeloom-Synops)" -gt 0
check "  counts spikes" test "$(field Spikeloom-Spikes)" -gt 0
check "  varies with Accept" has Vary Accept
check "  times its parts" sh -c "echo '$(field Server-Timing)' | grep -Eq \
    '^decode;dur=[0-9.]+, cochlea;dur=[0-9.]+, network;dur=[0-9.]+, png;dur=[0-9.]+$'"
seed=$(field Spikeloom-Seed)
tag=$(field ETag)
expect 200 /v1/synthesize -H 'Content-Type: audio/wav' --data-binary "@$speech"
check "  the same whatever the type says" cmp "$scratch/body" "$scratch/synthesized.png"
expect 200 /v1/synthesize -F "file=@$speech"
check "  the same from a form" cmp "$scratch/body" "$scratch/synthesized.png"
check "  with the file's own seed" has Spikeloom-Seed "$seed"
expect 200 /v1/synthesize -H 'Transfer-Encoding: chunked' --data-binary "@$speech"
check "  the same in chunks" cmp "$scratch/body" "$scratch/synthesized.png"
expect 200 /v1/synthesize -0 --data-binary "@$speech"
check "  the same in HTTP/1.0" cmp "$scratch/body" "$scratch/synthesized.png"
expect 200 "/v1/synthesize?seed=$seed&model=speech-digits&frames=0&scale=1" --data-binary "@$speech"
check "  the same with everything said" cmp "$scratch/body" "$scratch/synthesized.png"
expect 200 "/v1/synthesize?seed=9007199254740991" --data-binary "@$speech"
check "  takes the largest seed" has Spikeloom-Seed 9007199254740991
expect 200 "/v1/synthesize?%73eed=0" --data-binary "@$speech"
check "  undoes percent-encoding" has Spikeloom-Seed 0
expect 200 "/v1/synthesize?scale=8" --data-binary "@$speech"
check "  of 224 x 224" test "$(png_size "$scratch/body")" = "224 224"
check "  under another tag" test "$(field ETag)" != "$tag"
expect 200 "/v1/synthesize?steps=5" --data-binary "@$speech" -H 'Accept: application/json'
check "  of five steps" body_is '.num_steps == 5 and .latent.num_steps == 5'
expect 200 "/v1/synthesize?frames=1" --data-binary "@$speech"
check "  is animated" has Content-Type image/apng
check "  with its control chunk" grep -q acTL "$scratch/body"
expect 200 /v1/synthesize --data-binary "@$speech" -H 'Accept: image/apng'
check "  animated by Accept" has Content-Type image/apng
expect 200 /v1/synthesize --data-binary "@$speech" \
    -H 'Accept: text/html,image/*;q=0.5,application/json;q=0.4,*/*;q=0.1'
check "  the best of the q-values" has Content-Type image/png
expect 200 /v1/synthesize --data-binary "@$speech" -H 'Accept: image/png;q=0.3' \
    -H 'Accept: application/json;q=0.9'
check "  over two lines" has Content-Type application/json
check "  in full" body_is '.model == "speech-digits" and .modality == "audio" and .width == 28 and
    .height == 28 and .spikes > 0 and .synops > 0 and .latent.encoding == "aer" and
    (.latent.counts | length) == .latent.num_units and (has("class") | not)'
jq -r .image_png "$scratch/body" | base64 -d >"$scratch/from_json.png"
check "  and the same picture" cmp "$scratch/from_json.png" "$scratch/synthesized.png"
expect 412 /v1/synthesize --data-binary "@$speech" -H "If-None-Match: $tag"
expect 200 /v1/synthesize --data-binary "@$speech" -H 'If-None-Match: "other"'
for file in "$samples"/[0-9]_en-us.wav; do
    expect 200 /v1/synthesize --data-binary "@$file"
done

# --- reconstruct ----------------------------------------------------------------------------
expect 200 /v1/reconstruct --data-binary "@$picture"
cp "$scratch/body" "$scratch/reconstructed.png"
check "  names the model" has Spikeloom-Model mnist-ae
expect 200 /v1/reconstruct -F "file=@$picture;type=image/png"
check "  the same from a form" cmp "$scratch/body" "$scratch/reconstructed.png"
expect 200 "/v1/reconstruct?polarity=auto" --data-binary "@$picture"
check "  bright strokes stay" cmp "$scratch/body" "$scratch/reconstructed.png"
expect 200 "/v1/reconstruct?polarity=invert" --data-binary "@$picture"
check "  inverted is another" sh -c "! cmp -s $scratch/body $scratch/reconstructed.png"

# --- what the networks were given -----------------------------------------------------------
expect 200 "/v1/synthesize?input=0" --data-binary "@$speech" -H 'Accept: application/json'
check "  without its input" body_is 'has("input_png") | not'
expect 200 "/v1/synthesize?input=1" --data-binary "@$speech"
check "  a PNG has no room for it" cmp "$scratch/body" "$scratch/synthesized.png"
expect 200 "/v1/synthesize?input=1&style=0" --data-binary "@$speech" -H 'Accept: application/json'
jq -r .input_png "$scratch/body" | base64 -d >"$scratch/ear.png"
ask /v1/models/speech-digits
check "  the cochleagram, a row for each channel" test "$(png_size "$scratch/ear.png")" = \
    "$(jq -r '.front_end | "\(.num_frames) \(.num_channels)"' "$scratch/body")"
expect 200 "/v1/synthesize?input=1&seed=5" --data-binary "@$speech" -H 'Accept: application/json'
jq -r .input_png "$scratch/body" | base64 -d >"$scratch/ear_again.png"
check "  whatever the seed" cmp "$scratch/ear.png" "$scratch/ear_again.png"
for polarity in keep invert; do
    expect 200 "/v1/reconstruct?input=1&polarity=$polarity" --data-binary "@$picture" \
        -H 'Accept: application/json'
    jq -r .input_png "$scratch/body" | base64 -d >"$scratch/seen_$polarity.png"
    expect 200 "/v1/reconstruct?input=0&polarity=$polarity" --data-binary "@$picture"
done
expect 200 "/v1/reconstruct?seed=1&polarity=invert" --data-binary "@$picture"
cp "$scratch/body" "$scratch/inverted.png"
expect 200 "/v1/reconstruct?seed=1" --data-binary "@$scratch/seen_invert.png"
check "  which gives the same picture" cmp "$scratch/body" "$scratch/inverted.png"
expect 200 "/v1/reconstruct?model=mnist-ann&input=1" --data-binary "@$picture" -H 'Accept: application/json'
jq -r .input_png "$scratch/body" | base64 -d >"$scratch/seen_analog.png"
check "  analog networks see the same" cmp "$scratch/seen_analog.png" "$scratch/seen_keep.png"

# --- the analog network beside it ------------------------------------------------------------
expect 200 "/v1/reconstruct?model=mnist-ann&scale=2" --data-binary "@$picture"
check "  is a PNG" is_png "$scratch/body"
check "  of 56 x 56" test "$(png_size "$scratch/body")" = "56 56"
check "  names the model" has Spikeloom-Model mnist-ann
check "  has no spikes" has Spikeloom-Spikes 0
check "  counts synops" test "$(field Spikeloom-Synops)" -gt 0
expect 200 "/v1/reconstruct?model=mnist-ann" --data-binary "@$picture" -H 'Accept: application/json'
check "  has no latent" body_is '.model == "mnist-ann" and (has("latent") | not) and .num_steps == 1'
expect 200 /v1/models/mnist-ann
check "  has a card" body_is '.kind == "ann" and .scores.pixel_mse < 0.002'
expect 400 "/v1/encode?model=mnist-ann" --data-binary "@$picture"
check "  has nothing to encode" body_is '.detail | test("mnist-ann.*has no spikes")'
expect 400 "/v1/reconstruct?model=mnist-ann&frames=1" --data-binary "@$picture"
check "  has no frames" body_is '.detail | test("mnist-ann.*no steps")'
expect 400 "/v1/synthesize?model=mnist-ann" --data-binary "@$speech"

# --- encode and decode ----------------------------------------------------------------------
expect 200 /v1/encode --data-binary "@$speech"
check "  in full" body_is '.model == "speech-digits" and .modality == "audio" and
    .encoding == "aer" and .dt_ms > 0 and (.seed | type) == "number" and
    (.events | length) == (.counts | add) and (.events == (.events | sort | unique))'
cp "$scratch/body" "$scratch/latent.json"
expect 200 /v1/encode --data-binary "@$picture"
check "  sees a picture" body_is '.model == "mnist-ae" and .modality == "image"'
jq -c '.events |= reverse | del(.counts, .encoding, .seed, .dt_ms)' "$scratch/latent.json" \
    >"$scratch/reversed.json"
expect 200 /v1/decode --data-binary "@$scratch/reversed.json"
check "  events in any order" cmp "$scratch/body" "$scratch/synthesized.png"
expect 200 "/v1/decode?model=speech-digits" -H 'Content-Type: application/json' \
    --data-binary "@$scratch/latent.json"
expect 200 "/v1/decode?scale=8" --data-binary "@$scratch/latent.json"
check "  of 224 x 224" test "$(png_size "$scratch/body")" = "224 224"
jq -c '.events = [] | .counts = []' "$scratch/latent.json" >"$scratch/empty.json"
jq -c '.model = "mnist-ann"' "$scratch/latent.json" >"$scratch/analog.json"
expect 400 /v1/decode --data-binary "@$scratch/analog.json"
check "  an analog network decodes nothing" body_is '.detail | test("mnist-ann.*has no spikes")'
expect 200 /v1/decode --data-binary "@$scratch/empty.json" -H 'Accept: application/json'
check "  nothing is drawn from nothing" body_is '.latent.events == [] and .spikes == 0 and .synops == 0'
jq -r .image_png "$scratch/body" | base64 -d >"$scratch/blank.png"
check "  is a PNG" is_png "$scratch/blank.png"

# through PATH FILE ENCODING: encode and decode give what PATH gives, byte for byte.
through() {
    ask "$1" --data-binary "@$2"
    [ "$code" = 200 ] && cp "$scratch/body" "$scratch/direct" || return 1
    ask "/v1/encode?encoding=$3" --data-binary "@$2"
    [ "$code" = 200 ] && cp "$scratch/body" "$scratch/through.json" || return 1
    ask /v1/decode --data-binary "@$scratch/through.json"
    [ "$code" = 200 ] && cmp "$scratch/body" "$scratch/direct"
}
for encoding in aer bitmap; do
    for file in "$samples"/*.wav; do
        check "encode ($encoding) and decode are synthesize: $(basename "$file")" \
            through /v1/synthesize "$file" "$encoding"
    done
    for file in "$samples"/*.png; do
        check "encode ($encoding) and decode are reconstruct: $(basename "$file")" \
            through /v1/reconstruct "$file" "$encoding"
    done
done

# --- documents ------------------------------------------------------------------------------
for path in / /docs /openapi.json /v1/models /v1/models/mnist-ae /metrics /v2/health/live \
    /v2/health/ready /healthz /readyz /page/style.css; do
    expect 200 "$path"
    length=$(wc -c <"$scratch/body")
    expect 200 "$path" -I
    [ "$path" = /metrics ] ||
        check "  HEAD $path has the length of GET" has Content-Length "$length"
    expect 204 "$path" -X OPTIONS
    check "  allows" has Allow "GET, HEAD, OPTIONS"
    expect 200 "$path" -0 -H 'Host:'
done
for path in / /docs /openapi.json /page/app.js /v1/models /v1/models/mnist-ae; do
    ask "$path"
    expect 304 "$path" -H "If-None-Match: $(field ETag)"
    expect 304 "$path" -H "If-None-Match: \"x\", W/$(field ETag)"
    [ "$path" = /page/app.js ] || expect 406 "$path" -H 'Accept: image/gif'
done
for path in / /docs; do
    ask "$path"
    policy=$(field Content-Security-Policy | tr -d "'")
    check "$path has a strict policy" sh -c "echo '$policy' | grep -q '^default-src none; script-src self;'"
    check "  without exceptions for what stands in the page" sh -c "! echo '$policy' | grep -q unsafe"
    check "  and the page has nothing of that kind" sh -c \
        "! grep -Eq '<style|<script>| style=| on[a-z]+=|javascript:|https?://' '$scratch/body'"
done

# parts PATH SCRIPT: what the page there, its script and those that it leads to ask of /page/.
parts() {
    ask "$1"
    grep -Eo '(src|href)="/page/[A-Za-z0-9._-]+"' "$scratch/body" | sed 's/.*"\(.*\)"/\1/'
    parts_left=$2
    while [ -n "$parts_left" ]; do
        parts_next=
        for part in $parts_left; do
            ask "/page/$part"
            for found in $(grep -Eo "from '\./[a-z-]+\.js'" "$scratch/body" | sed "s/.*'\.\/\(.*\)'/\1/"); do
                echo "/page/$found"
                grep -qx "$found" "$scratch/parts_seen" 2>/dev/null || parts_next="$parts_next $found"
                echo "$found" >>"$scratch/parts_seen"
            done
        done
        parts_left=$parts_next
    done
}
{
    parts / app.js
    parts /docs docs.js
} | sort -u >"$scratch/parts"
if curl -fsI -o "$scratch/head" "$daemon_url/page/swagger-ui-bundle.js"; then
    expect 200 /page/swagger-ui-licence.txt
    check "  names the library and its licence" grep -q '^pkg:npm/swagger-ui-dist@[0-9.]* Apache-2.0 [0-9a-f]\{128\}$' "$scratch/body"
    check "  which is there" grep -q 'Apache License' "$scratch/body"
else
    skip "its library" "the daemon is built without it"
    sed -i '/swagger-ui/d' "$scratch/parts"
fi
check "the page is made of parts" test "$(wc -l <"$scratch/parts")" -gt 20
while read -r path; do
    expect 200 "$path"
done <"$scratch/parts"
expect 200 /page/recorder-worklet.js
check "  a script" has Content-Type "text/javascript; charset=utf-8"
expect 200 /page/icon.svg
check "  a drawing" has Content-Type image/svg+xml
for digit in 0 1 2 3 4 5 6 7 8 9; do
    expect 200 "/page/${digit}_en-us.wav"
    check "  is the sample" cmp "$scratch/body" "$samples/${digit}_en-us.wav"
    expect 200 "/page/${digit}_en-gb-f2.wav"
    check "  is the sample" cmp "$scratch/body" "$samples/${digit}_en-gb-f2.wav"
    expect 200 "/page/digit_$digit.png"
    check "  is the sample" cmp "$scratch/body" "$samples/digit_$digit.png"
done
for path in /page/absent.js /page/index.html /page/openapi.json /page/ '/page/..%2fREADME.md'; do
    expect 404 "$path"
done
ask /openapi.json
check "the contract names all routes" body_is '.openapi == "3.1.0" and (.paths | keys) ==
    (["/v1/synthesize", "/v1/reconstruct", "/v1/encode", "/v1/decode", "/v1/models",
      "/v1/models/{name}", "/v2", "/v2/", "/v2/models/{name}", "/v2/models/{name}/ready",
      "/v2/models/stats", "/v2/models/{name}/stats", "/v2/models/{name}/infer",
      "/v2/models/{name}/versions/{version}/stats", "/v2/models/{name}/versions/{version}/infer",
      "/v2/models/{name}/versions/{version}", "/v2/models/{name}/versions/{version}/ready",
      "/v2/repository/index", "/v2/repository/models/{name}/load",
      "/v2/repository/models/{name}/unload", "/v2/health/live", "/v2/health/ready", "/healthz",
      "/readyz", "/metrics", "/openapi.json", "/docs", "/page/{file}", "/"] | sort)'
ask /v1/models
check "models have cards" body_is '(.models | length) >= 1 and
    (.models | map(.name) | . == sort) and
    (.models | all((.sha256 | length) == 64 and .num_steps > 0 and (.layers | length) >= 2))'
ask /metrics
check "metrics are text" has Content-Type "text/plain; version=0.0.4; charset=utf-8"
for name in spikeloom_requests_total spikeloom_request_duration_seconds_bucket \
    spikeloom_queue_duration_seconds_count spikeloom_compute_duration_seconds_sum \
    spikeloom_connections spikeloom_connections_shut_total spikeloom_queue_depth \
    spikeloom_batch_size_bucket spikeloom_batch_size_count spikeloom_rejected_total \
    spikeloom_synops_total spikeloom_spikes_total spikeloom_ready \
    spikeloom_model_info spikeloom_build_info process_start_time_seconds \
    process_resident_memory_bytes process_open_fds; do
    check "  with $name" grep -q "^$name[ {]" "$scratch/body"
done
check "  without Triton's names" sh -c "! grep -q nv_inference '$scratch/body'"
check "  every line is a comment or a sample" sh -c "! grep -Ev \
    '^(# (HELP|TYPE) [a-z_]+ .*|[a-z_]+(\{[a-z_0-9]+=\"[^\"]*\"(,[a-z_0-9]+=\"[^\"]*\")*\})? [0-9.e+-]+)\$' \
    '$scratch/body'"
expect 204 / -X OPTIONS --request-target '*'
expect 200 /healthz -H 'X-Request-Id: my-id.7'
check "takes the request id over" has X-Request-Id my-id.7
expect 200 /healthz -H 'X-Request-Id: <script>'
check "makes another for a strange one" sh -c "echo '$(field X-Request-Id)' | grep -Eq '^[0-9a-f]{32}$'"
check "--healthcheck is content" "$daemon_program" --healthcheck --port "${daemon_url##*:}"
