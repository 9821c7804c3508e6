"""`kezek audit --replay`: calculate again what the entries of a log say was calculated."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kezek.cli.market_folder import lens_of
from kezek.evidence.canonical import JsonObject, canonical_bytes, parse_canonical
from kezek.evidence.error import CanonicalError
from kezek.evidence.keychain import is_of_the_log
from kezek.evidence.log import as_sent
from kezek.evidence.tree import leaf_hash
from kezek.trading import session
from kezek.trading.reclear import reclear


@dataclass(slots=True)
class Said:
    """What was calculated again: what holds, what is left open, and what does not hold."""

    holds: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    damages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The entries a log is kept for, without its own and as they were sent; a session or a day knows only these."""

    places: Sequence[int]
    bodies: Sequence[bytes]
    events: Sequence[JsonObject]

    def place(self, index: int | None) -> str:
        """Name an entry by its place in the whole log."""
        return "the end of the log" if index is None or index >= len(self.places) else f"entry {self.places[index]}"


def calculated_again(bodies: Sequence[bytes], *, size: int, law: Path | None) -> Said:
    """Calculate a day or a session again with the code that runs it, and every hour with other code.

    Args:
        bodies: The entries that are shown; none that are calculated again where some are missing.
        size: How many the log has.
        law: Folder of another law book than the packaged one.
    Raises:
        InputProblem: cli.market.law for another book than the session was opened under.
    """
    said = Said()
    if len(bodies) < size:
        said.notes.append(f"entries not shown yet: {size - len(bodies)}; nothing was calculated again")
        return said
    try:
        kept = _kept(bodies)
    except CanonicalError as error:
        said.damages.append(f"an entry is no event: {error}")
        return said
    opened = str(kept.events[0].get("type")) if kept.events else ""
    if opened == "day.opened":
        _day(kept, law, said)
    elif opened == "session.opened":
        _session(kept, law, said)
    _hours(kept, said)
    return said


def _kept(bodies: Sequence[bytes]) -> _Kept:
    parsed = [(place, as_sent(parse_canonical(body))) for place, body in enumerate(bodies)]
    others = [(place, event) for place, event in parsed if not is_of_the_log(event)]
    events = [event for _, event in others]
    return _Kept([place for place, _ in others], [canonical_bytes(event) for event in events], events)


def _day(kept: _Kept, law: Path | None, said: Said) -> None:
    from kezek.day.replay import replay
    from kezek.law.book import load_book

    done = replay(events=kept.events, book=load_book(law), progress=lambda _: None)
    said.damages += [f"{found.where}: {found.what}" for found in done.differences]
    if not done.differences:
        what = f"the day calculated again from {done.inputs} inputs gives all {done.entries} entries, byte for byte"
        said.holds.append(what)


def _session(kept: _Kept, law: Path | None, said: Said) -> None:
    found = session.replay(events=kept.events, lens=lambda opened: lens_of(opened, law, where="the log"))
    if isinstance(found, session.Broken):
        said.damages.append(f"{kept.place(found.index)}: {found.what}")
    else:
        said.holds.append(f"the session calculated again gives all {len(kept.events)} entries, byte for byte")


def _hours(kept: _Kept, said: Said) -> None:
    """Clear every hour with the second clearing, which shares nothing with the first but the rules."""
    if not any(event.get("type") == "product.cleared" for event in kept.events):
        said.notes.append("no market hour was cleared in this log: there was nothing to clear again")
        return
    found = reclear(events=kept.events, leaves=[leaf_hash(body) for body in kept.bodies])
    faults = [*found.faults, *(hour.fault for hour in found.hours.values() if hour.fault is not None)]
    said.damages += [f"{kept.place(fault.entry)}: {fault.what}" for fault in faults]
    if not faults:
        said.holds.append(f"hours cleared again by the second clearing, entry by entry: {len(found.hours)}")
