"""The witnesses of a journal: who they are, what they are asked, and what becomes of their answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kezek.cli.key_files import read_file, witness_keys
from kezek.cli.witness_client import CosignatureLines, Declined, KnownSize, ask_witness, check_address
from kezek.evidence.canonical import canonical_bytes, parse_canonical
from kezek.evidence.cosignature import WitnessKey, check_witness_keys, verified_lines
from kezek.evidence.error import EvidenceError
from kezek.journal.durable import replace_file
from kezek.journal.journal import look
from kezek.journal.publishing import Signed, cosigned_size, growth_since, keep_cosignature, key_chain
from kezek.journal.store import Store
from kezek.units.problem import InputProblem

WITNESSES_FILE = "witnesses.json"
TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness whose cosignatures are collected: its key, and where it is asked; "" where only by hand."""

    key: WitnessKey
    url: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a witness answered: whether it cosigned, and one sentence."""

    name: str
    cosigned: bool
    what: str


def known_witnesses(folder: Path) -> list[KnownWitness]:
    """Return the witnesses of a journal.

    Raises:
        InputProblem: journal.witness.settings.
    """
    path = folder / WITNESSES_FILE
    if not path.exists():
        return []
    try:
        found = parse_canonical(read_file(path).removesuffix(b"\n"))
        return [KnownWitness(WitnessKey.parse(vkey), url) for vkey, url in found.items()]
    except EvidenceError as error:
        way_out = "Take it back from a copy, or name the witnesses again."
        raise InputProblem("journal.witness.settings", f"is damaged: {error.what}.", str(path), way_out) from error


def add_witness(folder: Path, store: Store, vkey: Path, url: str) -> KnownWitness:
    """Collect the cosignatures of one more witness, or ask a known one elsewhere.

    Raises:
        InputProblem: cli.witness.url, evidence.key.form, evidence.cosignature.keys, journal.witness.settings.
    """
    if url:
        check_address(url)
    with store.look() as transaction:
        log = key_chain(transaction, look(transaction)).current
    one = KnownWitness(witness_keys([vkey], log)[0], url)
    others = [item for item in known_witnesses(folder) if item.key != one.key]
    try:
        check_witness_keys([item.key for item in (*others, one)], log)
    except EvidenceError as error:
        way_out = "Name each witness once, each with a key of its own."
        raise InputProblem(str(error.code), f"{error.what}.", str(vkey), way_out) from error
    settings = {item.key.vkey: item.url for item in (*others, one)}
    replace_file(folder / WITNESSES_FILE, canonical_bytes(settings) + b"\n")
    return one


def ask_all(folder: Path, store: Store, signed: Signed) -> list[Asked]:
    """Ask every witness with an address to cosign a checkpoint, and keep what verifies.

    Raises:
        InputProblem: journal.witness.ahead, .fork where a witness saw another history: nothing may be published.
    """
    return [_ask(store, signed, one) for one in known_witnesses(folder) if one.url]


def keep_answer(store: Store, signed: Signed, answer: str | bytes, keys: Sequence[WitnessKey]) -> list[str]:
    """Keep the cosignatures of known witnesses for a checkpoint; return whose they are.

    Raises:
        InputProblem: evidence.cosignature.* for a line that a known witness did not sign.
    """
    try:
        lines = verified_lines(signed.note, answer, witnesses=keys)
    except EvidenceError as error:
        way_out = "Ask the witness again; keep this answer, it may be a forgery."
        raise InputProblem(str(error.code), f"{error.what}.", "cosignatures", way_out) from error
    with store.begin() as transaction:
        for line in lines:
            keep_cosignature(transaction, size=signed.checkpoint.size, witness=line.name, line=line.text)
    return [line.name for line in lines]


def _ask(store: Store, signed: Signed, one: KnownWitness) -> Asked:
    with store.look() as transaction:
        since = cosigned_size(transaction, one.key.name)
    answer = ask_witness(one.url, _request(store, since), TIMEOUT_SECONDS)
    if isinstance(answer, KnownSize):
        _require_behind(signed, one, answer.size)
        answer = ask_witness(one.url, _request(store, answer.size), TIMEOUT_SECONDS)
    if isinstance(answer, KnownSize):
        _require_behind(signed, one, answer.size)
        raise _fork(one, f"It holds another root for {answer.size} entries.")
    if isinstance(answer, CosignatureLines):
        try:
            names = keep_answer(store, signed, answer.text, [one.key])
        except InputProblem as problem:
            return Asked(one.key.name, cosigned=False, what=str(problem))
        return Asked(one.key.name, cosigned=bool(names), what="cosigned" if names else "signed with another key")
    if isinstance(answer, Declined):
        return Asked(one.key.name, cosigned=False, what=f"declined ({answer.status}): {answer.what}")
    return Asked(one.key.name, cosigned=False, what=f"could not be reached: {answer.what}")


def _request(store: Store, since: int) -> bytes:
    with store.look() as transaction:
        return growth_since(transaction, since).encode()


def _require_behind(signed: Signed, one: KnownWitness, size: int) -> None:
    if size > signed.checkpoint.size:
        raise _fork(one, f"It cosigned {size} entries, this log has {signed.checkpoint.size}: an old backup?")


def _fork(one: KnownWitness, what: str) -> InputProblem:
    way_out = "Publish nothing; restore the newest backup, and compare with what was published."
    return InputProblem("journal.witness.fork", f"The witness saw another history. {what}", one.key.name, way_out)
