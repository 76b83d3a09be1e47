"""Pages as people have them: in a real browser, at the width of a phone, in the dark, on paper and without scripts."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from mnist_bp import build
from mnist_bp.data.dataset import Dataset, Split
from mnist_bp.progress import silent
from mnist_bp.report import single
from mnist_bp.report.gathering import gather
from mnist_bp.report.images import ink
from mnist_bp.report.report import report
from mnist_bp.run.directory import Run
from mnist_bp.run.measuring import Measured, Measurement
from mnist_bp.run.model import Model
from mnist_bp.run.predictions import Predictions
from scripts import page_times
from tests.helpers import browser as browsers
from tests.helpers.browser import brightness, css
from tests.helpers.commands import run
from tests.helpers.data import archives
from tests.helpers.making import FOLDER, begun, config, failed, finished, unsynced

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

HOSTILE = "<img src=x onerror=window.hacked=1>"
LONG = f"{HOSTILE} {'a-name-that-nothing-can-break-' * 3}"
CONFIGS = Path(__file__).parents[2] / "configs"
PAGES = ("single", "several", "named", "graph")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make a page of each kind, of runs with names that are long and hostile; and the run of the first, `r`."""
    pytest.importorskip("jinja2")
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_BP_CACHE", str(folder / "cache"))
        patch.chdir(folder)
        archives(folder / "archives", np.random.default_rng(20030801))
        small = ["data.name=idx", f"data.dir={folder / 'archives'}", "data.validation=30", "model.hidden=6"]
        small += ["train.epochs=5", "train.batch_size=20", "train.learning_rate=0.2", "train.learning_rate=0.05"]
        done = run("train", *(word for change in small for word in ("--set", change)), "--out", HOSTILE, "--quiet")
        assert done.exit_code == 0, done.stderr
        Path("r").symlink_to(HOSTILE)
        run("report", HOSTILE, "-o", "single.html")

        for rate, accuracies in {0.5: [0.7], 0.125: [0.65, 0.85], 2: [0.1]}.items():
            for seed, accuracy in enumerate(accuracies):
                finished(config(seed, train_learning_rate=rate, train_epochs=3), test_accuracy=accuracy)
        failed(config(train_learning_rate=1, train_epochs=3), message=f"it is {HOSTILE}")
        run("report", FOLDER, "-o", "several.html")

        for number in range(12):
            several = config(
                train_learning_rate=0.1 + number,
                train_batch_size=7 + number,
                train_epochs=3 + number,
                model_hidden=[20 + number] * 9,
            )
            path = finished(several, Path("named"))
            path.rename(path.with_name(f"{LONG}{number}"))
        run("report", "named", "-o", "named.html")
        run("graph", "--config", CONFIGS / "xor.yaml", "-o", "graph.html")
        yield folder


Opened = Callable[..., "Chrome"]


@pytest.fixture
def opened(chromium: "Chrome", folder: Path) -> Opened:
    """Return what opens a page of `folder` by its name, in a window of a width, light or dark."""

    def open_page(
        name: str, width: int = 1000, scheme: str = "light", media: str = "", scripts: bool = True
    ) -> "Chrome":
        if not (folder / f"{name}.html").exists():
            pytest.skip("Graphviz's program dot is not installed")
        file = folder / f"{name}.html"
        browsers.show(chromium, file, width=width, scheme=scheme, media=media, scripts=scripts)
        return chromium

    return open_page


