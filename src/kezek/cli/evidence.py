"""`kezek verify`, `kezek replay`, `kezek receipt`: check what happened without trusting who says so."""

import io
import sys
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console

from kezek.cli.day import RECEIPTS_FILE
from kezek.day.replay import replay, table_digest
from kezek.evidence.audit import audit
from kezek.evidence.bundle import Bundle, extract, parse_bundle
from kezek.evidence.canonical import parse_canonical
from kezek.evidence.error import EvidenceError, ReceiptError
from kezek.evidence.log import VKEY_FILE, parse_entries
from kezek.evidence.receipt import verify_receipt
from kezek.evidence.signature import Verifier
from kezek.journal.logfiles import read_log
from kezek.journal.manifest import check_folder, extra_files
from kezek.law.book import load_book
from kezek.units.problem import InputProblem, nearest

EXIT_TRUE, EXIT_FALSE = 0, 1


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f"cannot be read ({error.strerror})."
        raise InputProblem("cli.file.unreadable", what, str(path), "Check the path and its rights.") from error


def _verifier(key: Path) -> Verifier:
    try:
        return Verifier.parse(_read(key))
    except EvidenceError as error:
        raise InputProblem(
            str(error.code),
            f"is no verifier key: {error.what}.",
            str(key),
            "Ask the log's operator for its log.vkey.",
        ) from error


def _key_near(receipt: Path) -> Path:
    """Find `log.vkey` beside a receipt or in the log folder of a folder above it."""
    for folder in (receipt.resolve().parent, *list(receipt.resolve().parents)[1:4]):
        for candidate in (folder / VKEY_FILE, folder / "log" / VKEY_FILE):
            if candidate.is_file():
                return candidate
    what = "no verifier key was given, and no log.vkey lies near the receipt."
    raise InputProblem("evidence.key.missing", what, str(receipt), "Give it with --key FILE.")


def verify_command(receipt: Path, key: Path | None) -> int:
    """Check one receipt, step by step; 0 where it holds, 1 where it does not."""
    console = Console(highlight=False)
    text = _read(receipt)
    key_file = key or _key_near(receipt)
    verifier = _verifier(key_file)
    try:
        verified = verify_receipt(text, verifier)
    except ReceiptError as error:
        for step in error.steps:
            console.print(
                f"  {'ok ' if step.ok else 'NO '} {step.name}: {step.computed}", markup=False, soft_wrap=True
            )
        console.print(
            f"NOT VALID: the {error.part} is wrong: {error.what} [{error.code}]", markup=False, soft_wrap=True
        )
        return EXIT_FALSE
    except EvidenceError as error:
        console.print(f"NOT VALID: {error} [{error.code}]", markup=False, soft_wrap=True)
        return EXIT_FALSE
    for step in verified.steps:
        console.print(f"  ok  {step.name}: {step.computed}", markup=False, soft_wrap=True)
    pinned = "given with --key" if key else f"found at {key_file}; give --key to check against a key you trust"
    console.print(f"  key {verifier.name}: {pinned}", markup=False, soft_wrap=True)
    console.print(f"VALID: {_event_sentence(verified.event)}", markup=False, soft_wrap=True)
    return EXIT_TRUE


def _event_sentence(event: dict[str, Any]) -> str:
    data = event.get("data", {})
    if event.get("type") == "purchase.made":
        price = f"{data['price_tiyn_per_kwh'] // 100}.{data['price_tiyn_per_kwh'] % 100:02d}"
        return (
            f"{data['operator_id']} bought {data['energy_kwh']} kWh of {data['product_id']} at {price} ₸/kWh "
            f"(without VAT), purchase {data['purchase_id']}, entry {event['n']} of the log"
        )
    if event.get("type") == "purchase.cut":
        return (
            f"purchase {data['purchase_id']} was cut from {data['before_kwh']} to {data['left_kwh']} kWh by the grid "
            f"operator, entry {event['n']} of the log"
        )
    return f"{event.get('type')} {event.get('id')}, entry {event.get('n')} of the log"


def replay_command(folder: Path, key: Path | None, law: Path | None) -> int:
    """Audit the log of a day, calculate the day again, compare bytes and tables; 0 where all agree, 1 otherwise."""
    console = Console(highlight=False)
    files = read_log(folder / "log" if (folder / "log").is_dir() else folder)
    verifier = _verifier(key) if key else _verifier_of(files.vkey, folder)
    audited = audit(entries=files.entries, checkpoint=files.checkpoint, verifier=verifier, leaves=files.leaves)
    damages = [f"{damage.file}: {damage.what}" for damage in audited.damages]
    if (folder / "log").is_dir():
        extra = set(extra_files(folder))
        damages += [f"{damage.file}: {damage.what}" for damage in check_folder(folder) if damage.file not in extra]
    if damages:
        return _say_damaged(console, damages)
    console.print(
        f"  ok  {audited.size} entries hash to the signed root {audited.root.hex()[:16]}…",
        markup=False,
        soft_wrap=True,
    )
    done = replay(events=parse_entries(files.entries), book=load_book(law), progress=lambda _: None)
    damages = [f"{found.where}: {found.what}" for found in done.differences]
    damages += _table_differences(folder, done.tables)
    if damages:
        return _say_damaged(console, damages)
    console.print(
        f"  ok  {done.inputs} inputs replayed; all {done.entries} entries are the same bytes",
        markup=False,
        soft_wrap=True,
    )
    console.print(f"  ok  {len(done.tables)} tables hold what the log says", markup=False, soft_wrap=True)
    console.print(f"THE SAME DAY: root {done.root}", markup=False, soft_wrap=True)
    return EXIT_TRUE


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


def _table_differences(folder: Path, tables: dict[str, pl.DataFrame]) -> list[str]:
    """Compare the stored tables with the replayed ones, by content."""
    differences = []
    for name, frame in tables.items():
        path = folder / "tables" / f"{name}.parquet"
        if not path.is_file():
            continue
        try:
            stored = pl.read_parquet(io.BytesIO(path.read_bytes()))
        except pl.exceptions.PolarsError as error:
            differences.append(f"tables/{name}.parquet: cannot be read ({error})")
            continue
        if table_digest(stored) != table_digest(frame):
            differences.append(f"tables/{name}.parquet: differs from the replay")
    return differences


def _bundle(folder: Path) -> Bundle:
    path = folder / RECEIPTS_FILE if folder.is_dir() else folder
    try:
        return parse_bundle(_read(path))
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
    """Write the receipt of one purchase; say if the purchase was cut later."""
    bundle = _bundle(folder)
    if purchase not in bundle.receipts:
        way_out = (
            nearest(purchase, list(bundle.receipts)) if len(purchase) > 8 else "`kezek receipt list` lists them."
        )
        raise InputProblem("cli.receipt.unknown", f"There is no purchase {purchase!r}.", str(folder), way_out)
    text = extract(bundle, purchase)
    if f"{purchase}/cut" in bundle.receipts:
        note = f"note: this purchase was cut by the grid operator later; see the receipt {purchase}/cut\n"
        sys.stderr.write(note)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"cannot be written ({error.strerror})."
        raise InputProblem("cli.file.unwritable", what, str(out), "Choose another file.") from error
