# The Open Inference Protocol: what the server and its models are, inference, statistics.
# shellcheck shell=sh

start oip
speech=$samples/3_en-us.wav
picture=$samples/digit_3.png

# --- metadata -------------------------------------------------------------------------------
for path in /v2 /v2/; do
    expect 200 $path
    check "  names itself and its extensions" body_is '.name == "spikeloom" and
        (.version | test("^[0-9.]+$")) and
        .extensions == ["binary_tensor_data", "model_repository", "statistics"]'
done
for path in /v2/models/mnist-ae /v2/models/mnist-ae/versions/1; do
    expect 200 $path
    check "  describes pictures" body_is '. == {name: "mnist-ae", versions: ["1"],
        platform: "spikeloom_safetensors",
        inputs: [{name: "image", datatype: "FP32", shape: [-1, 28, 28]}],
        outputs: [{name: "image", datatype: "FP32", shape: [-1, 28, 28]},
                  {name: "latent", datatype: "UINT8", shape: [-1, -1, 196]}]}'
done
expect 200 /v2/models/speech-digits
check "  describes speech" body_is \
    '.inputs == [{name: "audio", datatype: "BYTES", shape: [-1]}] and (.outputs | length) == 2'
for path in /v2/models/mnist-ae/ready /v2/models/mnist-ae/versions/1/ready; do
    expect 200 $path
    check "  says so" body_is '. == {name: "mnist-ae", ready: true}'
done

# --- what all of them share -----------------------------------------------------------------
oip_documents="/v2 /v2/ /v2/models/mnist-ae /v2/models/mnist-ae/versions/1"
oip_states="/v2/models/mnist-ae/ready /v2/models/mnist-ae/versions/1/ready /v2/models/stats
    /v2/models/mnist-ae/stats /v2/models/mnist-ae/versions/1/stats"
for path in $oip_documents $oip_states; do
    expect 200 $path
    length=$(wc -c <"$scratch/body")
    expect 200 $path -I
    check "  HEAD $path has the length of GET" has Content-Length "$length"
    expect 204 $path -X OPTIONS
    check "  allows" has Allow "GET, HEAD, OPTIONS"
    expect 200 $path -0 -H 'Host:' -H 'X-Request-Id: oip.1'
    check "  keeps the request id" has X-Request-Id oip.1
    expect 400 "$path?seed=1"
    expect 405 $path -X POST -d x
    expect 406 $path -H 'Accept: text/plain'
done
for path in $oip_documents; do
    ask $path
    expect 304 $path -H "If-None-Match: $(field ETag)"
done
for path in /v2/models/nothing /v2/models/nothing/ready /v2/models/nothing/versions/1 \
    /v2/models/nothing/versions/1/ready /v2/models/mnist-ae/versions/2 \
    /v2/models/mnist-ae/versions/2/ready /v2/models/mnist-ae/versions/01 /v2/models/ \
    /v2/models/nothing/stats /v2/models/nothing/versions/1/stats \
    /v2/models/mnist-ae/versions/2/stats /v2/models/../ready /v2/models/..%2fmnist-ae /v2/models/mnist-ae/ /v2/models/mnist-ae/nothing; do
    expect 404 "$path" --path-as-is
done

# --- inference in JSON ----------------------------------------------------------------------
cc -O1 -o "$scratch/tensors" "$here/tensors.c" || exit 1
see=/v2/models/mnist-ae/infer
hear=/v2/models/speech-digits/infer
json='Content-Type: application/json'
octets='Content-Type: application/octet-stream'

