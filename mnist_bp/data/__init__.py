"""Data sets: from a name to arrays. `load` in `loading` is the way in."""

DRAWN = "synthetic"
COMPUTED = ("plane", "xor", "chain")
"""Names of data sets that are not downloaded: the digits that the package draws, and points that it computes."""
