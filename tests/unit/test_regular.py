import os
from pathlib import Path

import pytest

from mnist_bp import regular


def test_the_bytes_of_a_file_are_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\0\xff\r\n")
    assert regular.content(tmp_path / "file") == b"\0\xff\r\n"


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="expected a file; got a FIFO") as caught:
        regular.content(tmp_path / "fifo")
    assert caught.value.filename == str(tmp_path / "fifo")


def test_a_device_is_refused_however_much_it_would_give() -> None:
    with pytest.raises(OSError, match="expected a file; got a device"):
        regular.content(Path("/dev/zero"))


def test_neither_a_folder_nor_nothing_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(regular.IrregularError, match="expected a file; got a folder"):
        regular.content(tmp_path)
    with pytest.raises(FileNotFoundError):
        regular.content(tmp_path / "none")


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="this system has no O_NOFOLLOW")
def test_flags_of_the_caller_count(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(OSError, match="symbolic link"):
        regular.opened(tmp_path / "link", os.O_NOFOLLOW)


def test_a_file_of_more_bytes_than_anybody_would_write_is_refused_and_not_read(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(regular.MOST_BYTES + 1)  # which takes no room on the disk
    with pytest.raises(regular.IrregularError, match="expected at most 536,870,912 bytes; got more"):
        regular.content(tmp_path / "file")
    (tmp_path / "file").write_bytes(b"abc")
    with pytest.raises(regular.IrregularError, match="expected at most 2 bytes"):
        regular.content(tmp_path / "file", 2)
