"""Options that several commands share."""

import click

overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one key of the config, as in --set train.epochs=3. Repeatable; the last one wins.",
)
