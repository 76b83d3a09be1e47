"""What PyTorch computes, in float64, where tests compare it with ours: inputs and results, into a file of the tests.

python scripts/peers/pytorch_numbers.py tests/helpers/pytorch.json
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional
from torch.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from torch.optim import lr_scheduler as schedules

torch.set_default_dtype(torch.float64)
RATE = 0.1


def activations() -> dict[str, object]:
    """Return values and slopes at x."""
    x = torch.tensor([-3.0, -0.5, 0.25, 4.0], requires_grad=True)
    functions = {
        "Sigmoid": torch.sigmoid,
        "Tanh": torch.tanh,
        "LeakyReLU": functional.leaky_relu,
        "Softplus": functional.softplus,
    }
    return {
        "x": x.tolist(),
        "values": {name: f(x).tolist() for name, f in functions.items()},
        "slopes": {name: torch.autograd.grad(f(x).sum(), x)[0].tolist() for name, f in functions.items()},
    }


def convolution() -> dict[str, object]:
    """Return output and gradients of a strided, padded convolution."""

    def ramp(*shape: int, step: float) -> Tensor:
        return (torch.arange(torch.Size(shape).numel()) * step).reshape(shape)

    x, W, b = ramp(2, 2, 5, 6, step=0.7).sin(), ramp(3, 2, 3, 3, step=0.3).cos(), torch.tensor([0.1, -0.2, 0.3])
    inputs = {name: tensor.requires_grad_() for name, tensor in {"x": x, "W": W, "b": b}.items()}
    out = functional.conv2d(*inputs.values(), stride=2, padding=1)
    dout = ramp(*out.shape, step=1.1).cos()
    gradients = torch.autograd.grad(out, [*inputs.values()], dout)
    tensors = inputs | {"out": out, "dout": dout} | dict(zip(("dx", "dW", "db"), gradients, strict=True))
    return {"stride": 2, "padding": 1} | {name: tensor.tolist() for name, tensor in tensors.items()}


def losses() -> dict[str, object]:
    """Return the mean loss, and its gradient with respect to the outputs z."""
    z = torch.tensor([[0.5, -1.25, 2.0], [-0.75, 3.0, 0.1]], requires_grad=True)
    classes, numbers = torch.tensor([2, 0]), torch.tensor([[0.0, 1.0, 0.25], [1.0, 0.5, 0.0]])
    cases = {
        "SoftmaxCrossEntropy": (classes, functional.cross_entropy(z, classes)),
        "SoftmaxCrossEntropy, smoothed by 0.1": (classes, functional.cross_entropy(z, classes, label_smoothing=0.1)),
        "BinaryCrossEntropy": (numbers, functional.binary_cross_entropy_with_logits(z, numbers)),
        "MeanSquaredError": (numbers, functional.mse_loss(z, numbers)),
    }
    return {
        name: {
            "z": z.tolist(),
            "t": t.tolist(),
            "loss": loss.item(),
            "gradient": torch.autograd.grad(loss, z, retain_graph=True)[0].tolist(),
        }
        for name, (t, loss) in cases.items()
    }


def optimizers() -> dict[str, object]:
    """Return three parameters, two weights and a bias, after each of three steps.

    Its velocity is ours divided by −η, which makes no difference as long as the rate is constant.
    """
    start, gradients = [1.0, -2.0, 0.5], [[10.0, -20.0, 0.1], [1.0, 0.0, -3.0], [0.5, 4.0, 2.0]]

    def steps(kind: type[Optimizer], **options: object) -> list[list[float]]:
        W, b = torch.tensor(start[:2], requires_grad=True), torch.tensor(start[2:], requires_grad=True)
        weights = {"params": [W]} | ({"weight_decay": 0.5} if kind is AdamW else {})
        optimizer = kind([weights, {"params": [b], "weight_decay": 0.0}], lr=RATE, **options)
        after = []
        for gradient in gradients:
            W.grad, b.grad = torch.tensor(gradient[:2]), torch.tensor(gradient[2:])
            optimizer.step()
            after.append([*W.tolist(), *b.tolist()])
        return after

    return {
        "start": start,
        "gradients": gradients,
        "after": {
            "SGD": steps(SGD),
            "Momentum": steps(SGD, momentum=0.9),
            "Nesterov": steps(SGD, momentum=0.9, nesterov=True),
            "AdaGrad": steps(Adagrad, eps=1e-8),
            "RMSprop": steps(RMSprop, alpha=0.9, eps=1e-8),
            "Adam": steps(Adam, betas=(0.9, 0.999), eps=1e-8),
            "AdamW": steps(AdamW, betas=(0.9, 0.999), eps=1e-8),
        },
    }


def rates() -> dict[str, list[float]]:
    """Return the learning rates of successive steps; OneCycleLR refuses the schedule.step after the last."""

    def of(kind: type[schedules.LRScheduler], steps: int, *arguments: object, **options: object) -> list[float]:
        optimizer = SGD([torch.zeros(1)], lr=RATE)
        schedule = kind(optimizer, *arguments, **options)
        found = []
        for _ in range(steps):
            found.append(float(optimizer.param_groups[0]["lr"]))
            optimizer.step()
            if len(found) < steps:
                schedule.step()
        return found

    return {
        "step decay": of(schedules.StepLR, 8, 3, 0.5),
        "cosine": of(schedules.CosineAnnealingLR, 9, 8),
        "one cycle": of(schedules.OneCycleLR, 10, RATE, total_steps=10),
        "one cycle of two steps": of(schedules.OneCycleLR, 2, RATE, total_steps=2),
        "warm-up": of(schedules.LinearLR, 6, 0.25, 1, 3),
    }


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("file", type=Path)
FILE = parser.parse_args().file
NUMBERS = {
    "program": "PyTorch",
    "version": torch.__version__,
    "command": f"python scripts/peers/{Path(__file__).name} {FILE.as_posix()}",
    "activations": activations(),
    "convolution": convolution(),
    "losses": losses(),
    "optimizers": optimizers(),
    "rates": rates(),
}
LINES = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in NUMBERS.items())
FILE.write_text(f"{{\n{LINES}\n}}\n", encoding="utf-8", newline="\n")
