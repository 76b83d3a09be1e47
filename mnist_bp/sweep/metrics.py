"""The metrics that runs are compared by, and which value of one is the better."""

METRICS = tuple(f"{split}_{measure}" for split in ("train", "validation", "test") for measure in ("loss", "accuracy"))


def order(value: float | None, metric: str) -> tuple[bool, float]:
    """Return a key to sort by: high accuracies and low losses first, what was not measured (None) last."""
    if value is None:
        return True, 0.0
    return False, -value if metric.endswith("accuracy") else value