# pictures N: a request for N pictures, each another, flat.
pictures() {
    jq -nc --argjson n "$1" '{id: "no. \"1\"", inputs: [{name: "image", shape: [$n, 28, 28],
        datatype: "FP32", data: [range($n * 784) | (. * 7919 % 1001) / 1000]}]}'
}
# edit FILTER: changes the request of three pictures.
edit() {
    jq -c "$1" "$scratch/three.json" >"$scratch/edited.json"
}
# output NAME: the data of an output of the last answer.
output() {
    jq -c ".outputs[] | select(.name == \"$1\") | .data" "$scratch/body"
}
pictures 3 >"$scratch/three.json"
for path in $see /v2/models/mnist-ae/versions/1/infer; do
    expect 200 $path -H "$json" -d "@$scratch/three.json"
    check "  answers in full" body_is '.model_name == "mnist-ae" and .model_version == "1" and
        .id == "no. \"1\"" and .parameters.spikes > 0 and .parameters.synops > 0 and
        (.outputs | map([.name, .datatype, .shape, (.data | length)])) ==
        [["image", "FP32", [3, 28, 28], 2352], ["latent", "UINT8", [3, 15, 196], 8820]] and
        (.outputs[0].data | all(. >= 0 and . <= 1)) and (.outputs[1].data | all(. == 0 or . == 1))'
done
output image >"$scratch/three.image"
output latent >"$scratch/three.latent"
: >"$scratch/single.image"
: >"$scratch/single.latent"
for sample in 0 1 2; do
    edit ".inputs[0].shape[0] = 1 | .inputs[0].data |= .[$sample * 784:($sample + 1) * 784]"
    ask $see -H "$json" -d "@$scratch/edited.json"
    output image >>"$scratch/single.image"
    output latent >>"$scratch/single.latent"
done
for name in image latent; do
    check "three at once are three in turn: $name" sh -c \
        "jq -cs add '$scratch/single.$name' | cmp - '$scratch/three.$name'"
done
# the same, told in another way
for filter in '.inputs[0].data |= [_nwise(784) | [_nwise(28)]]' 'del(.id)' \
    '.model_name = "other" | .inputs[0].parameters = {content_type: "np"}' '.outputs = []' \
    '.outputs = [{name: "latent"}, {name: "image", parameters: {binary_data: false}}]' \
    '.parameters = {steps: 15, timeout_ms: 60000}'; do
    edit "$filter"
    expect 200 $see -H "$json" -d "@$scratch/edited.json"
    check "  the same pictures with $filter" sh -c \
        "jq -c '.outputs[] | select(.name == \"image\").data' '$scratch/body' | cmp - '$scratch/three.image'"
done
edit '.outputs = [{name: "latent"}]'
expect 200 $see -H "$json" -d "@$scratch/edited.json"
check "  only what was asked for" body_is '.outputs | map(.name) == ["latent"]'
edit '.parameters = {seed: 7, steps: 5}'
expect 200 $see -H "$json" -d "@$scratch/edited.json"
check "  with the seed and the steps asked for" body_is \
    '.parameters.seed == 7 and .outputs[1].shape == [3, 5, 196]'
edit '.inputs[0] |= (.datatype = "UINT8" | .data = [range(2352) | . % 256])'
cp "$scratch/edited.json" "$scratch/grey.json"
expect 200 $see -H "$json" -d "@$scratch/grey.json"
output image >"$scratch/grey.image"
edit '.inputs[0].data = [range(2352) | . % 256 / 255]'
expect 200 $see -H "$json" -d "@$scratch/edited.json"
check "  grey levels are shares of 255" sh -c \
    "jq -c '.outputs[0].data' '$scratch/body' | cmp - '$scratch/grey.image'"
expect 200 $see -H 'Content-Type;' -d "@$scratch/three.json" -H 'X-Request-Id: infer.1'
check "  of no type" has X-Request-Id infer.1

