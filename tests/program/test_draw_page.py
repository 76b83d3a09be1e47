"""The page to draw on, in a real browser: it reads what is drawn as the package does, whoever draws, and how."""

import base64
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest

from mnist_bp import build, machine
from mnist_bp.config import ConvConfig
from mnist_bp.data import idx, synthetic
from mnist_bp.data.archives import FILES
from mnist_bp.data.dataset import Dataset
from mnist_bp.nn.initializers import he
from mnist_bp.preprocessing import strokes
from mnist_bp.report.embedded import embedded
from mnist_bp.report.page import TEMPLATES
from mnist_bp.run.model import Model
from mnist_bp.streams import TEST_DIGITS, TRAIN_DIGITS
from tests.helpers import browser as browsers
from tests.helpers.browser import css
from tests.helpers.commands import run
from tests.helpers.data import MNIST
from tests.helpers.doodles import doodles
from tests.helpers.hands import HANDS, Hand, Strokes, by_mouse, by_touch, drawn, mouse, on_screen, shown, touch, written
from tests.helpers.making import config, untrained
from tests.helpers.tracing import trace

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

COUNT = int(os.environ.get("DIGITS", "42"))  # of each source
SOURCES = ("own", "traced", "mnist") if MNIST.is_dir() else ("own", "traced")
HOSTILE = "<img src=x onerror=window.hacked=1>"
CONV = [
    ConvConfig(3, kernel=5, stride=2, padding=2, pool="max", pool_size=2),
    ConvConfig(4, kernel=4, padding=1, pool="average", pool_size=2),
]
NETWORKS: dict[str, dict[str, Any]] = {
    "affine": {"model_hidden": [50]},
    "deep": {"model_hidden": [30, 20, 10], "model_activation": "tanh", "model_output": "softmax",
             "model_loss": "cross_entropy", "model_dropout": 0.5},
    "convolutional": {"model_conv": CONV, "model_hidden": [20], "model_activation": "leaky_relu", "model_bias": False},
    "soft": {"model_hidden": [20], "model_activation": "softplus", "model_loss": "binary_cross_entropy"},
    "round": {"model_hidden": [20], "model_activation": "sigmoid", "model_loss": "mean_squared_error"},
    "straight": {"model_conv": CONV[1:], "model_hidden": [], "model_activation": "relu", "model_output": "tanh",
                 "model_loss": "half_squared_error"},
}  # fmt: skip


