# Recordings of several words: cut at silences, a picture for each.
# shellcheck shell=sh

start split
phone=$samples/phone_en-us.wav # 555 0173
number=5550173

# nearest PNG...: for each the digit whose picture by the same model is nearest to it.
nearest() {
    for nearest_png; do
        for digit in 0 1 2 3 4 5 6 7 8 9; do
            echo "$("$scratch/difference" "$nearest_png" "$scratch/digit_$digit.png") $digit"
        done | sort -n | head -n 1 | cut -d ' ' -f 2
    done | tr -d '\n'
}

cc -O1 -o "$scratch/difference" "$here/difference.c" -lpng || exit 1
for digit in 0 1 2 3 4 5 6 7 8 9; do
    ask /v1/synthesize --data-binary "@$samples/${digit}_en-gb-f2.wav"
    cp "$scratch/body" "$scratch/digit_$digit.png"
done

# --- pictures -------------------------------------------------------------------------------
expect 200 "/v1/synthesize?split=1" --data-binary "@$phone"
check "a row of seven" test "$(png_size "$scratch/body")" = "196 28"
cp "$scratch/body" "$scratch/row.png"
expect 200 "/v1/synthesize?split=1&scale=4" --data-binary "@$phone"
check "  at a scale" test "$(png_size "$scratch/body")" = "784 112"
expect 200 "/v1/synthesize?split=1&frames=1" --data-binary "@$phone"
check "  animated together" has Content-Type image/apng
check "  in one row" test "$(png_size "$scratch/body")" = "196 28"
expect 200 "/v1/synthesize?split=1" --data-binary "@$phone" -H 'Accept: application/json'
cp "$scratch/body" "$scratch/pieces.json"
check "a list with times" body_is '.num_pieces == 7 and (.pieces | length) == 7 and
    all(.pieces[]; .start_s < .end_s and .confidence >= 0 and .width == 28) and
    ([.pieces[] | .start_s, .end_s] | . == sort)'
for piece in 0 1 2 3 4 5 6; do
    jq -r ".pieces[$piece].image_png" "$scratch/pieces.json" | base64 -d >"$scratch/piece_$piece.png"
done
check "  its digits are those of the number" test "$(nearest "$scratch"/piece_?.png)" = $number

expect 200 "/v1/synthesize?split=1&input=1" --data-binary "@$phone" -H 'Accept: application/json'
check "  each with what was heard of it" body_is '.pieces | map(.input_png) | all(length > 100) and
    (unique | length) == 7'

# --- latents --------------------------------------------------------------------------------
expect 200 "/v1/encode?split=1" --data-binary "@$phone"
check "a list of latents" body_is '.num_pieces == 7 and all(.pieces[]; .latent.num_units > 0)'
check "  with the times of the pictures" sh -c "[ '$(jq -c '[.pieces[].start_s]' "$scratch/body")' \
    = '$(jq -c '[.pieces[].start_s]' "$scratch/pieces.json")' ]"
for piece in 0 3 6; do
    jq -c ".pieces[$piece].latent" "$scratch/body" >"$scratch/latent_$piece.json"
done
for piece in 0 3 6; do
    expect 200 /v1/decode --data-binary "@$scratch/latent_$piece.json"
    check "  decodes to picture $piece" cmp "$scratch/body" "$scratch/piece_$piece.png"
done

# --- the rest -------------------------------------------------------------------------------
expect 200 "/v1/synthesize?split=0" --data-binary "@$phone"
check "without it one picture" test "$(png_size "$scratch/body")" = "28 28"
expect 200 "/v1/synthesize?split=1" --data-binary "@$samples/3_en-us.wav"
check "a single word is a row of one" test "$(png_size "$scratch/body")" = "28 28"
expect 200 "/v1/synthesize?split=1&style=3" --data-binary "@$phone"
check "styles go with it" sh -c "! cmp -s '$scratch/body' '$scratch/row.png'"
expect 422 "/v1/synthesize?split=1&min_confidence=1" --data-binary "@$phone"
check "a poor piece is named" body_is '.detail | test("^Piece [1-7] of 7: .*confidence")'
expect 422 "/v1/synthesize?split=1" --data-binary "@$scratch/silence.wav"
refuse 400 "/v1/encode?split=1" --data-binary "@$samples/digit_3.png"
refuse 400 "/v1/synthesize?split=2" --data-binary "@$phone"
refuse 400 "/v1/reconstruct?split=1" --data-binary "@$samples/digit_3.png"
