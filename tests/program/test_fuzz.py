"""Whatever is read, it comes to a right result or to a BpError: no other exception, no warning, no memory out of hand.

`pytest tests/test_fuzz.py --hypothesis-profile=fuzz` tries more than 100,000 inputs and says so at its end. Most are
genuine files with a few things wrong, as those get furthest.
"""

import gzip
import io
import json
import math
import resource
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, AnyStr

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mnist_bp import npz
from mnist_bp.config import Config, dump, load, parse
from mnist_bp.data import cache, idx
from mnist_bp.data.dataset import Dataset
from mnist_bp.errors import BpError
from mnist_bp.nn.optimizers import Momentum
from mnist_bp.nn.two_layer_net import TwoLayerNet
from mnist_bp.run import checkpoint
from mnist_bp.run.directory import IN_SUMMARY, Run
from mnist_bp.run.environment import changes_of
from mnist_bp.train.records import Record
from mnist_bp.train.trainer import Position, Trainer
from tests.helpers import data as small_data
from tests.helpers.data import blobs
from tests.unit.train.test_records import RECORDS, RISING

PATH = Path("fuzzed")
KIB = 1 << 10
DEFAULT = settings().max_examples
MANY = DEFAULT > 100

outcomes: dict[str, Counter[str]] = {}
peaks: Counter[str] = Counter()


def examples(count: int) -> settings:
    """Try so many examples; in other profiles as many times more as these have more by default."""
    return settings(max_examples=count * DEFAULT // 100)


def result(what: str, read: Callable[[], Any], memory: int, refusal: type[Exception] = BpError) -> Any:
    """Return what `read` returns, None where it refuses; any other exception fails, as do more bytes than `memory`."""
    tracemalloc.start()
    try:
        got, outcome = read(), "accepted"
    except refusal:
        got, outcome = None, "refused"
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    if got is None:
        outcome = "refused"
    outcomes.setdefault(what, Counter())[outcome] += 1
    peaks[what] = max(peaks[what], peak)
    assert peak <= memory
    return got


@pytest.fixture(scope="module", autouse=True)
def report(request: pytest.FixtureRequest) -> Iterator[None]:
    """See at the end that inputs of either outcome were not rare; in a profile of many examples, say what was tried."""
    yield
    for what, counted in () if request.session.testsfailed else outcomes.items():
        assert counted["accepted"] > 0.1 * counted.total(), f"{what}: the inputs have become too bad: {counted}"
        assert counted["refused"] > 0.1 * counted.total(), f"{what}: the inputs have become too good: {counted}"
    if MANY:
        say = request.config.pluginmanager.getplugin("terminalreporter").write_line
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            say("")
            for what, counted in outcomes.items():
                tried, accepted, peak = counted.total(), counted["accepted"], peaks[what] / KIB
                say(f"{what:18}{tried:8,} inputs, {accepted:7,} accepted, peak {peak:8,.0f} KiB")
            total, peak = sum(counted.total() for counted in outcomes.values()), max(peaks.values()) / KIB
            process = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB  # Linux gives KiB
            found = f"{request.session.testsfailed} failures" if request.session.testsfailed else "no traceback"
            say(f"{total:,} fuzzed inputs; {found}; peak {peak:,.0f} KiB, of the whole process {process:,.0f} MiB")


NUMBERS = [0, 1, 2, 4, 127, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1]
PLACE = st.integers(0, (1 << 16) - 1)  # in 65,536ths of the file, whatever its length
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "repeat", "end", "put", "<B", "<H", "<I", "<Q", ">I"]),
        PLACE,
        PLACE,
        st.sampled_from(NUMBERS),
    ),
    max_size=3,
)
Changes = list[tuple[str, int, int, int]]


