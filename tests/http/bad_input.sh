# What must be refused, with its code; after each the next good request is served. Goes on with the
# daemon of routes.sh.
# shellcheck shell=sh

"$scratch/uploads" quiet "$scratch/hour.wav" 4000 3600
"$scratch/uploads" quiet "$scratch/no_samples.wav" 8000 0
"$scratch/uploads" png "$scratch/large.png" 4000 4000
"$scratch/uploads" png "$scratch/bomb.png" 5000 5000
"$scratch/uploads" png-header "$scratch/nothing.png" 0 0
"$scratch/uploads" png-header "$scratch/huge.png" 20000 20000
head -c 30 "$speech" >"$scratch/cut_header.wav"
head -c 9000 "$speech" >"$scratch/cut.wav"
{
    head -c 40 "$speech"
    printf '\000\000\020\000'
    tail -c +45 "$speech"
} >"$scratch/lying.wav"
head -c 200 "$picture" >"$scratch/cut.png"
cat "$scratch/large.wav" "$scratch/large.wav" >"$scratch/larger.wav"

# --- bodies ---------------------------------------------------------------------------------
for path in /v1/synthesize /v1/reconstruct /v1/encode /v1/decode; do
    refuse 400 $path -X POST
    refuse 400 $path -F 'file=;filename=x.wav'
done
refuse 400 /v1/synthesize --data-binary 'This is no sound.'
refuse 400 /v1/reconstruct --data-binary 'This is no picture.'
refuse 400 /v1/encode --data-binary 'This is neither.'
refuse 400 /v1/synthesize --data-binary "@$scratch/cut_header.wav"
refuse 400 /v1/synthesize --data-binary "@$scratch/cut.wav"
refuse 400 /v1/synthesize --data-binary "@$scratch/lying.wav"
refuse 422 /v1/synthesize --data-binary "@$scratch/no_samples.wav"
refuse 422 /v1/synthesize --data-binary "@$scratch/silence.wav"
refuse 422 /v1/synthesize --data-binary "@$scratch/hour.wav"
refuse 413 /v1/synthesize --data-binary "@$scratch/large.wav"
refuse 413 /v1/synthesize --data-binary "@$scratch/large.wav" -H 'Expect:'
refuse 413 /v1/synthesize --data-binary "@$scratch/large.wav" -H 'Transfer-Encoding: chunked'
refuse 413 /v1/synthesize -F "file=@$scratch/large.wav"
ask /v1/synthesize --data-binary "@$scratch/larger.wav" -H 'Transfer-Encoding: chunked' -H 'Expect:'
check "twice the cap in chunks is cut off" sh -c "[ '$code' = 000 ] || [ '$code' = 413 ]"
refuse 415 /v1/synthesize --data-binary "@$picture"
refuse 415 /v1/reconstruct --data-binary "@$speech"
refuse 415 /v1/decode --data-binary "@$picture"
refuse 415 /v1/encode --data-binary "@$scratch/latent.json"
printf '\032\105\337\243\001\000\000\000\000\000\000\037\102\206\201\001\102\202\204webm' \
    >"$scratch/sound.webm"
refuse 415 /v1/synthesize --data-binary "@$scratch/sound.webm"
check "  says what it is" grep -q WebM "$scratch/refused"
printf '\000\000\000\030ftypM4A \000\000\000\000M4A mp42\000\000\000\010free' >"$scratch/sound.m4a"
refuse 415 /v1/synthesize --data-binary "@$scratch/sound.m4a"
check "  says what it is" grep -q M4A "$scratch/refused"
printf '\377\330\377\340\000\020JFIF\000\001\001\000' >"$scratch/picture.jpg"
refuse 415 /v1/reconstruct --data-binary "@$scratch/picture.jpg"
refuse 400 /v1/reconstruct --data-binary "@$scratch/cut.png"
refuse 400 /v1/reconstruct --data-binary "@$scratch/nothing.png"
refuse 422 /v1/reconstruct --data-binary "@$scratch/huge.png"
refuse 422 /v1/reconstruct --data-binary "@$scratch/bomb.png"
refuse 200 /v1/reconstruct --data-binary "@$scratch/large.png"
refuse 400 /v1/encode --data-binary "@$scratch/cut.png"
refuse 400 /v1/synthesize -F "sound=@$speech"
refuse 400 /v1/synthesize -F "file=@$speech" -F "file=@$speech"
refuse 400 /v1/synthesize -F "file=@$speech" -F "model=speech-digits"
refuse 400 /v1/synthesize -H 'Content-Type: multipart/form-data; boundary=x' --data-binary 'nothing'
refuse 400 /v1/synthesize -H 'Content-Type: multipart/form-data' --data-binary 'nothing'
printf -- '--x\r\nContent-Type: audio/wav\r\n\r\nabc\r\n--x--\r\n' >"$scratch/nameless"
refuse 400 /v1/synthesize -H 'Content-Type: multipart/form-data; boundary=x' --data-binary "@$scratch/nameless"

