"""Where the published data sets lie, and the SHA-256 that every copy of their archives must have."""

from dataclasses import dataclass

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Archives:
    """Four gzipped IDX files; `sha256` in the order of FILES, `mirrors` in the order of trial, `classes` by number.

    `fingerprint` is that of the arrays in them, where it is known. `preprocessing` is how their images were made: of
    digits that were boxed and centred ("mnist"), or of whole pictures ("resize").
    """

    name: str
    mirrors: tuple[str, ...]
    sha256: tuple[str, str, str, str]
    classes: tuple[str, ...] = DIGITS
    fingerprint: str | None = None
    preprocessing: str = "mnist"

    @property
    def files(self) -> dict[str, str]:
        """SHA-256 by file name."""
        return dict(zip(FILES, self.sha256, strict=True))


ARCHIVES = {
    archives.name: archives
    for archives in (
        Archives(
            "mnist",
            (
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ),
            (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
            fingerprint="76cac301e5c84b5ed72a4d210d90855c8c6a865b6d262785a12fd6698193b5de",
        ),
        Archives(
            "fashion-mnist",
            (
                "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            ),
            (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
            (
                "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
            ),
            preprocessing="resize",
        ),
        Archives(
            "kmnist",
            ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
            (
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
            tuple("おきすつなはまやれを"),
            preprocessing="resize",
        ),
    )
}  # fmt: skip
