"""Archives from mirrors into the cache: nothing enters it but files with the pinned SHA-256."""

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import requests
import urllib3

from mnist_bp.atomic import replacing
from mnist_bp.data.archives import Archives
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import Progress

log = logging.getLogger(__name__)

TIMEOUT = (10, 30)  # seconds to connect, and without a byte
PATIENCE, LEAST_RATE = 30, 1024  # after so many seconds, fewer bytes a second are too few
MAX_BYTES = 64 << 20  # of one archive; the largest has 26 MB
CHUNK = 1 << 16


class MirrorError(Exception):
    """Why one mirror could not serve one file."""


def fetch(archives: Archives, home: Path, mirrors: tuple[str, ...] | None, progress: Progress) -> None:
    """See to it that the four archives lie in `home`, verified; download those that do not.

    Mirrors are $MNIST_BP_MIRRORS (separated by spaces or commas), else `mirrors`, else the data set's own; each is
    tried once a file, in order. Raises BpError (exit 4) if none serves it.
    """
    bases = tuple(os.environ.get("MNIST_BP_MIRRORS", "").replace(",", " ").split()) or mirrors or archives.mirrors
    for name, sha256 in archives.files.items():
        path = home / name
        came = sha256_of(path)
        if came == sha256:
            continue
        if came is not None:
            log.warning("%s: expected SHA-256 %s; got %s; downloading it again", path, sha256, came)
        _fetch_one([f"{base.rstrip('/')}/{name}" for base in bases], path, sha256, archives.name, progress)


def import_from(archives: Archives, source: Path, home: Path) -> None:
    """Copy the four archives from a folder into the cache, all or none.

    Raises BpError (exit 4) if one is missing or has another SHA-256.
    """
    for name, sha256 in archives.files.items():
        came = sha256_of(source / name)
        if came != sha256:
            got = f"a file with {came}" if came else "no such file"
            raise BpError(
                f"{source / name}: expected the {archives.name} archive with SHA-256 {sha256}; got {got}",
                code=Exit.NO_DATA,
                hint=f"the four files are {', '.join(archives.files)}; other IDX files train with data.name=idx",
            )
    for name in archives.files:
        with (source / name).open("rb") as original, _entry(home / name) as file:
            shutil.copyfileobj(original, file)


def sha256_of(path: Path) -> str | None:
    """Return the SHA-256 of a file, None where there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _fetch_one(urls: list[str], path: Path, sha256: str, dataset: str, progress: Progress) -> None:
    failures = []
    for url in urls:
        try:
            _download(url, path, sha256, progress)
        except MirrorError as error:
            failures.append(f"{url}: {error}")
        else:
            if failures:
                log.warning("got %s from %s; before that: %s", path.name, url, "; ".join(failures))
            return
    raise BpError(
        f"cannot get {path.name} of data set {dataset}: {'; '.join(failures) or 'there is no mirror to ask'}",
        code=Exit.NO_DATA,
        hint=f"`bp data import DIR --name {dataset}` takes the archives from a folder; "
        "`--set data.name=synthetic` trains without any download",
    )


def _download(url: str, path: Path, sha256: str, progress: Progress) -> None:
    """Download to `path` if what comes has the pinned hash; else raise MirrorError and leave `path` alone."""
    digest = hashlib.sha256()
    with _response(url) as response, _entry(path) as file:
        length = response.headers.get("Content-Length", "")
        with progress(path.name, int(length) if length.isdecimal() else None, "B") as advance:
            for chunk in _chunks(response):
                digest.update(chunk)
                file.write(chunk)
                advance(len(chunk))
        if digest.hexdigest() != sha256:
            raise MirrorError(f"expected SHA-256 {sha256}; got {digest.hexdigest()} ({file.tell()} bytes)")


def _response(url: str) -> requests.Response:
    try:
        response = requests.get(url, stream=True, timeout=TIMEOUT, headers={"Accept-Encoding": "identity"})
    except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise MirrorError(_reason(error)) from error
    if response.status_code != requests.codes.ok:
        response.close()
        raise MirrorError(f"HTTP {response.status_code} {response.reason}".rstrip())
    return response


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives, undecoded, so that neither a drip nor a flood is waited for."""
    read = getattr(response.raw, "read1", response.raw.read)  # before urllib3 2.2: whole chunks, slow drips seen late
    started, received = time.monotonic(), 0
    while True:
        try:
            chunk = read(CHUNK, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise MirrorError(f"{_reason(error)} after {received} bytes") from error
        if not chunk:
            return
        received += len(chunk)
        if received > MAX_BYTES:
            raise MirrorError(f"expected at most {MAX_BYTES} bytes; got more")
        elapsed = time.monotonic() - started
        if elapsed > PATIENCE and received < LEAST_RATE * elapsed:
            raise MirrorError(f"too slow: {received} bytes in {elapsed:.0f} s")
        yield chunk


@contextmanager
def _entry(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file of the cache; a failure to write it is the user's to mend."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise BpError(
            f"{path}: cannot write to the cache: {error.strerror or error}",
            code=Exit.NO_DATA,
            hint="name another cache folder in MNIST_BP_CACHE",
        ) from error


def _reason(error: Exception) -> str:
    """Return the innermost cause in words: the outer ones repeat the address and the names of classes."""
    while (cause := error.__cause__ or error.__context__) is not None and isinstance(cause, Exception):
        error = cause
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
