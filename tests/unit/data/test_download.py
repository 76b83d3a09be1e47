"""Whatever a server does, what arrives under a name is the file with the right hash, or nothing."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_bp.data import download, fetch
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from tests.conftest import contents, small_disk
from tests.helpers.mirror import FAULTS, LIMITS, Answer, Mirror, chunked, reply, sends

HOME = Path("cache")


@pytest.fixture(autouse=True)
def configured_mirrors_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_BP_MIRRORS")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(params=FAULTS)
def fault(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Answer, str]:
    """Return what a mirror may do wrong and the words that say so; the limits are such that it shows at once."""
    for limit, value in LIMITS.get(request.param, {}).items():
        monkeypatch.setattr(download, limit, value)
    return FAULTS[request.param]


def test_the_next_mirror_serves_what_a_faulty_one_does_not(
    fault: tuple[Answer, str], small_mnist: Archives, archive_folder: Path, caplog: pytest.LogCaptureFixture
):
    answer, reason = fault
    with Mirror(archive_folder, answer) as faulty, Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, (faulty.url, sound.url), silent)

    assert contents(HOME) == contents(archive_folder)
    assert len(faulty.requests) == len(sound.requests) == 4
    assert caplog.text.count(reason) == 4


def test_a_failed_download_leaves_no_file(fault: tuple[Answer, str], small_mnist: Archives, archive_folder: Path):
    answer, reason = fault
    with Mirror(archive_folder, answer) as faulty, pytest.raises(BpError) as caught:
        fetch.fetch(small_mnist, HOME, (faulty.url,), silent)

    assert caught.value.code == Exit.NO_DATA
    assert reason in str(caught.value)
    assert not HOME.exists() or contents(HOME) == {}


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "127.0.0.1", "http://", "http://[", "http://a..b/"])
def test_the_next_mirror_serves_what_one_with_a_wrong_address_does_not(
    address: str, small_mnist: Archives, archive_folder: Path
):
    with Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, (address, sound.url), silent)

    assert contents(HOME) == contents(archive_folder)


def test_the_next_mirror_serves_what_one_without_certificates_does_not(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """Requests raises a bare OSError if the bundle of certificates is missing."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "missing.pem")
    with Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, ("https://127.0.0.1:9/", sound.url), silent)

    assert contents(HOME) == contents(archive_folder)


@pytest.mark.parametrize(
    "response",
    [
        lambda body: reply(body, f"Content-Length: {len(body)}"),
        reply,
        lambda body: reply(chunked(body), "Transfer-Encoding: chunked"),
        lambda body: reply(body, "Content-Encoding: gzip", "Content-Type: application/x-gzip"),
    ],
    ids=["with its length", "without its length", "chunked", "labelled as gzip-encoded"],
)
def test_a_sound_body_arrives_as_it_is(response: Callable[[bytes], bytes], small_mnist: Archives, archive_folder: Path):
    with Mirror(archive_folder, sends(response)) as sound:
        fetch.fetch(small_mnist, HOME, (sound.url,), silent)

    assert contents(HOME) == contents(archive_folder)


def test_a_redirect_is_followed_and_its_endless_body_left_unread(small_mnist: Archives, archive_folder: Path):
    names = {body: name for name, body in contents(archive_folder).items()}
    swallowed = []

    def redirect(connection: socket.socket, body: bytes) -> None:
        connection.sendall(reply(b"", f"Location: {sound.url}{names[body]}", status="302 Found"))
        connection.sendall(bytes(64 << 20))
        swallowed.append(names[body])

    with Mirror(archive_folder) as sound, Mirror(archive_folder, redirect) as moved:
        fetch.fetch(small_mnist, HOME, (moved.url,), silent)

    assert contents(HOME) == contents(archive_folder)
    assert not swallowed


@pytest.mark.parametrize(
    "redirect",
    [
        reply(b"", "Location: #again", "Content-Length: 0", status="302 Found"),
        reply(b"<p>", "Location: #", "Content-Encoding: gzip", "Content-Length: 99", status="302 Found"),
    ],
    ids=["in a circle", "with a broken body"],
)
def test_the_next_mirror_serves_what_an_unsound_redirect_does_not(
    redirect: bytes, small_mnist: Archives, archive_folder: Path
):
    """A `Session` of requests would read the second one's body, and let an exception of urllib3 out."""
    with Mirror(archive_folder, sends(lambda body: redirect)) as faulty, Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, (faulty.url, sound.url), silent)

    assert contents(HOME) == contents(archive_folder)


def test_a_request_asks_for_the_file_under_the_mirror_and_for_no_encoding(small_mnist: Archives, archive_folder: Path):
    with Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, (sound.url + "some/where",), silent)

    assert [head.splitlines()[0] for head in sound.requests] == [f"GET /some/where/{name} HTTP/1.1" for name in FILES]
    assert all("\r\nAccept-Encoding: identity\r\n" in head for head in sound.requests)


def test_progress_is_told_the_size_and_every_byte(small_mnist: Archives, archive_folder: Path):
    bars: list[tuple[str, int | None, str]] = []
    counts: list[int] = []

    class Bar:
        def __init__(self, *bar: str | int | None) -> None:
            bars.append(bar)

        def __enter__(self) -> Callable[[int], None]:
            return counts.append

        def __exit__(self, *_: object) -> None:
            pass

    with Mirror(archive_folder) as sound:
        fetch.fetch(small_mnist, HOME, (sound.url,), Bar)

    sizes = [(archive_folder / name).stat().st_size for name in FILES]
    assert bars == [(name, size, "B") for name, size in zip(FILES, sizes, strict=True)]
    assert sum(counts) == sum(sizes)


def test_a_full_disk_is_said_at_once_and_leaves_no_file(small_mnist: Archives, archive_folder: Path):
    with Mirror(archive_folder) as sound, Mirror(archive_folder) as another, small_disk(HOME, 4096):
        with pytest.raises(BpError, match="cannot write to the cache") as caught:
            fetch.fetch(small_mnist, HOME, (sound.url, another.url), silent)
        assert contents(HOME) == {}

    assert caught.value.code == Exit.NO_DATA
    assert "MNIST_BP_CACHE" in caught.value.hint
    assert not another.requests