def changed(raw: bytes, changes: Changes) -> bytes:
    """Return the bytes with a few things wrong."""
    for how, first, second, number in changes:
        at, to = first * (len(raw) + 1) >> 16, second * (len(raw) + 1) >> 16
        if how == "flip":
            raw = raw[:at] + bytes(byte ^ 1 << second % 8 for byte in raw[at : at + 1]) + raw[at + 1 :]
        elif how == "cut":
            raw = raw[:at] + raw[at + 1 + second % 16 :]
        elif how == "repeat":
            raw = raw[:to] + raw[at : at + 64] + raw[to:]
        elif how == "end":
            raw = raw[:at]
        elif how == "put":
            raw = raw[:at] + second.to_bytes(2, "big") + raw[at:]
        else:
            size = struct.calcsize(how)
            raw = raw[:at] + struct.pack(how, number % (1 << 8 * size)) + raw[at + size :]
    return raw


def spliced(whole: AnyStr, splices: list[tuple[int, AnyStr]]) -> AnyStr:
    for place, fragment in splices:
        at = place * (len(whole) + 1) >> 16
        whole = whole[:at] + fragment + whole[at:]
    return whole


# IDX


@st.composite
def idx_files(draw: st.DrawFn) -> bytes:
    """Draw an IDX file, one whose header is not of its values, or one with a few changes."""
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=1) | st.tuples(*[st.integers(0, 4)] * 3))
    claimed = [draw(st.sampled_from([size] * 40 + NUMBERS)) % 2**32 for size in sizes]
    values = bytes(range(64))[: int(np.prod(sizes))]
    return bytes((0, 0, 8, len(sizes))) + struct.pack(f">{len(sizes)}I", *claimed) + values


@examples(100)
@given(raw=idx_files(), changes=CHANGES)
@example(raw=bytes((0, 0, 8, 1)) + struct.pack(">I", 1 << 30) + bytes(100), changes=[])
@example(raw=bytes((0, 0, 8, 3)) + struct.pack(">3I", 0, 2**32 - 1, 2**32 - 1), changes=[])
def test_a_changed_idx_file_is_refused_or_is_exactly_one_array(raw: bytes, changes: Changes) -> None:
    raw = changed(raw, changes)
    PATH.write_bytes(raw)
    array = result("IDX", lambda: read(1 if raw[3:4] == b"\1" else 3), 32 * KIB + 3 * len(raw))
    if array is not None:
        assert small_data.idx(array) == raw


def read(dimensions: int) -> np.ndarray:
    with idx.opened(PATH, dimensions) as file:
        return file.values()


def bomb(*claimed: int) -> bytes:
    header = bytes((0, 0, 8, len(claimed))) + struct.pack(f">{len(claimed)}I", *claimed)
    return gzip.compress(header + bytes(1 << 22), 9, mtime=0)


BOMBS = [
    bomb(1),
    bomb(1 << 22),
    bomb((1 << 22) - 1),
    bomb(1 << 30),
    bomb(1024, 64, 64),
    bomb(2, 2, 2),
    bomb(2**20, 28, 28),
]


@examples(100)
@given(
    raw=idx_files().map(lambda raw: gzip.compress(raw, mtime=0)) | st.sampled_from(BOMBS),
    changes=st.just([]) | CHANGES,
)
@example(raw=gzip.compress(bytes((0, 0, 8, 1)) + struct.pack(">I", 1 << 30) + bytes(100)), changes=[])
def test_a_gzip_stream_takes_little_more_memory_than_its_contents(raw: bytes, changes: Changes) -> None:
    """Namely that of a few pieces of a stream, of which each is decoded in blocks that are joined."""
    raw = changed(raw, changes)
    PATH.write_bytes(raw)
    head = b""
    with suppress(zlib.error):
        head = zlib.decompressobj(wbits=31).decompress(raw, 16)
    dimensions = 1 if head[3:4] == b"\1" else 3
    sizes = struct.unpack(f">{dimensions}I", head[4 : 4 + 4 * dimensions].ljust(4 * dimensions, b"\0"))
    delivered = min(math.prod(sizes), (1 << 20) + 1032 * len(raw))  # which is the most that deflate can
    array = result("gzip", lambda: read(dimensions), 4 * idx.CHUNK + delivered)
    if array is not None:
        assert small_data.idx(array) == gzip.decompress(raw)


