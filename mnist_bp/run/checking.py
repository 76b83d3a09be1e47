"""The gradient check of a config's new network, or of a run's trained one, on a mini-batch of its training examples."""

import math
from typing import NamedTuple

from mnist_bp import build, machine
from mnist_bp.config import Config
from mnist_bp.errors import BpError
from mnist_bp.nn.check import gradcheck, planted_bugs
from mnist_bp.nn.check.planted_bugs import Finding
from mnist_bp.nn.check.verdict import Report
from mnist_bp.progress import Progress, silent
from mnist_bp.run.model import Model
from mnist_bp.streams import PROBES, generator
from mnist_bp.train.batches import Batches

ORACLES = {"both": gradcheck.ORACLES} | {oracle: (oracle,) for oracle in gradcheck.ORACLES}


class Checked(NamedTuple):
    """What was found of backprop as it is, and with each of some bugs planted in it, if that was asked for."""

    report: Report
    bugs: list[Finding]

    @property
    def verdict(self) -> str:
        """That of the report or, if bugs were planted, whether each was caught: PASS or FAIL."""
        if self.bugs:
            return "PASS" if planted_bugs.proven(self.bugs) else "FAIL"
        return self.report.verdict


def check(config: Config, run: str | None, *, mode: str, oracle: str, self_test: bool, progress: Progress) -> Checked:
    """Compare backprop with one oracle or both, in float64, for the network of a config.

    Its parameters are those of a run, if one is given, else the initial ones. Raises BpError as `build` and
    `Model.load` do, and (exit 1) if the loss is not finite.
    """
    machine.limit_threads(config.train.threads)
    dataset = build.dataset(config.data, progress).for_training(config.data.validation)
    if run is None:
        network = build.initialized(config, dataset.shape, dataset.outputs)
    else:
        model = Model.load(run, config)
        model.require_fit(dataset, dataset.train)
        network = model.network
    network = network.copy("float64")
    x, t = next(Batches(dataset.train, config.train.batch_size, "float64", seed=config.seed).epoch(1))
    with gradcheck.quietly():
        loss = network.loss(x, t) + network.penalty()
    if not math.isfinite(loss):
        raise BpError(f"the loss is {loss}: there is no derivative to check")
    asked = {}
    for name in ORACLES[oracle]:
        shown = progress if name == "numerical" else silent
        with shown("checking", gradcheck.count(network, mode), "difference") as advance:
            rng = generator(config.seed, PROBES)  # the same probes for each oracle
            asked[name] = gradcheck.probe(network, x, t, oracle=name, mode=mode, rng=rng, advance=advance)
    report = Report(mode, len(t), {name: gradcheck.judge(network, x, t, name, asked[name]) for name in asked})
    return Checked(report, planted_bugs.hunt(network, x, t, asked) if self_test else [])