class Drawn(NamedTuple):
    """Digits as strokes, and as the images that these come from, (N, 28, 28), with their labels."""

    strokes: list[Strokes]
    images: np.ndarray
    t: np.ndarray


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train a network a little on the package's digits; return its run, with the page `draw.html` beside it."""
    pytest.importorskip("jinja2")
    machine.limit_threads()
    arrays: dict[str, np.ndarray] = {}
    for part, count, stream in (("train", 8000, TRAIN_DIGITS), ("test", 10, TEST_DIGITS)):
        arrays[f"{part}_images"], arrays[f"{part}_labels"] = synthetic.draw(count, 0, stream)
    chosen = config(
        data_name="synthetic", model_hidden=[100], model_activation="relu", model_init="he",
        train_epochs=8, train_batch_size=20, train_learning_rate=0.2,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("page") / HOSTILE
    untrained(chosen, Dataset.of("synthetic", arrays), path, train=True)
    done = run("draw", path, "-o", path.with_name("draw.html"))
    assert done.exit_code == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def model(made: Path) -> Model:
    return Model.load(made)


@pytest.fixture(scope="module")
def page(made: Path) -> Path:
    return made.with_name("draw.html")


def digits(source: str) -> Drawn:
    """Return digits: the package's own strokes, its images traced, or MNIST's test images traced."""
    labels = np.arange(COUNT, dtype=np.uint8) % 10
    if source == "own":
        images = synthetic.write(labels, np.random.default_rng(1))
        return Drawn(written(labels, np.random.default_rng(1)), images, labels)
    if source == "traced":
        images, labels = synthetic.draw(COUNT, 0, TEST_DIGITS)
    else:
        test = Dataset.of("mnist", idx.read_four("mnist", [MNIST / file for file in FILES])).test[:COUNT]
        images, labels = test.x.reshape(-1, 28, 28), test.t
    return Drawn(trace(images), images, labels)


def computed(chromium: "Chrome", script: str, constant: str, value: object, call: str, given: object) -> np.ndarray:
    """Return what a script of the page, which is given a constant, computes for each member of a list."""
    chromium.get("data:text/html,<!doctype html>")
    program = Path(TEMPLATES / "draw" / script).read_text("utf-8")
    returned = f"return arguments[1].map(each => [...{call}(each)]);"
    found = chromium.execute_script(f"const {constant} = arguments[0];\n{program}\n{returned}", value, given)
    return np.array(found)


def drawings(rng: np.random.Generator) -> list[list[list[list[float]]]]:
    """Return drawings of all kinds: scribbles, straight lines, dots, pens that stand still, mass at the border."""
    walks = [
        [rng.normal(0, 9, (count, 2)).cumsum(axis=0) for count in rng.integers(1, 40, size=rng.integers(1, 4))]
        for _ in range(60)
    ]
    walks += [[np.repeat(stroke, 2, axis=0) for stroke in walks[0]]]
    lines = [[[[0, 0]]], [[[3, 3]] * 4], [[[0, 0], [7, 0]]], [[[5, 0], [5, 90]]], [[[0, 0], [4, 4]], [[0, 4], [4, 0]]]]
    hammers = [[[[0, 9], [18, 9]], *([[x, 0], [x, 18]] for x in head)] for head in ((0, 1, 2, 3), (15, 16, 17, 18))]
    return [[stroke.tolist() for stroke in drawing] for drawing in walks] + lines + hammers


def test_strokes_become_the_same_image_in_the_page(chromium: "Chrome", rng: np.random.Generator) -> None:
    given = drawings(rng)
    found = computed(chromium, "strokes.js", "MNIST", strokes.CONSTANTS, "draw", given)
    expected = np.array([strokes.draw(each).ravel() for each in given])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)
    pixels = [[(28 * rng.random((20, 2)) - 1).tolist()] for _ in range(20)]  # some of them outside the image
    found = computed(chromium, "strokes.js", "MNIST", strokes.CONSTANTS, "ink", pixels)
    expected = np.array([strokes.ink([np.array(stroke) for stroke in each]).ravel() for each in pixels])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_computes_the_same_in_the_page(name: str, chromium: "Chrome", rng: np.random.Generator) -> None:
    chosen = config(**NETWORKS[name])
    network = build.network(chosen, (28, 28), 10)
    network.initialize(he, rng)
    network.parameters += rng.normal(0, 0.01, network.parameters.shape)  # biases, too
    model = Model(chosen, network, (28, 28), 1 / 255, tuple("0123456789"), "", 0)
    images = rng.integers(0, 256, (500, 784), np.uint8) * rng.integers(0, 2, (500, 784), np.uint8)
    call = "(text => logits(Uint8Array.from(atob(text), byte => byte.charCodeAt(0))))"
    given = [base64.b64encode(image.tobytes()).decode() for image in images]
    logits = computed(chromium, "network.js", "NETWORK", embedded(model), call, given)
    np.testing.assert_allclose(logits, model.logits(images), rtol=0, atol=1e-4)
    logits[0, 3] = 2000  # whose exponential overflows
    found = computed(chromium, "network.js", "NETWORK", embedded(model), "probabilities", logits.tolist())
    expected = network.loss_function.probabilities(logits.astype(np.float32))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_digits_are_read_as_well_as_their_images_however_they_are_drawn(
    model: Model, page: Path, chromium: "Chrome"
) -> None:
    """Each is drawn plainly, and in another way, in a window of another pixel ratio."""
    sources = [(source, digits(source)) for source in SOURCES]
    of_images, of_drawings = [], []
    for number, (name, hand) in enumerate(HANDS.items()):
        browsers.show(chromium, page, ratio=1 + number % 3)
        for source, given in sources:
            all_strokes, images, t = (each[number :: len(HANDS)] for each in given)
            drawings = [draw(each) for draw in (Hand(), hand) for each in all_strokes]
            seen = drawn(chromium, drawings)
            expected = np.rint(255 * strokes.draw(drawings[-1])).ravel()
            np.testing.assert_allclose(seen[-1]["pixels"], expected, rtol=0, atol=1)
            said = np.array([np.argmax(each["probabilities"]) for each in seen]).reshape(2, -1)
            if name in ("small", "large", "shifted"):
                np.testing.assert_array_equal(*said)
            of_images.append(model.logits(images).argmax(axis=1) == t)
            of_drawings.append(said == t)
            counts = [of_images[-1].sum(), *of_drawings[-1].sum(axis=1)]
            print(f"{source}, {name}: of {len(t)} images, their drawings, those by this hand:", *counts)  # noqa: T201  # for -rP
    kept = np.concatenate(of_drawings, axis=1).mean(axis=1) / np.concatenate(of_images).mean()
    assert (kept >= 0.97).all()


