#!/bin/sh
# Makes the first inputs of each fuzzing target from what the repository holds.
#
#   sh tests/fuzz/seeds.sh BUILD_FOLDER OUT_FOLDER      BUILD_FOLDER has fuzz/fuzz_models
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
out=$2
media=$root/tests/unit/media
samples=$root/tests/samples

for name in audio image latent oip fields checkpoint idx sphere http multipart; do
    mkdir -p "$out/$name"
done
out=$(cd "$out" && pwd)

# short FILE BYTES: its first bytes.
short() {
    head -c "$2" "$1"
}

# --- audio, sphere ---------------------------------------------------------------------------
cp "$media"/*.* "$out/audio"
rm -f "$out/audio/make.sh"
{ # 0.1 s of speech, with sizes that say so
    short "$samples/3_en-us.wav" 4
    printf '\150\021\000\000'
    short "$samples/3_en-us.wav" 40 | tail -c 32
    printf '\104\021\000\000'
    short "$samples/3_en-us.wav" 12464 | tail -c 4420
} >"$out/audio/speech.wav"
cp "$media/tone.sph" "$media/tone.wav" "$media/ulaw.wav" "$out/sphere"
# sphere CODING BYTES: a header of that coding and some samples
sphere() {
    printf '%-1024s' "$(printf 'NIST_1A\n   1024\nchannel_count -i 1\nsample_count -i 200\nsample_rate -i 16000\nsample_n_bytes -i %s\nsample_byte_format -s2 10\nsample_coding -s%s %s\nend_head\n' "$2" "${#1}" "$1")"
    short "$media/tone.wav" 400
}
sphere pcm 2 >"$out/sphere/big-endian.sph"
sphere ulaw 1 >"$out/sphere/ulaw.sph"
sphere pcm,embedded-shorten-v2.00 2 >"$out/sphere/shorten.sph"

# A WAV of silence with a click, so small that a mutation soon hits its header
tiny() {
    printf 'RIFF\144\000\000\000WAVEfmt \020\000\000\000\001\000\001\000\100\037\000\000\200\076\000\000\002\000\020\000LIST\004\000\000\000INFOdata\100\000\000\000'
    printf '\377\177\001\200'
    head -c 60 /dev/zero
}
tiny >"$out/audio/tiny.wav"
printf '.snd\000\000\000\030\000\000\000\010\000\000\000\001\000\000\037\100\000\000\000\001abcdefgh' >"$out/audio/tiny.au"

# --- images: our own byte, then the file -----------------------------------------------------
for file in "$samples"/digit_[0-4].png; do
    { printf '\374'; cat "$file"; } >"$out/image/$(basename "$file")"
done
{ printf '\375'; short "$root/models/weights/mnist-ae.png" 4000; } >"$out/image/cut.png"

# --- latents ---------------------------------------------------------------------------------
cat >"$out/latent/aer.json" <<'J'
{"model":"speech","modality":"audio","num_units":17,"num_steps":3,"dt_ms":1,"seed":7,"confidence":0.5,"encoding":"aer","events":[[0,0],[1,16],[2,3]],"counts":[1,0]}
J
cat >"$out/latent/bitmap.json" <<'J'
{"num_units":9,"num_steps":2,"encoding":"bitmap","bitmap":"AQABAQ=="}
J
echo '{"num_units":1,"num_steps":1,"events":[]}' >"$out/latent/empty.json"
echo '{"a":[[[[[[[[]]]]]]]],"num_units":1048576,"num_steps":16,"events":[[15,1048575]],"x":"\u00e9\ud83d\ude00"}' \
    >"$out/latent/large.json"

# --- Open Inference Protocol: model, size of the JSON (two bytes), body ------------------------
numbers=0,0.5,1,0,0,0,0,0,0,0,0,0
json='{"id":"1","inputs":[{"name":"image","shape":[1,4,3],"datatype":"FP32","data":['$numbers']}],"parameters":{"seed":3,"steps":2},"outputs":[{"name":"image","parameters":{"binary_data":true}}]}'
printf '\000\000\000%s' "$json" >"$out/oip/numbers"
json='{"inputs":[{"name":"image","shape":[1,4,3],"datatype":"UINT8","data":[[[0,255,1],[0,0,0],[0,0,0],[0,0,0]]]}]}'
printf '\000\000\000%s' "$json" >"$out/oip/nested"
json='{"inputs":[{"name":"image","shape":[1,4,3],"datatype":"FP32","parameters":{"binary_data_size":48}}],"parameters":{"binary_data_output":true,"timeout_ms":50}}'
printf "\\001\\000\\$(printf %03o ${#json})%s" "$json" >"$out/oip/binary"
head -c 48 /dev/zero >>"$out/oip/binary"
json='{"inputs":[{"name":"audio","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":13}}]}'
printf "\\003\\000\\$(printf %03o ${#json})%s\\001\\000\\000\\000a\\004\\000\\000\\000RIFF" "$json" \
    >"$out/oip/files"
json='{"inputs":[{"name":"audio","shape":[1],"datatype":"BYTES","parameters":{"content_type":"base64"},"data":["UklGRg=="]}]}'
printf '\002\000\000%s' "$json" >"$out/oip/base64"

# --- targets and fields ----------------------------------------------------------------------
trace=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
printf '/v1/synthesize?model=speech&seed=9&steps=3&scale=2&frames=1&polarity=auto&encoding=bitmap&timeout_ms=5&style=2&min_confidence=0.5&split=1&input=1\nimage/png;q=0.5, application/*, */*;q=0.1\n%s\nvendor=1\nhost:80\nchunked\n' \
    "$trace" >"$out/fields/all"
