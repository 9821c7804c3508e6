"""A session's folder from the command line: opened, given again from its log, acted on, and written back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from kezek.cli.asked import moment_of
from kezek.cli.law import open_book
from kezek.documents.fault import Limits
from kezek.duties.lens import Lens
from kezek.evidence.error import LogError
from kezek.evidence.log import parse_entries
from kezek.evidence.plain import CodecError
from kezek.journal import session_store
from kezek.reports.market_words import code_sentence
from kezek.trading.events import Opened, StageRefusal
from kezek.trading.session import Broken, MarketSession, replay
from kezek.units.calendar import ALMATY
from kezek.units.problem import InputProblem

T = TypeVar("T")
LIMITS = Limits()
_WAYS_OUT = {
    StageRefusal.GATE_CLOSED: "Look at `kezek market status`; a session takes nothing new after its gate.",
    StageRefusal.GATE_OPEN: "Close it with `kezek market close`.",
    StageRefusal.BEFORE_CLOSURE: "Wait for the end of the session, or name the moment with --at.",
    StageRefusal.CLEARED: "Its papers can be written again with `kezek market papers`.",
    StageRefusal.NOT_CLEARED: "Clear it first: `kezek market clear`.",
    StageRefusal.NOT_DELIVERED: "Settle after the last hour, or name the moment with --at.",
    StageRefusal.SETTLED: "Its papers can be written again with `kezek market papers`.",
    StageRefusal.ORDERS_TAKEN: "Open another session with the right table.",
    StageRefusal.UNKNOWN_OPERATOR: "Name an operator of the table of participants.",
    StageRefusal.BACK_IN_TIME: "Leave --at out, or name a later moment.",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Which session, when, and by which law book.

    Args:
        at: Moment of the act as asked for; None for now.
        law: Folder of another law book than the packaged one.
    """

    folder: Path
    at: str | None = None
    law: Path | None = None


def look(place: Place) -> MarketSession:
    """Give a session as it stands.

    Raises:
        InputProblem: journal.session.*, cli.market.log, cli.market.law.
    """
    return _session(place, session_store.read(place.folder))


def act(place: Place, do: Callable[[MarketSession, datetime], T]) -> tuple[MarketSession, T]:
    """Act on a session under its lock, and put the longer log in place; nothing is written where `do` refuses.

    Gives the session as it is then, and what was done.

    Raises:
        InputProblem: journal.session.*, cli.market.*, cli.moment.*, and what `do` raises.
    """
    with session_store.locked(place.folder):
        session = _session(place, session_store.read(place.folder))
        at = moment_of(place.at)
        if at < session.last_at:
            latest = session.last_at.astimezone(ALMATY).strftime("%Y-%m-%dT%H:%M:%S")
            what = f"{code_sentence(StageRefusal.BACK_IN_TIME)} The latest was {latest}."
            way_out = _WAYS_OUT[StageRefusal.BACK_IN_TIME]
            raise InputProblem(str(StageRefusal.BACK_IN_TIME), what, str(place.folder), way_out)
        size = len(session.log)
        done = do(session, at)
        if len(session.log) > size:
            session_store.replace(place.folder, session.log.entries_text())
        return session, done


def stage_problem(refusal: StageRefusal, folder: Path) -> InputProblem:
    """Refuse an act that does not fit where the session stands."""
    return InputProblem(str(refusal), code_sentence(refusal), str(folder), _WAYS_OUT[refusal])


def require_stage(refusal: object, folder: Path) -> None:
    """Stop at a stage refusal, go on at anything else.

    Raises:
        InputProblem: trading.stage.*.
    """
    if isinstance(refusal, StageRefusal):
        raise stage_problem(refusal, folder)


def _session(place: Place, entries: bytes) -> MarketSession:
    """Give a session again from its log; every consequence is calculated anew and compared.

    Raises:
        InputProblem: cli.market.log for a log that does not give itself again, cli.market.law for another law.
    """
    path = place.folder / session_store.LOG_FILE
    try:
        found = replay(
            events=parse_entries(entries), lens=lambda opened: lens_of(opened, place.law, where=str(place.folder))
        )
    except (LogError, CodecError) as error:
        raise _broken(path, str(error)) from error
    if isinstance(found, Broken):
        raise _broken(path, f"Entry {found.index}: {found.what}.")
    return found


def _broken(path: Path, what: str) -> InputProblem:
    way_out = "It was changed outside of Kezek, or is damaged: take it back from a copy."
    return InputProblem("cli.market.log", f"does not give itself again. {what}", str(path), way_out)


def lens_of(opened: Opened, law: Path | None, *, where: str) -> Lens:
    """Give the law of a session's terms.

    Args:
        law: Folder of another law book than the packaged one.
    Raises:
        InputProblem: cli.market.law for another book than the session was opened under.
    """
    book = open_book(law)
    if book.digest != opened.law_digest:
        what = f"was opened under the law book {opened.law_digest[:12]}…, this is {book.digest[:12]}…."
        way_out = "Name the folder of that book with --law."
        raise InputProblem("cli.market.law", what, where, way_out)
    return Lens(
        book=book,
        profile=opened.profile,
        readings=opened.readings,
        accept_unconfirmed=frozenset(opened.accept_unconfirmed),
    )


def paper_bytes(path: Path) -> bytes:
    """Read a file that may be as large as a paper.

    Raises:
        InputProblem: cli.market.unreadable.
    """
    try:
        with path.open("rb") as file:
            return file.read(LIMITS.most_bytes + 1)
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Check the name; `kezek market example` writes a set."
        raise InputProblem("cli.market.unreadable", what, str(path), way_out) from error
