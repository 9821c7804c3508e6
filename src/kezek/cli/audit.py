"""`kezek audit`: derive everything again, from the stored bytes to the signed root, and name what does not follow."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from rich.console import Console

from kezek.cli.asked import now
from kezek.cli.audit_replay import calculated_again
from kezek.cli.journal_folder import SETTINGS_FILE, JournalFolder, open_folder, opened
from kezek.cli.key_files import log_key
from kezek.cli.output import counted, harmless
from kezek.evidence import audit as four_files
from kezek.evidence.error import EvidenceError
from kezek.evidence.keychain import KeyChain
from kezek.evidence.log_audit import LogAudit, audit_log
from kezek.evidence.signature import Verifier
from kezek.journal.archive import damaged_notes, damaged_opening_lines, damaged_openings, store_source
from kezek.journal.folder_log import (
    OPENINGS_FILE,
    changes_shown,
    damaged_keys,
    first_key,
    is_log_folder,
    read_bodies,
    source_of,
)
from kezek.journal.journal import entries, look, rotations
from kezek.journal.logfiles import read_log
from kezek.journal.manifest import MANIFEST_FILE, check_folder
from kezek.journal.publication import CHECKPOINT_FILE, hidden_entries
from kezek.units.problem import InputProblem

EXIT_TRUE, EXIT_FALSE = 0, 1


@dataclass(slots=True)
class Report:
    """What an audit says: lines that hold, and lines that do not."""

    root: str = ""
    size: int = 0
    whole: str = "WHOLE"
    holds: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)


def audit_command(path: Path, key: Path | None, *, replay: bool, law: Path | None) -> int:
    """Audit a journal, its public files, an archive, or the log of a day; 0 where all holds, 1 otherwise."""
    report = _audited(path, key, keep_bodies=replay)
    if replay and not report.damages:
        said = calculated_again(report.bodies, size=report.size, law=law)
        report.holds += said.holds
        report.notes += said.notes
        report.damages += said.damages
    console = Console(highlight=False)
    for mark, lines in (("ok ", report.holds), ("-- ", report.notes), ("NO ", report.damages)):
        for line in lines:
            console.print(f"  {mark} {harmless(line)}", markup=False, soft_wrap=True)
    if report.damages:
        console.print("TAMPERED WITH OR DAMAGED: see above.", markup=False)
        return EXIT_FALSE
    console.print(f"{report.whole}: {counted(report.size)}, root {report.root}", markup=False, soft_wrap=True)
    return EXIT_TRUE


def _audited(path: Path, key: Path | None, *, keep_bodies: bool) -> Report:
    if (path / SETTINGS_FILE).is_file():
        return _audit_journal(path, key, keep_bodies=keep_bodies)
    if is_log_folder(path):
        return _audit_files(path, key, keep_bodies=keep_bodies)
    for folder in (path / "log", path):
        if (folder / "entries.jsonl").is_file():
            return _audit_four_files(folder, key)
    way_out = "Name a journal, its public files, an archive, or what `kezek day` wrote."
    raise InputProblem("cli.audit.unknown", "holds no log.", str(path), way_out)


def _audit_journal(path: Path, key: Path | None, *, keep_bodies: bool) -> Report:
    report = Report()
    folder = open_folder(path)
    with opened(folder) as store, store.look() as transaction:
        head = look(transaction)
        first = log_key(key) if key else _first_key(head.first_vkey, path)
        outside = _outside(folder, report)
        source = store_source(transaction)
        audit = audit_log(replace(source, outside=outside), KeyChain.of(first))
        report.damages += [f"entry {place}: private {what}" for place, what in damaged_openings(transaction)]
        report.damages += damaged_notes(transaction, audit.chain)
        _refuse_later_key(audit, first, [body for _, body in rotations(transaction)], path)
        hidden = hidden_entries(transaction, head.integrated, now()) if audit.ok else 0
        if keep_bodies:
            report.bodies = list(entries(transaction, 0, head.size)) if audit.ok else []
    _say(report, audit, pinned=key is not None)
    signed = audit.signed.size if audit.signed else 0
    if head.size > signed:
        report.notes.append(
            f"accepted and not signed yet, so that nothing proves them to others: {head.size - signed}"
        )
    if audit.ok and outside:
        report.holds.append("the checkpoint pinned outside the database, and the published one, lead to it too")
    if (folder.public / CHECKPOINT_FILE).is_file():
        _audit_public(report, folder.public, first, hidden)
    return report


def _first_key(vkey: str, path: Path) -> Verifier:
    try:
        return Verifier.parse(vkey)
    except EvidenceError as error:
        what, way_out = f"holds a damaged key ({error.what}).", "Give the key that the log began with: --key."
        raise InputProblem("journal.key.damaged", what, str(path), way_out) from error


def _outside(folder: JournalFolder, report: Report) -> list[str]:
    """Return the checkpoints that are kept outside the database: an old backup or a fork misses them."""
    try:
        pinned = folder.pin.read()
    except InputProblem as problem:
        report.damages.append(problem.what)
        pinned = None
    else:
        if pinned is None:
            report.damages.append("the pin is missing: nothing outside the database says what was signed last")
    shown = folder.public / CHECKPOINT_FILE
    return [*([pinned.note] if pinned else []), *([shown.read_text("utf-8", "replace")] if shown.is_file() else [])]


def _audit_public(report: Report, public: Path, first: Verifier, hidden: int) -> None:
    """Audit the public files beside a journal; entries that are open by now must be shown."""
    shown = audit_log(source_of(public), KeyChain.of(first))
    wrong = _lines(shown) + damaged_keys(public, shown.chain)
    report.damages += [f"{public.name}: {line}" for line in wrong]
    if shown.ok and shown.closed > hidden:
        what = f"{public.name}: entries that are open and not shown: {shown.closed - hidden}; publish again"
        report.damages.append(what)
    elif not wrong:
        report.holds.append(f"published entries that agree with their tiles: {shown.size - shown.closed}")


def _refuse_later_key(audit: LogAudit, first: Verifier, changes: Sequence[bytes], path: Path) -> None:
    """Say so where the key that was given is one that the log took later: from there nothing leads back.

    Raises:
        InputProblem: journal.key.later.
    """
    if audit.ok or not any(b'"new":"' + first.vkey.encode() in body for body in changes):
        return
    what, way_out = "The key given is one that the log took later.", "Give the key that it began with."
    raise InputProblem("journal.key.later", what, str(path), way_out)


def _audit_files(path: Path, key: Path | None, *, keep_bodies: bool) -> Report:
    report = Report()
    if (path / MANIFEST_FILE).is_file():
        torn = [one for one in check_folder(path) if one.what != "is not in the manifest"]
        report.damages += [f"{one.file}: {one.what}" for one in torn]
    first = log_key(key) if key else first_key(path)
    audit = audit_log(source_of(path), KeyChain.of(first))
    _refuse_later_key(audit, first, changes_shown(path), path)
    report.damages += damaged_keys(path, audit.chain)
    _say(report, audit, pinned=key is not None)
    if (path / OPENINGS_FILE).is_file() and audit.ok:
        private = damaged_opening_lines(path)
        report.damages += [private] if private else []
    report.whole = "WHOLE AS FAR AS IT IS SHOWN" if audit.closed else report.whole
    if keep_bodies and audit.ok:
        report.bodies = list(read_bodies(path))
    return report


def _audit_four_files(folder: Path, key: Path | None) -> Report:
    files = read_log(folder)
    try:
        verifier = log_key(key) if key else Verifier.parse(files.vkey)
    except EvidenceError as error:
        way_out = "Give the key with --key."
        raise InputProblem(
            str(error.code), f"is damaged: {error.what}.", str(folder / "log.vkey"), way_out
        ) from error
    found = four_files.audit(
        entries=files.entries, checkpoint=files.checkpoint, verifier=verifier, leaves=files.leaves
    )
    report = Report(found.root.hex(), found.size)
    report.damages = [f"{one.file}: {one.what}" for one in found.damages]
    if found.ok:
        report.holds.append(f"{found.size} entries hash to the signed root")
        report.bodies = files.entries.split(b"\n")[:-1]
    if not key:
        report.notes.append("the key is the folder's own: give --key to check against one you trust")
    return report


def _say(report: Report, audit: LogAudit, *, pinned: bool) -> None:
    report.size, report.root = audit.size, audit.root.hex()
    report.damages += _lines(audit)
    if audit.ok and audit.signed is not None:
        report.holds.append(f"the stored entries lead to every signed root: {audit.checkpoints}")
        report.holds.append(f"the last of them is over {audit.signed.size} of {counted(audit.size)}")
    if audit.closed:
        report.notes.append(f"not shown yet, their leaf hashes taken as they are: {audit.closed}")
    if changes := len(audit.chain.links) - 1:
        report.holds.append(f"changes of the log's key, each signed for by the key before: {changes}")
    if not pinned:
        report.notes.append("the key is the log's own: give --key to check against one you trust")


def _lines(audit: LogAudit) -> list[str]:
    return [f"{'' if one.place is None else f'entry {one.place}: '}{one.what} [{one.code}]" for one in audit.findings]
