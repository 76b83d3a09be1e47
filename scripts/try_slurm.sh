#!/usr/bin/env bash
# Try scripts/sweep.sbatch on a real Slurm of one host: a small sweep whose tasks are preempted in the midst of training,
# and then warned of their time limit, must come to the table and the checkpoints that scripts/sweep.sh comes to.
#
#     scripts/try_slurm.sh
#
# It takes about a minute. The Slurm is its own, in a temporary folder, on 127.0.0.1, and ends with the script. Exits 0, and
# says so, where it cannot be tried: it needs root, and Debian's slurmctld, slurmd, slurm-client and munge. (No accounting,
# no cgroups; a delay of 5 s, in place of 120 s, before Slurm starts a requeued task again.)
set -euo pipefail

scripts=$(cd "$(dirname "$0")" && pwd)
[[ $EUID == 0 ]] || { echo "skipped: not root" && exit 0; }
for program in munged slurmctld slurmd sbatch scontrol; do
    command -v "$program" >/dev/null || { echo "skipped: $program is not installed" && exit 0; }
done

command -v bp >/dev/null || { echo "error: bp is not on PATH" >&2 && exit 2; }

work=$(mktemp -d)
chmod 755 "$work" # munged wants everybody to reach its socket
cd "$work"
export SLURM_CONF=$work/slurm.conf
daemons=()

end() {
    local code=$?
    if [[ ${#daemons[@]} -gt 0 ]]; then
        scancel --user="$(id -un)" --full --signal=KILL 2>/dev/null || true
        wait_for "no job is left" no_job || true
        kill "${daemons[@]}" 2>/dev/null || true
        wait
    fi
    [[ $code == 0 ]] || tail -n 20 -- *.log sweeps/*/*.out >&2 || true
    rm -rf "$work"
}
trap end EXIT

wait_for() { # what is waited for, the command that says whether it is so
    local seconds=$((SECONDS + 180))
    until "${@:2}"; do
        ((SECONDS < seconds)) || { echo "waited three minutes in vain until $1" >&2 && return 1; }
        sleep 0.2
    done
}

free_port() {
    local port=$1
    while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}

start_slurm() {
    local host node
    host=$(hostname -s)
    node=$(slurmd -C | sed -n 's/^NodeName=[^ ]* //p')
    (umask 077 && head -c 128 /dev/urandom >munge.key)
    mkdir state spool
    cat >slurm.conf <<CONF
ClusterName=try
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port $((20000 + RANDOM % 10000)))
SlurmdPort=$(free_port $((30000 + RANDOM % 2000)))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket,cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
NodeName=$host NodeAddr=127.0.0.1 $node
PartitionName=low Nodes=ALL Default=YES PriorityTier=1
PartitionName=high Nodes=ALL PriorityTier=2 PreemptMode=OFF
CONF
    munged --foreground --key-file=munge.key --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
        --seed-file="$work/munged.seed" >munged.log 2>&1 &
    daemons+=($!)
    slurmctld -D >slurmctld.log 2>&1 &
    daemons+=($!)
    slurmd -D >slurmd.log 2>&1 &
    daemons+=($!)
    wait_for "the node is idle" node_is_idle
}

node_is_idle() { [[ $(sinfo --noheader --format=%t --partition=low 2>/dev/null) == idle ]]; }
no_job() { [[ -z $(squeue --noheader --format=%i 2>/dev/null) ]]; }
in_training() { [[ -n $(unfinished) ]]; }
in_training_again() {
    local before
    for before in *.before; do
        cmp --silent "$before" "sweeps/try/${before%.before}/metrics.csv" || return 0
    done
    return 1
}
nothing_ends() { [[ -z $(squeue --noheader --states=COMPLETING --format=%i) ]]; }
running() { [[ $(squeue --noheader --job="$1" --format=%T) == RUNNING ]]; }
restarted() { [[ $(scontrol show job "$1" | sed -n 's/.* Restarts=\([0-9]*\) .*/\1/p') == "$2" ]]; }

# The metrics of runs that have some, and are not finished.
unfinished() {
    local metrics
    for metrics in sweeps/try/*/metrics.csv; do
        if [[ -e ${metrics%metrics.csv}checkpoint.npz && ! -e ${metrics%metrics.csv}summary.json ]]; then
            echo "$metrics"
        fi
    done
}

cat >try.yaml <<YAML
base: $scripts/../configs/quickstart.yaml
grid:
  train.learning_rate: [0.1, 0.3]
seeds: 2
YAML

bp data info synthetic >/dev/null # which draws it, once
start_slurm
echo "$(slurmctld -V) is up"
job=$(bash "$scripts/sweep.sbatch" try.yaml 2 --parsable --partition=low)
wait_for "a run is in training" in_training
sbatch --quiet --partition=high --exclusive --output=/dev/null --wrap "sleep 1"
wait_for "the first task is preempted" restarted "${job}_0" 1
wait_for "what was preempted has ended" nothing_ends
grep --no-filename "interrupted at step" sweeps/try/*.out
for metrics in $(unfinished); do
    cp "$metrics" "$(basename "$(dirname "$metrics")").before"
done
wait_for "the first task runs" running "${job}_0"
wait_for "a run is in training again" in_training_again
echo "preempted, and back"
scancel --batch --signal=USR1 "${job}_0"
wait_for "the first task is back in the queue, as before its time limit" restarted "${job}_0" 2
echo "told of its time limit, and back"
wait_for "the sweep is done" no_job

[[ $(scontrol show job "$job" | grep --count JobState=COMPLETED) == 2 ]]
for before in *.before; do # rows hold their time: equal ones have not been made again
    cmp "$before" <(head -c "$(wc -c <"$before")" "sweeps/try/${before%.before}/metrics.csv")
done
mv sweeps slurm
"$scripts/sweep.sh" try.yaml
cmp <(cd slurm/try && bp sweep table --json .) <(cd sweeps/try && bp sweep table --json .)
for checkpoint in sweeps/try/*/checkpoint.npz; do
    cmp "$checkpoint" "slurm/${checkpoint#sweeps/}"
done
bp sweep table sweeps/try
echo "all is equal: table, checkpoints; each run went on from where it was; $SECONDS s"
