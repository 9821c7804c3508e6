"""`kezek witness serve`: C2SP tlog-witness over HTTP, on the standard library.

Whoever asks is a stranger: requests are bounded in size, time and number, and what goes wrong inside is one line here
and a plain 500 there. TLS is left to a proxy before it.
"""

import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kezek.cli.witness import EXIT_DONE, seconds_now
from kezek.evidence.checkpoint import parse_whole
from kezek.evidence.witness import REQUEST_BYTES_MAX, TEXT_TYPE, Refused
from kezek.journal import witness_store
from kezek.units.problem import InputProblem

ADD_CHECKPOINT = "/add-checkpoint"
IDLE_SECONDS = 10
CONNECTION_SECONDS = 60
"""A connection ends after so long, whatever it does: nobody holds one of the few by sending a byte now and then."""
LINGER_SECONDS = 1
LINGER_READS = 16
CONNECTIONS_MAX = 64
PORT_MAX = 65_535


Connection = socket.socket | tuple[bytes, socket.socket]


class WitnessServer(ThreadingHTTPServer):
    """Serves one witness; `server_port` says where, if port 0 was asked for."""

    daemon_threads = True
    request_queue_size = CONNECTIONS_MAX

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.folder = folder
        self.turn = threading.Lock()
        self._begun: dict[Connection, float] = {}
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def cosign(self, request: bytes) -> str | Refused:
        """Answer one request; one at a time."""
        with self.turn:
            return witness_store.cosign_request(self.folder, request, clock=seconds_now)

    def process_request(self, request: Connection, client_address: object) -> None:
        """Take a connection, if there are not too many."""
        if len(self._begun) >= CONNECTIONS_MAX:
            self.shutdown_request(request)
            return
        self._begun[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Connection) -> None:
        """End a connection."""
        self._begun.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End what has lasted too long; called between two connections, ten times a second."""
        oldest = time.monotonic() - CONNECTION_SECONDS
        for request, begun in list(self._begun.items()):
            if begun < oldest and isinstance(request, socket.socket):
                with suppress(OSError):
                    request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base asks for them
        """Say in one line what a connection ended with; a client that left is nothing to say."""
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            _tell(f"a connection failed: {type(error).__name__}")


class _Handler(BaseHTTPRequestHandler):
    """One connection, which may bring several requests (HTTP/1.1 keep-alive)."""

    protocol_version = "HTTP/1.1"
    server_version = "kezek-witness"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: WitnessServer

    def do_POST(self) -> None:
        """Answer `add-checkpoint`."""
        length = parse_whole(self.headers.get("Content-Length", ""))
        if self.headers.get("Transfer-Encoding") or length is None:
            self._leave(HTTPStatus.LENGTH_REQUIRED, "Send the request with its Content-Length.")
        elif length > REQUEST_BYTES_MAX:
            self._leave(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A request has at most {REQUEST_BYTES_MAX} bytes.")
        else:
            request = self.rfile.read(length)
            if len(request) < length:
                self.close_connection = True
            elif self.path != ADD_CHECKPOINT:
                self._answer(HTTPStatus.NOT_FOUND, f"There is only POST {ADD_CHECKPOINT}.\n")
            else:
                self._add_checkpoint(request)

    def do_GET(self) -> None:
        """Answer that there is nothing to get."""
        self._leave(HTTPStatus.NOT_FOUND, f"There is only POST {ADD_CHECKPOINT}.")

    def _add_checkpoint(self, request: bytes) -> None:
        try:
            found = self.server.cosign(request)
        except InputProblem as problem:
            _tell(str(problem))
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"The witness cannot answer now. [{problem.code}]\n")
        except Exception as error:  # noqa: BLE001 - a stranger gets no traceback, whatever it is
            _tell(f"a fault of the program: {type(error).__name__}: {error}")
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of the witness.\n")
        else:
            if isinstance(found, Refused):
                _tell(f"{found.status}: {found.what} [{found.code}]")
                self._answer(found.status, found.body, found.content_type)
            else:
                self._answer(HTTPStatus.OK, found)

    def _answer(self, status: int, body: str, content_type: str = TEXT_TYPE) -> None:
        data = body.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _leave(self, status: int, what: str) -> None:
        """Answer, and close; what was sent with the request is thrown away, so that the answer arrives."""
        self.close_connection = True
        self._answer(status, f"{what}\n")
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER_SECONDS)
        for _ in range(LINGER_READS):
            if not self.connection.recv(REQUEST_BYTES_MAX):
                break

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no request of HTTP in plain words."""
        del message, explain
        self.request_version = self.protocol_version  # else one that sent no version gets no status
        self._leave(code, f"{HTTPStatus(code).phrase}.")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base names it so
        """Say nothing of each request; refusals are told where they are made."""


def serve_command(folder: Path, listen: str) -> int:
    """Serve a witness until SIGINT or SIGTERM.

    Raises:
        InputProblem: cli.witness.listen for an address that cannot be listened at, journal.witness.*.
    """
    witness = witness_store.read(folder)
    host, port = address_of(listen)
    with _bound(folder, host, port, listen) as server:
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        _tell(
            f"{witness.signer.key.vkey} answers at http://{_shown_address(host, server.server_port)}{ADD_CHECKPOINT}"
        )
        while not stopped.wait(timeout=1):
            pass
        server.shutdown()
        thread.join()
    _tell("stopped.")
    return EXIT_DONE


def address_of(listen: str) -> tuple[str, int]:
    """Read HOST:PORT; an IPv6 host stands in brackets.

    Raises:
        InputProblem: cli.witness.listen.

    >>> address_of("127.0.0.1:8471"), address_of("[::1]:0")
    (('127.0.0.1', 8471), ('::1', 0))
    """
    host, colon, text = listen.rpartition(":")
    port = parse_whole(text)
    bracketed = host.startswith("[") and host.endswith("]")
    if not colon or port is None or port > PORT_MAX or not host or (":" in host and not bracketed):
        raise _no_address(f"{listen!r} is no address and port.")
    return host.removeprefix("[").removesuffix("]"), port


def _bound(folder: Path, host: str, port: int, listen: str) -> WitnessServer:
    try:
        return WitnessServer(folder, host, port)
    except (OSError, OverflowError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _no_address(f"{listen} cannot be listened at ({reason}).") from error


def _shown_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _no_address(what: str) -> InputProblem:
    return InputProblem("cli.witness.listen", what, "--listen", "Give it as 127.0.0.1:8471.")


def _tell(line: str) -> None:
    """Say one line on the standard error; what a stranger sent cannot break it."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in line)
    sys.stderr.write(f"kezek witness: {plain}\n")
    sys.stderr.flush()
