# HTTPS with certificates of the test's own, and the port of the metrics.
# shellcheck shell=sh

certificates=$scratch/certificates
mkdir "$certificates"

# certify NAME ALGORITHM...: a self-signed certificate for this host and its key.
certify() {
    certify_name=$1
    shift
    openssl req -x509 -days 2 -newkey "$@" -nodes -subj "/CN=$certify_name" \
        -addext 'subjectAltName=IP:127.0.0.1' -keyout "$certificates/$certify_name.key" \
        -out "$certificates/$certify_name.crt" 2>"$scratch/openssl.err"
}

# shown: the subject of the certificate that the daemon shows.
shown() {
    openssl s_client -connect "${daemon_url#https://}" </dev/null 2>/dev/null |
        openssl x509 -noout -subject | sed 's/^subject=.*CN = //'
}

# speaks VERSION [OPTION...]: whether the daemon and openssl agree on exactly this version.
speaks() {
    speaks_version=$1
    shift
    openssl s_client -connect "${daemon_url#https://}" "$@" -cipher 'DEFAULT:@SECLEVEL=0' </dev/null \
        >"$scratch/speaks" 2>&1
    grep -q "^ *Protocol *: $speaks_version\$\|^New, $speaks_version," "$scratch/speaks"
}

# logged COUNT PATTERN: waits until so many lines of the log match.
logged() {
    logged_tries=0
    until [ "$(grep -c "$2" "$daemon_log")" -ge "$1" ]; do
        logged_tries=$((logged_tries + 1))
        [ "$logged_tries" -lt 100 ] || return 1
        sleep 0.1
    done
}

check "openssl makes certificates" certify first ec -pkeyopt ec_paramgen_curve:prime256v1
check "  of both kinds" certify second rsa:2048

cp "$certificates/first.crt" "$certificates/served.crt"
cp "$certificates/first.key" "$certificates/served.key"
start secured --tls-cert "$certificates/served.crt" --tls-key "$certificates/served.key" \
    --metrics-port 0
plain_url=$daemon_url
metrics_url=http://127.0.0.1:$(sed -n 's/.*"metrics_port":\([0-9]*\).*/\1/p' "$daemon_log")
daemon_url=https://${plain_url#http://}
trust=$certificates/first.crt

expect 200 /v1/models --cacert "$trust"
expect 200 /v1/synthesize --cacert "$trust" --data-binary "@$speech"
check "  is a PNG" is_png "$scratch/body"
cp "$scratch/body" "$scratch/secured.png"
expect 200 /v1/synthesize --cacert "$trust" --tls-max 1.2 --data-binary "@$speech"
check "  the same in TLS 1.2" cmp "$scratch/body" "$scratch/secured.png"
expect 200 /v1/synthesize --cacert "$trust" -F "file=@$speech" -H 'Expect: 100-continue'
check "  the same from a form" cmp "$scratch/body" "$scratch/secured.png"
expect 413 /v1/synthesize --cacert "$trust" -H 'Content-Length: 99999999' --data-binary "@$speech"
expect 405 /v1/synthesize --cacert "$trust"
check "TLS 1.3 is spoken" speaks TLSv1.3 -tls1_3
check "TLS 1.2 is spoken" speaks TLSv1.2 -tls1_2
check "TLS 1.1 is not" sh -c "! openssl s_client -connect '${daemon_url#https://}' -tls1_1 \
    -cipher 'DEFAULT:@SECLEVEL=0' </dev/null 2>&1 | grep -q 'Cipher is [A-Z]*[-_]'"
ask /healthz
check "a certificate that nobody trusts is not taken" test "$code" = 000
curl -s -m 5 "$plain_url/healthz" >"$scratch/body" 2>&1
check "plain HTTP gets nothing" test ! -s "$scratch/body"
expect 200 /healthz --cacert "$trust"

# --- another certificate --------------------------------------------------------------------
check "the first is shown" test "$(shown)" = first
cp "$certificates/second.crt" "$certificates/served.crt"
kill -HUP "$daemon_pid"
check "one without its key is told" logged 1 '"level":"error","event":"certificate"'
check "  and the first is shown still" test "$(shown)" = first
cp "$certificates/second.key" "$certificates/served.key"
kill -HUP "$daemon_pid"
check "a whole pair is told" logged 1 '"level":"info","event":"certificate"'
check "  and is shown" test "$(shown)" = second
expect 200 /v1/models --cacert "$certificates/second.crt"

# --- the port of the metrics ----------------------------------------------------------------
expect 404 /metrics --cacert "$certificates/second.crt"
secured_url=$daemon_url
daemon_url=$metrics_url
expect 200 /metrics
check "  has all requests" grep -q '^spikeloom_requests_total{route="/v1/synthesize",code="200"} 3$' \
    "$scratch/body"
for path in /healthz /readyz /v2/health/live /v2/health/ready; do
    expect 200 $path
done
for path in / /openapi.json /v1/models /v1/models/mnist-ae /v1/synthesize; do
    expect 404 $path
done
expect 404 /v1/synthesize --data-binary "@$speech"
check "--healthcheck asks there" env SPIKELOOM_TLS_CERT=x SPIKELOOM_TLS_KEY=x \
    "$daemon_program" --healthcheck --metrics-port "${metrics_url##*:}" --port 1
