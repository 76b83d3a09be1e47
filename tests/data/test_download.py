"""Whatever a server does, what arrives under a name is the file with the right hash, or nothing."""

import gzip
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from mnist_bp.data import download, fetch
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from tests.conftest import contents, small_disk
from tests.mirror import Answer, Mirror, flipped, reply, sends, status

HOME = Path("cache")


@pytest.fixture(autouse=True)
def configured_mirrors_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_BP_MIRRORS")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:40], body[40:], b""))


def reset(connection: socket.socket, body: bytes) -> None:
    connection.sendall(reply(body[:40], f"Content-Length: {len(body)}"))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def stall(connection: socket.socket, body: bytes) -> None:
    connection.sendall(reply(body[:40], f"Content-Length: {len(body)}"))
    connection.recv(1)  # until the client hangs up


def drip(connection: socket.socket, body: bytes) -> None:
    connection.sendall(reply(b"", f"Content-Length: {len(body)}"))
    for byte in body[:500]:
        connection.sendall(bytes([byte]))
        Event().wait(0.01)


def drip_after_a_start(connection: socket.socket, body: bytes) -> None:
    """Send most of the file at once, so that the mean rate stays high, and drip the rest."""
    connection.sendall(reply(body[:-200], f"Content-Length: {len(body)}"))
    for byte in body[-200:]:
        connection.sendall(bytes([byte]))
        Event().wait(0.01)


def drips(response: Callable[[bytes], bytes]) -> Answer:
    """Answer with what `response` makes of the file, but for half a second a byte at a time, and no more than that."""

    def answer(connection: socket.socket, body: bytes) -> None:
        for byte in response(body)[:50]:
            connection.sendall(bytes([byte]))
            Event().wait(0.01)

    return answer


def after_a_status(answer: Answer) -> Answer:
    """Answer with a status, and then otherwise."""

    def started(connection: socket.socket, body: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        answer(connection, body)

    return started


def continuing(connection: socket.socket, body: bytes) -> None:
    """Say for half a second that the request may go on."""
    for _ in range(50):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        Event().wait(0.01)


def after_a_start(answer: Answer) -> Answer:
    """Answer with a whole header, and then otherwise."""

    def started(connection: socket.socket, body: bytes) -> None:
        connection.sendall(reply(b"", "Transfer-Encoding: chunked"))
        answer(connection, body)

    return started


def flood(connection: socket.socket, body: bytes) -> None:
    connection.sendall(reply(b""))
    for _ in range(500):
        connection.sendall(bytes(1 << 20))


FAULTS: dict[str, tuple[Answer, str]] = {
    "403": (status("403 Forbidden"), "HTTP 403 Forbidden"),
    "404": (status("404 Not Found"), "HTTP 404 Not Found"),
    "429": (status("429 Too Many Requests"), "HTTP 429 Too Many Requests"),
    "500": (status("500 Internal Server Error"), "HTTP 500 Internal Server Error"),
    "503": (status("503 Service Unavailable"), "HTTP 503 Service Unavailable"),
    "206": (status("206 Partial Content"), "HTTP 206 Partial Content"),
    "truncated body with its length": (
        sends(lambda body: reply(body[:-9], f"Content-Length: {len(body)}")),
        "9 more expected",
    ),
    "truncated body without its length": (sends(lambda body: reply(body[:-9])), "expected SHA-256"),
    "truncated chunked body": (
        sends(lambda body: reply(chunked(body)[:-9], "Transfer-Encoding: chunked")),
        "IncompleteRead",
    ),
    "bit flip": (sends(lambda body: reply(flipped(body), f"Content-Length: {len(body)}")), "expected SHA-256"),
    "HTML": (
        sends(lambda body: reply(b"<html>Please log in</html>", "Content-Type: text/html", "Content-Length: 26")),
        "expected SHA-256",
    ),
    "empty body": (sends(lambda body: reply(b"", "Content-Length: 0")), "(0 bytes)"),
    "gunzipped body": (
        sends(lambda body: reply(gzip.decompress(body), "Content-Type: application/octet-stream")),
        "expected SHA-256",
    ),
    "no answer": (sends(lambda body: b""), "closed connection without response"),
    "no HTTP": (sends(lambda body: b"220 ftp ready\r\n\r\n"), "220 ftp ready"),
    "two lengths": (sends(lambda body: reply(body, "Content-Length: 5", "Content-Length: 6")), "Content-Length"),
    "absurd length": (sends(lambda body: reply(body[:-9], f"Content-Length: {'9' * 5000}")), "expected SHA-256"),
    "redirect to nowhere": (
        sends(lambda body: reply(b"", "Location: http://[", "Content-Length: 0", status="302 Found")),
        "Invalid",
    ),
    "reset in mid-body": (reset, "reset"),
    "stall in mid-body": (stall, "timed out after 40 bytes"),
    "slow drip": (drip, "too slow"),
    "slow drip after a fast start": (drip_after_a_start, "too slow"),
    "slow drip of the status": (drips(reply), "no answer in 0.1 s"),
    "slow drip of a header": (after_a_status(drips(lambda body: b"X: " + b"x" * 99)), "no answer in 0.1 s"),
    "continue, continue": (continuing, "no answer in 0.1 s"),
    "slow drip of a chunk's extension": (after_a_start(drips(lambda body: b"9;" + b"x" * 99)), "too slow"),
    "slow drip of trailers": (after_a_start(drips(lambda body: b"0\r\n" + b"X: x\r\n" * 99)), "too slow"),
    "oversize body": (flood, "at most 20000 bytes"),
}


LIMITS = {
    "stall in mid-body": {"TIMEOUT": (5, 0.2)},
    "slow drip": {"PATIENCE": 0.1},
    "slow drip after a fast start": {"PATIENCE": 0.1},
    "slow drip of the status": {"PATIENCE": 0.1},
    "slow drip of a header": {"PATIENCE": 0.1},
    "continue, continue": {"PATIENCE": 0.1},
    "slow drip of a chunk's extension": {"PATIENCE": 0.1},
    "slow drip of trailers": {"PATIENCE": 0.1},
    "oversize body": {"MAX_BYTES": 20_000},
}


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
