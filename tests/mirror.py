"""A mirror on this machine: a web server on bare sockets, whose answers can be as wrong as a test likes."""

import socket
import socketserver
from collections.abc import Callable
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from threading import Thread

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
                head = b"".join(takewhile(bytes.strip, lines)).decode()
            self.server.requests.append(head)
            name = head.split()[1].rpartition("/")[2]
            self.server.answer(self.request, self.server.files[name])
