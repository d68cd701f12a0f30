#!/bin/sh
# Asks again only for what has changed: the second answer is 304 and empty as long as the models are
# the same. sh conditional.sh
set -eu
url=${BASE_URL:-http://127.0.0.1:8080}

tag=$(curl -sS --fail-with-body -o models.json -D - "$url/v1/models" |
    tr -d '\r' | sed -n 's/^ETag: //Ip')
curl -sS -H "If-None-Match: $tag" -o /dev/null \
    -w '%{http_code}, %{size_download} bytes\n' "$url/v1/models"
