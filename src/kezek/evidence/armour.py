"""Base64 with one spelling for each value (RFC 4648 section 4): what is not that spelling is refused."""

import base64
import binascii

from kezek.evidence.error import ArmourError, EvidenceCode


def to_base64(data: bytes) -> str:
    """Spell bytes in standard base64 with padding.

    >>> to_base64(b"lot 7")
    'bG90IDc='
    """
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str | bytes) -> bytes:
    """Read standard base64; refuses spaces, missing padding, stray trailing bits (RFC 4648 section 3.5).

    >>> from_base64("bG90IDc=")
    b'lot 7'
    >>> from_base64("bG90IDd=")
    Traceback (most recent call last):
    kezek.evidence.error.ArmourError: 'bG90IDd=' is not strict base64 [evidence.armour.form]

    Raises:
        ArmourError: evidence.armour.form.
    """
    spelt = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        data = base64.b64decode(spelt, validate=True)
    except (binascii.Error, ValueError):
        data = None
    if data is None or base64.b64encode(data) != spelt:
        shown = spelt.decode("utf-8", "replace")
        raise ArmourError(EvidenceCode.ARMOUR_FORM, f"{shown!r} is not strict base64")
    return data
