"""Ask a witness over HTTP for its cosignature (C2SP tlog-witness, `add-checkpoint`).

The witness is not trusted: its answer is bounded in size and in time, from the first byte to the last, redirections
are not followed, and what it signs is verified by `evidence.cosignature.collect`, not here.
"""

import http.client
import threading
import urllib.error
import urllib.request
from concurrent.futures import Future
from dataclasses import dataclass
from urllib.parse import urlsplit

from kezek.evidence.checkpoint import parse_whole
from kezek.evidence.cosignature import parse_response
from kezek.evidence.error import EvidenceError
from kezek.evidence.witness import CONFLICT, SIZE_TYPE
from kezek.units.problem import InputProblem

ANSWER_BYTES_MAX = 128 * 1024
_OK = 200
_REASON_LETTERS = 200


@dataclass(frozen=True, slots=True)
class CosignatureLines:
    """The witness answered with signature lines; whose they are is not verified yet."""

    text: str


@dataclass(frozen=True, slots=True)
class KnownSize:
    """The witness knows a checkpoint of another size, or another root at this size: prove growth from `size`."""

    size: int


@dataclass(frozen=True, slots=True)
class Declined:
    """The witness refused, or answered with what is no answer: the HTTP status, and its reason."""

    status: int
    what: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """There was no whole answer in time."""

    what: str


Answer = CosignatureLines | KnownSize | Declined | Unreachable


def ask_witness(url: str, request: bytes, timeout_seconds: float) -> Answer:
    """Send one `add-checkpoint` request and give the answer; whatever the witness does, within the time.

    Args:
        url: Submission prefix of the witness, http or https.
        request: Body of the request, as `evidence.growth.render_growth` writes it.
        timeout_seconds: Time for all of it, from the connection to the last byte.
    Raises:
        InputProblem: cli.witness.url.
    """
    asked = _request_of(url, request)
    found: Future[Answer] = Future()
    threading.Thread(target=_settle, args=(found, asked, timeout_seconds), daemon=True).start()
    try:
        return found.result(timeout=timeout_seconds)
    except TimeoutError:
        return Unreachable(f"no whole answer within {timeout_seconds} s")


def check_address(url: str) -> None:
    """Refuse an address that no witness can have, before it is needed.

    Raises:
        InputProblem: cli.witness.url.
    """
    _request_of(url, b"")


def _request_of(url: str, request: bytes) -> urllib.request.Request:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or not url.isascii() or not url.isprintable() or " " in url:
        raise InputProblem(
            "cli.witness.url", f"{url!r} is no address of a witness.", "", "Give it as https://witness.example.kz/1"
        )
    address = f"{url.rstrip('/')}/add-checkpoint"
    headers = {"Content-Type": "text/plain; charset=utf-8", "User-Agent": "kezek"}
    return urllib.request.Request(address, data=request, headers=headers, method="POST")  # noqa: S310 - checked above


def _settle(found: "Future[Answer]", asked: urllib.request.Request, timeout_seconds: float) -> None:
    try:
        found.set_result(_ask(asked, timeout_seconds))
    except BaseException as error:  # noqa: BLE001 - it is raised where the answer is waited for
        found.set_exception(error)


def _ask(asked: urllib.request.Request, timeout_seconds: float) -> Answer:
    try:
        with _opener().open(asked, timeout=timeout_seconds) as response:
            status, kind = response.status, response.headers.get_content_type()
            body = response.read(ANSWER_BYTES_MAX + 1)
    except urllib.error.URLError as error:
        return Unreachable(str(error.reason))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Unreachable(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__)
    return _answer_of(status, kind, body)


def _opener() -> urllib.request.OpenerDirector:
    """Open http and https alone: no file, no redirection; whatever the status, the answer is read."""
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()):
        opener.add_handler(handler)
    return opener


def _answer_of(status: int, kind: str, body: bytes) -> Answer:
    if len(body) > ANSWER_BYTES_MAX:
        return Declined(status, f"the answer is longer than {ANSWER_BYTES_MAX} bytes")
    text = body.decode("utf-8", "replace")
    if status == CONFLICT and kind == SIZE_TYPE:
        size = parse_whole(text.removesuffix("\n"))
        return Declined(status, "it names no size") if size is None else KnownSize(size)
    if status != _OK:
        plain = "".join(letter if letter.isprintable() else " " for letter in text)
        return Declined(status, plain.strip()[:_REASON_LETTERS])
    try:
        parse_response(body)
    except EvidenceError as error:
        return Declined(status, f"the answer is no cosignature: {error.what[:_REASON_LETTERS]}")
    return CosignatureLines(text)
