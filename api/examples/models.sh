#!/bin/sh
# The models that are served, one a line: name, task, time steps, latent units.
set -eu
url=${BASE_URL:-http://127.0.0.1:8080}

curl -sS --fail-with-body "$url/v1/models" |
    jq -r '.models[] | [.name, .task, .num_steps, .num_latents] | @tsv'
