#!/usr/bin/env bash
# Train the networks whose test errors on MNIST are published, and print a table: the published error beside ours.
#
#     bash reproduce_table.sh [ROW]... [--seeds N] [--out DIR] [--set KEY=VALUE]...
#
#     bash scripts/reproduce_table.sh
#     bash scripts/reproduce_table.sh plain elastic --seeds 5
#     bash scripts/reproduce_table.sh conv --seeds 1 --set train.epochs=1 --out runs/short
#
# ROW is lecun, plain, affine, elastic, record, committee or conv; by default, all are made. Each network is trained with
# the seeds 0 to N - 1, three unless --seeds says otherwise, in DIR/ROW/SEED, DIR being runs/table unless given. The
# committee is that of the record's networks. --set changes a key of all configs.
#
# The same command goes on where it was interrupted, and leaves finished runs alone. A run that fails stops no other: its
# row says so, and the exit code is 1. Ctrl-C, SIGTERM and SIGUSR1 save a checkpoint, and exit 130, 143 and 138; so does a
# terminal that closes, as SIGTERM does.
set -euo pipefail

# row | config | changes of it | network | published test error
table='lecun|lecun||300 units, squared error|4.7 % (LeCun et al. 1998)
plain|plain||800 units, cross-entropy|1.6 % (Simard et al. 2003)
affine|simard|data.augment.elastic_alpha=0|800 units, affine distortions|1.1 % (Simard et al. 2003)
elastic|simard||800 units, elastic distortions|0.7 % (Simard et al. 2003)
record|record||one hidden layer, one network|0.7 % (Simard et al. 2003)
committee|record||these together|0.39 % (25 networks, Meier et al. 2011)
conv|conv||two convolutions|–'

fail() { # message, hint
    echo "error: $1${2:+
hint: $2}" >&2
    exit 2
}

chosen=() changes=() seeds=3 out=runs/table
while [[ $# -gt 0 ]]; do
    case $1 in
        -h | --help)
            sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
            exit ;;
        --seeds | --out | --set)
            [[ $# -gt 1 ]] || fail "$1: expected a value; got none"
            case $1 in
                --seeds) seeds=$2 ;;
                --out) out=$2 ;;
                --set) changes+=(--set "$2") ;;
            esac
            shift 2 ;;
        *)
            [[ $'\n'$table == *$'\n'"$1|"* ]] || fail "expected rows, of $(cut -d '|' -f 1 <<<"$table" | paste -sd ' '); got $1"
            chosen+=("$1")
            shift ;;
    esac
done
[[ $seeds =~ ^[1-9][0-9]{0,3}$ ]] || fail "--seeds: expected a number from 1 to 9999; got $seeds"
[[ $out ]] || fail "--out: expected a folder; got an empty text, as from a variable that is not set"
command -v bp >/dev/null || fail "bp is not on PATH; in a checkout, source .venv/bin/activate puts it there"

results=$(mktemp)
trap 'rm -f "$results"' EXIT
child=''
pass_on() { # signal, exit code if there is nobody to pass it on to
    [[ -n $child ]] || exit "$2"
    kill -s "$1" "$child" 2>/dev/null || true
}
trap 'pass_on INT 130' INT
trap 'pass_on USR1 138' USR1
trap 'pass_on TERM 143' TERM HUP

# Run a command, its results to a file, and return its exit code; one that a signal has ended ends all.
run() {
    local code
    set -m # in a process group of its own, so that Ctrl-C reaches it once
    "$@" >"$results" </dev/null &
    child=$!
    set +m
    while code=0 && { wait "$child" || code=$?; } && kill -0 "$child" 2>/dev/null; do :; done # a trap ends a wait
    child=''
    case $code in
        130 | 138 | 143)
            echo "hint: the same command goes on with what is left" >&2
            exit "$code" ;;
    esac
    return "$code"
}

# Print the numbers of a key in the results, of which there is one a line.
numbers() { sed -n "s/^ *\"$1\": \([^,]*\),*\$/\1/p" "$results"; }

failed=0
echo '| row | network | published | ours | n | minutes |'
echo '|---|---|---|---|---|---|'
while IFS='|' read -r row config change network published <&3; do
    [[ ${#chosen[@]} -eq 0 || " ${chosen[*]} " == *" $row "* ]] || continue
    runs=() measured='' broken=0 folder=$row
    if [[ $row == committee ]]; then folder=record; fi
    for ((seed = 0; seed < seeds; seed++)); do
        directory=$out/$folder/$seed
        command=(bp train "$config" --seed "$seed" --out "$directory" ${change:+--set "$change"}
            ${changes[@]+"${changes[@]}"})
        if run "${command[@]}" --quiet --json; then
            runs+=("$directory")
            measured+="$(numbers test_accuracy) $(numbers seconds)"$'\n'
        else
            echo "$row: seed $seed failed, exit $?:$(printf ' %q' "${command[@]}")" >&2
            broken=$((broken + 1))
        fi
    done
    together=''
    if [[ $row == committee && $seeds -gt 1 ]]; then
        if [[ $broken == 0 ]] && run bp eval "${runs[@]}" --committee --json; then
            together=$(numbers accuracy | tail -n 1)
        else
            measured='' broken=$((broken == 0 ? 1 : broken))
        fi
    fi
    # Mean and standard deviation of the errors, in percent, n, and minutes: of a run, or of all those of the committee.
    ours=$(printf '%s' "$measured" | LC_ALL=C awk -v together="$together" '
        { error[NR] = 100 * (1 - $1); sum += error[NR]; seconds += $2 }
        END {
            if (!NR) { print "- | 0 | "; exit }
            for (i = 1; i <= NR; i++) squares += (error[i] - sum / NR) ^ 2
            if (together != "") printf "%.2f %% | %d | %.1f", 100 * (1 - together), NR, seconds / 60
            else if (NR == 1) printf "%.2f %% | 1 | %.1f", sum, seconds / 60
            else printf "%.2f ± %.2f %% | %d | %.1f", sum / NR, sqrt(squares / (NR - 1)), NR, seconds / NR / 60
        }')
    [[ $broken == 0 ]] || { failed=1 ours="$broken failed; $ours"; }
    echo "| $row | $network | $published | $ours |"
done 3<<<"$table"
[[ $failed == 0 ]] || exit 1
