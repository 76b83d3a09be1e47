"""The gradient check of a config's new network, or of a run's trained one, on a mini-batch of its training examples."""

import math
from functools import partial
from itertools import islice
from typing import NamedTuple

import numpy as np

from mnist_bp import build, machine
from mnist_bp.config import Config
from mnist_bp.data.dataset import Dataset
from mnist_bp.errors import BpError
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.check import as_trained, gradcheck, planted_bugs
from mnist_bp.nn.check.gradcheck import Judge, TensorCheck
from mnist_bp.nn.check.planted_bugs import Finding
from mnist_bp.nn.check.verdict import Report
from mnist_bp.nn.network import Network
from mnist_bp.nn.nonzero import Examples
from mnist_bp.progress import Progress, silent
from mnist_bp.run.model import Model
from mnist_bp.streams import DROPOUT, PROBES, generator
from mnist_bp.train.batches import Batches

ALL = (*gradcheck.ORACLES, as_trained.ORACLE)
ORACLES = {"all": ALL, "both": gradcheck.ORACLES} | {oracle: (oracle,) for oracle in ALL}
ATTEMPTS = 10  # batches of which one may have no example that rounding carries across a kink


class Checked(NamedTuple):
    """What was found of backprop as it is, and with each of some bugs planted in it, if that was asked for."""

    report: Report
    bugs: list[Finding]

    @property
    def verdict(self) -> str:
        """That of the report or, if bugs were planted, whether each was caught: PASS, FAIL or UNDECIDED."""
        if self.bugs and self.report.verdict == "PASS":
            return planted_bugs.verdict(self.bugs)
        return self.report.verdict


def check(
    config: Config,
    run: str | None,
    *,
    mode: str,
    oracle: str,
    self_test: bool,
    progress: Progress,
    examples: int | None = None,
) -> Checked:
    """Compare backprop with one oracle or several for the network of a config.

    Its parameters are those that a run's training goes on from, if one is given, else the initial ones. Two oracles
    judge a copy in float64; the third judges the step that training would take next. The copy sees the first `examples`
    of its batch, or all.

    Raises BpError as `build` and `Model.load` do, and (exit 1) if the loss is not finite.
    """
    machine.limit_threads()
    dataset = build.training_data(config.data, partial(build.dataset, progress=progress))
    if run is None:
        network, step = build.initialized(config, dataset.shape, dataset.outputs), 0
    else:
        model = Model.load(run, config, trained=True)
        model.require_fit(dataset, dataset.train)
        network, step = model.network, model.step
    judges = {}
    for name in ORACLES[oracle]:
        rng = generator(config.seed, PROBES)  # the same probes for each oracle
        if name == as_trained.ORACLE:
            judges[name] = _of_training(config, dataset, network, step, mode, rng)
        else:
            judges[name] = _of_copy(config, dataset, network, name, mode, rng, progress, examples)
    batch = min(len(judge.x) for judge in judges.values())
    report = Report(mode, batch, {name: judge.check() for name, judge in judges.items()})
    return Checked(report, planted_bugs.hunt(judges) if self_test else [])


def _of_copy(
    config: Config,
    dataset: Dataset,
    network: Network,
    oracle: str,
    mode: str,
    rng: np.random.Generator,
    progress: Progress,
    examples: int | None,
) -> Judge:
    """Ask an oracle about a copy of the network in float64, without dropout, on the first dense batch."""
    network = network.copy("float64")
    x, t = next(Batches(dataset.train, config.train.batch_size, "float64", seed=config.seed).epoch(1))
    x, t = x[:examples], t[:examples]
    _require_finite(network, x, t)
    shown = progress if oracle == "numerical" else silent
    with shown("checking", gradcheck.count(network, mode), "difference") as advance:
        probes = gradcheck.probe(network, x, t, oracle=oracle, mode=mode, rng=rng, advance=advance)
    return Judge(network, x, partial(gradcheck.judge, network, x, t, oracle, probes))


def _of_training(
    config: Config, dataset: Dataset, network: Network, step: int, mode: str, rng: np.random.Generator
) -> Judge:
    """Ask about the batch that training takes after `step` steps, or about a later one of that epoch if need be."""
    batches = build.batches(config, dataset, network)
    epochs, steps = divmod(step, batches.steps)
    for number, (x, t) in enumerate(islice(batches.epoch(epochs + 1, start=steps), ATTEMPTS), step + 1):
        with network.training(config.seed, *DROPOUT, number):
            _require_finite(network, x, t)
            expected = as_trained.probe(network, x, t, mode=mode, rng=rng)
        if not expected.kinked:
            break

    def check() -> list[TensorCheck]:
        with network.training(config.seed, *DROPOUT, number):
            return as_trained.judge(network, x, t, expected)

    return Judge(network, x, check)


@gradcheck.quietly()
def _require_finite(network: Network, x: Examples, t: Array) -> None:
    loss = network.loss(x, t) + network.penalty()
    if not math.isfinite(loss):
        raise BpError(f"the loss is {loss}: there is no derivative to check")
