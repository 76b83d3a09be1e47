"""The order in which people sort names."""

import re

NUMBER = re.compile(r"([0-9]+)")


def order(name: str) -> tuple[list[tuple[int, str]], str]:
    """Return a key to sort names by: 2 before 10, and capital letters as small ones."""
    parts = NUMBER.split(name.casefold())
    return [(int(part), "") if place % 2 else (0, part) for place, part in enumerate(parts)], name
