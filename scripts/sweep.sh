#!/usr/bin/env bash
# Run a sweep, several runs at a time. Started again, it does what is missing, failed runs included.
#
#     bash sweep.sh SWEEP [JOBS] [OPTION of GNU parallel]...
#
#     bash sweep.sh width
#     bash sweep.sh width 8 --sshlogin 'node1,node2'
#     bp sweep prune sweeps/width | bash sweep.sh -
#
# SWEEP is a YAML file for `bp sweep plan`, or the name of a sweep in `bp config --list`, whose plan is kept as
# sweeps/NAME/plan.txt; or a file of `bp train` command lines; or - for lines from standard input. What is YAML by its name
# or by its content is planned, and never run as lines. JOBS is how many to run at a time, on each machine: by default, as
# many as this one has processors. GNU parallel runs them, and logs in sweeps/NAME/joblog, or xargs where it is not
# installed. The machines of --sshlogin must share the working directory and have bp at the same place.
#
# A run that fails stops no other. At the end, failed commands are listed with what they said, and the exit code is 1.
# Ctrl-C, SIGTERM, SIGHUP and SIGUSR1 stop the sweep: no run is begun any more, those under way save a checkpoint, and the
# exit code is 130, 143, 129 or 138. If it is killed by SIGKILL, runs under way may go on alone, each to its own end: until
# then a new start reports them as being written, and does the others.
set -euo pipefail

fail() { # message, hint
    echo "error: $1${2:+
hint: $2}" >&2
    exit 2
}

# Whether a file, by its name or its content, is YAML: a line starts with a key, which no command line does. (grep reads to
# the end, which -q would not: tr must not die of a broken pipe.)
is_yaml() { # name, file
    [[ $1 == *.[yY][mM][lL] || $1 == *.[yY][aA][mM][lL] ]] ||
        LC_ALL=C tr '\r' '\n' <"$2" | LC_ALL=C grep -aEc \
            "^[^[:alnum:]#\$]*[[:alpha:]_][[:alnum:]_.-]*[\"']?[[:space:]]*:([[:space:]\"'{[]|\$)" >/dev/null
}

# What to do next.
show_hints() {
    [[ -z ${stopped-} ]] || echo "hint: the same command goes on with what is left"
    [[ -z $folder ]] || printf 'hint: bp sweep table %q\n' "$folder"
    [[ -z $folder || ! -e $folder/rounds.json ]] || printf 'hint: bp sweep prune %q goes on with its rounds\n' "$folder"
} >&2

# A stream that is closed (bash has opened this very file in its place) leads nowhere, and the sweep is run all the same.
[[ -e /dev/fd/1 && ! /dev/fd/1 -ef $0 ]] || exec >/dev/null
[[ -e /dev/fd/2 && ! /dev/fd/2 -ef $0 ]] || exec 2>/dev/null

