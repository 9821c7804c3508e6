"""Checkpoints (C2SP tlog-checkpoint): what a log signs about itself, in three lines.

Our profile is strict: no extension lines, and the origin is the name of the key, so that whoever pins the key pins
the log as well.
"""

import re
from dataclasses import dataclass

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.error import ArmourError, CheckpointError, EvidenceCode
from kezek.evidence.signature import Signer, Verifier, open_note, sign_note
from kezek.evidence.tree import EMPTY_ROOT, HASH_BYTES

_WHOLE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log of `size` entries has this root.

    Args:
        origin: Name of the log.
        size: Number of entries.
        root: RFC 9162 root over them. [32 bytes]
    """

    origin: str
    size: int
    root: bytes

    @property
    def body(self) -> str:
        """The three lines that are signed.

        >>> print(Checkpoint("kezek.example/log", 0, EMPTY_ROOT).body, end="")
        kezek.example/log
        0
        47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
        """
        return f"{self.origin}\n{self.size}\n{to_base64(self.root)}\n"


def parse_whole(text: str) -> int | None:
    """Read a whole number in its one decimal spelling, below 10**19; None for anything else.

    >>> parse_whole("73894"), parse_whole("007"), parse_whole("-1"), parse_whole("٣")
    (73894, None, None, None)
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def sign_checkpoint(*, size: int, root: bytes, signer: Signer) -> str:
    """Sign size and root under the signer's name and return the note.

    Raises:
        CheckpointError: evidence.checkpoint.form for a size or root no tree has.
    """
    if parse_whole(str(size)) is None or len(root) != HASH_BYTES or (size == 0 and root != EMPTY_ROOT):
        raise _no_checkpoint(f"size {size} with root {root.hex() or '(empty)'} is no tree")
    return sign_note(Checkpoint(signer.name, size, root).body, signer)


def open_checkpoint(note: str | bytes, verifier: Verifier) -> Checkpoint:
    """Verify a checkpoint note and read it; any changed byte is refused, but in cosignatures, which are not believed.

    Raises:
        NoteError: evidence.note.form, .signer, .signature.
        CheckpointError: evidence.checkpoint.form, .origin.
    Guarantees: test_checkpoint_any_changed_byte_is_refused.
    """
    checkpoint = parse_body(open_note(note, verifier))
    if checkpoint.origin != verifier.name:
        what = f"checkpoint of {checkpoint.origin!r}, expected {verifier.name!r}"
        raise CheckpointError(EvidenceCode.CHECKPOINT_ORIGIN, what)
    return checkpoint


def parse_body(body: str, *, extensions: bool = False) -> Checkpoint:
    """Read the text of a checkpoint note; whether it is signed is not asked.

    Args:
        extensions: Further lines, none of them empty, may follow, and are not read: logs of others have them.
    Raises:
        CheckpointError: evidence.checkpoint.form.
    """
    lines = body.removesuffix("\n").split("\n")
    if len(lines) < 3 or (len(lines) > 3 and not extensions) or not all(lines):
        raise _no_checkpoint(f"a checkpoint has 3 lines, none of them empty; this text has {len(lines)}")
    origin, size_text, root_text = lines[:3]
    size = parse_whole(size_text)
    if size is None:
        raise _no_checkpoint(f"{size_text!r} is not the size of a tree")
    try:
        root = from_base64(root_text)
    except ArmourError as error:
        raise _no_checkpoint(f"root: {error.what}") from None
    if len(root) != HASH_BYTES or (size == 0 and root != EMPTY_ROOT):
        raise _no_checkpoint(f"size {size} with root {root.hex() or '(empty)'} is no tree")
    return Checkpoint(origin, size, root)


def _no_checkpoint(what: str) -> CheckpointError:
    return CheckpointError(EvidenceCode.CHECKPOINT_FORM, what)
