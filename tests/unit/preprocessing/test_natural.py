"""The order in which people sort names."""

from mnist_bp.preprocessing.natural import order


def test_numbers_count_as_numbers_and_case_decides_last() -> None:
    names = ["scan 10", "Scan 2", "scan 2", "b1", "A3", "²", "10a", "9"]
    assert sorted(names, key=order) == ["9", "10a", "A3", "b1", "Scan 2", "scan 2", "scan 10", "²"]
