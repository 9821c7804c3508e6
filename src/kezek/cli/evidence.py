"""`kezek verify`, `kezek replay`, `kezek receipt`: check what happened without trusting who says so."""

import hashlib
import io
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from kezek.cli.day import RECEIPTS_FILE
from kezek.cli.key_files import log_key, read_file, witness_keys
from kezek.cli.output import give, harmless
from kezek.cli.progress import progress_steps
from kezek.day.replay import REPLAY_STEPS, replay, table_digest
from kezek.evidence.audit import audit
from kezek.evidence.bundle import Bundle, extract, parse_bundle
from kezek.evidence.canonical import JsonObject, parse_canonical
from kezek.evidence.checkpoint import Checkpoint, open_checkpoint
from kezek.evidence.cosignature import WitnessKey
from kezek.evidence.error import EvidenceError, ReceiptError, ReceiptPart
from kezek.evidence.keychain import follow
from kezek.evidence.log import ENTRIES_FILE, VKEY_FILE, parse_entries
from kezek.evidence.proof import verify_inclusion
from kezek.evidence.receipt import Receipt, verify_receipt
from kezek.evidence.signature import Verifier
from kezek.evidence.tree import leaf_hash
from kezek.journal.logfiles import read_log
from kezek.journal.manifest import check_folder, extra_files
from kezek.law.book import load_book
from kezek.trading.events import Derived
from kezek.units.problem import InputProblem, nearest

EXIT_TRUE, EXIT_FALSE = 0, 1
RECEIPT_BYTES_MAX = 1 << 20
_RECEIPTED = (Derived.PURCHASED, Derived.CUT)


def _key_near(receipt: Path) -> Path:
    """Find `log.vkey` beside a receipt or in the log folder of a folder above it."""
    for folder in (receipt.resolve().parent, *list(receipt.resolve().parents)[1:4]):
        for candidate in (folder / VKEY_FILE, folder / "log" / VKEY_FILE):
            if candidate.is_file():
                return candidate
    what = "no verifier key was given, and no log.vkey lies near the receipt."
    raise InputProblem("evidence.key.missing", what, str(receipt), "Give it with --key FILE.")


def verify_command(
    receipt: Path,
    key: Path | None,
    *,
    rotated: Sequence[Path] = (),
    witnesses: Sequence[Path] = (),
    witnesses_needed: int | None = None,
) -> int:
    """Check one receipt, step by step; 0 where it holds, 1 where it does not.

    Args:
        rotated: Receipts of the changes of the log's key since `key`, oldest first.
        witnesses: Keys of witnesses that are trusted.
        witnesses_needed: How many of them must have cosigned; all of them if it is not given.
    Raises:
        InputProblem: a file that cannot be used, cli.verify.witnesses for more needed than are named.
    """
    console = Console(highlight=False)
    text = read_file(receipt, most_bytes=RECEIPT_BYTES_MAX)
    key_file = key or _key_near(receipt)
    verifier = _key_of(text, log_key(key_file), rotated)
    trusted = witness_keys(witnesses, verifier)
    _check_needed(trusted, witnesses_needed)
    try:
        verified = verify_receipt(text, verifier, trusted, witnesses_needed)
    except ReceiptError as error:
        verb = "are" if error.part is ReceiptPart.WITNESSES else "is"
        for step in error.steps:
            console.print(
                f"  {'ok ' if step.ok else 'NO '} {step.name}: {harmless(step.computed)}",
                markup=False,
                soft_wrap=True,
            )
        console.print(
            f"NOT VALID: the {error.part} {verb} wrong: {harmless(error.what)} [{error.code}]",
            markup=False,
            soft_wrap=True,
        )
        return EXIT_FALSE
    except EvidenceError as error:
        console.print(f"NOT VALID: {harmless(str(error))}", markup=False, soft_wrap=True)
        return EXIT_FALSE
    for step in verified.steps:
        console.print(f"  ok  {step.name}: {harmless(step.computed)}", markup=False, soft_wrap=True)
    pinned = "given with --key" if key else f"found at {key_file}; give --key to check against a key you trust"
    console.print(f"  key {verifier.name}: {pinned}", markup=False, soft_wrap=True)
    said = _event_sentence(verified.event, verified.receipt.index)
    console.print(f"VALID: {harmless(said)}", markup=False, soft_wrap=True)
    return EXIT_TRUE


