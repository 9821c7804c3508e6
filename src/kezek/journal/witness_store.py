"""A witness as a folder: its key, the logs it watches, and the last checkpoint of each that it cosigned.

`witness.key` holds the private key, `witness.vkey` the one to be published, `state.json` the logs. The state is
replaced whole, flushed to the disk, before a cosignature leaves this module, and all from reading the state to there
happens under one lock: two requests at once cannot both grow the same checkpoint, and whoever is killed at any point
leaves the old state or the new one.

A state that is missing or damaged is refused: "nothing was cosigned yet" is only what an undamaged state says. Each
checkpoint in it carries the witness's own cosignature, so that none can stand there that it did not cosign.
"""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from kezek.evidence.canonical import canonical_bytes, parse_canonical
from kezek.evidence.checkpoint import parse_body
from kezek.evidence.cosignature import WitnessKey, WitnessSigner, cosign, cosigned_at
from kezek.evidence.error import EvidenceError
from kezek.evidence.signature import Verifier, parse_signature_line, split_note
from kezek.evidence.witness import KnownLog, Refused, consider
from kezek.journal.durable import PARTIAL, held, replace_file
from kezek.units.problem import InputProblem

KEY_FILE = "witness.key"
VKEY_FILE = "witness.vkey"
STATE_FILE = "state.json"
LOCK_FILE = ".witness.lock"
FORMAT = "kezek-witness@v1"
_WAITS = 200
_WAIT_SECONDS = 0.05
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_NEW_WITNESS = (
    "Begin a new witness with a new key, and let those who trust it know: an old state must not be put back."
)


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """A log that is watched.

    Args:
        known: Its name, the keys that are trusted for it, and the last checkpoint that was cosigned.
        note: That checkpoint's note with the witness's cosignature as its last line; "" if there never was one.
        at: When it was cosigned. [seconds since 1970; 0 if never]
    """

    known: KnownLog
    note: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness as its folder says: who signs, and which logs are watched, by origin."""

    signer: WitnessSigner
    logs: Mapping[str, WatchedLog]

    @property
    def last_at(self) -> int:
        """When it cosigned last, whichever log it was. [seconds since 1970; 0 if never]"""
        return max((log.at for log in self.logs.values()), default=0)


def create(folder: Path, signer: WitnessSigner) -> None:
    """Begin a witness in a new or empty folder; the key is written last, so that half a witness is none.

    Raises:
        InputProblem: journal.witness.exists, .parent, .foreign, .busy, .unwritable, .space.
    """
    state = _state_bytes(Witness(signer, {}))
    with _witness_problems(folder):
        if not folder.parent.is_dir():
            way_out = f"Make it first: mkdir -p {folder.parent}"
            raise InputProblem(
                "journal.witness.parent", "lies in a folder that does not exist.", str(folder), way_out
            )
        if os.path.lexists(folder) and not folder.is_dir():
            raise _foreign_problem(folder)
        folder.mkdir(exist_ok=True)
    with _locked(folder, new=True):
        if (folder / KEY_FILE).exists():
            way_out = "Choose another folder; a witness is never begun twice."
            raise InputProblem("journal.witness.exists", "holds a witness already.", str(folder), way_out)
        if any(path.name not in _own_names() for path in folder.iterdir()) or _has_history(folder):
            raise _foreign_problem(folder)
        _put(folder, STATE_FILE, state)
        _put(folder, VKEY_FILE, f"{signer.key.vkey}\n".encode())
        _put(folder, KEY_FILE, f"{signer.skey}\n".encode(), mode=0o600)


def read(folder: Path) -> Witness:
    """Read a witness; every checkpoint in it must be one that it cosigned.

    Raises:
        InputProblem: journal.witness.none, .key, .rights, .missing, .damaged, .unreadable.
    """
    signer = _signer(folder)
    path = folder / STATE_FILE
    try:
        return Witness(signer, _parse_state(_bytes_of(path), signer.key))
    except FileNotFoundError as error:
        what = "is missing: what was cosigned is not known any more."
        raise InputProblem("journal.witness.missing", what, str(path), _NEW_WITNESS) from error
    except (EvidenceError, _DamagedState) as error:
        what = f"is damaged ({error}): what was cosigned is not known any more."
        raise InputProblem("journal.witness.damaged", what, str(path), _NEW_WITNESS) from error


def add_log(folder: Path, verifier: Verifier) -> bool:
    """Trust a key for the log of its name; a further one after a rotation. False where it is trusted already.

    Raises:
        InputProblem: journal.witness.itself for the witness's own name or key, and what `read` raises.
    """
    with _locked(folder):
        witness = read(folder)
        own = witness.signer.key
        if verifier.name == own.name or verifier.public_key == own.public_key:
            what, way_out = "is this witness itself.", "Name the key of a log: a witness says nothing of itself."
            raise InputProblem("journal.witness.itself", what, verifier.name, way_out)
        log = witness.logs.get(verifier.name, WatchedLog(KnownLog(verifier.name, ())))
        if verifier in log.known.keys:
            return False
        grown = replace(log, known=replace(log.known, keys=(*log.known.keys, verifier)))
        _put(folder, STATE_FILE, _state_bytes(_with_log(witness, grown)))
        return True


def cosign_request(folder: Path, request: bytes, *, clock: Callable[[], int]) -> str | Refused:
    """Answer one request of `add-checkpoint`: the cosignature line, given out only once the state is on the disk.

    Args:
        clock: Gives the time, asked for under the lock. [seconds since 1970]
    Raises:
        InputProblem: journal.witness.clock where the time is before that of the last cosignature, .busy, .space,
            .unwritable, and what `read` raises; nothing is cosigned then.
    Guarantees: test_no_failure_makes_two_roots_for_one_size.
    """
    with _locked(folder):
        witness = read(folder)
        answer = consider(request, logs={origin: log.known for origin, log in witness.logs.items()})
        if isinstance(answer, Refused):
            return answer
        at = clock()
        if at < witness.last_at:
            what = f"The clock says {at} s, the last cosignature was at {witness.last_at} s."
            way_out = "Set the clock right; nothing was cosigned."
            raise InputProblem("journal.witness.clock", what, str(folder), way_out)
        line = cosign(answer.note, signer=witness.signer, at=at)
        known = replace(witness.logs[answer.checkpoint.origin].known, latest=answer.checkpoint)
        grown = WatchedLog(known, answer.note + line, at)
        _put(folder, STATE_FILE, _state_bytes(_with_log(witness, grown)))
        return line


def _with_log(witness: Witness, log: WatchedLog) -> Witness:
    return replace(witness, logs={**witness.logs, log.known.origin: log})


class _DamagedState(Exception):
    """A state that is not as it was written."""


def _state_bytes(witness: Witness) -> bytes:
    """Write the state: one line of canonical JSON, and its SHA-256."""
    logs = {
        origin: {"checkpoint": log.note, "keys": [key.vkey for key in log.known.keys]}
        for origin, log in witness.logs.items()
    }
    line = canonical_bytes({"format": FORMAT, "logs": logs, "witness": witness.signer.key.vkey})
    return line + b"\n" + sha256(line).hexdigest().encode() + b"\n"


def _parse_state(data: bytes, key: WitnessKey) -> dict[str, WatchedLog]:
    """Read the state of this key.

    Raises:
        EvidenceError, _DamagedState: it is not as it was written.
    """
    line, _, rest = data.partition(b"\n")
    if rest != sha256(line).hexdigest().encode() + b"\n":
        raise _DamagedState("its SHA-256 is another")
    match parse_canonical(line):
        case {"format": str(form), "logs": dict(logs), "witness": str(vkey), **more} if not more:
            pass
        case _:
            raise _DamagedState("it has another form")
    if (form, vkey) != (FORMAT, key.vkey):
        raise _DamagedState(f"it is that of {vkey!r} in form {form!r}")
    return {origin: _parse_log(origin, log, key) for origin, log in logs.items()}


def _parse_log(origin: str, log: Any, key: WitnessKey) -> WatchedLog:  # noqa: ANN401 - any JSON
    match log:
        case {"checkpoint": str(note), "keys": [*vkeys], **more} if vkeys and not more:
            keys = tuple(Verifier.parse(str(vkey)) for vkey in vkeys)
        case _:
            raise _DamagedState(f"{origin!r} has another form")
    if any(one.name != origin for one in keys):
        raise _DamagedState(f"{origin!r} has the key of another log")
    if not note:
        return WatchedLog(KnownLog(origin, keys))
    text, lines = split_note(note)
    checkpoint = parse_body(text, extensions=True)
    if checkpoint.origin != origin:
        raise _DamagedState(f"{origin!r} has the checkpoint of {checkpoint.origin!r}")
    at = cosigned_at(text, parse_signature_line(lines[-1]), key)
    return WatchedLog(KnownLog(origin, keys, checkpoint), note, at)


def _signer(folder: Path) -> WitnessSigner:
    path = folder / KEY_FILE
    try:
        mode = path.stat().st_mode
        text = _bytes_of(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        way_out = "Name the folder of a witness, or begin one with `kezek witness init`."
        raise InputProblem("journal.witness.none", f"holds no {KEY_FILE}.", str(folder), way_out) from error
    if sys.platform != "win32" and mode & 0o077:
        what, way_out = "may be read by others.", f"Take their rights away: chmod 600 {path}"
        raise InputProblem("journal.witness.rights", what, str(path), way_out)
    try:
        return WitnessSigner.parse(text)
    except EvidenceError as error:
        what, way_out = f"is no key of a witness ({error.code}).", "Take the key back from its copy."
        raise InputProblem("journal.witness.key", what, str(path), way_out) from error


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Check its rights."
        raise InputProblem("journal.witness.unreadable", what, str(path), way_out) from error


def _own_names() -> set[str]:
    files = (KEY_FILE, VKEY_FILE, STATE_FILE)
    return {*files, LOCK_FILE, *(f"{name}{PARTIAL}" for name in files)}


def _has_history(folder: Path) -> bool:
    """Tell whether a state without a key is more than the empty one that a begun `create` leaves."""
    path = folder / STATE_FILE
    return path.exists() and b'"logs":{}' not in _bytes_of(path)


@contextmanager
def _locked(folder: Path, *, new: bool = False) -> Iterator[None]:
    """Hold the folder; another holder is waited for, ten seconds at most. The lock ends with the process.

    Args:
        new: The witness is only just begun; otherwise a folder without one gets not even a lock.
    """
    if not new:
        _signer(folder)
    with ExitStack() as stack:
        with _witness_problems(folder):
            _wait_for(folder, stack)
        yield


def _wait_for(folder: Path, stack: ExitStack) -> None:
    for _ in range(_WAITS):
        try:
            stack.enter_context(held(folder / LOCK_FILE, wait=False))
        except (BlockingIOError, PermissionError) as error:
            if sys.platform != "win32" and isinstance(error, PermissionError):
                raise  # there a held lock is one; here the folder may not be written
            time.sleep(_WAIT_SECONDS)
        else:
            return
    what, way_out = "is held by another process.", "Wait for it to end, and try again."
    raise InputProblem("journal.witness.busy", what, str(folder), way_out)


def _put(folder: Path, name: str, data: bytes, *, mode: int = 0o644) -> None:
    """Put a file in place of the old one, durably and in one step; call it under the lock.

    Raises:
        InputProblem: journal.witness.unwritable, .space; the old file stands, or the new one.
    """
    with _witness_problems(folder):
        (folder / f"{name}{PARTIAL}").unlink(missing_ok=True)  # its rights would stay
        replace_file(folder / name, data, mode=mode)


def _foreign_problem(folder: Path) -> InputProblem:
    return InputProblem(
        "journal.witness.foreign", "holds something else.", str(folder), "Choose a new or an empty folder."
    )


@contextmanager
def _witness_problems(folder: Path) -> Iterator[None]:
    """Say what the system refused as one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            what, way_out = "There is no space left; nothing was given out.", "Free some space, and ask again."
            raise InputProblem("journal.witness.space", what, str(folder), way_out) from error
        what = f"cannot be written ({error.strerror}); nothing was given out."
        way_out = "Check the disk and the rights, and ask again."
        raise InputProblem("journal.witness.unwritable", what, str(folder), way_out) from error
