"""What was meant by a name that does not exist: a key, or one of a few choices."""

import difflib
from collections.abc import Collection, Iterable, Sequence

SYNONYMS = {
    "layers": "hidden", "units": "hidden", "nonlinearity": "activation", "criterion": "loss", "l2": "weight_decay",
    "eta": "learning_rate", "gamma": "decay_factor", "precision": "dtype", "dataset": "name", "classes": "labels",
    "angle": "rotation", "translation": "shift", "early_stopping": "patience", "ema": "ema_decay",
}  # fmt: skip
CLOSE, ALIKE = 0.6, 0.75  # similarity at which a name may be meant, and at which it is hardly another


def folded(name: str) -> str:
    """Return a name without what people write in several ways: case, and what separates its words."""
    return name.lower().replace("_", "").replace("-", "")


def closest(given: str, names: Iterable[str], least: float = CLOSE) -> str | None:
    """Return the name that is most like what was given; None if none is like it."""
    similarity, name = max(((_similarity(given, name), name) for name in names), default=(0.0, None))
    return name if similarity >= least else None


def suggestion(given: str, names: Collection[str]) -> str:
    """Return what to add to a message: which of the names was meant, if it is another one."""
    close = None if given in names else closest(given, names)
    return f"; did you mean {close}?" if close else ""


def meant(given: str, keys: Sequence[str]) -> str | None:
    """Return which of the dotted keys was meant, whatever its section: `train.lr` is `train.learning_rate`.

    A key is found by its name or one like it, by the initials of its words, or by one of them or its beginning; among
    those that fit equally well, the more similar goes first, then one of the same section, then one outside of all.
    """
    section, _, name = given.rpartition(".")

    def fitness(key: str) -> tuple[int, float, bool, bool]:
        own, _, known = key.rpartition(".")
        return _fit(name, known), _similarity(name, known), own == section, not own

    best = max(keys, key=fitness)
    return best if fitness(best)[0] else None


def _fit(given: str, name: str) -> int:
    """Return how well a name fits to what was given, 0 if not at all."""
    given, similarity = given.lower().replace("-", "_"), _similarity(given, name)
    words = name.split("_")
    fits = (
        similarity >= CLOSE,
        len(name) > 2 and given.startswith(name),
        any(word in words for word in given.split("_")),
        len(given) > 1 and any(word.startswith(given) for word in words),
        len(given) > 1 and given == "".join(word[:1] for word in words),
        similarity >= ALIKE,
        SYNONYMS.get(given) == name,
    )
    return max((rank for rank, fit in enumerate(fits, 1) if fit), default=0)


def _similarity(given: str, name: str) -> float:
    return difflib.SequenceMatcher(None, folded(given), folded(name)).ratio()