def numbers(chromium: "Chrome") -> int:
    """Return how many values and gradients of a graph are to be seen."""
    script = "return [...document.querySelectorAll('#picture g[id^=v] text')].filter(each => each.checkVisibility("
    return len(chromium.execute_script(script + "{ visibilityProperty: true }))"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_valid_html(name: str, folder: Path) -> None:
    if not (file := folder / f"{name}.html").exists():
        pytest.skip("Graphviz's program dot is not installed")
    browsers.require_valid(file)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone_asks_for_nothing_and_runs_no_name(name: str, opened: Opened) -> None:
    chromium = opened(name, width=360)
    assert chromium.execute_script("return innerWidth") == 360
    browsers.require_narrow_and_quiet(chromium)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["single", "several", "graph"])
def test_axe_finds_no_barrier(name: str, scheme: str, opened: Opened) -> None:
    chromium = opened(name, scheme=scheme)
    for summary in css(chromium, "summary"):
        summary.click()
    browsers.require_no_barrier(chromium, scheme)


def test_a_click_on_a_cell_shows_its_images(opened: Opened, folder: Path) -> None:
    chromium = opened("single")
    dataset = build.dataset(Run(folder / "r").config().data)
    before = css(chromium, ".confusion button")[0]
    before.click()
    cell = max(css(chromium, ".confusion .right button"), key=lambda each: int(each.text))
    cell.click()
    assert [before.get_attribute("aria-pressed"), cell.get_attribute("aria-pressed")] == ["false", "true"]
    true, said = cell.get_attribute("data-true"), cell.get_attribute("data-said")
    tiles = css(chromium, "#examples .tile")
    assert len(tiles) == int(cell.text)
    seen = []
    for tile in tiles[:3] + tiles[-1:]:
        label = str(tile.get_attribute("aria-label"))
        found = re.fullmatch(rf"test image (\d+), true {true}, said {said}, (\d+\.\d) %", label)
        assert found, label
        seen.append(int(found[1]))
        assert dataset.test.t[seen[-1]] == int(str(true))
        chromium.execute_script("arguments[0].scrollIntoView({ block: 'center' })", tile)
        shot = np.asarray(Image.open(io.BytesIO(tile.screenshot_as_png)).convert("L"))
        assert shot.shape == (56, 56)
        np.testing.assert_array_equal(shot[3::7, 3::7], ink(dataset.test.x[seen[-1]].reshape(8, 8)))
    assert len({*seen}) == 4


def test_a_key_of_the_legend_switches_its_curve(opened: Opened) -> None:
    chromium = opened("single")
    chart = css(chromium, "figure.chart")[0]
    key = css(chart, ".key")[1]
    curves = css(chart, "svg[role=img] g[data-curve]")
    assert len(curves) == 3
    for pressed, shown in (("false", ["inline", "none", "inline"]), ("true", ["inline"] * 3)):
        key.click()
        assert key.get_attribute("aria-pressed") == pressed
        assert [curve.value_of_css_property("display") for curve in curves] == shown


def test_pointer_and_arrow_keys_show_the_values_of_an_epoch_as_its_table_has_them(opened: Opened) -> None:
    from selenium.webdriver import ActionChains, Keys  # noqa: PLC0415
    from selenium.webdriver.support.wait import WebDriverWait  # noqa: PLC0415

    chromium = opened("single")
    chart = css(chromium, "figure.chart")[0]
    [plot], [tip] = css(chart, "svg[role=img]"), css(chart, ".tip")
    names = [key.text for key in css(chart, ".key")]
    rows = [[str(cell.get_attribute("textContent")) for cell in css(row, "th, td")] for row in css(chart, "tbody tr")]
    assert (len(rows), names) == (5, ["train", "validation", "test"])

    def said(epoch: int) -> list[str]:
        _, *values = rows[epoch - 1]
        return [f"epoch {epoch}", *map(" ".join, zip(names, values, strict=True))]

    def wait_for(epoch: int) -> None:
        """Wait until the values of an epoch are shown; a pointer's moves are told a frame later."""
        lines = said(epoch)
        WebDriverWait(chromium, 20).until(
            lambda _: [line.removeprefix("■ ") for line in tip.text.splitlines()] == lines
        )

    # The axis is from 50 to 428 of 440, so that the third of five epochs is at 239: a little beside it, 250.
    across = plot.rect["width"] * (250 - 220) / 440
    ActionChains(chromium).move_to_element_with_offset(plot, round(across), 0).perform()
    wait_for(3)
    for keys, epoch in {Keys.ARROW_RIGHT: 4, Keys.HOME + Keys.ARROW_RIGHT: 2, Keys.END + Keys.ARROW_LEFT: 4}.items():
        plot.send_keys(*keys)
        wait_for(epoch)
    plot.send_keys(Keys.ESCAPE)
    assert not tip.is_displayed()


def test_a_click_on_a_header_sorts_by_numbers_with_what_is_missing_last(opened: Opened) -> None:
    chromium = opened("several")
    [table] = css(chromium, "table.sortable")
    headers = css(table, "thead th")

    def column(number: int) -> list[str]:
        return [str(css(row, "th, td")[number].get_attribute("textContent")) for row in css(table, "tbody tr")]

    def clicked(number: int) -> list[str]:
        css(headers[number], "button")[0].click()
        return [str(header.get_attribute("aria-sort")) for header in headers]

    accuracies = ["0.1000", "0.7000", "0.7500 ± 0.1414", ""]
    others = ["None"] * (len(headers) - 1)
    assert clicked(0) == ["ascending", *others]
    assert column(0) == ["0.125", "0.5", "1.0", "2.0"]
    assert clicked(1) == ["None", "ascending", *others[1:]]
    assert column(1) == accuracies
    assert clicked(1) == ["None", "descending", *others[1:]]
    assert column(1) == ["0.7500 ± 0.1414", "0.7000", "0.1000", ""]
    for way in ("ascending", "descending"):
        assert clicked(-1)[-1] == way
        assert column(-1) == ["seed 0 failed", "", "", ""]
    named = opened("named")
    css(named, "table.sortable thead button")[0].click()
    runs = [row.text for row in css(named, "table.sortable tbody th")]
    assert [int(str(re.search(r"\d+$", run)[0])) for run in runs] == [*range(12)]  # type: ignore[index]


def test_without_scripts_all_is_there_but_what_only_they_serve(opened: Opened) -> None:
    chromium = opened("single", scripts=False)
    for selector in (".chart .line", ".confusion button", "#mistakes img", "#weights img", "#classes td", "summary"):
        assert css(chromium, selector)[0].is_displayed(), selector
    for selector in (".scripted", ".sortable button", ".tip"):
        assert not any(each.is_displayed() for each in css(chromium, selector)), selector
    css(chromium, ".chart summary")[0].click()
    assert css(chromium, ".chart td")[0].is_displayed()
    steps = opened("graph", scripts=False)
    assert not css(steps, "#steps")[0].is_displayed()
    assert numbers(steps) > 48


def test_on_paper_a_page_is_light_and_has_its_charts(opened: Opened) -> None:
    for name in ("single", "several"):
        chromium = opened(name, scheme="dark", media="print")
        [body] = css(chromium, "body")
        assert brightness(body.value_of_css_property("background-color")) == 1
        assert brightness(body.value_of_css_property("color")) < 0.2
        assert all(chart.is_displayed() for chart in css(chromium, ".chart svg[role=img]"))
        assert not any(each.is_displayed() for each in css(chromium, ".scripted"))
    printed = chromium.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")


def test_the_graph_is_gone_through_forward_and_backward(opened: Opened) -> None:
    from selenium.webdriver import Keys  # noqa: PLC0415

    chromium = opened("graph")
    [body], [sentence], [count] = (css(chromium, selector) for selector in ("body", "#sentence", "#count"))
    button = {name: css(chromium, f"#{name}")[0] for name in ("first", "back", "next", "last")}

    steps = int(count.text.rpartition(" ")[2])
    everything = numbers(chromium)
    button["first"].click()
    given = numbers(chromium)
    assert everything == given + steps
    assert not button["back"].is_enabled()
    seen = [sentence.text]
    for forward in (button["next"].click, lambda: body.send_keys(Keys.ARROW_RIGHT)):
        forward()
        seen.append(sentence.text)
        assert (numbers(chromium), count.text) == (given + len(seen) - 1, f"step {len(seen) - 1} of {steps}")
    assert len({*seen}) == 3
    for back in (button["back"].click, lambda: body.send_keys(Keys.ARROW_LEFT)):
        back()
        seen.pop()
        assert (sentence.text, numbers(chromium)) == (seen[-1], given + len(seen) - 1)
    button["last"].click()
    assert numbers(chromium) == everything
    body.send_keys(Keys.HOME)
    assert numbers(chromium) == given


def test_the_page_of_the_worst_run_stays_below_1500_kib(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """10,000 random images, all of them wrong, 800 units of random weights, 600 epochs of random numbers."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 10_000, dtype=np.uint8)
    numbers = rng.random((10_000, 10))
    numbers[np.arange(10_000), labels] = 0
    test = Split(rng.integers(0, 256, (10_000, 784), dtype=np.uint8), labels)
    classes = tuple(map(str, range(10)))
    measured = Measured(
        Measurement("r", "mnist", "test", 10_000, 0.0, 9.0),
        Predictions(labels, numbers.argmax(axis=1), "probability", numbers),
        test,
        Dataset("mnist", test, test, (28, 28), classes, 10, ""),
        classes,
    )
    long = config(model_hidden=[800], train_epochs=600)
    network = build.network(long, (28, 28), 10)
    path = begun(long, folder / "worst").path
    unsynced(Run(path).metrics.write)(page_times.records(600))
    model = Model(long, network, (28, 28), 1 / 255, classes, "", 0)
    own = single.contents(gather([str(folder / "r")]), silent)
    monkeypatch.setattr(Model, "load", lambda _: model)
    monkeypatch.setattr(single, "measure", lambda *_: measured)
    monkeypatch.setattr(single, "_checked", lambda *_: own["check"])
    content = report([str(path)], silent)
    assert content.count(b"<button") > 90
    assert 500 * 1024 < len(content) < 1500 * 1024


def test_the_page_of_fifty_runs_of_a_hundred_epochs_stays_below_3_mb(tmp_path: Path) -> None:
    assert 500_000 < len(unsynced(page_times.page)(tmp_path)) < 3_000_000
