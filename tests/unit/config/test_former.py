"""Keys of earlier versions: none is in use again, and whoever sets one is told what to do."""

from mnist_bp.config import keys
from mnist_bp.config.former import FORMER


def test_no_former_key_is_a_key_again_and_a_key_that_is_named_instead_is_one() -> None:
    assert not FORMER.keys() & keys().keys()
    assert "train.shards" in FORMER["train.threads"][1]
    assert "train.shards" in keys()
