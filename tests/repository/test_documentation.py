"""README.md, CONTRIBUTING.md and docs/: every command runs, every link leads somewhere, and nothing is left out.

To keep the suite fast, a training ends after some steps, unless the command sets its own length or resumes a run; where
that is several epochs, two or a tenth of them are trained. So each command still runs as printed and prints output of
the same form; where output is compared, numbers are masked. A command that is nothing but `bp` and its arguments is run
in this process, any other by bash. A tenth of the digits is drawn. A block of README.md that stands on another page too
is run there. .ci/run trains in full and checks the figures.
"""

import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from mnist_bp.config import keys
from mnist_bp.data import synthetic
from mnist_bp.data.loading import load
from mnist_bp.data.synthetic import draw
from mnist_bp.errors import Exit
from scripts import generate_docs
from tests.helpers.commands import run
from tests.helpers.data import MNIST
from tests.helpers.shortened import shortened
from tests.unit.cli.test_bp import commands

ROOT = Path(__file__).parents[2]
PAGES = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in generate_docs.pages()}
EVERYTHING = "".join(PAGES.values())
OTHERS = "".join(text for page, text in PAGES.items() if page != "README.md")
SET_UP = re.findall(r"<!-- (?:quickstart|tests) -->\n```sh\n(.*?)```", PAGES["README.md"], re.DOTALL)  # for .ci/run
BLOCK = re.compile(r"^```(.*?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_RUN = {"text", "mermaid"}
NEEDS_MNIST = pytest.mark.skipif(not MNIST.is_dir(), reason="the genuine archives are not beside this checkout")
LENGTH = re.compile(r"(?<=train\.epochs=)(\d*)\d\b")
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?")
PLAIN = re.compile(r"bp [^|<>$;&]*")


def blocks(page: str, *, needs_mnist: bool) -> list[tuple[str, str]]:
    """Return language and text of the page's blocks that are run, those with or those without MNIST."""
    found = [(words.split(), text) for words, text in BLOCK.findall(PAGES[page])]
    elsewhere = [text for _, text in BLOCK.findall(OTHERS)] if page == "README.md" else []
    return [
        (words[0] if words else "", LENGTH.sub(lambda epochs: epochs[1] or str(min(int(epochs[0]), 2)), text))
        for words, text in found
        if text not in (*SET_UP, *elsewhere) and ("mnist" in words) == needs_mnist and not NOT_RUN & {*words}
    ]


def without_numbers(text: str) -> str:
    """Return the text with # for each number, and one space for many: columns move with the numbers' lengths."""
    return re.sub(" +", " ", NUMBER.sub("#", text))


def shell(command: str) -> str:
    """Run commands as a reader would, one a line unless they share a variable; return what is printed."""
    if "\n" in command.strip() and not re.search("^export |<<", command):
        return "".join(map(shell, command.splitlines()))
    if PLAIN.fullmatch(command.strip()):
        return bp(command)
    result = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def bp(line: str) -> str:
    """Run a command that needs no shell, and return what it prints."""
    result = run(*shortened(shlex.split(line)[1:]))
    assert result.exit_code == 0, f"{line}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache for all pages and all processes of the suite: digits in it are drawn once, by one of them."""
    own = tmp_path_factory.getbasetemp()
    cache = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "documentation-cache"
    cache.mkdir(exist_ok=True)
    with (cache / "lock").open("w") as lock, pytest.MonkeyPatch.context() as patch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        patch.setenv("MNIST_BP_CACHE", str(cache))
        patch.setattr(synthetic, "draw", lambda count, *rest: draw(count // 10, *rest))
        load("synthetic")
    return cache


@pytest.mark.parametrize(
    ("page", "needs_mnist"),
    [pytest.param(page, False, id=page) for page in PAGES if blocks(page, needs_mnist=False)]
    + [
        pytest.param(page, True, id=f"{page} with MNIST", marks=NEEDS_MNIST)
        for page in PAGES
        if blocks(page, needs_mnist=True)
    ],
)
def test_every_command_runs_and_prints_what_is_shown(
    page: str,
    needs_mnist: bool,
    genuine_mirror: str,
    shared_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The blocks of a page stand on their own, in their order; those that need MNIST apart from those that do not."""
    for folder in ("configs", "scripts"):
        shutil.copytree(ROOT / folder, folder)
    wrapper = tmp_path / "bin" / "bp"
    wrapper.parent.mkdir()
    wrapper.write_text(f"#!{sys.executable}\n{(ROOT / 'tests' / 'helpers' / 'shortened.py').read_text()}")
    wrapper.chmod(0o755)
    monkeypatch.setenv(
        "PATH", os.pathsep.join([str(wrapper.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # tests run at a time: threads would wait for each other
    monkeypatch.setenv("MNIST_BP_CACHE", str(shared_cache))
    monkeypatch.setenv("MNIST_BP_MIRRORS", genuine_mirror)
    (tmp_path / "Downloads").symlink_to(MNIST)

    for language, text in blocks(page, needs_mnist=needs_mnist):
        if language == "sh":
            shell(text.replace("http://127.0.0.1:8000/", genuine_mirror))
        elif language == "console":
            for command, shown in re.findall(r"^\$ (.*?)\n(.*?)(?=^\$|\Z)", text, re.DOTALL | re.MULTILINE):
                assert without_numbers(shell(command)) == without_numbers(shown), command
        elif language == "yaml":
            Path("configs/sweeps/shown.yaml").write_text(text)
            shell("bp sweep plan configs/sweeps/shown.yaml")
        elif language == "python":
            shell(f"python - <<'END'\n{text}\nEND")
        else:
            pytest.fail(f"a block of {language or 'nothing'}, which no test runs")


def test_the_two_set_up_commands_are_marked_for_ci() -> None:
    assert len(SET_UP) == 2
    for command in SET_UP:
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")


def links(page: str) -> list[str]:
    """Return where the links and pictures of a page lead, but for those to other sites."""
    prose = re.sub(r"`[^`\n]*`", "code", BLOCK.sub("", PAGES[page]))
    found = re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'src="([^"]+)"', prose)
    return [link for link in found if "://" not in link]


def anchors(page: str) -> list[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", BLOCK.sub("", PAGES[page]), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for link in links(page):
        path, _, anchor = unquote(link).partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), link
        assert target.resolve().is_relative_to(ROOT.resolve()), link
        if anchor:
            assert anchor in anchors(str(target.resolve().relative_to(ROOT.resolve()))), link


@pytest.mark.parametrize("page", PAGES)
def test_no_two_headings_of_a_page_share_an_anchor(page: str) -> None:
    assert len({*anchors(page)}) == len(anchors(page))


@pytest.mark.parametrize("page", PAGES)
def test_the_generated_parts_are_up_to_date(page: str) -> None:
    """After a change, scripts/generate_docs.py makes them anew."""
    assert generate_docs.generated(PAGES[page]) == PAGES[page]


def test_every_generated_part_stands_on_a_page_and_no_other_is_marked() -> None:
    assert {name for text in PAGES.values() for name, _ in generate_docs.PART.findall(text)} == {*generate_docs.PARTS}


def test_the_readme_leads_to_every_page() -> None:
    assert {*PAGES} - {"README.md"} <= {link.partition("#")[0] for link in links("README.md")}


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_is_documented(words: tuple[str, ...]) -> None:
    assert f"bp {' '.join(words)}" in EVERYTHING


@pytest.mark.parametrize("name", keys())
def test_every_key_is_documented(name: str) -> None:
    assert f"\n| `{name}` | " in PAGES["docs/config.md"]


@pytest.mark.parametrize("code", Exit)
def test_every_exit_code_is_documented(code: Exit) -> None:
    assert f"\n| {code.value} | " in PAGES["README.md"]


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/**/*.yaml")), ids=lambda path: path.name)
def test_every_config_is_documented(path: Path) -> None:
    targets = {(ROOT / page).parent / link for page in PAGES for link in links(page)}
    assert path.resolve() in {target.resolve() for target in targets}


def test_the_tests_that_the_sources_are_shown_by_exist() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/program/sources/test_*.py"))
    tests = re.findall(r"^def (test_\w+)", text, re.MULTILINE)
    words = re.findall(r"`-k ([a-z]\w*)`", PAGES["docs/sources.md"])
    assert words
    assert not [word for word in words if not any(word in test for test in tests)]
