"""The pin: the last checkpoint a log signed, kept outside its database and swapped before anybody sees the new one.

A database restored from a backup forgets what it signed; the pin does not. It lies on another disk where that can be
had: whoever can set back both can only be found by a witness.
"""

from dataclasses import dataclass
from pathlib import Path

from kezek.evidence.canonical import canonical_bytes, parse_canonical
from kezek.evidence.error import CanonicalError
from kezek.journal.durable import held, replace_file
from kezek.units.problem import InputProblem


@dataclass(frozen=True, slots=True)
class Pinned:
    """A signed checkpoint note, and when it was signed. [s since 1970, UTC]"""

    note: str
    signed_unix_s: int


class Pin:
    """One file that holds the last checkpoint.

    Guarantees: a reader sees the old checkpoint or the new one; of two who swap from the same old one, one succeeds.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> Pinned | None:
        """Return what is pinned; None where the file does not exist.

        Raises:
            InputProblem: journal.pin.damaged, .unreadable.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            what = f"The pinned checkpoint cannot be read ({error.strerror})."
            raise InputProblem("journal.pin.unreadable", what, str(self._path), "Check its rights.") from error
        try:
            found = parse_canonical(data.removesuffix(b"\n"))
        except CanonicalError:
            found = {}
        match found:
            case {"note": str(note), "signed_unix_s": int(at), **rest} if (
                not rest and type(at) is int and data.endswith(b"\n")
            ):
                return Pinned(note, at)
            case _:
                way_out = "Take back the newest copy of it; it must be as new as the last published checkpoint."
                raise InputProblem("journal.pin.damaged", "The pin is damaged.", str(self._path), way_out)

    def swap(self, old: Pinned | None, new: Pinned) -> bool:
        """Put the new checkpoint in the place of the old one; False where another is there by now.

        Raises:
            InputProblem: journal.pin.unwritable: what was kept is unknown; publish again.
        """
        try:
            with held(self._path.with_name(f".{self._path.name}.lock"), wait=True):
                if self.read() != old:
                    return False
                replace_file(self._path, _bytes_of(new))
                return True
        except OSError as error:
            what = f"The new checkpoint could not be pinned ({error.strerror})."
            way_out = "Free some space or check the rights, and publish again."
            raise InputProblem("journal.pin.unwritable", what, str(self._path), way_out) from error


def _bytes_of(pinned: Pinned) -> bytes:
    return canonical_bytes({"note": pinned.note, "signed_unix_s": pinned.signed_unix_s}) + b"\n"
