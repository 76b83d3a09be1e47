"""Options that several commands share."""

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from mnist_bp.errors import BpError, Exit

if TYPE_CHECKING:
    from fractions import Fraction

    from click.shell_completion import CompletionItem

    from mnist_bp.config import Config

C = TypeVar("C", bound=Callable[..., Any])


class GivenPath(click.Path):
    """A path that was given: not the empty text of a variable that is not set, which would be the working directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if not value:
            self.fail("expected a path; got an empty text, as from a variable that is not set.", param, ctx)
        return super().convert(value, param, ctx)


class Named(GivenPath):
    """A YAML file, or the name of one that comes with the package: of its "configs", or of its "sweeps"."""

    def __init__(self, kind: Literal["configs", "sweeps"]) -> None:
        super().__init__()
        self.kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Return the names, and leave files to the shell, which in bash forgets what comes before them."""
        from click.shell_completion import CompletionItem

        from mnist_bp.config import catalog

        known = getattr(catalog, self.kind)()
        names = [CompletionItem(name, help=catalog.about(known[name])) for name in known if name.startswith(incomplete)]
        return [*super().shell_complete(ctx, param, incomplete), *names]


class Folder(GivenPath):
    """A folder, such as a run directory: what shells complete to."""

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Leave it to the shell, which knows its folders."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="dir")]


class Setting(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click
    """KEY=VALUE, a key of the config and its value; with several of these, the last one is completed."""

    name = "setting"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the setting; raises BpError if it is the first word of a list or mapping that was not quoted."""
        for what, (begin, end) in (("list", "[]"), ("mapping", "{}")):
            if value.partition("=")[2].startswith(begin) and value.count(begin) > value.count(end):
                message = f"--set {value}: expected a {what} that ends in {end}"
                hint = f"a {what} with spaces needs quotes: --set '{value} …{end}'"
                raise BpError(message, code=Exit.USAGE, hint=hint)
        return value

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Return the keys, or what is known of the values of one."""
        from click.shell_completion import CompletionItem

        from mnist_bp.config import settable

        key, equals, values = incomplete.partition("=")
        if not equals:
            known = settable().items()
            return [CompletionItem(f"{name}=", help=each.meaning) for name, each in known if name.startswith(key)]
        before, comma, last = values.rpartition(",")
        start = f"{key}={before}{comma}"
        words = settable()[key].rule.words if key in settable() else ()
        return [CompletionItem(f"{start}{word}") for word in words if word.startswith(last.lower())]


def words(known: Callable[[], Iterable[str]]) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return the `shell_complete` of a parameter that is one of some words."""
    return lambda ctx, parameter, incomplete: [word for word in known() if word.startswith(incomplete)]


class Choice(click.Choice):  # type: ignore[type-arg]  # generic in newer versions of click
    """One of some names, whatever the case of its letters."""

    def __init__(self, choices: Iterable[str]) -> None:
        super().__init__([*choices], case_sensitive=False)


class Integer(click.IntRange):
    """An integer as people write it: Python's own 1_000 is a slip of the finger here."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the integer."""
        if "_" in str(value):
            self.fail(f"{value!r} is not a valid integer.", param, ctx)
        return super().convert(value, param, ctx)


class Share(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click
    """A share of something, above 0 and up to 1, or below that: a fraction or a number."""

    name = "share"

    def __init__(self, *, below_one: bool = False) -> None:
        self.below_one = below_one

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Fraction":
        """Return the share."""
        from fractions import Fraction

        if re.fullmatch(r"[0-9]{1,9}/0*[1-9][0-9]{0,8}|[0-9]?\.?[0-9]{1,9}", value, re.ASCII):
            share = Fraction(value)
            if 0 < share < 1 or (share == 1 and not self.below_one):
                return share
        upper = "below 1" if self.below_one else "up to 1"
        return self.fail(f"expected a share above 0 and {upper}, such as 1/3 or 0.33; got {value}", param, ctx)


class OutFile(GivenPath):
    """A file to write something to, with one of some endings: neither stdout nor a folder."""

    def __init__(self, *endings: str) -> None:
        super().__init__(path_type=Path)
        self.endings = endings

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if str(value) == "-" or str(value).endswith(("/", os.sep)):
            self.fail(f"expected the name of a file; got {value}", param, ctx)
        path: Path = super().convert(value, param, ctx)
        if self.endings and path.suffix.lower() not in self.endings:
            self.fail(f"expected a name that ends in {' or '.join(self.endings)}; got {value}", param, ctx)
        return path


def out(help: str, *endings: str, default: str | None = None) -> Callable[[C], C]:  # noqa: A002  # as in click
    """Return the option -o, the file that a command writes."""
    return click.option(
        "-o",
        "--out",
        "file",
        type=OutFile(*endings),
        default=default,
        show_default=default is not None,
        metavar="FILE",
        help=help,
    )


def config_of(run: str | None, config_file: str | None, overrides: Sequence[str]) -> "Config":
    """Return the config of a run, or one by file or name, with overrides; exactly one of the two must be given."""
    from mnist_bp import config as configs
    from mnist_bp.config import catalog
    from mnist_bp.run.directory import Run

    if (run is None) == (config_file is None):
        raise click.UsageError("expected either --config CONFIG or a run directory")
    if run is None:
        return configs.load(config_file, overrides)
    try:
        return Run(run).config(overrides)
    except BpError as error:
        if run in catalog.configs() and not Run(run).exists:
            error.hint = " ".join(filter(None, [error.hint, f"--config {run} takes the config of that name"]))
        raise


def config(help: str) -> Callable[[C], C]:  # noqa: A002  # as in click
    """Return the option --config, a config by its file or name."""
    return click.option("--config", "config_file", type=Named("configs"), metavar="CONFIG", help=help)


def overrides(example: str = "train.epochs=3") -> Callable[[C], C]:
    """Return the option --set, which changes keys of the config."""
    return click.option(
        "--set",
        "overrides",
        type=Setting(),
        multiple=True,
        metavar="KEY=VALUE",
        help=f"Change one key of the config, as in --set {example}. Repeatable; the last one wins.",
    )
