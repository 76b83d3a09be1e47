"""One file from one address: downloaded whole, with the hash it must have, or not at all."""

import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3

from mnist_bp.data import cache
from mnist_bp.progress import Advance, Progress

log = logging.getLogger(__name__)

TIMEOUT = (10, 30)  # seconds to connect, and to wait for a byte
PATIENCE, LEAST_RATE = 30, 1024  # at least so many bytes a second, measured over so many seconds
MAX_BYTES = 64 << 20  # of one archive; the largest has 26 MB
REQUESTS = 5  # for one file, redirects included
CHUNK = 1 << 16

PASSING = (TimeoutError, ConnectionResetError, ConnectionAbortedError, BrokenPipeError)
PASSING_STATUS = {requests.codes.request_timeout, requests.codes.too_many_requests, *range(500, 600)}


class MirrorError(Exception):
    """Why an address could not serve the file, without the secrets of the address."""

    def __init__(self, message: str) -> None:
        super().__init__(redacted(message))


class TransientError(MirrorError):
    """Why it could not this time; the next time it may."""


def redacted(text: str) -> str:
    """Return the text with *** for the password, and for each value of the query, of every address in it."""
    user = r"(://|^|['\"])([^\s:/?#@]*:)"
    text = re.sub(rf"{user}?[^\s/?#]*@", r"\1\2***@", text)
    text = re.sub(rf"{user}(?!\d*(?:[/?#'\"\s]|$))[^\s/?#@]*[/?#]\S*@", r"\1\2***@", text)  # a raw / in a password
    return re.sub(r"([?&])([^\s=&]+=)?[^\s&]+?(?=[:;,.)'\"]*(?:[\s&]|$))", r"\1\2***", text)


def download(url: str, path: Path, sha256: str, progress: Progress, pauses: tuple[float, ...] = ()) -> None:
    """Download to `path` if what comes has the SHA-256; else raise MirrorError and leave `path` alone.

    After a failure that may pass it tries again, once after each of the `pauses`, in seconds. Raises BpError (exit 4)
    if `path` cannot be written.
    """
    for number, pause in enumerate(pauses, 2):
        try:
            return _download(url, path, sha256, progress)
        except TransientError as error:
            tries = len(pauses) + 1
            log.warning("%s: %s; trying again in %g s (%d of %d)", redacted(url), error, pause, number, tries)
        time.sleep(pause)
    return _download(url, path, sha256, progress)


def _download(url: str, path: Path, sha256: str, progress: Progress) -> None:
    """Download once.

    A second thread talks to the server, as no timeout of a socket ends a header or a chunk that comes byte by byte.
    """
    arrivals: SimpleQueue[Any] = SimpleQueue()
    enough = Event()
    Thread(target=_receive, args=(url, arrivals, enough), daemon=True).start()
    try:
        length = _arrival(arrivals, PATIENCE)
        if length is None:
            raise TransientError(f"no answer in {PATIENCE} s")
        total = int(length) if length.isdecimal() and len(length) < 20 else None
        with progress(path.name, total, "B") as advance:
            try:
                cache.store(path, _body(arrivals, advance), sha256)
            except ValueError as error:
                raise MirrorError(str(error)) from error
    finally:
        enough.set()


def _body(arrivals: "SimpleQueue[Any]", advance: Advance) -> Iterator[bytes]:
    """Yield the body as it arrives; raises MirrorError if that is too slow."""
    since, recent = time.monotonic(), 0
    while (chunk := _arrival(arrivals, since + PATIENCE - time.monotonic())) != b"":
        if chunk is not None:
            recent += len(chunk)
            advance(len(chunk))
            yield chunk
        if (seconds := time.monotonic() - since) >= PATIENCE:
            if recent < LEAST_RATE * seconds:
                raise TransientError(f"too slow: {recent} bytes in {seconds:.0f} s")
            since, recent = time.monotonic(), 0


def _arrival(arrivals: "SimpleQueue[Any]", seconds: float) -> Any:
    """Return what `_receive` puts next, None if that takes longer; raises its MirrorError."""
    try:
        arrived = arrivals.get(timeout=max(0.0, seconds))
    except Empty:
        return None
    if isinstance(arrived, BaseException):
        raise arrived
    return arrived


def _receive(url: str, arrivals: "SimpleQueue[Any]", enough: Event) -> None:
    """Put the length that the server tells, as text, the body piece by piece, undecoded, and b""; or an exception."""
    received = 0
    try:
        with _response(url) as response:
            arrivals.put(response.headers.get("Content-Length", ""))
            while not enough.is_set():
                try:
                    chunk = response.raw.read1(CHUNK, decode_content=False)
                except (urllib3.exceptions.HTTPError, OSError) as error:
                    raise TransientError(f"{_words(_cause(error))} after {received} bytes") from error
                received += len(chunk)
                if received > MAX_BYTES:
                    raise MirrorError(f"expected at most {MAX_BYTES} bytes; got more")
                arrivals.put(chunk)
                if not chunk:
                    return
    except BaseException as error:  # raised again by the one who waits
        arrivals.put(error)


def _response(url: str) -> requests.Response:
    """Return the response to a request, its body unread.

    Redirects are followed here, because a `Session` reads the body of each, however long it is.
    """
    session, verb = requests.Session(), "is"
    settings: Any = {}
    try:
        for _ in range(REQUESTS):
            request = session.prepare_request(requests.Request("GET", url, headers={"Accept-Encoding": "identity"}))
            settings = session.merge_environment_settings(url, {}, stream=True, verify=None, cert=None)
            response = session.get_adapter(url).send(request, timeout=TIMEOUT, **settings)
            if not response.is_redirect:
                break
            response.close()
            verb = "redirects to"
            url = urljoin(url, response.headers["Location"])
    except (OSError, urllib3.exceptions.HTTPError, ValueError) as error:  # OSError: requests' own, and certificates
        if isinstance(error, ValueError) and not isinstance(error, requests.exceptions.InvalidHeader):
            # The words of the error may quote any part of the address.
            asked_by_proxy = url.startswith("http") and settings.get("proxies")
            proxy = ", or the proxy that the environment names is none" if asked_by_proxy else ""
            raise MirrorError(f"{verb} no valid HTTP address{proxy}") from error
        cause = _cause(error)
        kind = TransientError if isinstance(cause, PASSING) else MirrorError
        raise kind(_words(cause)) from error
    if response.status_code != requests.codes.ok:
        response.close()
        kind = TransientError if response.status_code in PASSING_STATUS else MirrorError
        raise kind(f"HTTP {response.status_code} {response.reason}".rstrip())
    return response


def _cause(error: BaseException) -> BaseException:
    """Return the innermost cause: the outer ones repeat the address and the names of classes."""
    while cause := error.__cause__ or error.__context__:
        error = cause
    return error


def _words(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
