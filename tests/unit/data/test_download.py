"""Whatever a server does, what arrives under a name is the file with the right hash, or nothing."""

import hashlib
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_bp.data import download, fetch
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.data.download import MirrorError, TransientError
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from tests.helpers.commands import contents
from tests.helpers.disks import small_disk
from tests.helpers.mirror import FAULTS, LIMITS, Answer, Mirror, chunked, reply, sends, sound

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


def test_after_a_faulty_mirror_the_next_one_is_asked_and_nothing_is_left_of_the_download(
    fault: tuple[Answer, str], small_mnist: Archives, archive_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer, reason = fault
    HOME.mkdir()
    for name in FILES[1:]:  # so that there is only one to fetch
        shutil.copy(archive_folder / name, HOME)
    left = []

    def look_and_answer(connection: socket.socket, body: bytes) -> None:
        left.append(set(contents(HOME)))
        sound(connection, body)

    with Mirror(archive_folder, answer) as faulty, Mirror(archive_folder, look_and_answer) as next_mirror:
        fetch.fetch(small_mnist, HOME, (faulty.url, next_mirror.url), silent)

    assert left == [set(FILES[1:])]
    assert contents(HOME) == contents(archive_folder)
    assert len(faulty.requests) == 1
    assert caplog.text.count(reason) == 1


PERMANENT = {
    "403", "404", "206", "truncated body without its length", "bit flip", "HTML", "empty body", "gunzipped body",
    "no HTTP", "two lengths", "absurd length", "redirect to nowhere", "oversize body",
}  # fmt: skip


def test_a_failure_is_transient_if_another_request_may_do_better(
    fault: tuple[Answer, str], archive_folder: Path, request: pytest.FixtureRequest
) -> None:
    sha256 = hashlib.sha256((archive_folder / FILES[0]).read_bytes()).hexdigest()
    with Mirror(archive_folder, fault[0]) as faulty, pytest.raises(MirrorError) as caught:
        download.download(faulty.url + FILES[0], HOME / FILES[0], sha256, silent)

    assert isinstance(caught.value, TransientError) == (request.node.callspec.params["fault"] not in PERMANENT)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "http://unknown.invalid/", "http://", "ftp://a/"])
def test_an_address_where_nobody_answers_is_no_transient_failure(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def resolve(host: str, *rest: object) -> list[object]:
        if host == "unknown.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (host, 9))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(MirrorError) as caught:
        download.download(address, HOME / FILES[0], "", silent)

    assert not isinstance(caught.value, TransientError)


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("https://user:secret@host/path", "https://user:***@host/path"),
        ("https://user:se/cr@et@host/path", "https://user:***@host/path"),
        ("https://secret@host/path", "https://***@host/path"),
        ("user:secret@host/path", "user:***@host/path"),
        ("https://host:80/path?token=secret&key=secret", "https://host:80/path?token=***&key=***"),
        ("https://host/path?secret", "https://host/path?***"),
        ("https://host/path?q=secret: HTTP 404", "https://host/path?q=***: HTTP 404"),
        ("https://user:secret@host/?t=a@b", "https://user:***@host/?t=***"),
        ("https://user:secret@host/p@th", "https://user:***@host/p@th"),
        ("https://host/package@1.0/file.gz", "https://host/package@1.0/file.gz"),
        ("http://127.0.0.1:80/package@1.0", "http://127.0.0.1:80/package@1.0"),
        ("cannot parse 'https://user:secret@host/' or so", "cannot parse 'https://user:***@host/' or so"),
        ("Max retries exceeded with url: /path?token=secret (as", "Max retries exceeded with url: /path?token=*** (as"),
        ("https://host:80/path", "https://host:80/path"),
        ("HTTP 404 Where?", "HTTP 404 Where?"),
    ],
)
def test_of_an_address_all_is_shown_but_its_secrets(text: str, redacted: str) -> None:
    assert download.redacted(text) == redacted


@pytest.mark.parametrize(
    "address", ["http://user:secret@[/?key=secret", "http://user:sec/ret@host/", "ftp://user:secret@host/?secret"]
)
def test_what_cannot_be_asked_is_not_quoted(address: str, archive_folder: Path) -> None:
    """Neither a mirror's address, nor one that it redirects to; libraries would quote parts of it."""
    elsewhere = reply(b"", f"Location: {address}", "Content-Length: 0", status="302 Found")
    with Mirror(archive_folder, sends(lambda body: elsewhere)) as moved:
        for url, verb in ((address, "is"), (moved.url + FILES[0], "redirects to")):
            with pytest.raises(MirrorError, match=f"^{verb} no valid HTTP address$"):
                download.download(url, HOME / FILES[0], "", silent)