def _key_of(receipt: bytes, key: Verifier, rotated: Sequence[Path]) -> Verifier:
    """Follow the changes of the log's key to the one that the receipt must have.

    Raises:
        InputProblem: evidence.keys.*, evidence.receipt.* for a change that does not follow.
    """
    if not rotated:
        return key
    try:
        chain = follow(key, [read_file(path) for path in rotated])
    except EvidenceError as error:
        way_out = "Give the receipts of all changes since the key, oldest first."
        what = f"The changes of the key do not follow: {error.what}."
        raise InputProblem(str(error.code), what, "--rotated", way_out) from error
    return chain.verifier_for(receipt.partition(b"\n\n")[2])


def _check_needed(trusted: Sequence[WitnessKey], needed: int | None) -> None:
    names = {key.name for key in trusted}
    if needed is not None and needed > len(names):
        what = f"{needed} witnesses are needed, {len(names)} named."
        raise InputProblem(
            "cli.verify.witnesses", what, "--witnesses-needed", "Name each with --witness FILE, or need fewer."
        )


def _event_sentence(event: dict[str, Any], place: int) -> str:
    """Say what an entry says; of one that has not the form of its type only what it calls itself."""
    try:
        return _sentence_of_purchase(event, place)
    except (KeyError, TypeError):
        return f"{event.get('type')} {event.get('id', event.get('key'))}, entry {place} of the log"


def _sentence_of_purchase(event: dict[str, Any], place: int) -> str:
    data = event["data"]
    if event.get("type") == "purchase.made":
        price = f"{data['price_tiyn_per_kwh'] // 100}.{data['price_tiyn_per_kwh'] % 100:02d}"
        for_tenant = f" for its tenant {data['owner_id']}" if data["owner_id"] != data["operator_id"] else ""
        return (
            f"{data['operator_id']}{for_tenant} bought {data['energy_kwh']} kWh of {data['product_id']} "
            f"at {price} ₸/kWh (without VAT), purchase {data['purchase_id']}, entry {place} of the log"
        )
    if event.get("type") == "purchase.cut":
        return (
            f"purchase {data['purchase_id']} was cut from {data['before_kwh']} to {data['left_kwh']} kWh by the grid "
            f"operator, entry {place} of the log"
        )
    raise KeyError(event.get("type"))


def replay_command(folder: Path, key: Path | None, law: Path | None) -> int:
    """Audit the log of a day, calculate the day again, compare what was published; 0 where all agree, 1 otherwise.

    The signed log vouches for entries, receipts, tables and the files of assumptions; manifest.json, which is not
    signed, for the rest. Of a log folder alone only the log is compared.
    """
    if not folder.is_dir():
        raise InputProblem(
            "cli.folder.missing", "There is no such folder.", str(folder), "Name what `kezek day` wrote."
        )
    whole = (folder / "log").is_dir()
    console = Console(highlight=False)
    with progress_steps(total=REPLAY_STEPS + 2, quiet=False) as progress:
        root, said, damages = _compare(folder, key, law, whole=whole, progress=progress)
    for line in said:
        console.print(f"  {line}", markup=False, soft_wrap=True)
    if damages:
        return _say_damaged(console, damages)
    console.print(f"THE SAME DAY: root {root}", markup=False, soft_wrap=True)
    return EXIT_TRUE


def _compare(
    folder: Path, key: Path | None, law: Path | None, *, whole: bool, progress: Callable[[str], None]
) -> tuple[str, list[str], list[str]]:
    """Compare bytes with the signed root, entries with their replay, files with the entries: root, said, damages."""
    progress("hashing the log and the folder")
    files = read_log(folder / "log" if whole else folder)
    verifier = log_key(key) if key else _verifier_of(files.vkey, folder)
    audited = audit(entries=files.entries, checkpoint=files.checkpoint, verifier=verifier, leaves=files.leaves)
    damages = [f"{damage.file}: {damage.what}" for damage in audited.damages]
    damages += _folder_damages(folder) if whole else []
    if damages or audited.checkpoint is None:
        return "", [], damages
    said = [f"ok  {audited.size} entries hash to the signed root {audited.root.hex()[:16]}…"]
    try:
        events = parse_entries(files.entries)
    except EvidenceError as error:
        return "", said, [f"{ENTRIES_FILE}: {error}"]
    done = replay(events=events, book=load_book(law), progress=progress)
    damages = [f"{found.where}: {found.what}" for found in done.differences]
    if damages:
        return done.root, said, damages
    said.append(f"ok  {done.inputs} inputs replayed; all {done.entries} entries are the same bytes")
    progress("comparing receipts and tables")
    if whole:
        lines, damages = _compare_files(folder, events, done.tables, audited.checkpoint, verifier)
        said += lines
    else:
        said.append("--  this is a log folder: only the log was compared, no receipt, table or file beside it")
    return done.root, said, damages


