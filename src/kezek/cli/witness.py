"""`kezek witness`: begin a witness, trust logs, cosign requests from files, say what was cosigned."""

import sys
from pathlib import Path

from rich.console import Console

from kezek.cli.asked import fresh_seed, now
from kezek.cli.key_files import log_key, read_file
from kezek.evidence.cosignature import Cosigned, WitnessSigner
from kezek.evidence.error import EvidenceError
from kezek.evidence.witness import REQUEST_BYTES_MAX, Refused
from kezek.journal import witness_store
from kezek.units.problem import InputProblem

EXIT_DONE, EXIT_REFUSED = 0, 1


def seconds_now() -> int:
    """Give the time. [seconds since 1970]"""
    return int(now().timestamp())


def init_command(folder: Path, name: str) -> int:
    """Begin a witness under a new key; print the key to publish.

    Raises:
        InputProblem: evidence.key.form for a name that no key can have, journal.witness.*.
    """
    try:
        signer = WitnessSigner(name, fresh_seed())
    except EvidenceError as error:
        way_out = "Choose a name like witness.example.kz/1: no space, no plus."
        raise InputProblem(str(error.code), "is no name of a key.", "--name", way_out) from error
    witness_store.create(folder, signer)
    sys.stdout.write(f"{signer.key.vkey}\n")
    return EXIT_DONE


def add_command(folder: Path, log: Path) -> int:
    """Trust a log, or a further key of one.

    Raises:
        InputProblem: a file that is no verifier key, journal.witness.*.
    """
    verifier = log_key(log)
    added = witness_store.add_log(folder, verifier)
    told = "is watched from now on" if added else "was trusted already"
    Console(highlight=False).print(
        f"{verifier.name} key {verifier.key_id.hex()} {told}", markup=False, soft_wrap=True
    )
    return EXIT_DONE


def cosign_command(folder: Path, request: Path, out: Path | None) -> int:
    """Answer one request of `add-checkpoint`; 1 where it is refused. What is given out is on the disk before.

    Raises:
        InputProblem: a file that cannot be read or written, journal.witness.*.
    """
    answer = witness_store.cosign_request(folder, _request(request), clock=seconds_now)
    if isinstance(answer, Refused):
        known = "" if answer.size is None else f" (size {answer.size} is known)"
        sys.stderr.write(f"NOT COSIGNED: {answer.status}, {answer.what}{known} [{answer.code}]\n")
        return EXIT_REFUSED
    if out is None:
        sys.stdout.write(answer)
        return EXIT_DONE
    try:
        out.write_text(answer, encoding="utf-8", newline="\n")
    except OSError as error:
        what, way_out = f"cannot be written ({error.strerror}).", "Choose another file, and ask again."
        raise InputProblem("cli.file.unwritable", what, str(out), way_out) from error
    return EXIT_DONE


def status_command(folder: Path) -> int:
    """Say what a witness watches, and what it cosigned last of each log.

    Raises:
        InputProblem: journal.witness.*.
    """
    console = Console(highlight=False)
    witness = witness_store.read(folder)
    console.print(f"witness {witness.signer.key.vkey}", markup=False, soft_wrap=True)
    for origin, log in sorted(witness.logs.items()):
        keys = ", ".join(key.key_id.hex() for key in log.known.keys)
        console.print(f"  {origin}, keys {keys}: {_last(log)}", markup=False, soft_wrap=True)
    if not witness.logs:
        console.print("  watches no log; add one with `kezek witness add`", markup=False, soft_wrap=True)
    return EXIT_DONE


def _last(log: witness_store.WatchedLog) -> str:
    latest = log.known.latest
    if latest is None:
        return "nothing cosigned yet"
    when = Cosigned("cosigned", log.at).shown
    return f"{latest.size} entries, root {latest.root.hex()}, {when}"


def _request(path: Path) -> bytes:
    """Read a request, from the standard input where the name is `-`; one byte more than is allowed at most."""
    if str(path) == "-":
        return sys.stdin.buffer.read(REQUEST_BYTES_MAX + 1)
    return read_file(path, most_bytes=REQUEST_BYTES_MAX + 1)