@pytest.mark.parametrize("address", ["ftp://127.0.0.1/", "127.0.0.1", "http://", "http://[", "http://a..b/"])
def test_after_a_wrong_address_the_next_mirror_is_asked(
    address: str, small_mnist: Archives, archive_folder: Path
) -> None:
    with Mirror(archive_folder) as mirror:
        fetch.fetch(small_mnist, HOME, (address, mirror.url), silent)

    assert contents(HOME) == contents(archive_folder)


def test_without_a_bundle_of_certificates_the_next_mirror_is_asked(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests raises a bare OSError if the bundle of certificates is missing."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "missing.pem")
    with Mirror(archive_folder) as mirror:
        fetch.fetch(small_mnist, HOME, ("https://127.0.0.1:9/", mirror.url), silent)

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
def test_a_sound_body_arrives_as_it_is(
    response: Callable[[bytes], bytes], small_mnist: Archives, archive_folder: Path
) -> None:
    with Mirror(archive_folder, sends(response)) as mirror:
        fetch.fetch(small_mnist, HOME, (mirror.url,), silent)

    assert contents(HOME) == contents(archive_folder)


def test_a_redirect_is_followed_and_its_endless_body_left_unread(small_mnist: Archives, archive_folder: Path) -> None:
    names = {body: name for name, body in contents(archive_folder).items()}
    swallowed: list[str] = []

    def redirect(connection: socket.socket, body: bytes) -> None:
        connection.sendall(reply(b"", f"Location: {mirror.url}{names[body]}", status="302 Found"))
        connection.sendall(bytes(64 << 20))
        swallowed.append(names[body])

    with Mirror(archive_folder) as mirror, Mirror(archive_folder, redirect) as moved:
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
def test_after_an_unsound_redirect_the_next_mirror_is_asked(
    redirect: bytes, small_mnist: Archives, archive_folder: Path
) -> None:
    """A `Session` of requests would read the second one's body, and let an exception of urllib3 out."""
    with Mirror(archive_folder, sends(lambda body: redirect)) as faulty, Mirror(archive_folder) as mirror:
        fetch.fetch(small_mnist, HOME, (faulty.url, mirror.url), silent)

    assert contents(HOME) == contents(archive_folder)


def test_a_request_asks_for_the_file_under_the_mirror_and_for_no_encoding(
    small_mnist: Archives, archive_folder: Path
) -> None:
    with Mirror(archive_folder) as mirror:
        fetch.fetch(small_mnist, HOME, (mirror.url + "some/where",), silent)

    assert [head.splitlines()[0] for head in mirror.requests] == [f"GET /some/where/{name} HTTP/1.1" for name in FILES]
    assert all("\r\nAccept-Encoding: identity\r\n" in head for head in mirror.requests)


def test_progress_is_told_the_size_and_every_byte(small_mnist: Archives, archive_folder: Path) -> None:
    bars: list[tuple[str, int | None, str]] = []
    counts: list[int] = []

    class Bar:
        def __init__(self, what: str, total: int | None, unit: str) -> None:
            bars.append((what, total, unit))

        def __enter__(self) -> Callable[[int], None]:
            return counts.append

        def __exit__(self, *_: object) -> None:
            pass

    with Mirror(archive_folder) as mirror:
        fetch.fetch(small_mnist, HOME, (mirror.url,), Bar)

    sizes = [(archive_folder / name).stat().st_size for name in FILES]
    assert bars == [(name, size, "B") for name, size in zip(FILES, sizes, strict=True)]
    assert sum(counts) == sum(sizes)


def test_a_full_disk_is_an_error_at_once_and_leaves_no_file(small_mnist: Archives, archive_folder: Path) -> None:
    with Mirror(archive_folder) as mirror, Mirror(archive_folder) as another, small_disk(HOME, 4096):
        with pytest.raises(BpError, match="cannot write to the cache") as caught:
            fetch.fetch(small_mnist, HOME, (mirror.url, another.url), silent)
        assert contents(HOME) == {}

    assert caught.value.code == Exit.NO_DATA
    assert "MNIST_BP_CACHE" in str(caught.value.hint)
    assert not another.requests


@pytest.mark.parametrize("proxy", ["foo://x:y", "http://["])
def test_a_proxy_that_is_none_is_blamed_too(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(MirrorError, match="is no valid HTTP address, or the proxy that the environment names is none"):
        download.download("http://mirror.invalid/", HOME / FILES[0], "", silent)
