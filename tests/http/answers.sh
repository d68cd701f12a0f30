# Assertions about HTTP answers; sourced by run.sh. Each prints "ok - NAME" or "not ok - NAME".
# shellcheck shell=sh

# ask PATH CURL_ARGUMENT...: sends a request; the answer is in $scratch/head, $scratch/body and
# $code.
ask() {
    ask_path=$1
    shift
    : >"$scratch/body"
    code=$(curl -sS -m 60 -o "$scratch/body" -D "$scratch/head" -w '%{http_code}' "$@" \
        "$daemon_url$ask_path" 2>"$scratch/curl.err")
}

# field NAME: the value of a field of the last answer.
field() {
    tr -d '\r' <"$scratch/head" | sed -n "s/^$1: //Ip" | tail -n 1
}

# answered CODE: whether the last answer has that code and, from 400 on, is a whole problem, or
# below /v2 a flat error.
answered() {
    if [ "$code" != "$1" ]; then
        echo "got $code, not $1"
        cat "$scratch/curl.err" "$scratch/body"
        return 1
    fi
    [ "$1" -lt 400 ] && return
    [ -n "$(field X-Request-Id)" ] || return 1
    case $ask_path in
    /v2 | /v2/* | '/v2?'*)
        [ "$(field Content-Type)" = application/json ] || return 1
        jq -e 'keys == ["error"] and (.error | type) == "string" and (.error | length) > 0' \
            "$scratch/body"
        return
        ;;
    esac
    [ "$(field Content-Type)" = application/problem+json ] || return 1
    jq -e --argjson code "$1" '.status == $code and (.title | length) > 0 and
        (.detail | length) > 0 and .type == "about:blank"' "$scratch/body"
}

# expect CODE PATH CURL_ARGUMENT...: sends a request and checks the code.
expect() {
    expect_code=$1
    shift
    ask "$@"
    check "$expect_code for $(echo "$*" | sed "s#$scratch/##g; s#$root/tests/[a-z/]*/##g")" \
        answered "$expect_code"
}

# refuse CODE PATH CURL_ARGUMENT...: the same, and the next good request is served.
refuse() {
    expect "$@"
    cp "$scratch/body" "$scratch/refused"
    ask "/v1/reconstruct" --data-binary "@$samples/digit_7.png"
    check "  and a good request after it" answered 200
}

# has NAME VALUE: whether a field of the last answer is exactly this.
has() {
    [ "$(field "$1")" = "$2" ] || {
        echo "$1 is '$(field "$1")', not '$2'"
        return 1
    }
}

# body_is FILTER: whether a jq filter holds for the last body.
body_is() {
    jq -e "$1" "$scratch/body"
}

is_png() {
    [ "$(head -c 8 "$1" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ]
}

# png_size FILE: "WIDTH HEIGHT" of a PNG.
png_size() {
    # shellcheck disable=SC2046 # eight numbers
    set -- $(od -An -j 16 -N 8 -t u1 "$1")
    echo "$(($1 * 16777216 + $2 * 65536 + $3 * 256 + $4)) $(($5 * 16777216 + $6 * 65536 + $7 * 256 + $8))"
}
