# Whole requests as files, for programs that send them byte for byte; sourced by tests/faults/memory.sh
# and tests/soak/run.sh. Each asks for the connection to be closed.
# shellcheck shell=sh

# request_post FOLDER NAME TARGET BODY_FILE [FIELD]
request_post() {
    {
        printf 'POST %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: %d\r\n' "$3" \
            "$(wc -c <"$4")"
        [ -z "${5-}" ] || printf '%s\r\n' "$5"
        printf '\r\n'
        cat "$4"
    } >"$1/$2.request"
}

# request_get FOLDER NAME TARGET
request_get() {
    printf 'GET %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n' "$3" >"$1/$2.request"
}

# request_wav FILE BYTES OUT: a plain WAV's first bytes of sound, under a header that says so.
request_wav() {
    {
        head -c 4 "$1"
        request_le32 $(($2 + 36))
        head -c 40 "$1" | tail -c 32
        request_le32 "$2"
        head -c $((4044 + $2)) "$1" | tail -c "$2"
    } >"$3"
}

request_le32() {
    for request_shift in 0 8 16 24; do
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf %03o $(($1 >> request_shift & 255)))"
    done
}

# request_form PART_FILE OUT: a form with the boundary "x".
request_form() {
    {
        printf -- '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        cat "$1"
        printf '\r\n--x--\r\n'
    } >"$2"
}

# request_tensor OUT: 784 zeros in JSON for a model of pictures.
request_tensor() {
    printf '{"inputs":[{"name":"image","shape":[1,28,28],"datatype":"FP32","data":[%s0]}]}' \
        "$(head -c 783 /dev/zero | tr '\000' '0' | sed 's/0/0,/g')" >"$1"
}