# --- latents --------------------------------------------------------------------------------
# change FILTER: /v1/decode must refuse the latent changed like this.
change() {
    jq -c "$1" "$scratch/latent.json" >"$scratch/changed.json"
    ask /v1/decode --data-binary "@$scratch/changed.json"
    check "400 for a latent with $1" answered 400
}
refuse 400 /v1/decode --data-binary '{'
refuse 400 /v1/decode --data-binary '[]'
refuse 400 /v1/decode --data-binary '{}'
refuse 400 /v1/decode --data-binary 'null'
refuse 400 /v1/decode --data-binary '{"num_steps": 1, "num_steps": 2}'
awk 'BEGIN { for (i = 0; i < 100000; i++) printf "[" }' >"$scratch/deep.json"
refuse 400 /v1/decode --data-binary "@$scratch/deep.json"
awk 'BEGIN { printf "{\"a\":\""; for (i = 0; i < 5000000; i++) printf "x"; printf "\"}" }' \
    >"$scratch/long.json"
refuse 413 /v1/decode --data-binary "@$scratch/long.json"
change '.num_units += 1'
change '.num_units = 0'
change '.num_units = -1'
change '.num_units = 1e9'
change '.num_units = 9223372036854775807'
change '.num_units = "196"'
change '.num_units = 196.5'
change 'del(.num_units)'
change '.num_steps = 0'
change '.num_steps = 5000'
change '.num_steps = 1 | .events = [[1, 0]]'
change '.events = [[0, .num_units]]'
change '.events = [[.num_steps, 0]]'
change '.events = [[-1, 0]]'
change '.events = [[0, -1]]'
change '.events = [[0]]'
change '.events = [[0, 1, 2]]'
change '.events = [[0, 1.5]]'
change '.events = [["0", 1]]'
change '.events = [[0, 1], [0, 2], [0, 1]]'
change '.events = {}'
change 'del(.events)'
change '.encoding = "morse"'
change '.encoding = 1'
change '.encoding = "bitmap"'
change '.encoding = "bitmap" | .bitmap = "AA=="'
change '.encoding = "bitmap" | .bitmap = "!"'
change '.model = "absent"'
change '.model = "../../etc/passwd"'
change '.model = 7'
change 'del(.model)'
change '.seed = -1'
change '.seed = "x"'

# --- parameters -----------------------------------------------------------------------------
for query in seed=-1 seed=9007199254740992 seed=99999999999999999999 seed=1.5 seed= seed=x \
    'seed=%31%' 'seed=%zz' 'seed=1&seed=1' 'seed=1&seed=2' steps=0 steps=1025 steps=-1 steps=x \
    scale=0 scale=33 scale=1e1 frames=2 frames=yes encoding=morse timeout_ms=0 timeout_ms=600001 \
    model= model=absent 'model=..%2f..%2fetc%2fpasswd' 'model=a%00b' style=x style=-1 \
    min_confidence=2 min_confidence=x input=2 input=yes \
    unknown=1 SEED=1 'seed=1&' '&seed=1' '&' '=' polarity=keep "seed=$(printf '%0300d' 0)"; do
    refuse 400 "/v1/synthesize?$query" --data-binary "@$speech"