# --- binary tensors -------------------------------------------------------------------------
# pack FILTER: the edited request without its data, and $scratch/data behind it, in $scratch/packed.
pack() {
    jq -c "$1" "$scratch/three.json" | jq -c --argjson size "$(wc -c <"$scratch/data")" \
        '.inputs[0] |= (del(.data) | .parameters.binary_data_size = $size)' | tr -d '\n' \
        >"$scratch/packed.json"
    cat "$scratch/packed.json" "$scratch/data" >"$scratch/packed"
    packed_length="Inference-Header-Content-Length: $(wc -c <"$scratch/packed.json")"
}
# unpack: the JSON of the last answer in $scratch/answer.json, its outputs in image and latent.
unpack() {
    unpack_size=$(field Inference-Header-Content-Length)
    head -c "$unpack_size" "$scratch/body" >"$scratch/answer.json"
    tail -c "+$((unpack_size + 1))" "$scratch/body" >"$scratch/answer.bytes"
    unpack_image=$(jq '.outputs[] | select(.name == "image").parameters.binary_data_size' \
        "$scratch/answer.json")
    head -c "$unpack_image" "$scratch/answer.bytes" >"$scratch/image"
    tail -c "+$((unpack_image + 1))" "$scratch/answer.bytes" >"$scratch/latent"
}
jq '.inputs[0].data[]' "$scratch/three.json" | "$scratch/tensors" fp32 >"$scratch/data"
pack .
expect 200 $see -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
check "a binary input gives what JSON gives" sh -c \
    "jq -c '.outputs[0].data' '$scratch/body' | cmp - '$scratch/three.image'"
for path in $see /v2/models/mnist-ae/versions/1/infer; do
    pack '.parameters = {binary_data_output: true}'
    expect 200 $path -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
    check "  of the right type" has Content-Type application/octet-stream
    unpack
    check "  all bytes are told of" test "$(wc -c <"$scratch/answer.bytes")" -eq $((2352 * 4 + 8820))
    check "  the header says no data" sh -c \
        "jq -e '.id == \"no. \\\"1\\\"\" and (.outputs | all(has(\"data\") | not))' '$scratch/answer.json'"
    check "  the same pictures as in JSON" sh -c "jq '.[]' '$scratch/three.image' |
        '$scratch/tensors' fp32 | cmp - '$scratch/image'"
    check "  the same latents" sh -c "jq '.[]' '$scratch/three.latent' |
        '$scratch/tensors' uint8 | cmp - '$scratch/latent'"
done
edit '.outputs = [{name: "image", parameters: {binary_data: true}}, {name: "latent"}]'
expect 200 $see -H "$json" -d "@$scratch/edited.json"
unpack
check "one output binary, the other not" sh -c "jq -c '.outputs[1].data' '$scratch/answer.json' |
    cmp - '$scratch/three.latent' && [ ! -s '$scratch/latent' ]"
jq '.inputs[0].data[]' "$scratch/grey.json" | "$scratch/tensors" uint8 >"$scratch/data"
pack '.inputs[0].datatype = "UINT8"'
expect 200 $see -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
check "binary grey levels give what JSON gives" sh -c \
    "jq -c '.outputs[0].data' '$scratch/body' | cmp - '$scratch/grey.image'"

# --- recordings -----------------------------------------------------------------------------
# recordings FILE...: a request with them in base64.
recordings() {
    for recording in "$@"; do
        base64 -w 0 "$recording"
        echo
    done | jq -nRc '[inputs] | {inputs: [{name: "audio", shape: [length], datatype: "BYTES",
        parameters: {content_type: "base64"}, data: .}]}'
}
recordings "$speech" >"$scratch/spoken.json"
expect 200 $hear -H "$json" -d "@$scratch/spoken.json"
output image >"$scratch/spoken.image"
cp "$scratch/body" "$scratch/spoken.answer"
ask /v1/encode --data-binary "@$speech"
check "a recording has the latent and the seed of the native route" jq -es \
    '.[0].parameters.seed == .[1].seed and
    ([.[0].outputs[1].data | to_entries[] | select(.value == 1).key | [(. / 196 | floor), . % 196]]
    == .[1].events)' "$scratch/spoken.answer" "$scratch/body"
