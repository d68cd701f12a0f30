# The Open Inference Protocol: what the server and its models are.
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
oip_states="/v2/models/mnist-ae/ready /v2/models/mnist-ae/versions/1/ready"
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
    /v2/models/../ready /v2/models/..%2fmnist-ae /v2/models/mnist-ae/ /v2/models/mnist-ae/nothing; do
    expect 404 "$path" --path-as-is
done
check "it stops with 0" daemon_stop "$daemon_pid"