def test_scribbles_are_unsure_more_often_than_not_and_more_often_than_digits(page: Path, chromium: "Chrome") -> None:
    browsers.show(chromium, page)
    unsure = [
        np.mean([each["answer"] == "" for each in drawn(chromium, [Hand()(strokes) for strokes in drawings])])
        for drawings in (doodles().values(), digits("own").strokes)
    ]
    assert unsure[0] > 0.5
    assert unsure[1] < 0.8 * unsure[0]


def states(said: dict[str, Any]) -> list[bool]:
    """Return whether the page says a digit, says something, has probabilities, and shows ink."""
    return [bool(said["answer"]), bool(said["state"]), bool(said["probabilities"]), any(said["pixels"])]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["pixels"] == other["pixels"])


NOTHING = [False, False, False, False]


@pytest.mark.parametrize(("draw", "ratio"), [(by_mouse, 1), (by_touch, 2), (by_mouse, 3), (by_touch, 3)])
def test_a_digit_drawn_by_hand_is_what_python_makes_of_its_strokes(
    draw: Callable[["Chrome", Strokes], None], ratio: int, model: Model, page: Path, chromium: "Chrome"
) -> None:
    browsers.show(chromium, page, ratio=ratio, width=360, height=740, touch=draw is by_touch)
    names = {1: ("small", "right"), 2: ("fast", "large"), 3: ("left", "slow")}[ratio]
    for digit, name in zip(digits("own").strokes[2 * ratio :], names, strict=False):
        chromium.execute_script("clear.click()")
        points = HANDS[name](digit)
        draw(chromium, points)
        assert chromium.execute_script("return pad.width / pad.clientWidth") == pytest.approx(ratio, abs=0.01)
        said = shown(chromium)
        expected = np.rint(255 * strokes.draw(on_screen(chromium, points)))
        np.testing.assert_allclose(said["pixels"], expected.ravel(), rtol=0, atol=1)
        probabilities = model.predict(np.array([said["pixels"]], np.uint8))[0]
        np.testing.assert_allclose(said["probabilities"], probabilities, rtol=0, atol=1e-4)
        powers = np.exp(np.array(said["logits"]) - max(said["logits"]))
        np.testing.assert_allclose(said["probabilities"], powers / powers.sum(), rtol=0, atol=1e-9)
        assert said["answer"] in ("", str(probabilities.argmax()))