cp "$scratch/body" "$scratch/spoken.native"
jq -c '.inputs[0] |= (.shape = [1, 1] | .data |= [.])' "$scratch/spoken.json" >"$scratch/column.json"
expect 200 $hear -H "$json" -d "@$scratch/column.json"
check "  as a column too" sh -c \
    "jq -c '.outputs[0].data' '$scratch/body' | cmp - '$scratch/spoken.image'"
recordings "$samples/1_en-us.wav" "$speech" "$samples/8_en-gb-f2.wav" >"$scratch/several.json"
expect 200 $hear -H "$json" -d "@$scratch/several.json"
check "  among others the same" sh -c \
    "jq -c '.outputs[0].data[784:1568]' '$scratch/body' | cmp - '$scratch/spoken.image'"
check "  with a seed each, so none is told" body_is '.parameters | has("seed") | not'
output image >"$scratch/several.image"
"$scratch/tensors" bytes "$samples/1_en-us.wav" "$speech" "$samples/8_en-gb-f2.wav" >"$scratch/data"
pack '.inputs = [{name: "audio", shape: [3], datatype: "BYTES"}]'
expect 200 $hear -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
check "  binary gives what JSON gives" sh -c \
    "jq -c '.outputs[0].data' '$scratch/body' | cmp - '$scratch/several.image'"

# --- handwritings and confidence --------------------------------------------------------------
# heard FILTER: the request of one recording with such parameters.
heard() {
    jq -c ".parameters = $1" "$scratch/spoken.json" >"$scratch/edited.json"
}
check "the confidence is told" jq -es '.[0].parameters.confidence == .[1].confidence' \
    "$scratch/spoken.answer" "$scratch/spoken.native"
heard '{style: 3}'
expect 200 $hear -H "$json" -d "@$scratch/edited.json"
cp "$scratch/body" "$scratch/styled.answer"
check "a style draws another picture" sh -c \
    "! jq -c '.outputs[0].data' '$scratch/styled.answer' | cmp -s - '$scratch/spoken.image'"
ask "/v1/encode?style=3" --data-binary "@$speech"
check "  with the latent of the native route" jq -es \
    '[.[0].outputs[1].data | to_entries[] | select(.value == 1).key | [(. / 196 | floor), . % 196]]
    == .[1].events' "$scratch/styled.answer" "$scratch/body"
heard '{min_confidence: 0.5}'
expect 200 $hear -H "$json" -d "@$scratch/edited.json"
jq -c '.parameters = {min_confidence: 0}' "$scratch/several.json" >"$scratch/edited.json"
expect 200 $hear -H "$json" -d "@$scratch/edited.json"
several=$(jq .parameters.confidence "$scratch/body")
recordings "$speech" "$root/tests/unit/media/tone.wav" >"$scratch/edited.json"
expect 200 $hear -H "$json" -d "@$scratch/edited.json"
check "  of several samples the least" body_is ".parameters.confidence < $several"
jq -c '.parameters = {min_confidence: 1}' "$scratch/edited.json" >"$scratch/poor.json"
expect 422 $hear -H "$json" -d "@$scratch/poor.json"
check "  says whose is too low" body_is '.error | test("^Element [01] of .audio.: The confidence is 0[.]")'

# --- networks without spikes ----------------------------------------------------------------
if [ -e "$models/mnist-ann.safetensors" ]; then
    expect 200 /v2/models/mnist-ann
    check "an analog network has no latent" body_is '.outputs | map(.name) == ["image"]'
    expect 200 /v2/models/mnist-ann/infer -H "$json" -d "@$scratch/three.json"
    check "  it gives pictures" body_is '.outputs | map([.name, .shape]) == [["image", [3, 28, 28]]]'
    edit '.outputs = [{name: "latent"}]'
    expect 400 /v2/models/mnist-ann/infer -H "$json" -d "@$scratch/edited.json"
else
    skip "an analog network in the protocol" "there is no mnist-ann"
fi

