#!/bin/sh
# The models of the repository, one a line: name, state, and the reason for it.
set -eu
url=${BASE_URL:-http://127.0.0.1:8080}

curl -sS --fail-with-body -X POST "$url/v2/repository/index" |
    jq -r '.[] | [.name, .state, .reason] | @tsv'