kill -TERM "$daemon_pid"
wait "$daemon_pid"
check "stops with 0" test $? -eq 0
daemon_url=$secured_url
check "the log has no key" sh -c "! grep -q 'PRIVATE\|BEGIN' '$daemon_log'"

start apart --metrics-port 0 --metrics-host ::1 --drain-delay 2
metrics_url=http://[::1]:$(sed -n 's/.*"metrics_port":\([0-9]*\).*/\1/p' "$daemon_log")
check "the metrics have an address of their own" curl -gsSf -o /dev/null "$metrics_url/metrics"
expect 404 /metrics
kill -TERM "$daemon_pid"
sleep 0.5
check "metrics are told while draining" curl -gsSf -o /dev/null "$metrics_url/metrics"
wait "$daemon_pid"
check "stops with 0" test $? -eq 0

# --- what is taken and told -----------------------------------------------------------------
check "openssl makes a certificate of yesterday" openssl x509 -days -1 -in "$certificates/first.crt" \
    -signkey "$certificates/first.key" -out "$certificates/expired.crt"
start expired --tls-cert "$certificates/expired.crt" --tls-key "$certificates/first.key" \
    --metrics-port 0
metrics_url=http://127.0.0.1:$(sed -n 's/.*"metrics_port":\([0-9]*\).*/\1/p' "$daemon_log")
check "a certificate that has expired is told" grep -q \
    '"level":"warn","event":"certificate","message":"The certificate has expired on 20' "$daemon_log"
curl -sS "$metrics_url/metrics" >"$scratch/body"
check "  when, to dashboards too" test "$(awk '$1 == "spikeloom_certificate_expiry_timestamp_seconds" {
    print $2 }' "$scratch/body")" = \
    "$(date -d "$(openssl x509 -in "$certificates/expired.crt" -noout -enddate | cut -d = -f 2)" +%s)"
kill -HUP "$daemon_pid"
check "  again when it is read again" logged 2 '"event":"certificate","message":"The certificate has'
check "stops with 0" daemon_stop "$daemon_pid"

# warns PATTERN FLAG...: whether --check-config is content but for one warning; "" for none.
warns() {
    warns_pattern=$1
    shift
    "$daemon_program" --check-config --model-repository "$models" "$@" >"$scratch/warns.out" \
        2>"$scratch/warns.err" || return 1
    cat "$scratch/warns.err"
    if [ -z "$warns_pattern" ]; then
        [ ! -s "$scratch/warns.err" ]
    else
        [ "$(wc -l <"$scratch/warns.err")" -eq 1 ] &&
            grep -q "^spikeloomd: warning: .*$warns_pattern" "$scratch/warns.err"
    fi
}
pair="--tls-cert $certificates/first.crt --tls-key $certificates/first.key"
keyed="--api-key-file $guarded_folder/users"
# shellcheck disable=SC2086 # lists of words
{
    check "--check-config warns of it" warns 'has expired' \
        --tls-cert "$certificates/expired.crt" --tls-key "$certificates/first.key"
    check "  not of a good one" warns '' $pair
    check "--check-config warns of keys in clear text" warns 'in clear text to 0.0.0.0' $keyed --host 0.0.0.0
    check "  an admin's too" warns 'in clear text to ::' --host :: \
        --admin-key-file "$guarded_folder/admins"
    check "  not with HTTPS" warns '' $keyed --host 0.0.0.0 $pair
    check "  not without keys" warns '' --host 0.0.0.0
    for host in 127.0.0.1 127.1.2.3 ::1 localhost; do
        check "  not on $host" warns '' $keyed --host $host
    done
    start clear_text --host 0.0.0.0 $keyed
}
check "so does the log" grep -q '"level":"warn","event":"keys","message":"API keys travel in clear' \
    "$daemon_log"
check "stops with 0" daemon_stop "$daemon_pid"

# --- pairs that cannot be taken -------------------------------------------------------------
cp "$certificates/first.key" "$certificates/open.key"
chmod 644 "$certificates/open.key"
echo nonsense >"$certificates/nonsense"
chmod 600 "$certificates/nonsense"
# refuses_pair PATTERN CERTIFICATE KEY: neither --check-config nor the daemon itself takes them.
refuses_pair() {
    refuses 1 "$1" --tls-cert "$certificates/$2" --tls-key "$certificates/$3"
}
check "a key of another certificate" refuses_pair 'no certificate with its key' first.crt second.key
check "a key that is open to others" refuses_pair chmod first.crt open.key
check "no certificate" refuses_pair 'no such file' absent first.key
check "no key" refuses_pair 'no such file' first.crt absent
check "a certificate that is none" refuses_pair 'no certificate' nonsense first.key
check "a key that is none" refuses_pair 'no certificate' first.crt nonsense
check "a certificate alone" refuses 2 'go together' --tls-cert "$certificates/first.crt"
check "--check-config takes a pair" sh -c "'$daemon_program' --check-config --model-repository '$models' \
    --tls-cert '$certificates/first.crt' --tls-key '$certificates/first.key' | grep -q 'HTTPS\$'"