# --- what is refused ------------------------------------------------------------------------
# wrong FILTER...: the request of three pictures, changed, gets 400.
wrong() {
    for filter in "$@"; do
        edit "$filter"
        expect 400 $see -H "$json" -d "@$scratch/edited.json"
        check "  for $filter" test "$code" = 400
    done
}
wrong 'del(.inputs)' '.inputs = {}' '.inputs = []' '.inputs += .inputs' '.inputs = [1]' \
    '.inputs[0].name = "audio"' 'del(.inputs[0].name)' 'del(.inputs[0].shape)' \
    '.inputs[0].shape = 3' '.inputs[0].shape = [3, 784]' '.inputs[0].shape = [3, 28, 28, 1]' \
    '.inputs[0].shape = []' '.inputs[0].shape[0] = 0' '.inputs[0].shape[0] = -1' \
    '.inputs[0].shape[0] = -3' '.inputs[0].shape[0] = 2' '.inputs[0].shape[0] = 4' \
    '.inputs[0].shape[0] = 65' '.inputs[0].shape[0] = 3.5' '.inputs[0].shape[0] = "3"' \
    '.inputs[0].shape = [3, 784, 1]' '.inputs[0].shape[2] = 29' \
    '.inputs[0].shape = [4294967296, 4294967296, 4294967296]' \
    '.inputs[0].shape = [9007199254740991, 28, 28]' '.inputs[0].shape = [3, -28, -28]' \
    'del(.inputs[0].datatype)' '.inputs[0].datatype = "FP64"' '.inputs[0].datatype = "BYTES"' \
    '.inputs[0].datatype = 1' '.inputs[0].datatype = "UINT8"' 'del(.inputs[0].data)' \
    '.inputs[0].data = null' '.inputs[0].data = {}' '.inputs[0].data = "x"' \
    '.inputs[0].data = []' '.inputs[0].data[0] = 1.01' '.inputs[0].data[2351] = -0.01' \
    '.inputs[0].data[5] = null' '.inputs[0].data[5] = "0"' '.inputs[0].data[5] = true' \
    '.inputs[0].data[5] = [0]' '.inputs[0].data[0] = [0]' '.inputs[0].data |= .[1:]' \
    '.inputs[0].data |= . + [0]' '.inputs[0].data |= [_nwise(784)]' \
    '.inputs[0].data |= [_nwise(28)]' '.inputs[0].data |= [_nwise(784) | [_nwise(14)]]' \
    '.inputs[0].parameters = 1' '.inputs[0].parameters = {shared_memory_region: "x"}' \
    '.inputs[0].parameters = {content_type: "base64"}' '.inputs[0].parameters = {binary_data_size: 0}' \
    'del(.inputs[0].data) | .inputs[0].parameters = {binary_data_size: 9408}' \
    'del(.inputs[0].data) | .inputs[0].parameters = {binary_data_size: -1}' \
    'del(.inputs[0].data) | .inputs[0].parameters = {binary_data_size: "0"}' \
    '.id = 7' '.id = ("x" * 300)' '.parameters = []' '.parameters = {seed: -1}' \
    '.parameters = {seed: 9007199254740992}' '.parameters = {seed: 1.5}' \
    '.parameters = {seed: null}' '.parameters = {steps: 16}' '.parameters = {steps: 0}' \
    '.parameters = {steps: []}' '.parameters = {scale: 2}' '.parameters = {sequence_id: 1}' \
    '.parameters = {binary_data_output: 1}' '.parameters = {timeout_ms: 0}' \
    '.parameters = {style: 1}' '.parameters = {min_confidence: 0.5}' '.parameters = {split: 1}' \
    '.outputs = {}' '.outputs = [1]' '.outputs = [{}]' '.outputs = [{name: 1}]' \
    '.outputs = [{name: "label"}]' '.outputs = [{name: "image"}, {name: "image"}]' \
    '.outputs = [{name: "image", parameters: 1}]' \
    '.outputs = [{name: "image", parameters: {classification: 3}}]' \
    '.outputs = [{name: "image", parameters: {binary_data: "yes"}}]'