def _folder_damages(folder: Path) -> list[str]:
    extra = set(extra_files(folder))
    return [f"{damage.file}: {damage.what}" for damage in check_folder(folder) if damage.file not in extra]


def _compare_files(
    folder: Path, events: Sequence[JsonObject], tables: Mapping[str, str], signed: Checkpoint, verifier: Verifier
) -> tuple[list[str], list[str]]:
    """Compare receipts, tables and assumptions with the log, whose entries are believed by now."""
    receipts, damages = _receipt_differences(folder / RECEIPTS_FILE, events, signed, verifier)
    damages += _table_differences(folder, tables)
    opened = events[0]["data"]
    named = {"scenario.toml": opened["scenario_digest"], "fleet.toml": opened["fleet_digest"]}
    damages += [line for name, digest in named.items() for line in _file_difference(folder / name, digest)]
    said = [
        f"ok  {receipts} receipts verify: one for each purchase and each cut of the log",
        f"ok  {len(tables)} tables hold what the log says: {', '.join(sorted(tables))}",
        f"ok  {' and '.join(named)} are those that the log names",
        "--  summary.json and report.html: checked against manifest.json, which is not signed",
    ]
    return ([] if damages else said), damages


def _say_damaged(console: Console, damages: list[str]) -> int:
    for damage in dict.fromkeys(damages):
        console.print(f"  NO  {damage}", markup=False, soft_wrap=True)
    console.print("NOT THE SAME DAY: see above.", markup=False, soft_wrap=True)
    return EXIT_FALSE


def _verifier_of(vkey: bytes, folder: Path) -> Verifier:
    try:
        return Verifier.parse(vkey)
    except EvidenceError as error:
        where = str(folder / "log" / VKEY_FILE)
        raise InputProblem(
            str(error.code), f"is damaged: {error.what}.", where, "Give the key with --key."
        ) from error


def _table_differences(folder: Path, tables: Mapping[str, str]) -> list[str]:
    """Compare each stored table with the digest that the log seals, by content."""
    differences = []
    for name, digest in tables.items():
        path = f"tables/{name}.parquet"
        try:
            stored = pl.read_parquet(io.BytesIO((folder / path).read_bytes()))
        except OSError as error:
            differences.append(f"{path}: cannot be read ({error.strerror})")
            continue
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
            differences.append(f"{path}: is no table ({str(error)[:100]})")
            continue
        if table_digest(stored) != digest:
            differences.append(f"{path}: differs from what the log says")
    return differences


def _file_difference(path: Path, digest: str) -> list[str]:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return [f"{path.name}: cannot be read ({error.strerror})"]
    if found == digest:
        return []
    return [f"{path.name}: has SHA-256 {found[:16]}…, the log names {digest[:16] or 'none'}…"]


def _receipt_differences(
    path: Path, events: Sequence[JsonObject], signed: Checkpoint, verifier: Verifier
) -> tuple[int, list[str]]:
    """Verify every receipt against the signed root; their ids must be those of the log's purchases and cuts.

    A purchase that was cut twice has its last cut's receipt.
    """
    try:
        bundle = parse_bundle(path.read_bytes())
        checkpoint = open_checkpoint(bundle.checkpoint, verifier)
    except OSError as error:
        return 0, [f"{path.name}: cannot be read ({error.strerror})"]
    except EvidenceError as error:
        return 0, [f"{path.name}: cannot be believed: {error}"]
    if checkpoint != signed:
        return 0, [f"{path.name}: is under another checkpoint than the log's"]
    return len(bundle.receipts), _wrong_receipts(path.name, bundle.receipts, events, signed)


