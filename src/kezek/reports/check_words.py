"""The sentences of a check: the verdict, how firm it is, margins, consequences, readings, deadlines."""

from collections.abc import Sequence
from datetime import date

from kezek.duties.ahead import Ahead
from kezek.duties.burden import Burden
from kezek.duties.check import Verdict
from kezek.duties.dues import Due, paid_by_quarter
from kezek.duties.finding import Change, Consequence, ConsequenceKind, Finding, Status
from kezek.duties.formula import in_words
from kezek.law.book import Book
from kezek.reports import amounts
from kezek.reports.words import fact_words, sentence
from kezek.units.calendar import Quarter


def counts_of(verdict: Verdict) -> dict[Status, int]:
    """Count duties by status."""
    statuses = [one.status for one in verdict.duties]
    return {status: statuses.count(status) for status in Status}


def verdict_sentence(verdict: Verdict) -> str:
    """Say the verdict in one sentence."""
    counts, judged = counts_of(verdict), len(verdict.duties)
    breached, at_risk, undetermined = (counts[one] for one in (Status.BREACHED, Status.AT_RISK, Status.UNDETERMINED))
    duties = "duty" if judged == 1 else "duties"
    rest = [f"{n} {word}" for n, word in ((undetermined, "undetermined"), (at_risk, "at risk")) if n]
    if breached:
        return ", ".join([f"Not compliant: {breached} of {judged} {duties} breached", *rest]) + "."
    if undetermined:
        return f"Not decided: of {judged} {duties} none is breached, but {' and '.join(rest)}."
    if at_risk:
        return f"Compliant so far: no breach, {at_risk} of {judged} {duties} at risk."
    if not counts[Status.MET]:
        return "Nothing to judge: no duty applies."
    return f"Compliant: {counts[Status.MET]} of {judged} {duties} met, and the others do not apply."


def robustness_sentence(verdict: Verdict) -> str:
    """Say whether another reading of the law would change the verdict."""
    moved = sum(not one.holds_under_all_readings for one in verdict.findings)
    depends = f"{amounts.noun(moved, 'finding depends', 'findings depend')} on the reading." if moved else ""
    turns_bad = any(change.status is Status.BREACHED for one in verdict.findings for change in one.changes)
    if any(one.holds_under_all_readings for one in verdict.breached):
        firm = "Not compliant under every reading of the law."
    elif verdict.breached:
        firm = "Whether any duty is breached depends on the reading of the law."
    elif turns_bad:
        firm = "Another reading of the law would find a breach."
    else:
        firm = "No reading of the law finds a breach."
    return f"{firm} {depends}".rstrip()


def margin_words(finding: Finding) -> str:
    """Say how far a measured value is from its limit; "" where nothing was measured or nothing is between them.

    >>> margin_words(Finding("fee.amount", "", Status.BREACHED, "", 100, 250, unit="tiyn"))
    '1.50 ₸ short'
    """
    if finding.measured is None or finding.limit is None or finding.measured == finding.limit:
        return ""
    amount = in_words(abs(finding.measured - finding.limit), str(finding.unit))
    if finding.status in (Status.BREACHED, Status.AT_RISK) and finding.limit:
        return f"{amount} {'short' if finding.measured < finding.limit else 'over'}"
    return f"{amount} to spare" if finding.status is Status.MET and finding.limit else ""


def against_words(finding: Finding) -> str:
    """Set what was measured against its limit; "" where nothing was measured.

    >>> against_words(Finding("sale.share", "", Status.BREACHED, "", 5 * 10**7, 75 * 10**6, unit="sat"))
    '0.5 BTC against 0.75 BTC, 0.25 BTC short'
    """
    if finding.measured is None:
        return ""
    measured = in_words(finding.measured, str(finding.unit))
    if not finding.limit:
        allowed = finding.limit is not None and finding.status in (Status.BREACHED, Status.AT_RISK)
        return f"{measured}, where none is allowed" if allowed and finding.measured else measured
    margin = margin_words(finding)
    return f"{measured} against {in_words(finding.limit, str(finding.unit))}{f', {margin}' if margin else ''}"


def consequence_words(one: Consequence) -> str:
    """Say what may follow from a breach, and what of it is not known."""
    what = sentence(one.kind.value)
    least, most = (None if amount is None else in_words(amount, one.unit) for amount in (one.least, one.most))
    if most is None:
        return f"{what}; not known: {one.unknown}" if one.unknown else what
    if one.kind is ConsequenceKind.PRISON or least is None:
        said = f"{what}, up to {most}"
    else:
        said = f"{what}: {most}" if least == most else f"{what}: {_short(least, most)} to {most}"
    return f"{said}; not known: {one.unknown}" if one.unknown else said


def _short(least: str, most: str) -> str:
    """Leave the unit out of the lower end of a range: 1 to 6 months."""
    number, _, unit = least.rpartition(" ")
    return number if unit.rstrip("s") == most.rpartition(" ")[2].rstrip("s") else least


def change_words(change: Change, book: Book) -> tuple[str, ...]:
    """Say what the readings of a change hold, each with who holds it."""
    return tuple(position_words(q, p, book) for q, p in ((change.question, change.position), *change.also))