for body in x '[]' '{' '{"inputs": [{"name": "image"}], "inputs": []}' \
    '{"inputs": [{"name": "image", "shape": [1, 28, 28], "datatype": "FP32", "data": [NaN]}]}' \
    '{"inputs": [{"name": "image", "shape": [1e999, 28, 28]}]}'; do
    refuse 400 $see -H "$json" -d "$body"
done
head -c 100000 /dev/zero | tr '\0' '[' >"$scratch/deep.json"
refuse 400 $see -H "$json" --data-binary "@$scratch/deep.json"
jq -nc '{inputs: [range(300000) | 0]}' >"$scratch/wide.json"
refuse 400 $see -H "$json" --data-binary "@$scratch/wide.json"
check "  says how many values are taken" grep -q '262144 values' "$scratch/refused"
expect 400 $see -X POST

# sizes that lie
jq '.inputs[0].data[]' "$scratch/three.json" | "$scratch/tensors" fp32 >"$scratch/data"
pack .
for length in 0 1 99999999 -1 x 18446744073709551616 "$(wc -c <"$scratch/packed")" \
    $(($(wc -c <"$scratch/packed.json") - 1)) $(($(wc -c <"$scratch/packed.json") + 1)) '1, 2'; do
    expect 400 $see -H "$octets" --data-binary "@$scratch/packed" \
        -H "Inference-Header-Content-Length: $length"
done
expect 400 $see -H "$octets" --data-binary "@$scratch/packed"
for size in 0 9407 9409 9223372036854775807; do
    jq -c ".inputs[0].parameters.binary_data_size = $size" "$scratch/packed.json" |
        tr -d '\n' >"$scratch/lying.json"
    cat "$scratch/lying.json" "$scratch/data" >"$scratch/lying"
    expect 400 $see -H "$octets" --data-binary "@$scratch/lying" \
        -H "Inference-Header-Content-Length: $(wc -c <"$scratch/lying.json")"
done
head -c 9404 "$scratch/data" >"$scratch/shorter" && mv "$scratch/shorter" "$scratch/data"
pack .
expect 400 $see -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
for number in nan inf -inf 2 -1; do
    { echo $number && jq '.inputs[0].data[1:][]' "$scratch/three.json"; } |
        "$scratch/tensors" fp32 >"$scratch/data"
    pack .
    expect 400 $see -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
done

# recordings that are none
for filter in '.inputs[0].parameters = {}' '.inputs[0].data = ["x"]' '.inputs[0].data = ["===="]' \
    '.inputs[0].data = ["QUJD", "QUJD"]' '.inputs[0].data = [""]' '.inputs[0].data = [1]' \
    '.inputs[0].data[0] |= "!" + .[1:]' '.inputs[0].data = ["QUJD"]' '.inputs[0].datatype = "UINT8"' \
    '.inputs[0].shape = [1, 2]' '.inputs[0].data[0] |= .[:1000]' '.parameters = {polarity: "keep"}' \
    '.parameters = {style: -1}' '.parameters = {style: 1.5}' '.parameters = {min_confidence: 1.5}' \
    '.parameters = {split: 1}'; do
    jq -c "$filter" "$scratch/spoken.json" >"$scratch/edited.json"
    expect 400 $hear -H "$json" -d "@$scratch/edited.json"
    check "  for $filter" test "$code" = 400
