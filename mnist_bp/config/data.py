"""Section `data`: which examples, and how they are varied."""

from dataclasses import dataclass, replace

from mnist_bp.config import rules
from mnist_bp.config.key import key


@dataclass(frozen=True)
class AugmentConfig:
    """The keys of `data.augment`: how far each distortion goes at most, either way; each image has its own."""

    rotation: float = key(0.0, rules.up_to(180), "largest angle, in degrees")
    scale: float = key(
        0.0, rules.below_one, "largest change of width and of height, as a fraction, one without the other"
    )
    shear: float = key(
        0.0, rules.below_one, "largest shear: pixels to the side per pixel of height, and the other way round"
    )
    slant: float = key(
        0.0,
        rules.below_one,
        "largest slant, as of handwriting: pixels to the side per pixel of height, on top of `shear`",
    )
    shift: float = key(0.0, rules.up_to(1000), "largest shift to the side and up or down, in pixels")
    elastic_alpha: float = key(
        0.0,
        rules.up_to(10_000),
        "elastic distortion: each pixel's displacement is this many times a smoothed field of random numbers from "
        "-1 to 1",
    )
    elastic_sigma: float = key(
        4.0,
        rules.number("a number from 0.5 to 100", lambda value: 0.5 <= value <= 100),
        "standard deviation of the Gaussian that smooths that field, in pixels",
    )
    thickness: float = key(
        0.0, rules.up_to(1), "by how much the edges of strokes move outwards or inwards at most, in pixels"
    )


@dataclass(frozen=True)
class DataConfig:
    """Section `data`.

    `augment` is None rather than one that changes nothing, and `extra` sorted, so that equal runs have equal configs.
    """

    name: str = key(
        "mnist",
        rules.choice("mnist", "fashion-mnist", "kmnist", "synthetic", "idx", "plane", "xor", "chain"),
        "the data set; `synthetic` needs no network, `idx` reads four IDX files from `data.dir`; `plane`, `xor` and "
        "`chain` hold points instead of images, with a yes/no label for one output",
    )
    dir: str | None = key(
        None,
        rules.or_null(rules.string),
        "folder of the four IDX files for `data.name: idx`, or for `idx` in `data.extra`, relative to the working "
        "directory",
        used_by=("data.name", "idx"),
        on_resume="free",
    )
    labels: tuple[str, ...] | None = key(
        None,
        rules.or_null(rules.list_of(rules.name)),
        "names of the classes for `data.name: idx`, from class 0 on; null: their numbers",
        used_by=("data.name", "idx"),
        on_resume="free",
        of_setting=False,
    )
    validation: int = key(
        0, rules.whole(0, 10**9), "number of examples at the end of the training set to hold out for validation"
    )
    seed: int = key(0, rules.seed, "random seed for the `synthetic` digits and for the split of `plane`")
    extra: tuple[tuple[str, float], ...] = key(
        rules.Weights(),
        rules.weights("synthetic", "mnist", "fashion-mnist", "kmnist", "idx"),
        "other data sets whose training examples are mixed in, each with its weight: 1.0 brings each example once an "
        "epoch, 0.5 another half of them in every epoch, 2.0 each twice",
    )
    augment: AugmentConfig | None = key(
        None,
        rules.or_null(rules.instance(AugmentConfig, "keys and values such as {rotation: 12, scale: 0.12}")),
        "random distortions of the training images, drawn anew for each every time, with the keys that follow; null: "
        "none",
    )
    cache_dir: str | None = key(
        None, rules.or_null(rules.string), "cache folder; null: the user's own", on_resume="free", of_setting=False
    )
    mirrors: tuple[str, ...] | None = key(
        None,
        rules.or_null(rules.list_of(rules.string)),
        "addresses to download from, in order; null: the data set's own",
        on_resume="free",
        of_setting=False,
    )
    preprocessing: str = key(
        "mnist",
        rules.choice("mnist", "resize"),
        "how `bp predict` prepares pictures for `data.name: idx`: `mnist` finds digits, boxes and centres them; "
        "`resize` takes the whole picture",
        used_by=("data.name", "idx"),
        on_resume="free",
        of_setting=False,
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "extra", rules.Weights(sorted(self.extra)))
        if self.augment and self.augment == AugmentConfig():
            object.__setattr__(self, "augment", None)

    @property
    def sources(self) -> tuple["DataConfig", ...]:
        """A config for each whole data set that is trained on: that of `name`, then those of `extra`."""
        whole = replace(self, validation=0, extra=(), augment=None)
        return (whole, *(replace(whole, name=name, labels=None) for name, _ in self.extra))
