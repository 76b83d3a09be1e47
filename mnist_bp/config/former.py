"""Keys of earlier versions, which configs may still hold."""

FORMER: dict[str, tuple[object, str]] = {
    "data.augment": (None, "this version does not augment images"),
    "train.threads": (1, "train.shards has more processors work on a batch"),
}
"""For each, the value that changed nothing, and what to say of any other."""