# .npz: decoded copies and checkpoints

HEADER = 512 * KIB  # what Python's parser takes at most for the 1,000 characters that `npz` allows a header
NASTY_HEADERS = [
    "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 4611686018427387904, 4), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (True, 1), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1L,), }",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (" + "1," * 70 + "), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (), }",
    "{'descr': '<U1000000000', 'fortran_order': False, 'shape': (), }",
    "{'descr': '|V0', 'fortran_order': False, 'shape': (1099511627776,), }",
    "{'descr': [('a', '<f8'), ('b', '|u1', (4,))], 'fortran_order': False, 'shape': (1,), }",
    "{'descr': ('<f8', (1073741824,)), 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<M8[s]', 'fortran_order': True, 'shape': (), }",
    "(" * 9000,
    "[" * 90 + "]" * 90,
    "-" * 5000 + "1",
    "{" * 5000,
    "1+" * 3000 + "1",
    "'\\x00'",
    "{}",
    "\0",
    "",
]
DTYPES = ["<f8", ">f8", "<f4", "<i8", "<u8", "|u1", "|b1", "<c16", "<U3", "|S8", "<M8[s]", "|V8", "<f2"]
NAMES = [
    "W1",
    "b2",
    "format",
    "config",
    "fingerprint",
    "sha256",
    "position.step",
    "../x",
    "",
    "é",
    "train_labels",
    "fingerprint",
]
MEMBER_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["rename", "swap", "drop", "twice", "deflate", "zip64", "header", "retype"]),
        st.integers(0, 15),
        st.integers(0, 15),
        st.sampled_from(NASTY_HEADERS),
        st.sampled_from(DTYPES),
    ),
    max_size=2,
)
MemberChanges = list[tuple[str, int, int, str, str]]


def npy(header: str, data: bytes, version: int = 1) -> bytes:
    encoded = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack("<H", len(encoded)) + encoded + data


def npz_bytes(members: Mapping[str, np.ndarray], changes: MemberChanges) -> bytes:
    """Return an uncompressed .npz file, with something wrong in its members."""
    files: list[list[Any]] = [[name, array, b"", zipfile.ZIP_STORED, False] for name, array in members.items()]
    for how, first, second, header, dtype in changes:
        one, other = files[first % len(files)], files[second % len(files)]
        if how == "rename":
            one[0] = NAMES[second % len(NAMES)]
        elif how == "swap":
            one[0], other[0] = other[0], one[0]
        elif how == "drop" and len(files) > 1:
            del files[first % len(files)]
        elif how == "twice":
            files.append([*one])
        elif how == "deflate":
            one[3] = zipfile.ZIP_DEFLATED
        elif how == "zip64":
            one[4] = True
        elif how == "header":
            one[2] = npy(header, one[1].tobytes(), max(1, second - 12))
        elif how == "retype":
            data = (one[1].tobytes() * 16)[: one[1].size * np.dtype(dtype).itemsize]
            one[2] = npy(f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {one[1].shape}, }}", data)
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile, about names that are there twice
        for name, array, raw, compression, zip64 in files:
            info = zipfile.ZipInfo(f"{name}.npy")
            info.compress_type = compression
            with archive.open(info, "w", force_zip64=zip64) as file:
                if raw:
                    file.write(raw)
                else:
                    np.lib.format.write_array(file, array, allow_pickle=False)
    return written.getvalue()


def arrays_of(members: Mapping[str, np.ndarray]) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    return {name: (array.dtype.str, array.shape, array.tobytes()) for name, array in members.items()}


TRAIN, TEST = blobs(6, np.random.default_rng(1)), blobs(4, np.random.default_rng(2))
DATA = {"train_images": TRAIN[0], "train_labels": TRAIN[1], "test_images": TEST[0], "test_labels": TEST[1]}
COPY = {"fingerprint": np.frombuffer(f"idx/{PATH} {Dataset.of('idx', DATA).fingerprint}".encode(), np.uint8)} | DATA


