"""Many receipts under one checkpoint in one file, one canonical JSON object a line: `receipts.jsonl`.

The first line is {checkpoint, format}, every other {entry, id, index, proof}. An id is not signed by itself, so it
must be one of the values of its entry, which is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.canonical import JsonObject, canonical_bytes, parse_canonical
from kezek.evidence.error import ArmourError, BundleError, CanonicalError, EvidenceCode
from kezek.evidence.receipt import Receipt, render_receipt
from kezek.evidence.tree import HASH_BYTES

FORMAT = "kezek-receipts@v1"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Receipts by id, in the order of the file, all under one checkpoint note; read, not yet believed."""

    checkpoint: str
    receipts: Mapping[str, Receipt]


def render_bundle(bundle: Bundle) -> str:
    """Write a bundle.

    Raises:
        BundleError: evidence.bundle.id for an id its entry does not hold, .form for another checkpoint.
    """
    lines = [canonical_bytes({"checkpoint": bundle.checkpoint, "format": FORMAT})]
    for number, (key, receipt) in enumerate(bundle.receipts.items(), start=2):
        _check_id(key, parse_canonical(receipt.entry), number)
        if receipt.checkpoint != bundle.checkpoint:
            raise _malformed_bundle(f"receipt {key!r} is under another checkpoint", number)
        entry, proof = receipt.entry.decode(), [to_base64(item) for item in receipt.proof]
        lines.append(canonical_bytes({"entry": entry, "id": key, "index": receipt.index, "proof": proof}))
    return "".join(f"{line.decode()}\n" for line in lines)


def parse_bundle(text: str | bytes) -> Bundle:
    """Read a bundle strictly; the receipts are verified one by one, after `extract`.

    Raises:
        BundleError: evidence.bundle.form, .id; `where` is the line.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    head, *lines = data.split(b"\n")
    match _object(head, 1):
        case {"checkpoint": str(checkpoint), "format": str(found), **rest} if found == FORMAT and not rest:
            pass
        case _:
            raise _malformed_bundle(f"expected {{checkpoint, format}} with format {FORMAT!r}", 1)
    if not lines or lines.pop():
        raise _malformed_bundle("the last line has no line end", len(lines) + 2)
    receipts: dict[str, Receipt] = {}
    for number, line in enumerate(lines, start=2):
        key, receipt = _bundled_receipt(line, number, checkpoint)
        if key in receipts:
            raise BundleError(EvidenceCode.BUNDLE_ID, f"id {key!r} came before", f"line {number}")
        receipts[key] = receipt
    return Bundle(checkpoint, receipts)


def extract(bundle: Bundle, receipt_id: str) -> str:
    """Return the text of one receipt, to be given to `verify_receipt`.

    Raises:
        BundleError: evidence.bundle.id when the bundle has no such receipt.
    """
    if receipt_id not in bundle.receipts:
        what = f"no receipt {receipt_id!r} among {len(bundle.receipts)}"
        raise BundleError(EvidenceCode.BUNDLE_ID, what)
    return render_receipt(bundle.receipts[receipt_id])


def _bundled_receipt(line: bytes, number: int, checkpoint: str) -> tuple[str, Receipt]:
    match _object(line, number):
        case {"entry": str(entry), "id": str(key), "index": int(index), "proof": list(proof), **rest} if not rest:
            pass
        case _:
            raise _malformed_bundle("expected {entry, id, index, proof}", number)
    if isinstance(index, bool) or index < 0:
        raise _malformed_bundle(f"index {index!r} is no place in a log", number)
    try:
        event = parse_canonical(entry.encode())
    except CanonicalError as error:
        raise _malformed_bundle(f"entry: {error.what}", number) from None
    _check_id(key, event, number)
    return key, Receipt(entry.encode(), index, tuple(_bundled_hash(item, number) for item in proof), checkpoint)


def _check_id(key: str, event: JsonObject, number: int) -> None:
    if not any(isinstance(value, str) and value == key for value in event.values()):
        raise BundleError(EvidenceCode.BUNDLE_ID, f"id {key!r} is not a value of its entry", f"line {number}")


def _bundled_hash(item: Any, number: int) -> bytes:  # noqa: ANN401  whatever the JSON holds
    try:
        found = from_base64(item) if isinstance(item, str) else b""
    except ArmourError as error:
        raise _malformed_bundle(f"proof: {error.what}", number) from None
    if len(found) != HASH_BYTES:
        raise _malformed_bundle(f"proof: {item!r} is not a hash of {HASH_BYTES} bytes", number)
    return found


def _object(line: bytes, number: int) -> JsonObject:
    try:
        return parse_canonical(line)
    except CanonicalError as error:
        raise _malformed_bundle(error.what, number) from None


def _malformed_bundle(what: str, number: int) -> BundleError:
    return BundleError(EvidenceCode.BUNDLE_FORM, what, f"line {number}")