def test_an_empty_pad_says_nothing_whatever_has_emptied_it(page: Path, chromium: "Chrome") -> None:
    browsers.show(chromium, page)
    one, other = (HANDS["fast"](digit) for digit in digits("own").strokes[4:6])
    undo, clear = css(chromium, "#undo, #clear")
    assert states(shown(chromium)) == NOTHING
    by_mouse(chromium, one)
    first = shown(chromium)
    assert states(first)[1:] == [True] * 3
    by_mouse(chromium, other[:1])
    assert not same(shown(chromium), first)
    undo.click()
    assert same(shown(chromium), first)
    for _ in one:
        undo.click()
    assert states(shown(chromium)) == NOTHING
    assert not undo.is_enabled()
    assert not clear.is_enabled()
    by_mouse(chromium, one)
    assert same(shown(chromium), first)
    clear.click()
    assert states(shown(chromium)) == NOTHING
    by_mouse(chromium, one, button="right")
    assert states(shown(chromium)) == NOTHING
    by_mouse(chromium, [np.array([[0.5, 0.5]])])
    assert shown(chromium)["answer"] == ""
    undo.click()
    assert states(shown(chromium)) == NOTHING


def test_a_pointer_that_leaves_the_pad_and_comes_back_draws_one_stroke(page: Path, chromium: "Chrome") -> None:
    browsers.show(chromium, page)
    by_mouse(chromium, [np.array([[0.5, 0.2], [0.5, 0.5], [-0.3, 0.6], [0.5, 0.7], [0.5, 0.9]])])
    said = shown(chromium)
    assert states(said)[1:] == [True] * 3
    assert np.array(said["pixels"]).reshape(28, 28)[:, :12].any()  # it has gone left
    by_mouse(chromium, [np.array([[-0.3, 0.6], [0.5, 0.6]])])  # it begins elsewhere
    [[point]] = on_screen(chromium, [np.array([[0.2, 0.2]])])
    mouse(chromium, "Moved", point, "none")  # no button is down
    assert same(shown(chromium), said)
    css(chromium, "#undo")[0].click()
    assert states(shown(chromium)) == NOTHING


def test_a_finger_draws_and_does_not_scroll_and_a_second_one_is_ignored(page: Path, chromium: "Chrome") -> None:
    browsers.show(chromium, page, width=360, height=740, touch=True)
    chromium.execute_script("document.querySelector('#about').style.paddingBottom = '2000px'")
    line = np.column_stack([np.full(12, 0.5), np.linspace(0.95, 0.05, 12)])
    by_touch(chromium, [line])
    said = shown(chromium)
    assert chromium.execute_script("return scrollY") == 0
    assert states(said)[1:] == [True] * 3
    [points] = on_screen(chromium, [line])
    touch(chromium, "Start", points[0])
    for number, point in enumerate(points[1:]):
        if number == 3:
            touch(chromium, "Start", point, point - [90, 0])
        touch(chromium, "Move", point, *([point - [90, 10 * number]] if number >= 3 else []))
    touch(chromium, "End")
    assert same(shown(chromium), said)
    css(chromium, "#undo")[0].click()
    assert same(shown(chromium), said)
    touch(chromium, "Start", points[0] - [90, 0])
    touch(chromium, "Move", points[5] - [90, 0])
    touch(chromium, "Cancel")  # the system takes it for a gesture of its own
    assert same(shown(chromium), said)
    by_touch(chromium, [np.add(line, [0, 1.5])])  # below the pad, where the page is scrolled
    assert chromium.execute_script("return scrollY") > 100


def test_a_pen_draws_although_a_hand_lies_on_the_screen(page: Path, chromium: "Chrome") -> None:
    browsers.show(chromium, page, width=360, height=740, touch=True)
    line = np.column_stack([np.linspace(0.3, 0.6, 5), np.linspace(0.2, 0.8, 5)])
    by_mouse(chromium, [line])
    said = shown(chromium)
    css(chromium, "#clear")[0].click()
    [palm] = on_screen(chromium, [np.array([[0.7, 0.9], [0.75, 0.95]])])
    touch(chromium, "Start", palm[0])
    touch(chromium, "Move", palm[1])
    by_mouse(chromium, [line], kind="pen")
    touch(chromium, "End")
    assert same(shown(chromium), said)


