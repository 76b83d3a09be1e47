#!/usr/bin/env bash
# Train a config with the seeds 0 … N−1, JOBS at a time, and print each seed's test accuracy.
# Started again, it resumes what was interrupted and leaves alone what is finished; if a run fails, so does the script.
#
#     scripts/seeds.sh CONFIG N [JOBS] [--set KEY=VALUE]…
#     scripts/seeds.sh configs/book.yaml 5
#     scripts/seeds.sh configs/book.yaml 5 2 --set model.hidden=30
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,/^set/{/^#/s/^# \?//p}' "$0" >&2; exit 2; }
config=$1 count=$2 jobs=${3:-1}
shift "$(($# < 3 ? $# : 3))"

out=runs/$(basename "$config" .yaml)-seeds
status=0
seq 0 $((count - 1)) |
    xargs -P "$jobs" -I{} bp train --config "$config" --seed {} --out "$out/{}" --resume --quiet "$@" >/dev/null || status=$?
for ((seed = 0; seed < count; seed++)); do
    accuracy=$(sed -n 's/.*"test_accuracy": \(.*\)/\1/p' "$out/$seed/summary.json" 2>/dev/null) || true
    echo "seed $seed  test accuracy ${accuracy:-missing}  $out/$seed"
done
exit $((status ? 1 : 0))
