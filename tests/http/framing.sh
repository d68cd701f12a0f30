# Requests byte for byte: what two parsers might read in two ways is refused and ends the
# connection, so that nothing is smuggled behind it; pipelining; bodies past the cap.
# shellcheck shell=sh

cc -O1 -o "$scratch/talk" "$here/talk.c" || exit 1
start framing --max-body-bytes 2048

# says CODES REQUEST: sends REQUEST, a format of printf; the codes of all answers must be CODES,
# with "closed" behind them where the server ended the connection.
says() {
    # shellcheck disable=SC2059 # it is a format
    printf "$2" | "$scratch/talk" "${daemon_url##*:}" 1 >"$scratch/talk.out"
    [ $? -eq 0 ] && says_end=" closed" || says_end=
    says_codes=$(LC_ALL=C sed -n 's/^.*HTTP\/1\.[01] \([0-9][0-9][0-9]\) .*/\1/p' "$scratch/talk.out" |
        paste -s -d ' ')
    [ "$says_codes$says_end" = "$1" ] || {
        echo "got '$says_codes$says_end', not '$1'"
        cat "$scratch/talk.out"
        return 1
    }
}
# told CODES REQUEST: checks that.
told() {
    check "$1 for $(printf '%s' "$2" | cut -c 1-120 | sed 's/\\/\\\\/g')" says "$@"
}

# post FIELDS: the beginning of a POST with these fields.
post() {
    printf '%s' "POST /v1/decode HTTP/1.1\r\nHost: x\r\n$1\r\n\r\n"
}
next='GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
after='GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

# --- where a body ends ----------------------------------------------------------------------
for fields in 'Content-Length : 38' 'Content-Length\t: 38' ' Content-Length: 38\r\nA: b' \
    'Transfer-Encoding : chunked' 'Transfer-Encoding: chunked\r\nContent-Length: 38' \
    'Content-Length: 38\r\nTransfer-Encoding: chunked' 'Transfer-Encoding: gzip' \
    'Transfer-Encoding: identity' 'Transfer-Encoding: chunked, gzip' \
    'Transfer-Encoding: gzip, chunked' 'Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked' \
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked' 'Transfer-Encoding: xchunked' \
    'Transfer-Encoding:' 'Transfer-Encoding: "chunked"' 'Transfer-Encoding: chunked\013' \
    'Content-Length: 38\r\nContent-Length: 38' 'Content-Length: 38\r\nContent-Length: 0' \
    'A: b\rContent-Length: 38' 'A: b\001' 'A b: c' 'A(b): c' 'Host: y' \
    'X: a\rTransfer-Encoding: chunked'; do
    told '400 closed' "$(post "$fields")$after"
done
for length in +38 -1 0x26 38.0 '38, 38' '3 8' '' 99999999999999999999; do
    printf "$(post "Content-Length: $length")$after" |
        "$scratch/talk" "${daemon_url##*:}" 1 >"$scratch/talk.out"
    check "a length of '$length' ends the connection" test $? -eq 0
    check "  without an answer to what follows" sh -c \
        "! grep -q '^HTTP/1.1 200' $scratch/talk.out && grep -q '^HTTP/1.1 4' $scratch/talk.out"
done
told '400 closed' "POST /v1/decode HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
told '400 closed' "GET /healthz HTTP/1.1\r\n\r\n$after"
told '400 closed' "GET /healthz\r\n\r\n$after"
for chunk in '+2' '-2' '0x2' '2 ' '2\t' ' 2' 'x' ''; do
    told '400 closed' "$(post 'Transfer-Encoding: chunked')$chunk\r\n{}\r\n0\r\n\r\n$after"
done
told '413 closed' "$(post 'Transfer-Encoding: chunked')10000000000000002\r\n{}\r\n0\r\n\r\n$after"
told '400 closed' "$(post 'Transfer-Encoding: chunked')2\r\n{}XX\r\n0\r\n\r\n$after"

