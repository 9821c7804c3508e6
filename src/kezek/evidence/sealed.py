"""Sealed values: personal data stays outside the log, which holds only a salted hash of it.

The hash binds whoever gave the value; the salt, as long as the hash is wide, keeps others from guessing it. Value and
salt are kept beside the log and can be destroyed: the log stays whole, and nobody can tell any more what was sealed.
"""

from dataclasses import dataclass
from hashlib import sha256

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.error import EvidenceCode, SealError

SALT_BYTES = 32
_SEALED_DOMAIN = b"kezek-sealed@v1\n"


@dataclass(frozen=True, slots=True)
class Opening:
    """What was sealed, and the salt that proves it.

    Args:
        value: Any value that canonical JSON can hold.
        salt: Fresh for each value, from the edge. [32 bytes, secret]
    """

    value: object
    salt: bytes

    @property
    def digest(self) -> str:
        """SHA-256(domain || salt || canonical JSON of [value]), in hex: what the log holds.

        Raises:
            SealError: evidence.seal.salt for a salt of another length.
            CanonicalError: a value without canonical form.

        >>> Opening({"name": "A. B."}, bytes(32)).digest[:16]
        '7034dda80123d553'
        """
        if len(self.salt) != SALT_BYTES:
            what = f"a salt has {SALT_BYTES} bytes, not {len(self.salt)}"
            raise SealError(EvidenceCode.SEAL_SALT, what)
        return sha256(_SEALED_DOMAIN + self.salt + canonical_bytes([self.value])).hexdigest()


def check_opening(opening: Opening, digest: str) -> None:
    """Verify that a digest of the log seals just this value.

    Raises:
        SealError: evidence.seal.value, .salt.
    """
    if opening.digest != digest:
        raise SealError(EvidenceCode.SEAL_VALUE, f"the value hashes to {opening.digest}, the log holds {digest}")
