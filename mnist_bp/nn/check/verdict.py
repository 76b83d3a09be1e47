"""The verdict of a gradient check: what all oracles found in all tensors, taken together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_bp.nn.check.gradcheck import TensorCheck


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