if [[ ${1:---help} == --help || $1 == -h ]]; then
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
    exit $(($# == 0 ? 2 : 0))
fi
sweep=$1
shift
unset OMP_NUM_THREADS OMP_THREAD_LIMIT # which nproc takes for processors, and each run sets for itself
jobs=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN)
if [[ $# -gt 0 && $1 != -* ]]; then
    jobs=$1
    shift
fi
[[ $jobs =~ ^[1-9][0-9]*$ ]] || fail "JOBS: expected a number from 1; got $jobs"
for option; do
    case $option in
        --out | --out=* | --set | --set=* | --seeds | --seeds=* | --config | --config=* | --save | --missing)
            fail "$option: expected an option of GNU parallel; got one of bp sweep plan" \
                "bp sweep plan $(printf '%q ' "$sweep" "$@")--save --missing | bash sweep.sh - $jobs" ;;
        --dry-run | --dryrun)
            fail "$option: expected runs to be made" "$(printf 'bp sweep plan %q' "$sweep") --missing prints them" ;;
    esac
done
command -v bp >/dev/null || fail "bp is not on PATH; in a checkout, source .venv/bin/activate puts it there"
engine='xargs'
if [[ $(parallel --version 2>/dev/null) == "GNU parallel"* ]]; then
    engine=parallel
    # What an unknown option, a stray word, or an option that changes what is printed would not leave as it is.
    probe() { parallel --will-cite --jobs 1 --dry-run "$@" : ::: probe </dev/null; }
    [[ $# == 0 || $(probe "$@" 2>/dev/null) == ": probe" ]] ||
        fail "$*: expected options with which GNU parallel prints what runs print; $(probe "$@" 2>&1 | sed -n '/./{p;q;}')"
elif [[ $# -gt 0 ]]; then
    fail "$1: expected no options, as GNU parallel is not installed; apt-get install parallel, brew install parallel"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
named='' folder='' finished=0
if [[ $sweep == - ]]; then
    cat >"$work/given"
elif [[ -r $sweep && ! -d $sweep ]]; then
    cat <"$sweep" >"$work/given"
else
    named=yes
fi

if [[ -n $named ]] || is_yaml "$sweep" "$work/given"; then
    [[ -n $named || -f $sweep ]] || fail "$sweep: expected command lines; got YAML, for which SWEEP must name a file"
    name=${sweep##*/}
    folder=${name%.*}
    folder=sweeps/${folder:-$name}
    bp sweep plan --save --missing -- "$sweep" >"$work/lines"
    finished=$(($(wc -l <"$folder/plan.txt") - $(wc -l <"$work/lines")))
elif [[ $(LC_ALL=C tr -d '\0' <"$work/given" | wc -c) -ne $(wc -c <"$work/given") ]]; then
    fail "$sweep: expected command lines; got a NUL byte"
else
    LC_ALL=C grep -a . "$work/given" >"$work/lines" || true
fi
long=$(LC_ALL=C cut -b 60001- "$work/lines" | LC_ALL=C grep -anm 1 . || true) # which engines pass no further
[[ -z $long ]] || fail "$sweep: expected lines of at most 60000 bytes; got a longer one, line ${long%%:*}"
total=$(($(wc -l <"$work/lines")))
if [[ $total == 0 ]]; then
    [[ -n $folder ]] || fail "$sweep: expected command lines; got none"
    echo "all $finished runs are finished" >&2
    show_hints
    exit
fi
echo "runs: $total, $jobs at a time; $finished finished before" >&2

# Where each run can have a processor to itself, it is held there: a `bp` that may use no other needs no second thread.
processors=''
if command -v taskset >/dev/null && ! grep -aq train.shards= "$work/lines" && # GNU xargs alone numbers what it runs
    { [[ $engine == parallel ]] || xargs --process-slot-var=slot bash -c : </dev/null 2>/dev/null; }; then
    processors=$(taskset -cp $$ | sed 's/.*: //' | tr , '\n' | while IFS=- read -r first last; do
        for ((number = first; number <= ${last:-first}; number++)); do echo "$number"; done
    done)
    processors=${processors//$'\n'/ }
    [[ $(wc -w <<<"$processors") -eq $jobs ]] || processors=''
fi

# Run a line in a bash of its own. It prints exit code, line, and what the command said, as a record of one line, \36 for \n,
# which is written at once if it has less than 4096 bytes. It waits for a command that is told to end: xargs does not.
run_line() {
    local own said record code=0
    trap : TERM
    if [[ -n ${processors-} ]]; then
        read -ra own <<<"$processors"
        taskset -cp "${own[${slot-$PARALLEL_JOBSLOT} % ${#own[@]}]}" $$ >/dev/null
    fi
    said=$(trap : TERM && eval "$1" 2>&1 </dev/null) || code=$?
    local LC_ALL=C newline=$'\n' mark=$'\36' # lengths are in bytes
    if ((${#said} > 1500)); then said="...${said: -1500}"; fi
    record=$code$newline${1:0:2400}$newline$said
    echo "${record//$newline/$mark}"
    return $((code == 255 ? 1 : code)) # 255 would stop xargs
}
# shellcheck disable=SC2016  # $1 is the line
program=$(declare -f run_line && echo 'run_line "$1"')
export processors program

run_by_parallel() {
    # shellcheck disable=SC2016  # expanded by the shell of the machine that runs it
    parallel --will-cite --jobs "$jobs" --termseq TERM,3600000 ${folder:+"--joblog=+$folder/joblog"} --workdir . \
        --env PATH --env MNIST_BP_CACHE --env MNIST_BP_MIRRORS --env program "$@" \
        --arg-file "$work/lines" 'bash -c "$program" _ {}'
}

run_by_xargs() {
    LC_ALL=C tr '\n' '\0' <"$work/lines" |
        xargs -0 -n 1 -P "$jobs" ${processors:+--process-slot-var=slot} bash -c "$program" _
}

stopped='' group=''
stop() {
    [[ -n $group ]] || exit "$1"
    [[ -z $stopped ]] || return 0
    stopped=$1
    echo "stopping: the runs under way save their checkpoints" >&2
    while kill -TERM -- "-$group"; do sleep 1; done >/dev/null 2>&1 & # more than once: one may come before it is heeded
}
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 138' USR1
trap 'stop 143' TERM

mkfifo "$work/records"
set -m # the engine gets a process group of its own, to be told to end as one
"run_by_$engine" "$@" >"$work/records" &
group=$!
set +m

started=$SECONDS done=0 failures=() newline=$'\n' mark=$'\36'
while LC_ALL=C IFS=$mark read -r code line said; do # of bytes, whatever they mean
    said=${said//$mark/$newline}
    if [[ $code == 0 ]]; then
        : $((done += 1))
        said="${said##*run directory }  ${said%?run directory *}"
    elif [[ -n $stopped && $code == 143 ]]; then
        continue # left for the next start
    else
        said="exit $code: $line${said:+$newline$said}"
        failures+=("${said//$newline/$newline    }")
    fi
    ended=$((done + ${#failures[@]}))
    left=$(((SECONDS - started) * (total - ended) / ended))
    printf '%d of %d, %d:%02d left  %s\n' "$ended" "$total" $((left / 60)) $((left % 60)) "${said//$newline/$newline    }"
done <"$work/records"
wait "$group" || true
left=$((total - done - ${#failures[@]}))
{
    if [[ ${#failures[@]} -gt 0 ]]; then
        echo "failed:"
        printf '%s\n' "${failures[@]}"
    fi
    echo "$done done, ${#failures[@]} failed, $left left, $finished finished before"
} >&2
show_hints
[[ $left == 0 && ${#failures[@]} == 0 ]] || exit "${stopped:-1}"
