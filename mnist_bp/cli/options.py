"""Options that several commands share."""

import click

overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one key of the config, as in --set train.epochs=3. Repeatable; the last one wins.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