def test_pointer_events_of_scripts_draw_and_need_not_be_a_first_pointer_s(page: Path, chromium: "Chrome") -> None:
    browsers.show(chromium, page)
    chromium.execute_script("""
        const { left, top, width, height } = pad.getBoundingClientRect();
        for (const [kind, y] of [["down", 0.2], ["move", 0.5], ["move", 0.8], ["up", 0.8]]) {
          const at = { pointerId: 7, clientX: left + width / 2, clientY: top + y * height };
          pad.dispatchEvent(new PointerEvent(`pointer${kind}`, at));
        }
    """)
    assert chromium.execute_script("return strokes.map(each => each.length)") == [3]


def test_in_forced_colours_the_pad_has_a_border_and_the_bars_are_seen(page: Path, chromium: "Chrome") -> None:
    browsers.show(chromium, page)
    forced = [{"name": "forced-colors", "value": "active"}]
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": forced})
    try:
        style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        assert chromium.execute_script(style, "#paper", "borderTopStyle") == "solid"
        colours = [chromium.execute_script(style, each, "backgroundColor") for each in ("#bars .bar", "#bars .track")]
        assert colours[0] != colours[1]
    finally:
        chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_keys_draw_undo_and_clear(page: Path, chromium: "Chrome") -> None:
    from selenium.webdriver import Keys  # noqa: PLC0415

    browsers.show(chromium, page)
    [pad], [body] = css(chromium, "#pad"), css(chromium, "body")
    body.send_keys(Keys.TAB)
    assert chromium.execute_script("return document.activeElement === pad")
    pad.send_keys(" ", *[Keys.ARROW_DOWN] * 8, " ")
    stem = shown(chromium)
    ink = np.array(stem["pixels"]).reshape(28, 28)
    assert ink.any(axis=1).sum() in (20, 21)
    assert ink.any(axis=0).sum() <= 4
    pad.send_keys(*[Keys.ARROW_LEFT] * 4, " ", *[Keys.ARROW_RIGHT] * 8, " ")
    assert not same(shown(chromium), stem)
    pad.send_keys(Keys.BACKSPACE)
    assert same(shown(chromium), stem)
    pad.send_keys(Keys.ESCAPE)
    assert states(shown(chromium)) == NOTHING


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(360, 740), (1280, 800)])
def test_the_page_fits_its_window_and_a_drawing_survives_another_size(
    size: tuple[int, int], scheme: str, page: Path, chromium: "Chrome"
) -> None:
    browsers.show(chromium, page, width=size[0], height=size[1], scheme=scheme)
    by_mouse(chromium, HANDS["fast"](digits("own").strokes[3]))
    said = shown(chromium)
    for selector in ("#pad", "#prediction", "#state", "#seen", "#undo", "#clear", "#bars"):
        box = css(chromium, selector)[0].rect
        assert box["x"] >= 0 <= box["y"], selector
        assert box["x"] + box["width"] <= size[0], selector
        assert box["y"] + box["height"] <= size[1], selector
    browsers.require_narrow_and_quiet(chromium)
    browsers.require_no_barrier(chromium, scheme)

    def ink_on_pad() -> float:
        """Return the part of the pad that is not as its corner is."""
        colours = "[...pad.getContext('2d').getImageData(0, 0, pad.width, pad.height).data]"
        drawn = f"{colours}.filter((_, place) => place % 4 === 3).reduce((sum, alpha) => sum + alpha / 255, 0)"
        part: float = chromium.execute_script(f"return {drawn} / pad.width ** 2")
        return part

    before = ink_on_pad()
    assert before > 0.02
    browsers.resize(chromium, 740, 360, ratio=2)
    assert same(shown(chromium), said)
    assert ink_on_pad() == pytest.approx(before, rel=0.05)


def test_the_page_is_valid_html(page: Path) -> None:
    browsers.require_valid(page)
