"""Keys of earlier versions, which configs may still hold."""

FORMER: dict[str, tuple[object, str]] = {
    "train.threads": (1, "train.shards has more processors work on a batch"),
}
"""For each, the value that changed nothing, and what to say of any other."""