def _wrong_receipts(
    file: str, receipts: Mapping[str, Receipt], events: Sequence[JsonObject], signed: Checkpoint
) -> list[str]:
    places = {event["id"]: index for index, event in enumerate(events) if event["type"] in _RECEIPTED}
    wrong = [key for key, one in receipts.items() if key in places and not _holds(one, places[key], signed)]
    found = {
        "does not verify": wrong,
        "is missing": [key for key in places if key not in receipts],
        "is of no purchase or cut of the log": [key for key in receipts if key not in places],
    }
    return [
        f"{file}: {', '.join(keys[:3])}{f' and {len(keys) - 3} more' if keys[3:] else ''}: receipt {what}"
        for what, keys in found.items()
        if keys
    ]


def _holds(receipt: Receipt, index: int, signed: Checkpoint) -> bool:
    """Tell whether a receipt proves the entry at `index`; the checkpoint is believed."""
    try:
        verify_inclusion(
            leaf=leaf_hash(receipt.entry), index=index, size=signed.size, proof=receipt.proof, root=signed.root
        )
    except EvidenceError:
        return False
    return receipt.index == index


def _bundle(folder: Path) -> Bundle:
    path = folder / RECEIPTS_FILE if folder.is_dir() else folder
    try:
        return parse_bundle(read_file(path))
    except EvidenceError as error:
        raise InputProblem(str(error.code), f"is damaged: {error}.", str(path), "Take an undamaged copy.") from error


def list_command(folder: Path, operator: str) -> None:
    """Print the ids of all purchases, or of one operator's."""
    receipts = _bundle(folder).receipts
    keys = [key for key, one in receipts.items() if not operator or _buyer(one.entry) == operator]
    if not keys:
        what = f"No purchase of {operator!r}." if operator else "The bundle holds no receipt."
        raise InputProblem(
            "cli.receipt.none", what, str(folder), "`kezek receipt list` without --operator lists all."
        )
    sys.stdout.write("".join(f"{key}\n" for key in keys))


def _buyer(entry: bytes) -> str:
    data = parse_canonical(entry).get("data", {})
    return str(data.get("operator_id", ""))


def extract_command(folder: Path, purchase: str, out: Path | None) -> None:
    """Write the receipt of one purchase; say if the purchase was cut later.

    Where the key lies in the folder the receipt is verified first.

    Raises:
        InputProblem: no such purchase, or a file that cannot be read or written.
        SystemExit: code 1 where the bundle or this receipt is damaged; nothing is written.
    """
    bundle = _readable_bundle(folder)
    if purchase not in bundle.receipts:
        way_out = (
            nearest(purchase, list(bundle.receipts)) if len(purchase) > 8 else "`kezek receipt list` lists them."
        )
        raise InputProblem("cli.receipt.unknown", f"There is no purchase {purchase!r}.", str(folder), way_out)
    text = extract(bundle, purchase)
    _require_valid(text, purchase, folder)
    if f"{purchase}/cut" in bundle.receipts:
        note = f"note: this purchase was cut by the grid operator later; see the receipt {purchase}/cut\n"
        sys.stderr.write(note)
    give(text, out)


def _readable_bundle(folder: Path) -> Bundle:
    path = folder / RECEIPTS_FILE if folder.is_dir() else folder
    try:
        return parse_bundle(read_file(path))
    except EvidenceError as error:
        raise _damaged(f"{path.name} is damaged: {error}") from error


def _require_valid(text: str, purchase: str, folder: Path) -> None:
    """Verify a receipt with the key of its folder, if there is one; it must be that of the purchase asked for."""
    key = (folder if folder.is_dir() else folder.parent) / "log" / VKEY_FILE
    if not key.is_file():
        return
    try:
        event = verify_receipt(text, log_key(key)).event
    except EvidenceError as error:
        raise _damaged(f"the receipt of {purchase} does not verify: {error}") from error
    if event.get("id") != purchase:
        raise _damaged(f"the receipt under {purchase} is that of {event.get('id')}")


def _damaged(what: str) -> SystemExit:
    sys.stderr.write(f"kezek: {what}; nothing was written. Take an undamaged copy.\n")
    return SystemExit(EXIT_FALSE)