printf 'http://host/v1/encode?seed=%%39\nW/"a", "b", *\n%s\n\nhost\n\n12\n' "cc-${trace#00-}-x" \
    >"$out/fields/others"

# --- checkpoints -----------------------------------------------------------------------------
"$build/fuzz/fuzz_models" "$out/checkpoint"
printf '\002\000\000\000\000\000\000\000{}' >"$out/checkpoint/tiny.safetensors"

# --- idx: size of the labels, labels, images --------------------------------------------------
idx_labels() { printf '\000\000\010\001\000\000\000\002\003\011'; }
idx_images() { printf '\000\000\010\003\000\000\000\002\000\000\000\002\000\000\000\003abcdefghijkl'; }
{ printf '\000\012'; idx_labels; idx_images; } >"$out/idx/plain"
{ printf "\\000\\$(printf %03o "$(idx_labels | gzip -n | wc -c)")"; idx_labels | gzip -n; idx_images | gzip -n; } \
    >"$out/idx/compressed"

# --- HTTP: where it is divided, then the requests ----------------------------------------------
# post NAME TARGET FILE [FIELD]: a request with that body.
post() {
    {
        printf '\100POST %s HTTP/1.1\r\nHost: fuzz\r\n%sContent-Length: %d\r\n\r\n' "$2" \
            "${4:+$4
}" "$(wc -c <"$3")" | sed 's/[^\r]$/&\r/'
        cat "$3"
    } >"$out/http/$1"
}
ask() {
    printf '\200%s %s HTTP/1.1\r\nHost: fuzz\r\nAccept: application/json\r\n\r\n' "$1" "$2" \
        >"$out/http/$(echo "$1$2" | tr '/?=&' '____')"
}
short "$media/tone.wav" 3244 >"$out/short.wav"
post synthesize '/v1/synthesize?seed=1&scale=2' "$media/tone.wav"
post animate '/v1/synthesize?frames=1&style=1' "$media/ulaw.wav" 'Accept: image/apng'
post split '/v1/synthesize?split=1' "$media/ulaw.wav" 'Accept: application/json'
post cut /v1/encode "$out/short.wav" 'Content-Type: audio/wav'
post reconstruct '/v1/reconstruct?polarity=auto&model=see&input=1' "$samples/digit_1.png" 'Accept: application/json'
post analog '/v1/reconstruct?model=analog' "$samples/digit_2.png"
post decode '/v1/decode?model=see' "$out/latent/aer.json" 'Content-Type: application/json'
tail -c +4 "$out/oip/numbers" | sed 's/1,4,3/1,5,6/' >"$out/json"
post infer /v2/models/see/infer "$out/json" 'Content-Type: application/json'
tail -c +4 "$out/oip/files" >"$out/json"
post infer-binary /v2/models/speech/versions/1/infer "$out/json" 'Inference-Header-Content-Length: 98'
rm "$out/json" "$out/short.wav"
for target in / /v1/models /v1/models/see '/v1/models?x=1' /v2 /v2/models/see /v2/models/speech/ready \
    /v2/models/stats /v2/health/ready /metrics /openapi.json /page/app.js /nothing; do
    ask GET "$target"
done
ask HEAD /healthz
ask OPTIONS '*'
ask POST /v2/repository/index
ask POST /v2/repository/models/see/load
printf '\040POST /v1/encode HTTP/1.1\r\nHost: fuzz\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n4;x=y\r\nRIFF\r\n2\r\nab\r\n0\r\nTrailer: x\r\n\r\n' \
    >"$out/http/chunked"
printf '\020GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /v2 HTTP/1.0\r\n\r\nGET http://b/v1/models HTTP/1.1\r\nHost: b\r\nConnection: close\r\nIf-None-Match: "x", *\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer 0123456789abcdef\r\nX-Request-Id: me\r\ntraceparent: %s\r\n\r\n' "$trace" \
    >"$out/http/pipelined"

# --- forms -----------------------------------------------------------------------------------
form() {
    printf '\100--seam\r\nContent-Disposition: form-data; name="%s"; filename="a"\r\nContent-Type: audio/wav\r\n\r\n' "$1"
    cat "$2"
    printf '\r\n--seam--\r\n'
}
form file "$media/ulaw.wav" >"$out/multipart/file"
form file "$samples/digit_3.png" >"$out/multipart/picture"
form other "$samples/digit_1.png" >"$out/multipart/other"
{
    printf '\001preamble\r\n--seam\r\nContent-Disposition: form-data; name="file"\r\n\r\n\r\n--seam\r\n'
    printf 'Content-Type: multipart/mixed; boundary=inner\r\nContent-Disposition: form-data; name="file"\r\n\r\n--inner\r\nContent-Disposition: file; filename="b"\r\n\r\nx\r\n--inner--\r\n--seam--\r\n'
} >"$out/multipart/nested"
