"""A mirror on this machine: a web server on bare sockets, whose answers can be as wrong as a test likes."""

import gzip
import socket
import socketserver
import struct
from collections.abc import Callable
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from threading import Event, Thread
from typing import Any

Answer = Callable[[socket.socket, bytes], object]
"""Sends something over the connection, given the bytes of the file that was asked for."""


def reply(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an HTTP response; it has no headers but these."""
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode() + body


def sound(connection: socket.socket, body: bytes) -> None:
    """Answer as a mirror should."""
    connection.sendall(reply(body, f"Content-Length: {len(body)}"))


def sends(response: Callable[[bytes], bytes]) -> Answer:
    """Answer with what `response` makes of the file."""
    return lambda connection, body: connection.sendall(response(body))


def status(line: str) -> Answer:
    """Answer with the file under another status."""
    return sends(lambda body: reply(body, f"Content-Length: {len(body)}", status=line))


def flipped(body: bytes) -> bytes:
    """Return the file with one bit flipped in its middle."""
    middle = len(body) // 2
    return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]


class Mirror(socketserver.ThreadingTCPServer):
    """Serves the files of a folder while the `with` block lasts; `requests` are the heads of all that came."""

    request_queue_size = 16

    def __init__(self, folder: Path, answer: Answer = sound) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.answer = answer
        self.requests: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"

    def __enter__(self) -> "Mirror":
        Thread(target=self.serve_forever, args=(0.005,)).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()  # waits for the answers that are still under way


class _Request(socketserver.BaseRequestHandler):
    server: Mirror

    def handle(self) -> None:
        self.request.settimeout(10)
        with suppress(OSError):  # the client may hang up
            with self.request.makefile("rb") as lines:
                head = b"".join([*takewhile(bytes.strip, lines)]).decode()
            self.server.requests.append(head)
            name = head.split()[1].rpartition("/")[2]
            self.server.answer(self.request, self.server.files[name])


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


FAULTS: dict[str, tuple[Answer, str]] = {  # what a mirror may do wrong, and the words that say so
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
        "redirects to no valid HTTP address",
    ),
    "reset in mid-body": (reset, "reset"),
    "stall in mid-body": (stall, "timed out after 40 bytes"),
    "slow drip": (drip, "too slow"),
    "slow drip after a fast start": (drip_after_a_start, "too slow"),
    "slow drip of the status": (drips(reply), "no answer in 0.1 s"),
    "slow drip of a header": (after_a_status(drips(lambda body: b"X: " + b"x" * 99)), "no answer in 0.25 s"),
    "continue, continue": (continuing, "no answer in 0.25 s"),
    "slow drip of a chunk's extension": (after_a_start(drips(lambda body: b"9;" + b"x" * 99)), "too slow"),
    "slow drip of trailers": (after_a_start(drips(lambda body: b"0\r\n" + b"X: x\r\n" * 99)), "too slow"),
    "oversize body": (flood, "at most 20000 bytes"),
}


LIMITS: dict[str, dict[str, Any]] = {  # of mnist_bp.data.download, so low that the fault shows at once
    "stall in mid-body": {"TIMEOUT": (5, 0.2)},
    "slow drip": {"PATIENCE": 0.25},
    "slow drip after a fast start": {"PATIENCE": 0.25},
    "slow drip of the status": {"PATIENCE": 0.1},
    "slow drip of a header": {"PATIENCE": 0.25},
    "continue, continue": {"PATIENCE": 0.25},
    "slow drip of a chunk's extension": {"PATIENCE": 0.25},
    "slow drip of trailers": {"PATIENCE": 0.25},
    "oversize body": {"MAX_BYTES": 20_000},
}
