#!/usr/bin/env bash
# Train a config with the seeds 0 … N−1, one after another, and print each result. Options after N go to `bp train`.
# Started again, it resumes what was interrupted and leaves finished runs alone. Exits 1 if any run failed.
#
#     scripts/seeds.sh CONFIG N [OPTION]…
#     scripts/seeds.sh configs/book.yaml 5 --set model.hidden=30
set -euo pipefail

if [[ $# -lt 2 || ! $2 =~ ^[0-9]+$ ]]; then
    echo "usage: $0 CONFIG N [OPTION of bp train]..." >&2
    exit 2
fi
config=$1 count=$2
shift 2

status=0
for ((seed = 0; seed < count; seed++)); do
    out=runs/$(basename "$config" .yaml)-seed-$seed
    if result=$(bp train --config "$config" --seed "$seed" --out "$out" --resume --quiet "$@"); then
        echo "seed $seed  ${result%%$'\n'*}"
    else
        echo "seed $seed  failed"
        status=1
    fi
done
exit "$status"
