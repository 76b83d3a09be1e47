"""The graph of one training example, of a new network and of a trained one."""

from pathlib import Path

import numpy as np
import pytest

from mnist_bp import build
from mnist_bp import config as configs
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.check.graph.nodes import operands_first
from mnist_bp.run.example_graph import LIMIT, of_example
from mnist_bp.run.model import Model
from tests.helpers.executing import ON_XOR, executed
from tests.helpers.making import config

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.mark.parametrize("name", ["xor", "chain", "plane"])
def test_the_gradients_of_the_small_configs_are_those_of_backprop(name: str) -> None:
    setting = configs.load(CONFIGS / f"{name}.yaml")
    loss = of_example(setting, None, 0)
    nodes = {node.label: node for node in operands_first(loss)}
    dataset = build.dataset(setting.data)
    network = build.initialized(setting, dataset.shape, dataset.outputs)
    x, t = dataset.train.x[:1], dataset.train.t[:1]
    assert loss.value == pytest.approx(network.loss(x, t), rel=1e-12)
    network.backprop(x, t)
    for parameter, gradient in network.named_gradients.items():
        for place, expected in np.ndenumerate(gradient):
            found = nodes[f"{parameter}[{','.join(map(str, place))}]"].gradient
            assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)  # rounding, observed ≤ 1e-15
    assert len(nodes) <= len(operands_first(loss)) <= LIMIT


def test_a_run_has_its_trained_parameters_and_any_example_can_be_chosen() -> None:
    run = str(executed()[0].path)
    model = Model.load(run)
    for example, label in enumerate([0, 1, 1, 0]):
        nodes = {node.label: node for node in operands_first(of_example(ON_XOR, run, example))}
        assert nodes["t"].value == label
        assert nodes["W1[0,1]"].value == model.params["W1"][0, 1] != 0


def test_an_example_that_there_is_not_is_refused() -> None:
    with pytest.raises(BpError, match="--example: expected a number from 0 to 3, of a training example of xor; got 4"):
        of_example(ON_XOR, None, 4)


def test_a_network_too_large_to_be_read_is_refused_with_its_size(archive_folder: Path) -> None:
    images = config(data_name="idx", data_dir=str(archive_folder), model_hidden=[50])
    nodes = 64 + (2 * 64 * 50 + 50 + 50 + 50) + (2 * 50 * 3 + 3 + 3)
    with pytest.raises(BpError, match=f"of up to 150 nodes; it would have {nodes:,}") as refused:
        of_example(images, None, 0)
    assert refused.value.code is Exit.USAGE
    assert "--config xor" in str(refused.value.hint)


def test_several_outputs_are_refused(archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_bp.run.example_graph.LIMIT", 10_000)
    with pytest.raises(BpError, match="expects one output and a loss for it; got 3 outputs") as refused:
        of_example(config(data_name="idx", data_dir=str(archive_folder), model_hidden=[50]), None, 0)
    assert refused.value.code is Exit.USAGE