done
refuse 400 "/v1/synthesize?model=mnist-ae" --data-binary "@$speech"
refuse 400 "/v1/encode?model=mnist-ae" --data-binary "@$speech"
refuse 400 "/v1/encode?polarity=keep" --data-binary "@$speech"
refuse 400 "/v1/reconstruct?model=speech-digits" --data-binary "@$picture"
refuse 400 "/v1/encode?style=1" --data-binary "@$picture"
refuse 400 "/v1/encode?min_confidence=0" --data-binary "@$picture"
refuse 400 "/v1/reconstruct?style=1" --data-binary "@$picture"
refuse 400 "/v1/encode?input=1" --data-binary "@$picture"
refuse 400 "/v1/decode?input=1" --data-binary "@$scratch/latent.json"
refuse 400 "/v1/decode?style=1" --data-binary "@$scratch/latent.json"
refuse 400 "/v1/reconstruct?polarity=sideways" --data-binary "@$picture"
refuse 400 "/v1/decode?seed=1" --data-binary "@$scratch/latent.json"
refuse 400 "/v1/decode?model=mnist-ae&model=mnist-ae" --data-binary "@$scratch/latent.json"
refuse 400 "/v1/models?x=1"
refuse 400 "/healthz?x"

# --- paths, methods, headers ----------------------------------------------------------------
for path in /v1 /v1/ /v1/synthesise /v1/synthesize/ //v1/models /v1/models/ /v1/models/absent \
    /v1/models/mnist-ae/ /v1/models/.hidden /v1/models/a%2fb /favicon.ico /metrics/ /index.html \
    '/v1/models/..%2f..%2f..%2fetc%2fpasswd' /%00 /v2x /v2/nothing; do
    refuse 404 "$path"
done
refuse 404 /v1/models/../../../etc/passwd --path-as-is
for path in /v1/synthesize /v1/reconstruct /v1/encode /v1/decode; do
    for method in GET PUT DELETE PATCH; do
        refuse 405 $path -X $method
    done
    ask $path -I
    check "405 for HEAD $path" test "$code" = 405
    expect 405 $path
    check "  says what it takes" has Allow "POST, OPTIONS"
done
for path in / /metrics /v1/models /v2/health/ready; do
    refuse 405 $path -X POST -d x
    refuse 405 $path -X DELETE
    expect 405 $path -X PUT
    check "  says what it takes" has Allow "GET, HEAD, OPTIONS"
done
refuse 406 /v1/synthesize --data-binary "@$speech" -H 'Accept: image/gif'
refuse 406 /v1/synthesize --data-binary "@$speech" -H 'Accept: image/*;q=0, application/json;q=0'
refuse 406 /v1/encode --data-binary "@$speech" -H 'Accept: image/png'
refuse 504 "/v1/synthesize?timeout_ms=1" --data-binary "@$samples/phone_en-us.wav" # takes longer

# raw TEXT: sends exactly this and puts the answer into $scratch/raw.
raw() {
    printf "$1" | timeout 5 curl -sS -m 4 "telnet://${daemon_url#http://}" >"$scratch/raw" 2>&1
}
raw 'POST /v1/decode HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n'
check "400 for two framings at once" grep -q '^HTTP/1.1 400' "$scratch/raw"
raw 'POST /v1/decode HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\nConnection: close\r\n\r\n0\r\n\r\n'
check "400 for another transfer coding" grep -q '^HTTP/1.1 400' "$scratch/raw"
raw 'POST /v1/decode HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\nConnection: close\r\n\r\n{}'
check "400 for two lengths" grep -q '^HTTP/1.1 400' "$scratch/raw"
raw 'GET http://example.org/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
check "200 for an absolute target" grep -q '^HTTP/1.1 200' "$scratch/raw"
raw 'GET / HTTP/1.1\r\n\r\n\r\n'
ask "/$(printf '%03000d' 0)"
check "a target of 3,000 characters is refused" sh -c "[ '$code' = 400 ] || [ '$code' = 414 ]"
ask /healthz -H "X: $(printf '%0100000d' 0)"
check "a header of 100,000 characters is refused" sh -c "[ '$code' = 431 ] || [ '$code' = 413 ]"
expect 200 /healthz
check "the daemon is the same as before" kill -0 "$daemon_pid"
check "it stops with 0" daemon_stop "$daemon_pid"
check "its log has only JSON lines" jq -e . "$scratch/routes.log"
check "its log has no complaint of a sanitizer" sh -c "! grep -q 'ERROR: \|runtime error' $scratch/routes.log"