@examples(100)
@given(members=MEMBER_CHANGES, changes=CHANGES)
@example(members=[("twice", number, 0, "", "") for number in range(5)] * 3, changes=[])
def test_a_changed_decoded_copy_is_refused_or_read_as_it_was_written(members: MemberChanges, changes: Changes) -> None:
    raw = changed(npz_bytes(COPY, members), changes)
    PATH.write_bytes(raw)
    dataset = result("decoded copy", lambda: cache.read("idx", PATH), HEADER + 8 * len(raw), ValueError)
    if dataset is not None:
        assert dataset.fingerprint == Dataset.of("idx", DATA).fingerprint
        np.testing.assert_array_equal(dataset.train.x, TRAIN[0].reshape(6, 64))
        np.testing.assert_array_equal(dataset.test.t, TEST[1])


@examples(100)
@given(members=MEMBER_CHANGES, changes=CHANGES)
def test_a_changed_npz_file_is_refused_or_read_without_a_copy(members: MemberChanges, changes: Changes) -> None:
    raw = changed(npz_bytes(DATA, members), changes)
    got = result("npz", lambda: npz.arrays(io.BytesIO(raw), raw), HEADER + 8 * len(raw), ValueError)
    if got is not None:
        assert sum(array.nbytes for array in got.values()) <= len(raw)
        assert not any(array.flags.owndata or array.flags.writeable for array in got.values())


def trainer() -> Trainer:
    """Return a small trainer at its start; nothing of it is used but for what a checkpoint holds."""
    net = TwoLayerNet(2, 3, 2, seed=1)
    rest: dict[str, Any] = dict.fromkeys(("schedule", "gradient", "batches", "measured", "steps", "seed"))
    return Trainer(net, Momentum(net.parameters, net.gradients), **rest)


