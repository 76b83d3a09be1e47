"""The verdict of a gradient check: what all oracles found in all tensors, taken together, and as a table."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.check.gradcheck import TensorCheck

MEANINGS = {
    "KINKS": "every step crosses a kink, as at biases of 0",
    "TINY": "too small for the oracle to tell from 0",
}
OF_TRAINING = MEANINGS | {"KINKS": "rounding carries examples of each batch across a kink"}
WAYS_OUT = {
    "KINKS": "a run that has trained has other biases than 0, and with --set seed=1 come other examples",
    "TINY": "model.init=xavier, or he for ReLUs, keeps derivatives large",
}
BY_GRAPH = "--oracle graph judges at kinks and smaller derivatives"
HEADS = {"training": "a: backprop as in training, n: graph"}


@dataclass(frozen=True)
class Report:
    """What a check in some mode found on a batch of so many examples: by oracle, a check of each tensor."""

    mode: str
    batch: int
    by_oracle: Mapping[str, Sequence[TensorCheck]]

    @property
    def tensors(self) -> list[TensorCheck]:
        """All checks, those of one tensor side by side."""
        return [check for checks in zip(*self.by_oracle.values(), strict=True) for check in checks]

    @property
    def verdict(self) -> str:
        """FAIL if a derivative is wrong; PASS if none is; UNDECIDED if none could be judged."""
        verdicts = {check.verdict for check in self.tensors}
        return next((verdict for verdict in ("FAIL", "PASS") if verdict in verdicts), "UNDECIDED")

    @property
    def checked(self) -> int:
        """How many derivatives each oracle could compare, at least."""
        return min((sum(check.checked for check in checks) for checks in self.by_oracle.values()), default=0)

    @property
    def kinks(self) -> int:
        """How many probes crossed a kink, by all oracles together."""
        return sum(check.kinks for check in self.tensors)

    @property
    def max_abs(self) -> float:
        """The largest |a − n|; NaN if there is one, and 0 if nothing could be compared."""
        return float(np.max([check.max_abs for check in self.tensors], initial=0))

    @property
    def max_rel(self) -> float:
        """The largest relative difference, as a `TensorCheck` defines it; NaN and 0 as for `max_abs`."""
        return float(np.max([check.max_rel for check in self.tensors], initial=0))

    def of(self, oracle: str) -> "Report":
        """Return what one oracle found."""
        return Report(self.mode, self.batch, {oracle: self.by_oracle[oracle]})

    def table(self) -> str:
        """Return a row of text for each tensor, oracle by oracle, and the verdict below."""
        lines = []
        for oracle, tensors in self.by_oracle.items():
            allowed = {tensor.name: f"{tensor.atol:.2g}" for tensor in tensors}
            rtol, alike = tensors[0].rtol, len({*allowed.values()}) == 1
            atol = allowed[tensors[0].name] if alike else "atol"
            head = HEADS.get(oracle, f"a: backprop, n: {oracle}")
            lines.append(f"{head}; PASS: |a − n| ≤ {atol} + {rtol:.2g}·|n|")
            lines.append(f"{'':4}{'checked':>12} kinks  |a − n| relative       worst at            a          n")
            lines += [self._row(tensor) for tensor in tensors]
            floor = f"{tensors[0].atol / rtol:.2g}" if alike else f"atol / {rtol:.2g}"
            lines.append(f"relative: |a − n| / (|n| + {floor})")
            if not alike:
                each = " ".join(f"{name}:{value}" for name, value in allowed.items())
                lines += textwrap.wrap(f"atol, for the rounding at the worst place: {each}", 80, break_on_hyphens=False)
        return "\n".join([*lines, self.conclusion])

    def brief(self) -> str:
        """Return a row of text for each oracle, and the verdict below."""
        lines = [f"{'backprop against':18}{'checked':>9} kinks  |a − n| relative"]
        for oracle in self.by_oracle:
            one = self.of(oracle)
            numbers = f"{one.checked:>9}{one.kinks:>6}{one.max_abs:>9.1e}{one.max_rel:>9.1e}"
            lines.append(f"{oracle:18}{numbers} {one.verdict}")
        return "\n".join([*lines, self.conclusion])

    @property
    def undecided(self) -> tuple[str, str] | None:
        """Why nothing could be judged, and what to try; None if something was."""
        if self.verdict != "UNDECIDED":
            return None
        kinds = [kind for kind in WAYS_OUT if kind in {tensor.verdict for tensor in self.tensors}]
        ways = [WAYS_OUT[kind] for kind in kinds]
        if "graph" not in self.by_oracle:
            ways.insert(0, BY_GRAPH)
        return f"no derivative could be judged: {'; '.join(self._meanings())}", "; ".join(ways)

    @property
    def conclusion(self) -> str:
        """The verdict, what those of single tensors mean that neither pass nor fail, and who could judge nothing."""
        blind = [oracle for oracle in self.by_oracle if self.of(oracle).verdict == "UNDECIDED"]
        others = [f"({oracle} could judge nothing)" for oracle in blind if self.verdict != "UNDECIDED"]
        return " ".join([self.verdict, *(f"({meaning})" for meaning in self._meanings()), *others])

    def _meanings(self) -> list[str]:
        """Return what KINKS and TINY mean, as far as there are such tensors."""
        tables = {tensor: OF_TRAINING if tensor.oracle == "training" else MEANINGS for tensor in self.tensors}
        meanings = {
            f"{tensor.verdict}: {table[tensor.verdict]}" for tensor, table in tables.items() if tensor.verdict in table
        }
        return sorted(meanings)

    def _row(self, tensor: TensorCheck) -> str:
        checked = f"{tensor.checked}" if self.mode == "directional" else f"{tensor.checked}/{tensor.size}"
        start = f"{tensor.name:4}{checked:>12}{tensor.kinks:>6}"
        if not tensor.checked:
            return f"{start}{'':18} {tensor.verdict}"
        values = f"{tensor.a:>11.2e}{tensor.n:>11.2e}"
        if tensor.verdict == "FAIL":
            few, many = ([f"{value:>11.{digits}g}" for value in (tensor.a, tensor.n)] for digits in (4, 9))
            values = "".join(few) if few[0] != few[1] else f"  {'  '.join(map(str.lstrip, many))}"
        place = f"[{','.join(map(str, tensor.worst))}]"
        return f"{start}{tensor.max_abs:>9.1e}{tensor.max_rel:>9.1e} {tensor.verdict:5} {place:10}{values}"
