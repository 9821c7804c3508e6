"""The commands of the offline verifier: what a person without Kezek runs.

Normal code of this package, checked like the rest; `verifier_file` joins it with what it uses into one file. The
verdict and the exit code say the same: 0 what was asked holds, 1 it does not, 2 the input cannot be used.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

from kezek.evidence.armour import from_base64
from kezek.evidence.audit import AuditResult, audit
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.checkpoint import Checkpoint, open_checkpoint
from kezek.evidence.cosignature import WitnessKey, check_witness_keys, open_cosigned
from kezek.evidence.error import ArmourError, EvidenceCode, EvidenceError, ReceiptError, ReceiptPart, Step
from kezek.evidence.growth import parse_growth, verify_growth
from kezek.evidence.keychain import KeyChain, follow, is_of_the_log, since
from kezek.evidence.log import as_sent, entry_label, parse_entries, split_lines
from kezek.evidence.receipt import verify_receipt
from kezek.evidence.signature import ID_BYTES, KEY_BYTES, Verifier
from kezek.evidence.tree import Tree, leaf_hash
from kezek.reports.verifier_folder import ExportedLog, read_exported, read_file, uncounted
from kezek.trading.reclear import Reclear, ReclearedHour, ReclearFault, reclear
from kezek.units.problem import InputProblem, nearest

HOLDS, FAILS, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
UNSIGNED = "HOLDS, SIGNATURE NOT CHECKED"
_WARNING = (
    "!! SIGNATURE NOT CHECKED (--no-signature): anybody could have made these files.\n"
    "!! What is shown below says that they agree with themselves. It says nothing of who wrote them."
)
_BELIEVED = (
    "refused orders, the hours of a standing order, money; where the readings do not say: "
    "lots of 1 MWh, and whether a cut strikes one price again"
)
_DESCRIPTION = "Check evidence of Kezek without Kezek, offline. Exit code 0: it holds; 1: it does not; 2: bad input."


@dataclass(frozen=True, slots=True)
class UncheckedVerifier(Verifier):
    """Takes the place of a key where no signature is checked: it accepts any, by the name that the note states."""

    stated_id: bytes

    @property
    def key_id(self) -> bytes:
        """The id that the note states, or that of the key that was given."""
        return self.stated_id

    def accepts(self, *, text: bytes, signature: bytes) -> bool:  # noqa: ARG002 - nothing is looked at
        """Accept anything: the verdict says so."""
        return True


@dataclass(frozen=True, slots=True)
class Asked:
    """How notes are to be verified.

    Args:
        chain: The key that the caller brought and those that followed it, None where none was given.
        unsigned: Whether signatures are not checked.
        witnesses: Keys of the witnesses that the caller trusts.
        needed: How many of them must have cosigned; all of them if None.
    """

    chain: KeyChain | None
    unsigned: bool
    witnesses: tuple[WitnessKey, ...] = ()
    needed: int | None = None

    def verifier_of(self, note: bytes) -> Verifier:
        """Give what a note is verified with: the key of its size, or without signature what stands for it."""
        if self.unsigned or self.chain is None:
            name, stated_id = _signer_stated(note)
            return UncheckedVerifier(self.chain.origin if self.chain else name, bytes(KEY_BYTES), stated_id)
        return self.chain.verifier_for(note)

    def require_witnesses(self, note: bytes) -> None:
        """Check the cosignatures of a checkpoint that is believed already, and say whose they are.

        Raises:
            EvidenceError: a wrong one, or too few.
        """
        if not self.witnesses:
            return
        seen = open_cosigned(note, verifier=self.verifier_of(note), witnesses=self.witnesses).cosigned
        needed = len({key.name for key in self.witnesses}) if self.needed is None else self.needed
        if len(seen) < needed:
            what = f"{len(seen)} of {needed} needed witnesses cosigned the checkpoint"
            raise EvidenceError(EvidenceCode.RECEIPT_WITNESSES, what)
        say(f"  ok  witnesses: {', '.join(one.shown for one in seen) or 'none that is trusted cosigned'}")

    def following(self, rotations: Sequence[bytes]) -> "Asked":
        """Follow the receipts of changes of keys from the key that the caller brought; without signatures none.

        Raises:
            EvidenceError: a change that does not follow.
        """
        if self.unsigned or self.chain is None or not rotations:
            return self
        return replace(self, chain=follow(self.chain.current, rotations))

    def following_from_here(self, rotations: Sequence[bytes]) -> "Asked":
        """Follow those of the receipts that a folder brings which come after the key that is in force here.

        Raises:
            EvidenceError: a receipt that is none, a change that does not follow.
        """
        return self if self.chain is None else self.following([*since(self.chain.current, rotations)])

    def verdict(self, what: str) -> int:
        """Say that something holds, and how much of it was checked."""
        say(f"{UNSIGNED if self.unsigned else 'VALID'}: {what}")
        return HOLDS


def say(text: str) -> None:
    """Print a line; characters that could steer a terminal are shown by their codes."""
    shown = "\n".join(
        "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in line) for line in text.split("\n")
    )
    sys.stdout.write(f"{shown}\n")


def _not_valid(what: str) -> int:
    say(f"NOT VALID: {what}")
    return FAILS


def _signer_stated(note: bytes) -> tuple[str, bytes]:
    """Read name and key id of the first signature line; of a note that has none, something no note is signed by."""
    for line in note.decode("utf-8", "replace").split("\n"):
        match line.split(" "):
            case ["—", name, armoured] if name and "+" not in name and name.isprintable():
                try:
                    return name, from_base64(armoured)[:ID_BYTES]
                except ArmourError:
                    break
    return "nobody", bytes(ID_BYTES)


def _read_asked(options: argparse.Namespace) -> Asked:
    if options.key is None:
        if not options.no_signature:
            what, way_out = "no key of the log was given.", "Give it with --key LOG.vkey, or ask for --no-signature."
            raise InputProblem("evidence.key.missing", what, "--key", way_out)
        return _with_witnesses(Asked(None, unsigned=True), options)
    try:
        key = Verifier.parse(read_file(options.key))
    except EvidenceError as error:
        way_out = "Ask the log's operator for its log.vkey."
        raise InputProblem(str(error.code), "is no verifier key.", str(options.key), way_out) from error
    asked = _with_witnesses(Asked(KeyChain.of(key), unsigned=options.no_signature), options)
    return asked.following([read_file(path) for path in options.rotated])


def _with_witnesses(asked: Asked, options: argparse.Namespace) -> Asked:
    """Read the keys of the witnesses that the caller trusts for the log."""
    needed: int | None = options.witnesses_needed
    if asked.unsigned and (options.witness or needed):
        what, way_out = "cosignatures are signatures, and none is checked.", "Leave --no-signature out."
        raise InputProblem("verifier.witnesses.unsigned", what, "--witness", way_out)
    keys = []
    for path in options.witness:
        try:
            keys.append(WitnessKey.parse(read_file(path)))
        except EvidenceError as error:
            way_out = "Ask the witness's operator for its witness.vkey."
            raise InputProblem(str(error.code), "is no key of a witness.", str(path), way_out) from error
    if needed is not None and not 0 <= needed <= len({key.name for key in keys}):
        what, way_out = f"{needed} witnesses are needed, {len(keys)} named.", "Name each with --witness FILE."
        raise InputProblem("cli.verify.witnesses", what, "--witnesses-needed", way_out)
    try:
        check_witness_keys(keys, asked.chain.current if asked.chain else None)
    except EvidenceError as error:
        way_out = "Name each witness once, and none that is the log itself."
        raise InputProblem(str(error.code), f"{error.what}.", "--witness", way_out) from error
    return replace(asked, witnesses=tuple(keys), needed=needed)


def check_receipt(options: argparse.Namespace, asked: Asked) -> int:
    """Check a receipt step by step, and show the entry that it proves."""
    text = read_file(options.file)
    try:
        key = asked.verifier_of(text.partition(b"\n\n")[2])
        found = verify_receipt(text, key, asked.witnesses, asked.needed)
    except ReceiptError as error:
        _say_steps(error.steps, asked)
        verb = "are" if error.part is ReceiptPart.WITNESSES else "is"
        return _not_valid(f"the {error.part} {verb} wrong: {error.what} [{error.code}]")
    _say_steps(found.steps, asked)
    say(f"  the entry: {found.receipt.entry.decode()}")
    label = entry_label(found.receipt.index, found.event)
    return asked.verdict(f"{label} of the log {found.checkpoint.origin} is the one shown above")


def _say_steps(steps: Sequence[Step], asked: Asked) -> None:
    for step in steps:
        mark = "ok " if step.ok else "NO "
        if step.ok and asked.unsigned and step.name in (ReceiptPart.SIGNATURE, ReceiptPart.WITNESSES):
            mark = "NOT CHECKED"
        say(f"  {mark} {step.name}: {step.computed}")


def check_growth(options: argparse.Namespace, asked: Asked) -> int:
    """Check a claim that a log only grew since an old checkpoint."""
    text, old_note = read_file(options.claim), read_file(options.old)
    try:
        old = open_checkpoint(old_note, asked.verifier_of(old_note))
    except EvidenceError as error:
        return _not_valid(f"the old checkpoint cannot be believed: {error}")
    say(f"  old: {_described(old)}")
    try:
        claim = parse_growth(text)
        note = claim.checkpoint.encode()
        new = verify_growth(claim, old=old, verifier=asked.verifier_of(note))
        asked.require_witnesses(note)
    except EvidenceError as error:
        return _not_valid(f"the claim does not hold: {error}")
    say(f"  new: {_described(new)}")
    return asked.verdict(f"the log of {new.size} entries begins with the one of {old.size} entries")


def _described(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.size} entries of {checkpoint.origin}, root {checkpoint.root.hex()}"


def check_log(options: argparse.Namespace, asked: Asked) -> int:
    """Hash all entries of an exported log again, into the signed root."""
    log = read_exported(options.folder)
    if log.checkpoint is None:
        raise uncounted(options.folder)
    asked = asked.following_from_here(log.rotations)
    if log.places is not None:
        return _check_shown(log, log.places, log.checkpoint, asked)
    found = _audit_of(log, log.checkpoint, asked)
    if not found.ok:
        return _damaged(found)
    asked.require_witnesses(log.checkpoint)
    return asked.verdict(f"{found.size} entries lead to the root {found.root.hex()}")


def _check_shown(log: ExportedLog, places: Sequence[int], note: bytes, asked: Asked) -> int:
    """Check a log of which some entries are still closed: all leaf hashes, and each entry shown at its own."""
    signed = open_checkpoint(note, asked.verifier_of(note))
    asked.require_witnesses(note)
    leaves = [bytes.fromhex(line.decode()) for line in split_lines(log.leaves or b"")]
    root = Tree(leaves).root()
    if root != signed.root:
        return _not_valid(f"the leaf hashes lead to root {root.hex()}, signed is {signed.root.hex()}")
    for place, entry in zip(places, split_lines(log.entries), strict=True):
        if leaf_hash(entry) != leaves[place]:
            return _not_valid(f"entry {place}: its leaf hash is {leaf_hash(entry).hex()}, not {leaves[place].hex()}")
    closed = signed.size - len(places)
    what = f"all {signed.size} leaf hashes lead to the root {root.hex()}, {len(places)} entries are at theirs"
    return asked.verdict(f"{what}, {_counted(closed, 'entry', 'entries')} not shown yet")


def check_clearing(options: argparse.Namespace, asked: Asked) -> int:
    """Clear the hours of an exported log again, after its entries were shown to be the signed ones."""
    log = read_exported(options.folder)
    if log.places is not None:
        what = "some entries are not shown yet, so no hour can be cleared again from them."
        way_out = "Ask again when the embargo is over; `log` checks what is shown."
        raise InputProblem("verifier.folder.closed", what, str(options.folder), way_out)
    if log.checkpoint is not None:
        asked = asked.following_from_here(log.rotations)
        found = _audit_of(log, log.checkpoint, asked)
        if not found.ok:
            say("Nothing is cleared again: the entries are not those of the checkpoint.")
            return _damaged(found)
        asked.require_witnesses(log.checkpoint)
        root = "the root of the checkpoint" if asked.unsigned else "the signed root"
        say(f"  ok  {found.size} entries lead to {root} {found.root.hex()}")
    elif asked.unsigned:
        say("  --  there is no checkpoint: nothing says that this is the whole log, or whose it is")
    else:
        raise uncounted(options.folder)
    return _cleared_again(log.entries, options.product, asked)


def _cleared_again(entries: bytes, product_id: str | None, asked: Asked) -> int:
    try:
        events = parse_entries(entries)
    except EvidenceError as error:
        return _not_valid(f"the log cannot be read: {error}")
    kept = [(place, as_sent(event)) for place, event in enumerate(events) if not is_of_the_log(event)]
    labels = [entry_label(place, event) for place, event in kept]
    leaves = [leaf_hash(canonical_bytes(event)) for _, event in kept]
    found = reclear(events=[event for _, event in kept], leaves=leaves)
    hours = [hour for hour in found.hours.values() if product_id in (None, hour.product_id)]
    if product_id is not None and not hours and not found.faults:
        what = f"hour {product_id!r} was not cleared in this log."
        raise InputProblem("verifier.product.unknown", what, "--product", nearest(product_id, list(found.hours)))
    for hour in hours:
        say(f"  {'ok ' if hour.fault is None else 'NO '} {_hour_line(hour)}")
    faults = list(_faults_shown(found, hours))
    for fault in faults:
        say(f"  NO  {_fault_line(fault, labels)}")
    if faults:
        return _not_valid(f"{_fault_line(faults[0], labels)} [verifier.entry.not_following]")
    if not found.hours:
        return asked.verdict("no hour of this log is cleared yet; its orders and its supply stand in order")
    say(f"  believed, not judged again: {_BELIEVED}")
    compared = sum(hour.purchase_count for hour in hours)
    what = f"{_counted(len(hours), 'hour')} with {_counted(compared, 'purchase')}"
    return asked.verdict(f"{what}: fills, prices and purchases are those that follow from the orders")


def _faults_shown(found: Reclear, hours: Sequence[ReclearedHour]) -> Iterator[ReclearFault]:
    """Give each fault once, in the order of the log."""
    faults = [*(hour.fault for hour in hours if hour.fault is not None), *found.faults]
    seen: set[int | None] = set()
    for fault in sorted(faults, key=lambda fault: (fault.entry is None, fault.entry or 0)):
        if fault.entry is None or fault.entry not in seen:
            yield fault
        seen.add(fault.entry)


def _hour_line(hour: ReclearedHour) -> str:
    recuts = _counted(hour.recut_count, "curtailment")
    cuts = f", {hour.left_kwh} kWh left after {recuts}" if hour.recut_count else ""
    return (
        f"{hour.product_id}: {_counted(hour.order_count, 'order')}, {_counted(hour.purchase_count, 'purchase')}, "
        f"{hour.sold_kwh} kWh of {hour.supply_kwh} kWh sold{cuts}; rules {hour.rules[0]}, {hour.rules[1]}"
    )


def _counted(number: int, noun: str, nouns: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {nouns or f'{noun}s'}"


def _fault_line(fault: ReclearFault, labels: Sequence[str]) -> str:
    place = "the end of the log" if fault.entry is None else labels[fault.entry]
    hour = f", hour {fault.product_id}" if fault.product_id else ""
    return f"{place}{hour}: {fault.what}"


def _audit_of(log: ExportedLog, note: bytes, asked: Asked) -> AuditResult:
    return audit(entries=log.entries, checkpoint=note, verifier=asked.verifier_of(note), leaves=log.leaves)


def _damaged(found: AuditResult) -> int:
    for damage in found.damages:
        say(f"  NO  {damage.file}: {damage.what} [{damage.code}]")
    first = found.damages[0]
    return _not_valid(f"{first.file}: {first.what} [{first.code}]")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a command in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise InputProblem("cli.usage", f"{message[:1].upper()}{message[1:]}.", "", f"See `{self.prog} --help`.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(description=_DESCRIPTION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(name: str, does: Callable[[argparse.Namespace, Asked], int], words: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=words, description=words)
        one.add_argument("--key", type=Path, help="verifier key of the log, from a source that you trust")
        words = "receipt of a change of keys since, oldest first; may be given several times"
        one.add_argument("--rotated", type=Path, action="append", default=[], help=words)
        one.add_argument("--witness", type=Path, action="append", default=[], help="key of a witness that you trust")
        one.add_argument("--witnesses-needed", type=int, help="how many of them must have cosigned (default: all)")
        one.add_argument("--no-signature", action="store_true", help="needs the standard library alone; says so")
        one.set_defaults(does=does)
        return one

    command("receipt", check_receipt, "Check a receipt.").add_argument("file", type=Path)
    growth = command("growth", check_growth, "Check that a log only grew since an old checkpoint.")
    growth.add_argument("claim", type=Path)
    growth.add_argument("--old", type=Path, required=True, help="checkpoint that you kept")
    command("log", check_log, "Hash all entries of an exported log into its root.").add_argument("folder", type=Path)
    clear = command("clear", check_clearing, "Clear the hours of an exported log again and compare.")
    clear.add_argument("folder", type=Path)
    clear.add_argument("--product", help="only this hour, as 2025-10-15/west/07")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. Whatever the input is, there is a sentence and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        options = _parser().parse_args(arguments)
        asked = _read_asked(options)
        if asked.unsigned:
            say(_WARNING)
        code: int = options.does(options, asked)
        sys.stdout.flush()
    except InputProblem as problem:
        return _unusable(str(problem))
    except EvidenceError as error:
        return _not_valid(str(error))
    except ImportError as error:
        way_out = "Install it (pip install cryptography), or ask for --no-signature."
        return _unusable(
            f"Signatures need the package `cryptography` ({error}). {way_out} [verifier.signature.cannot]"
        )
    except BrokenPipeError:
        _drop_output()
        return FAILS
    except OSError as error:
        return _unusable(f"{error.filename or 'a file'} cannot be used ({error.strerror}). [cli.file.unreadable]")
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


def _drop_output() -> None:
    """Let the rest of the output go nowhere: its reader has left, and the last flush must not fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _unusable(what: str) -> int:
    sys.stderr.write(f"verifier: {' '.join(what.split())}\n")
    return UNUSABLE