def position_words(question: str, position: str, book: Book) -> str:
    """Say what a position holds and who holds it."""
    asked = book.questions.get(question)
    held = asked.positions.get(position) if asked else None
    if held is None:
        return "the sources do not say"
    return f"{held.why.rstrip('.')} ({held.holder})"


def deadline_words(deadline_on: date | None, as_of_on: date) -> str:
    """Say a deadline and how far it is from the day of the verdict."""
    if deadline_on is None:
        return ""
    days = (deadline_on - as_of_on).days
    away = "today" if not days else f"in {days_words(days)}" if days > 0 else f"{days_words(-days)} ago"
    return f"{amounts.day(deadline_on)} ({away})"


def days_words(days: int) -> str:
    """Count days."""
    return in_words(days, "days")


def ahead_words(one: Ahead) -> str:
    """Say what falls due on a day ahead."""
    what = sentence(one.act.value)
    if one.act.value == "ahead.duty.deadline":
        what = sentence(one.duty)
    about = ", ".join(filter(None, (amounts.quarter(one.period) if one.period else "", one.subject)))
    owed = f": {in_words(one.amount_tiyn, 'tiyn')} so far" if one.amount_tiyn else ""
    return f"{what}{f' ({about})' if about else ''}{owed}"


OWED_HEADS = ("Quarter", "What", "Accrued", "Due", "Paid", "On", "Still owed")
"""Heads of the table of what is owed."""


def owed_rows(owed: tuple[Due, ...]) -> tuple[tuple[str, ...], ...]:
    """Write what accrued quarter by quarter and what was paid for it, a row each, under `OWED_HEADS`."""
    return tuple(_owed_row(one) for one in owed)


def _owed_row(one: Due) -> tuple[str, ...]:
    money = [_money(amount) for amount in (one.accrued_tiyn, one.paid_tiyn, one.open_tiyn)]
    days = [amounts.day(on) if on else "–" for on in (one.due_on, one.paid_on)]
    return _quarter(one.quarter), sentence(f"due.{one.kind.value}"), money[0], days[0], money[1], days[1], money[2]


def _quarter(quarter: Quarter) -> str:
    return amounts.quarter(str(quarter)).replace("\u00a0", " ")


def _money(amount_tiyn: int | None) -> str:
    return "not known" if amount_tiyn is None else in_words(amount_tiyn, "tiyn")


def owed_notes(owed: tuple[Due, ...]) -> tuple[str, ...]:
    """Say why a figure is not known, and in which quarter the fee was paid: cash, not accrual."""
    whys = [(one, one.unknown or (f"nobody gave: {fact_words(one.missing)}" if one.missing else "")) for one in owed]
    unknown = dict.fromkeys(f"{sentence(f'due.{one.kind.value}')}: {why}" for one, why in whys if why)
    cash = [
        f"{in_words(tiyn, 'tiyn')} in {_quarter(quarter)}" for quarter, tiyn in paid_by_quarter(owed=owed).items()
    ]
    paid = (f"The fee by the quarter of payment: {', '.join(cash)}.",) if cash else ()
    return (*(f"Not known. {one.rstrip('.')}." for one in unknown), *paid)


def burden_lines(burden: Burden) -> tuple[tuple[str, str], ...]:
    """Say what staying legal costs, for whom and how much: the sources' figures by size, and the operator's own."""
    lines = [_claim_words(one.size, one.least_ppm, one.most_ppm, one.base) for one in burden.claims]
    size = f"{sentence(burden.size)}: " if burden.size else ""
    if burden.cost_tiyn is not None and burden.share_ppm is not None:
        cost, earned = in_words(burden.cost_tiyn, "tiyn"), in_words(burden.earnings_tiyn, "tiyn")
        share = amounts.share(burden.share_ppm).replace(amounts.THIN, " ")
        said = f"{size}{cost} by that rate, {share} of {earned} of coins in {periods_words(burden.periods)}"
        lines.append(("This one", said))
    return (*lines, *(("Not known", one) for one in burden.unknown))


def _claim_words(size: str, least_ppm: int, most_ppm: int, base: str) -> tuple[str, str]:
    least, most = in_words(least_ppm, "ppm"), in_words(most_ppm, "ppm")
    share = least if least == most else f"{least.removesuffix(' %')} to {most}"
    return "Any size" if size == "any" else sentence(size).capitalize(), f"{share} of {base}"


def periods_words(periods: Sequence[str]) -> str:
    """Name quarters in short: those that follow each other as a range.

    >>> periods_words(["2025-Q2", "2025-Q3", "2025-Q4"]).replace(chr(160), " ")
    'Q2–Q4 2025'
    >>> periods_words(["2024-Q4", "2025-Q1", "2025-Q3"]).replace(chr(160), " ")
    'Q4 2024–Q1 2025, Q3 2025'
    """
    runs: list[list[Quarter]] = []
    for year, number in (map(int, one.split("-Q")) for one in periods):
        quarter = Quarter(year, number)
        if runs and runs[-1][-1].next == quarter:
            runs[-1].append(quarter)
        else:
            runs.append([quarter])
    return ", ".join(_run_words(run[0], run[-1]) for run in runs)


def _run_words(first: Quarter, last: Quarter) -> str:
    until = amounts.quarter(str(last))
    if first == last:
        return until
    return f"Q{first.number}–{until}" if first.year == last.year else f"{amounts.quarter(str(first))}–{until}"