def state(trainer: Trainer) -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Return all that a checkpoint holds of a trainer."""
    return arrays_of(checkpoint._arrays(trainer))


def saved_members() -> dict[str, np.ndarray]:
    """Return the arrays of a genuine checkpoint."""
    advanced = trainer()
    for number, vector in enumerate((advanced.network.parameters, *advanced.optimizer.state.values())):
        vector[...] = np.random.default_rng(number).random(vector.shape)
    advanced.position = Position(step=17, examples=34, loss_sum=0.1 + 0.2, correct=5)
    about = {"format": checkpoint.FORMAT, "config": dump(Config()), "fingerprint": "0" * 64,
             "shape": (1, 2), "scale": 1 / 255, "classes": ("0", "1", "2"), "outputs": 3}  # fmt: skip
    members = {name: np.array(value) for name, value in about.items()} | checkpoint._arrays(advanced)
    return members | {"sha256": np.array(checkpoint._sha256(members))}


SAVED = saved_members()


def restored(raw: bytes) -> tuple[checkpoint.Checkpoint | None, Trainer]:
    """Return a checkpoint, or None where it is refused, and a trainer that has been put where it stands."""
    PATH.write_bytes(raw)
    into = trainer()

    def read_and_restore() -> checkpoint.Checkpoint:
        found = checkpoint.read(PATH)
        found.restore(into)
        return found

    return result("checkpoint", read_and_restore, HEADER + 8 * len(raw)), into


@examples(100)
@given(members=MEMBER_CHANGES, changes=CHANGES)
def test_a_changed_checkpoint_is_refused_or_read_as_it_was_saved(members: MemberChanges, changes: Changes) -> None:
    found, into = restored(changed(npz_bytes(SAVED, members), changes))
    if found is None:
        assert state(into) == state(trainer())
    else:
        assert (found.config, found.fingerprint) == (str(SAVED["config"]), str(SAVED["fingerprint"]))
        assert state(into) == {name: array for name, array in arrays_of(SAVED).items() if name in state(trainer())}


ODD_ARRAYS = [
    np.array(1), np.array([1]), np.array(2), np.array(-1), np.array(1.0), np.array(np.nan), np.array("x"),
    np.array(b"x"), np.array("\ud800"), np.array("2000", "M8[Y]"), np.zeros(1, [("a", "<i8")]),
    np.zeros((), [("a", "<i8")]), np.array(True), np.zeros((2, 3)), np.full((2, 3), np.inf), np.zeros((2, 3), "f4"),
    np.zeros((2, 3), ">f8"), np.zeros((0, 3)), np.zeros((3, 2)).T, np.array(2**63 - 1), np.array(1, "M8[s]"),
    np.array(1j), np.zeros((), "V8"), np.zeros(15),
]  # fmt: skip


@examples(100)
@given(
    replaced=st.just({})
    | st.dictionaries(
        st.sampled_from([*SAVED][:-1]) | st.sampled_from(NAMES[:-2]), st.sampled_from([None, *ODD_ARRAYS]), max_size=1
    ),
    signed=st.just(True) | st.booleans(),
)
@example(replaced={"format": np.zeros((), [("a", "<i8")])}, signed=True)
@example(replaced={"W1": np.full((2, 3), np.inf)}, signed=True)
@example(replaced={"position.step": np.array(-1)}, signed=True)
@example(replaced={"sha256": np.zeros((), [("a", "<i8")])}, signed=False)
def test_a_checkpoint_of_wrong_arrays_is_restored_completely_or_not_at_all(
    replaced: dict[str, np.ndarray | None], signed: bool
) -> None:
    members = {name: array for name, array in (SAVED | replaced).items() if array is not None}
    if signed:
        members.pop("sha256", None)
        members["sha256"] = np.array(checkpoint._sha256(members))
    found, into = restored(npz_bytes(members, []))
    if found is None:
        assert state(into) == state(trainer())
    else:
        assert np.isfinite(into.network.parameters).all()
        assert into.position.step >= 0
        assert state(into) == {name: array for name, array in arrays_of(members).items() if name in state(trainer())}


# Configs

GENUINE = [path.read_bytes() for path in sorted(Path(__file__).parents[2].glob("configs/*.yaml"))]
FRAGMENTS = [
    "&a ", "*a", ", *a", "<<: *a", "!!python/object/apply:os.system [ls] ", "!!binary ", "! ", "!<x> ", "\0", "\x1b",
    "\x85", "\ufeff", "\ud800", "\r", "\t", "\u2028", "{", "}", "[", "]", "{}", "[]", ": ", "- ", "? ", "| ", "> ",
    "%YAML 1.1\n", "%TAG ! x\n", "\n---\n", "\n...\n", "'", '"', '"\\U00110000"', '"\\x41"', "#", "null", "true",
    "1e999", ".nan", "-.inf", "9" * 401, "9" * 5000, "1" * 60 + "x", "0x1f", "1_000", "12:30", "train: ", "seed: 1\n",
    "model: {hidden: 3}\n", "a.b: ", ", x: 1", "a" * 1025, "[" * 40, "{a: " * 40, "- " * 40, "- &b [*b]\n",
    "0, " * 120,
]  # fmt: skip
SPLICES = st.lists(st.tuples(PLACE, st.sampled_from(FRAGMENTS)), max_size=2)


PAIRS = {
    "data": [
        "name: synthetic", "name: idx, dir: here", "name: xor", "validation: 10", "seed: 3", "mirrors: [a, b]",
        "cache_dir: ~",
    ],
    "model": [
        "hidden: [3, 4]", "hidden: 5", "conv: [{filters: 2, kernel: 3}]", "conv: {filters: 1, pool: max}", "bias: no",
        "bias: false", "init: he", "dropout: 0.5", "activation: relu", "loss: half_squared_error",
        "weight_init_std: 1e-3",
    ],
    "train": [
        "epochs: 3", "epochs: 0", "learning_rate: 1e-3", "optimizer: adam", "beta1: .5", "clip_norm: 1e300",
        "dtype: float64", "max_steps: null", "warmup_steps: 999999999999", "schedule: cosine",
        "checkpoint_seconds: 1e-9", "lr: 1",
    ],
}  # fmt: skip
VALUES = ["1", "-1", "0", "1.5", "[]", "{}", "[1, [2]]", "null", "", "true", "x", "'1'", "[*a]", "&a [1]", *FRAGMENTS]


@st.composite
def mappings(draw: st.DrawFn) -> str:
    """Draw a config: mostly right keys with mostly right values, some of them wrong, some of them twice."""
    lines = []
    for section, pairs in PAIRS.items():
        chosen = draw(st.lists(st.sampled_from(pairs), max_size=3, unique_by=lambda pair: pair.split(":")[0]))
        lines.append(f"{section}: {{{', '.join(chosen)}}}")
    if draw(st.integers(0, 3)) == 0:
        key = draw(st.sampled_from(["seed", "train", "data.name", "x", "? [a]", "", "<<"]))
        lines.append(f"{key}: {draw(st.sampled_from(VALUES))}")
    return "\n".join(lines)


@st.composite
def laughs(draw: st.DrawFn) -> str:
    """Draw aliases of lists of aliases of lists: few characters, billions of items."""
    depth, width = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    first, item = draw(
        st.sampled_from([("x", "*a{}"), ("1", "*a{}"), ("{filters: 1}", "*a{}"), ("{a: 1, b: 2}", "*a{}")])
    )
    levels = [f"&a0 {first}", *(f"&a{n} [{', '.join([item.format(n - 1)] * width)}]" for n in range(1, depth))]
    form = draw(
        st.sampled_from(["model: {{hidden: [{}]}}", "model: {{conv: [{}]}}", "[{}]", "data: {{mirrors: [{}]}}"])
    )
    return form.format(", ".join(levels))


def read_config(what: str, raw: bytes, overrides: tuple[str, ...] = ()) -> None:
    """Load a config from a file and settings.

    A node with its marks takes PyYAML some 300 bytes, and two characters can be one; its recursion takes a megabyte.
    """
    PATH.write_bytes(raw)
    size = len(raw) + sum(map(len, overrides))
    config = result(what, lambda: load(PATH, overrides), 1024 * KIB + 400 * size)
    if config is not None:
        assert parse(dump(config), "dumped") == config


@examples(100)
@given(raw=st.sampled_from(GENUINE), splices=SPLICES, changes=CHANGES)
def test_a_changed_config_is_refused_or_dumps_to_what_loads_back(raw: bytes, splices: Any, changes: Changes) -> None:
    read_config("config", changed(spliced(raw.decode(), splices).encode(errors="surrogatepass"), changes))


@examples(100)
@given(text=mappings() | mappings() | mappings() | laughs() | st.integers(1, 60).map("a: [".__mul__), splices=SPLICES)
@example(text="model: {conv: [&a {" + "k: 1, " * 1000 + "}" + ", *a" * 99 + "]}", splices=[])
@example(text="data: {mirrors: [&a " + "x" * 20_000 + ", *a" * 1000 + "]}", splices=[])
@example(text="model: {conv: [&a {filters: 1}" + ", *a" * 2000 + "]}", splices=[])
@example(text='seed: "\\U00110000"', splices=[])
@example(text='seed: "\\UFFFFFFFF"', splices=[])
@example(text="%YAML 1." + "1" * 5000 + "\n--- {}", splices=[])
@example(text="x" * 100_000, splices=[])
def test_a_made_up_config_is_refused_or_dumps_to_what_loads_back(text: str, splices: Any) -> None:
    read_config("made-up config", spliced(text, splices).encode(errors="surrogatepass"))


SETTINGS = [
    f"{section}.{pair.replace(': ', '=', 1)}"
    for section, pairs in PAIRS.items()
    for pair in pairs
    if "dir: h" not in pair
]


@examples(100)
@given(
    overrides=st.lists(
        st.tuples(st.sampled_from(SETTINGS), st.just([]) | SPLICES).map(lambda drawn: spliced(*drawn)), max_size=3
    ).map(tuple)
)
def test_made_up_settings_are_refused_or_dump_to_what_loads_back(overrides: tuple[str, ...]) -> None:
    read_config("--set", b"", overrides)


# The files of a run

NUMERALS = [
    b"0",
    b"+1",
    b"1_0",
    b" 1",
    b"1.50",
    b"1e3",
    b"nan",
    b"-nan",
    b"inf",
    b"\xd9\xa1",
    b",",
    b"\n",
    b"\r",
    b"\x85",
    b"\x1c",
    b"9" * 5000,
]
INSERTS = st.lists(st.tuples(PLACE, st.sampled_from(NUMERALS)), max_size=2)


@examples(100)
@given(
    rows=RISING | st.lists(RECORDS, max_size=2),
    changes=st.just([]) | CHANGES,
    inserts=st.just([]) | INSERTS,
)
def test_changed_metrics_are_refused_or_read_as_they_are_written(
    rows: list[Record], changes: Changes, inserts: Any
) -> None:
    raw = spliced(changed((Record.header() + "".join(record.line() for record in rows)).encode(), changes), inserts)
    run = Run("run")
    run.path.mkdir(exist_ok=True)
    metrics = run.path / "metrics.csv"
    metrics.write_bytes(raw)
    got = result("metrics", run.metrics.rows, 64 * KIB + 16 * len(raw))
    if got is not None:
        text = metrics.read_text(encoding="ascii", errors="replace")
        if text.startswith(Record.header()):  # and has no other columns, which are passed over
            assert Record.header() + "".join(record.line() for record in got) == text[: text.rfind("\n") + 1]
        assert [record.step for record in got] == sorted({record.step for record in got})


ROW = Record(3, 30, 0.1, 0.5, 0.75, None, None, 0.5, 0.75, 1.0)
SUMMARY = {"epochs": 3, "steps": 30, "seconds": 1.0, "parameters": 9, **ROW.metrics}
NOTES = (
    st.fixed_dictionaries(
        {},
        optional={
            "python": st.text(max_size=5),
            "blas": st.none() | st.just({"kernel": None, "threads": 1}),
            "changes": st.lists(st.integers(0, 99).map(lambda step: {"step": step, "before": None}), max_size=3),
        },
    )
    | st.just(SUMMARY)
    | st.fixed_dictionaries(dict.fromkeys(IN_SUMMARY, st.floats() | st.integers()))
)
JSON_FRAGMENTS = [
    b"[" * 5000,
    b'{"a":' * 5000,
    b"NaN",
    b"9" * 5000,
    b"\xff",
    b'"\\ud800"',
    b"null",
    b"true",
    b"\0",
    b"1e999",
    b"[]",
    b"{}",
]


@examples(100)
@given(
    name=st.sampled_from(["env.json", "summary.json"]),
    raw=NOTES.map(json.dumps).map(str.encode) | st.sampled_from(JSON_FRAGMENTS),
    changes=st.just([]) | CHANGES,
    inserts=st.just([]) | st.lists(st.tuples(PLACE, st.sampled_from(JSON_FRAGMENTS)), max_size=1),
    intact=st.booleans(),
)
def test_changed_notes_of_a_run_are_refused_or_read_as_objects(
    name: str, raw: bytes, changes: Changes, inserts: Any, intact: bool
) -> None:
    genuine = json.dumps(SUMMARY).encode()
    raw = genuine if intact and name == "summary.json" else spliced(changed(raw, changes), inserts)
    run = Run("run")
    run.path.mkdir(exist_ok=True)
    (run.path / name).write_bytes(raw)
    (run.path / "metrics.csv").write_text(Record.header() + ROW.line())

    def used() -> object:
        """Do with it what `bp train` does."""
        if name == "env.json":
            return changes_of(run.path, run.environment(), {"python": "3"}, 5)
        summary = run.summary()
        return summary and f"{summary['test_loss']:.6g} {summary['seconds']:.1f}"

    used_as = result(name, used, 1024 * KIB + 32 * len(raw))
    assert used_as is None or isinstance(used_as, list if name == "env.json" else str)