# --- what is allowed ------------------------------------------------------------------------
told '200' "$next"
told '200 200 200 closed' "$next$next$after"
told '200 closed' 'GET /healthz HTTP/1.0\r\n\r\n'
told '204 closed' 'OPTIONS / HTTP/1.0\r\n\r\n'
told '204 200 closed' "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n$after"
told '200 closed' 'HEAD / HTTP/1.0\r\n\r\n'
check "  and no body" test "$(tail -c 4 "$scratch/talk.out" | od -An -tx1 | tr -d ' ')" = 0d0a0d0a
told '200 200 closed' "GET http://example.org/healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello$after"
told '400 200 closed' "$(post 'Content-Length: 2'){}$after"
told '400 200 closed' "$(post 'Transfer-Encoding: chunked')1\r\n{\r\n1;a=b\r\n}\r\n0\r\nX: y\r\n\r\n$after"
told '400 400 200 closed' "$(post 'Content-Length: 2'){}$(post 'Content-Length: 2')[]$after"

# every other one goes to an inference thread
for number in 1 2 3 4 5 6; do
    printf "$(post 'Content-Length: 2'){}"
    printf 'GET /v1/models/absent-%d HTTP/1.1\r\nHost: x\r\n\r\n' $number
done >"$scratch/pipelined"
printf "$after" >>"$scratch/pipelined"
"$scratch/talk" "${daemon_url##*:}" 2 <"$scratch/pipelined" >"$scratch/talk.out"
check "pipelined requests are answered in order" test "$(LC_ALL=C grep -ao \
    'absent-[0-9]\|num_units\|200 OK' "$scratch/talk.out" | paste -s -d ' ')" = \
    "num_units absent-1 num_units absent-2 num_units absent-3 num_units absent-4 num_units absent-5 \
num_units absent-6 200 OK"

# --- bodies past the cap --------------------------------------------------------------------
told '413 closed' "$(post 'Content-Length: 2049')"
told '413 closed' "$(post 'Content-Length: 2049\r\nExpect: 100-continue')"
told '100 400 200 closed' "$(post 'Content-Length: 2\r\nExpect: 100-continue'){}$after"
told '406 closed' "$(post 'Accept: image/gif\r\nContent-Length: 2\r\nExpect: 100-continue')"
# chunks COUNT: so many chunks of 256 bytes.
chunks() {
    chunks_left=$1
    while [ "$chunks_left" -gt 0 ]; do
        printf '100\\r\\n%0256d\\r\\n' 0
        chunks_left=$((chunks_left - 1))
    done
}
told '400 200 closed' "$(post 'Transfer-Encoding: chunked')$(chunks 8)0\r\n\r\n$after"
told '413 200 closed' "$(post 'Transfer-Encoding: chunked')$(chunks 9)0\r\n\r\n$after"
told '413 200 closed' "$(post 'Transfer-Encoding: chunked')$(chunks 16)0\r\n\r\n$after"
told ' closed' "$(post 'Transfer-Encoding: chunked')$(chunks 17)0\r\n\r\n$after"

# --- heads past the cap ---------------------------------------------------------------------
told '200 200 closed' "GET /healthz HTTP/1.1\r\nHost: x\r\nA: $(printf '%08000d' 0)\r\n\r\n$after"
told '431 closed' "GET /healthz HTTP/1.1\r\nHost: x\r\nA: $(printf '%0100000d' 0)\r\n\r\n"
told '400 closed' "GET /$(printf '%03000d' 0) HTTP/1.1\r\nHost: x\r\n\r\n$after"

# --- a client that sends all of it before it reads -------------------------------------------
# sent_whole CODE FILE: the request of FILE is read to its end though the answer is out, or a reset
# would overtake it.
sent_whole() {
    "$scratch/talk" "${daemon_url##*:}" 2 <"$2" >"$scratch/talk.out" 2>"$scratch/talk.err"
    [ $? -eq 0 ] && ! [ -s "$scratch/talk.err" ] && grep -aq "^HTTP/1.1 $1 " "$scratch/talk.out" || {
        cat "$scratch/talk.err" "$scratch/talk.out"
        return 1
    }
}
{
    printf "$(post 'Content-Length: 20000000')"
    head -c 20000000 /dev/zero
} >"$scratch/endless"
check "a refused body of 20 MB is no reset" sent_whole 413 "$scratch/endless"
{
    printf 'GET /healthz HTTP/1.1\r\nHost: x\r\nA: '
    head -c 20000000 /dev/zero | tr '\000' a
} >"$scratch/endless"
check "a refused head of 20 MB is no reset" sent_whole 431 "$scratch/endless"
rm "$scratch/endless"
check "it stops with 0" daemon_stop "$daemon_pid"
