"""The verdict of a gradient check: what all oracles found in all tensors, taken together, and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.check.gradcheck import TensorCheck

MEANINGS = {
    "KINKS": "every step crosses a kink, as at biases of 0",
    "TINY": "too small for the oracle to tell from 0",
}


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
        """FAIL if a derivative is wrong, or if none could be compared; else PASS."""
        verdicts = {check.verdict for check in self.tensors}
        return "FAIL" if "FAIL" in verdicts or "PASS" not in verdicts else "PASS"

    @property
    def checked(self) -> int:
        """How many derivatives each oracle could compare, at least."""
        return min(sum(check.checked for check in checks) for checks in self.by_oracle.values())

    @property
    def kinks(self) -> int:
        """How many probes crossed a kink, by all oracles together."""
        return sum(check.kinks for check in self.tensors)

    @property
    def max_abs(self) -> float:
        """The largest |a − n|; NaN if there is one."""
        return float(np.max([check.max_abs for check in self.tensors]))

    @property
    def max_rel(self) -> float:
        """The largest relative difference, as a `TensorCheck` defines it; NaN if there is one."""
        return float(np.max([check.max_rel for check in self.tensors]))

    def of(self, oracle: str) -> "Report":
        """Return what one oracle found."""
        return Report(self.mode, self.batch, {oracle: self.by_oracle[oracle]})

    def table(self) -> str:
        """Return a row of text for each tensor, oracle by oracle, and the verdict below."""
        lines = []
        for oracle, tensors in self.by_oracle.items():
            atol, rtol = tensors[0].atol, tensors[0].rtol
            lines.append(f"a: backprop, n: {oracle}; PASS: |a − n| ≤ {atol:.2g} + {rtol:g}·|n|")
            lines.append(f"{'':4}{'checked':>12} kinks  |a − n| relative       worst at            a          n")
            lines += [self._row(tensor) for tensor in tensors]
            lines.append(f"relative: |a − n| / (|n| + {atol / rtol:.2g})")
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
    def conclusion(self) -> str:
        """The verdict, and what those of single tensors mean that neither pass nor fail."""
        verdicts = {tensor.verdict for tensor in self.tensors}
        meanings = [f"({verdict}: {meaning})" for verdict, meaning in MEANINGS.items() if verdict in verdicts]
        return " ".join([self.verdict, *meanings])

    def _row(self, tensor: TensorCheck) -> str:
        checked = f"{tensor.checked}" if self.mode == "directional" else f"{tensor.checked}/{tensor.size}"
        start = f"{tensor.name:4}{checked:>12}{tensor.kinks:>6}"
        if not tensor.checked:
            return f"{start}{'':18} {tensor.verdict}"
        values = f"{tensor.a:>11.2e}{tensor.n:>11.2e}"
        if tensor.verdict == "FAIL":
            values = f"  {tensor.a:.9g}  {tensor.n:.9g}"
        return (
            f"{start}{tensor.max_abs:>9.1e}{tensor.max_rel:>9.1e} {tensor.verdict:5} {list(tensor.worst)!s:10}{values}"
        )
