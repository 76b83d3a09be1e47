"""Files that are put back when others change them."""

from pathlib import Path

import pytest

from mnist_bp.run.written import WrittenFiles

PATH = Path("file")


@pytest.fixture
def files() -> WrittenFiles:
    return WrittenFiles(lambda: None)


def test_a_file_is_as_it_was_written_with_the_lines_that_were_added(files: WrittenFiles) -> None:
    files.write(PATH, b"one\n")
    files.append(PATH, b"two\n")
    assert PATH.read_bytes() == b"one\ntwo\n"
    files.restore(by_content=True)
    assert PATH.read_bytes() == b"one\ntwo\n"


def test_lines_come_back_too(files: WrittenFiles, caplog: pytest.LogCaptureFixture) -> None:
    files.write(PATH, b"one\n")
    files.append(PATH, b"two\n")
    PATH.unlink()
    files.restore(by_content=False)
    assert PATH.read_bytes() == b"one\ntwo\n"
    assert caplog.messages == ["file: not as this process left it; written again"]


def test_other_bytes_of_the_same_number_are_found_by_content_alone(files: WrittenFiles) -> None:
    files.write(PATH, b"one\n")
    PATH.write_bytes(b"two\n")
    files.restore(by_content=False)
    assert PATH.read_bytes() == b"two\n"
    files.restore(by_content=True)
    assert PATH.read_bytes() == b"one\n"


def test_what_was_deleted_stays_so(files: WrittenFiles, caplog: pytest.LogCaptureFixture) -> None:
    PATH.touch()
    files.delete(PATH)
    assert not PATH.exists()
    PATH.touch()
    files.restore(by_content=False)
    assert not PATH.exists()
    assert caplog.messages == ["file: not as this process left it; deleted"]


def test_a_line_for_a_file_that_another_process_wrote_replaces_nothing(files: WrittenFiles) -> None:
    PATH.write_bytes(b"another's\n")
    files.append(PATH, b"one\n")
    files.restore(by_content=True)
    assert PATH.read_bytes() == b"another's\none\n"