done
recordings "$picture" >"$scratch/edited.json"
expect 415 $hear -H "$json" -d "@$scratch/edited.json"
expect 415 /v2/models/speech-digits/versions/1/infer -H "$json" -d "@$scratch/edited.json"
recordings "$speech" "$scratch/silence.wav" >"$scratch/edited.json"
expect 422 $hear -H "$json" -d "@$scratch/edited.json"
check "  says which" body_is '.error | startswith("Element 1 of ")'
expect 422 /v2/models/speech-digits/versions/1/infer -H "$json" -d "@$scratch/edited.json"
"$scratch/tensors" bytes "$speech" >"$scratch/data"
head -c 1000 "$scratch/data" >"$scratch/shorter" && mv "$scratch/shorter" "$scratch/data"
pack '.inputs = [{name: "audio", shape: [1], datatype: "BYTES"}]'
expect 400 $hear -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
printf 'AB' >"$scratch/data"
pack '.inputs = [{name: "audio", shape: [1], datatype: "BYTES"}]'
expect 400 $hear -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"
printf '\000\000\000\000\000\000\000\000' >"$scratch/data"
pack '.inputs = [{name: "audio", shape: [1], datatype: "BYTES"}]'
expect 400 $hear -H "$octets" -H "$packed_length" --data-binary "@$scratch/packed"

pictures 64 >"$scratch/many.json"
expect 200 $see -H "$json" -d "@$scratch/many.json"
check "  as many as may be" body_is '.outputs | map(.shape[0]) == [64, 64]'
jq -c '.parameters = {timeout_ms: 1}' "$scratch/many.json" >"$scratch/hurried.json"
for path in $see /v2/models/mnist-ae/versions/1/infer; do
    expect 204 $path -X OPTIONS
    expect 400 "$path?seed=1" -H "$json" -d "@$scratch/three.json"
    expect 405 $path
    check "  allows" has Allow "POST, OPTIONS"
    expect 406 $path -H "$json" -d "@$scratch/three.json" -H 'Accept: image/png'
    refuse 413 $path -H "$json" --data-binary "@$scratch/large.wav"
    expect 415 $path -H "$json" -d "@$scratch/three.json" -H 'Content-Encoding: gzip'
    expect 504 $path -H "$json" -d "@$scratch/hurried.json"
done
for path in /v2/models/nothing/infer /v2/models/nothing/versions/1/infer \
    /v2/models/mnist-ae/versions/2/infer /v2/models/mnist-ae/infer/; do
    expect 404 $path -H "$json" -d "@$scratch/three.json"
done

# --- statistics -----------------------------------------------------------------------------
# counted FILTER: whether a filter holds for what the model has been asked for.
counted() {
    ask /v2/models/mnist-ae/stats
    body_is ".model_stats | length == 1 and (.[0] | $1)"
}
ask /v2/models/mnist-ae/stats
cp "$scratch/body" "$scratch/before.json"
expect 200 $see -H "$json" -d "@$scratch/three.json"
expect 200 /v1/reconstruct --data-binary "@$picture"
expect 400 $see -H "$json" -d x
# a request is counted when its answer is on its way
wait_counted() {
    counted_tries=0
    until counted "$1"; do
        counted_tries=$((counted_tries + 1))
        [ "$counted_tries" -lt 50 ] || return 1
        sleep 0.1
    done
}
before=$(jq -c '.model_stats[0]' "$scratch/before.json")
check "each request is counted" wait_counted ". as \$after | $before |
    \$after.inference_count == .inference_count + 4 and
    \$after.execution_count == .execution_count + 2 and
    \$after.inference_stats.success.count == .inference_stats.success.count + 2 and
    \$after.inference_stats.fail.count == .inference_stats.fail.count + 1 and
    \$after.inference_stats.queue.count == .inference_stats.queue.count + 3 and
    \$after.inference_stats.compute_infer.ns > .inference_stats.compute_infer.ns and
    \$after.last_inference >= .last_inference"
check "  by its size" counted '.batch_stats | map(.batch_size) | contains([1, 3]) and . == sort'
expect 200 /v2/models/stats
check "of all models" body_is '.model_stats | map(.name) | . == sort and contains(["speech-digits"])'
check "it stops with 0" daemon_stop "$daemon_pid"
