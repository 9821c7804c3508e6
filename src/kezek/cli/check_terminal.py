"""A verdict on a terminal: the sentence first, then duties by status: wrong ones in full, fine ones in a line."""

import textwrap
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from kezek.duties.finding import Status
from kezek.duties.formula import in_words
from kezek.reports import amounts
from kezek.reports.check_model import CheckView, DutyView, FindingView
from kezek.reports.check_text import cited_words, spaced
from kezek.reports.check_words import burden_lines, owed_notes, owed_rows
from kezek.reports.words import graded, sentence

_MARKS = {
    Status.BREACHED: ("✗", "bold red"),
    Status.AT_RISK: ("!", "bold yellow"),
    Status.UNDETERMINED: ("?", "bold magenta"),
    Status.MET: ("✓", "green"),
    Status.NOT_APPLICABLE: ("–", "dim"),
}
_WIDEST = 100
_LABEL = 13
_DEADLINES = 12
_NOTE_AT = 45


class _Printer:
    """Prints lines that are wrapped to the terminal, with a hanging label."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.width = min(console.width, _WIDEST)

    def line(self, text: str = "", style: str = "") -> None:
        for part in textwrap.wrap(amounts.tight(text), self.width, break_on_hyphens=False) or [""]:
            self.console.print(Text(spaced(part), style=style), soft_wrap=True)

    def hanging(self, text: str) -> None:
        lines = textwrap.wrap(amounts.tight(text), self.width - 4, break_on_hyphens=False)
        for n, part in enumerate(lines):
            self.console.print(Text(f"{'  ' if n == 0 else '    '}{spaced(part)}"), soft_wrap=True)

    def met(self, title: str, note: str, style: str) -> None:
        """Print a duty that is met with its note beside it, or under it where the terminal is narrow."""
        gap = max(_NOTE_AT - len(title), 2)
        if len(title) + gap + len(note) <= self.width:
            noted = f"{' ' * gap}{note}" if note else ""
            self.console.print(Text.assemble((title, style), (noted, "dim")), soft_wrap=True)
            return
        for n, part in enumerate(textwrap.wrap(title, self.width - 2)):
            self.console.print(Text(f"{'  ' if n else ''}{part}", style=style), soft_wrap=True)
        for part in textwrap.wrap(note, self.width - 4):
            self.console.print(Text(f"    {part}", style="dim"), soft_wrap=True)

    def labelled(self, label: str, text: str) -> None:
        lines = textwrap.wrap(
            amounts.tight(text), self.width - _LABEL - 2, break_on_hyphens=False, break_long_words=False
        )
        for n, part in enumerate(lines or [""]):
            head = (f"  {label if n == 0 else '':<{_LABEL}}", "dim")
            self.console.print(Text.assemble(head, spaced(part)), soft_wrap=True)

    def head(self, title: str, style: str = "bold") -> None:
        self.line()
        self.console.print(Text(title, style=style), soft_wrap=True)


def show_check(*, console: Console, view: CheckView, command: str) -> None:
    """Print a verdict.

    Args:
        command: The command that explains a duty, to which its name is added; "" where none can be given.
    """
    printer = _Printer(console)
    _lead(printer, view)
    for status, duties in view.groups:
        printer.head(f"{sentence(status.value).upper()}  {len(duties)}", _MARKS[status][1])
        if status is Status.MET:
            _met(printer, duties)
        elif status is Status.NOT_APPLICABLE:
            printer.line("; ".join(duty.title for duty in duties), "dim")
        else:
            for n, duty in enumerate(duties):
                _duty(printer, duty, first=n == 0)
    _tail(printer, view)
    if view.duties and command:
        printer.line()
        printer.line("Why, step by step:", "bold")
        console.print(Text(f"  {command} {view.duties[0].duty}"), soft_wrap=True)


def _lead(printer: _Printer, view: CheckView) -> None:
    worst = view.groups[0][0] if view.groups else Status.NOT_APPLICABLE
    printer.line(view.sentence, _MARKS[worst][1])
    printer.line(view.robustness)
    if view.at_stake_tiyn:
        printer.line(f"At stake in the breaches: {in_words(view.at_stake_tiyn, 'tiyn')}.")
    receipt = view.receipt
    readings = "".join(f", {question}={position}" for question, position in sorted(receipt.readings.items()))
    known = f", by what was public on {amounts.day(receipt.known_on)}" if receipt.known_on else ""
    printer.line(
        f"{view.operator}, {amounts.day(view.as_of_on)}{known}; profile {receipt.profile}{readings}; "
        f"law {receipt.law_digest[:12]}, receipt {receipt.sha256[:12]}",
        "dim",
    )
    for flag in view.flags:
        printer.labelled("Odd in file", f"{flag.sentence} ({flag.place})")


def _duty(printer: _Printer, duty: DutyView, *, first: bool) -> None:
    mark, style = _MARKS[duty.status]
    for n, one in enumerate(duty.findings):
        if n or not first:
            printer.line()
        title, name = f"{mark} {one.title}", f"  {duty.duty}"
        gap = max(printer.width - len(title) - len(name) - len(one.period), 2) if one.period else 0
        if len(title) + len(name) + gap + len(one.period) <= printer.width:
            head = Text.assemble((title, style), (name, "dim"), " " * gap + one.period)
            printer.console.print(head, soft_wrap=True)
        else:
            printer.line(title, style)
            printer.line(", ".join(filter(None, (duty.duty, one.period))), "dim")
        for label, text in finding_rows(one):
            printer.labelled(label, text)
    for n, text in enumerate(duty.otherwise):
        printer.labelled("Otherwise" if n == 0 else "", text)


def finding_rows(one: FindingView) -> Iterator[tuple[str, str]]:
    """Give the lines of one finding, label and text; what does not apply is left out."""
    yield "", one.reason
    if one.against:
        yield "Measured", one.against
    rows = (
        ("Missing", "; ".join(one.missing)),
        ("Evidence", _evidence(one)),
        ("Deadline", one.deadline),
        ("At stake", one.at_stake),
        ("Law", cited_words(one.cited) if one.cited else ""),
    )
    yield from ((label, text) for label, text in rows if text)
    for n, text in enumerate(one.consequences):
        yield "May follow" if n == 0 else "", text
    if one.fix:
        yield "What to do", one.fix
    yield from _reading_rows(one)


def _evidence(one: FindingView) -> str:
    shown = "; ".join(one.evidence[:3])
    return f"{shown}; and {len(one.evidence) - 3} more" if len(one.evidence) > 3 else shown


def _reading_rows(one: FindingView) -> Iterator[tuple[str, str]]:
    rows = [
        f"{sentence(shift.status.value).lower()} if {shift.chosen}: {'; '.join(shift.words)}" for shift in one.shifts
    ]
    if not rows and not one.missing:
        rows.append(one.holds)
    least = [cost for cost in one.costs if cost.is_least_of(one.costs)]
    rows += [
        f"costs something else if {cost.chosen}: {'; '.join(cost.costs)}. {'; '.join(cost.words)}" for cost in least
    ]
    if len(one.costs) > len(least):
        more = amounts.noun(len(one.costs) - len(least), "combination of these", "combinations of these")
        rows.append(f"and {more}: --json and --html list them all")
    yield from (("Readings" if n == 0 else "", row) for n, row in enumerate(rows))


def _met(printer: _Printer, duties: tuple[DutyView, ...]) -> None:
    mark, style = _MARKS[Status.MET]
    for duty in duties:
        note = duty.periods
        if any(one.shifts for one in duty.findings):
            note += "  depends on the reading"
        printer.met(f"{mark} {duty.title}", note.strip(), style)


def _tail(printer: _Printer, view: CheckView) -> None:
    if view.turns:
        printer.head("BREACHED UNDER ANOTHER READING")
        for turn in view.turns:
            printer.hanging(turn.words)
    if view.owed:
        printer.head("WHAT IS OWED, BY THE QUARTER IT ACCRUED IN")
        for quarter, what, accrued, due, paid, on, still in owed_rows(view.owed):
            when = "" if due == "–" else f", due {due}"
            paid_on = "" if on == "–" else f" on {on}"
            rest = paid if still == "–" else f"paid {paid}{paid_on}; still owed {still}"
            printer.labelled(quarter, f"{what}: {accrued}{when}; {rest}")
        for note in owed_notes(view.owed):
            printer.labelled("", note)
    if view.ahead:
        printer.head("DEADLINES AHEAD")
        for one in view.ahead[:_DEADLINES]:
            mark = " (done)" if one.ahead.done else " (day not confirmed)" if one.ahead.unconfirmed else ""
            printer.labelled(one.ahead.on.isoformat(), f"{one.words}{mark}")
        if len(view.ahead) > _DEADLINES:
            printer.labelled("", f"and {len(view.ahead) - _DEADLINES} more: --ics FILE writes all of them")
    if view.burden.claims:
        printer.head("WHAT STAYING LEGAL COSTS, BY THE SOURCES")
        for line in burden_lines(view.burden):
            printer.labelled(*line)
    if view.expected:
        printer.head("ANNOUNCED, NOT SEEN IN FORCE, NOT COUNTED")
        for coming in view.expected:
            printer.labelled(
                coming.from_on.isoformat(), f"{coming.title}. {coming.finding} [{graded(coming.confidence)}]"
            )
    if view.unjudged:
        printer.head("NOT KNOWN, AND NOT JUDGED")
        for unread in view.unjudged:
            printer.hanging(f"{unread.title}: {unread.missing}")
