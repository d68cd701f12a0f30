# Handwritings and confidence of recordings.
# shellcheck shell=sh

start styles
speech=$samples/3_en-us.wav
tone=$here/../unit/media/tone.wav

# different FILE...: whether no two of the files are the same.
different() {
    [ "$(sha256sum "$@" | cut -d ' ' -f 1 | sort -u | wc -l)" -eq $# ]
}

# --- style ----------------------------------------------------------------------------------
expect 200 /v1/synthesize --data-binary "@$speech"
cp "$scratch/body" "$scratch/heard.png"
for style in 0 1 2 3 9007199254740991; do
    expect 200 "/v1/synthesize?style=$style" --data-binary "@$speech"
    cp "$scratch/body" "$scratch/style_$style.png"
    expect 200 "/v1/encode?style=$style" --data-binary "@$speech"
    cp "$scratch/body" "$scratch/style.json"
    expect 200 /v1/decode --data-binary "@$scratch/style.json"
    check "  decodes to what style $style draws" cmp "$scratch/body" "$scratch/style_$style.png"
done
check "style 0 is what was heard" cmp "$scratch/style_0.png" "$scratch/heard.png"
check "styles differ" different "$scratch"/style_[0-9]*.png
expect 200 "/v1/synthesize?style=2" --data-binary "@$speech"
check "  the same for the same style" cmp "$scratch/body" "$scratch/style_2.png"
expect 200 "/v1/synthesize?style=2&seed=5" --data-binary "@$speech"
check "  whatever the seed" cmp "$scratch/body" "$scratch/style_2.png"
expect 200 "/v1/synthesize?style=2&steps=6" --data-binary "@$speech" -H 'Accept: application/json'
check "  also of fewer steps" body_is '.num_steps == 6 and .latent.num_steps == 6'
expect 200 "/v1/synthesize?style=2&frames=1" --data-binary "@$speech"
check "  and animated" has Content-Type image/apng

# --- confidence -----------------------------------------------------------------------------
expect 200 "/v1/synthesize?min_confidence=0.5" --data-binary "@$speech"
confidence=$(field Spikeloom-Confidence)
check "the confidence of a digit is a header" test -n "$confidence"
expect 200 "/v1/synthesize?style=7" --data-binary "@$speech" -H 'Accept: application/json'
check "  it is that of what was heard" body_is ".confidence == $confidence"
check "  and of its latent" body_is ".latent.confidence == $confidence"
expect 200 /v1/encode --data-binary "@$speech"
check "  /v1/encode tells it as well" body_is ".confidence == $confidence"
expect 200 "/v1/encode?min_confidence=0" --data-binary "@$speech"
expect 200 /v1/synthesize --data-binary "@$tone"
check "  a tone's is lower" awk "BEGIN { exit !($(field Spikeloom-Confidence) < $confidence) }"
for route in synthesize encode; do
    expect 422 "/v1/$route?min_confidence=1" --data-binary "@$tone"
    check "  says the confidence" body_is '.code == "unusable" and
        (.detail | test("confidence is 0\\.[0-9]{4}"))'
done
expect 200 /v1/reconstruct --data-binary "@$samples/digit_3.png"
check "pictures have none" test -z "$(field Spikeloom-Confidence)"

# --- models without either ------------------------------------------------------------------
mkdir "$scratch/plain"
cp "$models/mnist-ae.safetensors" "$scratch/plain"
LC_ALL=C sed 's/"handwriting\./"handwritten./g' "$models/speech-digits.safetensors" \
    >"$scratch/plain/speech-digits.safetensors"
served=$models
models=$scratch/plain
start plain
models=$served
expect 200 /v1/synthesize --data-binary "@$speech"
check "a model without handwriting draws what it drew" cmp "$scratch/body" "$scratch/heard.png"
check "  has no confidence" test -z "$(field Spikeloom-Confidence)"
expect 200 "/v1/synthesize?style=0" --data-binary "@$speech"
refuse 400 "/v1/synthesize?style=1" --data-binary "@$speech"
check "  says why" jq -e '.detail | test("handwriting")' "$scratch/refused"
refuse 400 "/v1/synthesize?min_confidence=0.5" --data-binary "@$speech"
check "  says why" jq -e '.detail | test("confidence")' "$scratch/refused"
