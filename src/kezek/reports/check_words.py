"""The sentences of a check: the verdict, how firm it is, margins, consequences, readings, deadlines."""

from collections.abc import Iterable, Sequence
from datetime import date

from kezek.duties.ahead import Ahead
from kezek.duties.burden import Burden, Claim
from kezek.duties.check import Verdict
from kezek.duties.dues import Due, DueKind, paid_by_quarter
from kezek.duties.finding import Change, Consequence, ConsequenceKind, Finding, Otherwise, Status
from kezek.duties.formula import in_words
from kezek.law.book import Book
from kezek.reports import amounts
from kezek.reports.ways import missing_words
from kezek.reports.words import graded, sentence
from kezek.units.calendar import Quarter


def counts_of(verdict: Verdict) -> dict[Status, int]:
    """Count duties by status."""
    statuses = [one.status for one in verdict.duties]
    return {status: statuses.count(status) for status in Status}


def verdict_sentence(verdict: Verdict) -> str:
    """Say the verdict in one sentence, and which quarters it is about."""
    counts, judged = counts_of(verdict), len(verdict.duties)
    breached, at_risk, undetermined = (counts[one] for one in (Status.BREACHED, Status.AT_RISK, Status.UNDETERMINED))
    duties = "duty" if judged == 1 else "duties"
    rest = [f"{n} {word}" for n, word in ((undetermined, "undetermined"), (at_risk, "at risk")) if n]
    if breached:
        said = ", ".join([f"Not compliant: {breached} of {judged} {duties} breached", *rest])
    elif undetermined:
        said = f"Not decided: of {judged} {duties} none is breached, but {' and '.join(rest)}"
    elif at_risk:
        said = f"Compliant so far: no breach, {at_risk} of {judged} {duties} at risk"
    elif not counts[Status.MET]:
        said = "Nothing to judge: no duty applies"
    else:
        said = f"Compliant: {counts[Status.MET]} of {judged} {duties} met, and the others do not apply"
    return f"{said} ({judged_words(verdict)})."


def judged_words(verdict: Verdict) -> str:
    """Name the quarters that were judged: "judged: Q1 2024 to Q3 2025"."""
    periods = sorted({one.period for one in verdict.findings if one.period})
    if not periods:
        return "no quarter judged"
    runs = [[amounts.quarter(str(one)) for one in (run[0], run[-1])] for run in quarter_runs(periods)]
    said = ", ".join(first if first == last else f"{first} to {last}" for first, last in runs)
    return f"judged: {said}".replace("\u00a0", " ")


def robustness_sentence(verdict: Verdict) -> str:
    """Say whether another reading of the law would change the verdict, or what a breach costs.

    Findings are tried one by one, each over the questions that it touches: nothing is said of them together.
    """
    moved = sum(not one.holds_under_all_readings for one in verdict.findings)
    depends = f"{amounts.noun(moved, 'finding depends', 'findings depend')} on the reading." if moved else ""
    costly = sum(bool(one.otherwise) for one in verdict.breached)
    cost = f"What {amounts.noun(costly, 'breach costs', 'breaches cost')} depends on it, too." if costly else ""
    cost = cost if depends else cost.replace("it, too", "the reading")
    return " ".join(filter(None, (_firm(verdict), depends, cost)))


def _firm(verdict: Verdict) -> str:
    if any(one.holds_under_all_readings for one in verdict.breached):
        return "Not compliant under every reading of the law."
    if verdict.breached:
        freed = [any(change.status is not Status.UNDETERMINED for change in one.changes) for one in verdict.breached]
        how = "is gone" if all(freed) else "is gone or cannot be judged" if any(freed) else "cannot be judged"
        return f"Each breach {how} under some other reading of the law."
    turning = {one.duty for one in verdict.findings for change in one.changes if change.status is Status.BREACHED}
    if turning:
        duties = f"{len(turning)} {'duty' if len(turning) == 1 else 'duties'}"
        return f"Under another reading of the law {duties} would be breached."
    undecided = [one for one in verdict.findings if one.status is Status.UNDETERMINED]
    facts = " in the facts given" if any(one.missing for one in undecided) else ""
    judged = ", as far as it can be judged" if any(not one.missing for one in undecided) else ""
    return f"No reading of the law finds a breach{facts}{judged}."


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
    unknown = f"; {unknown_words(one.unknown)}" if one.unknown else ""
    if most is None:
        return f"{what}{unknown}"
    if one.kind is ConsequenceKind.PRISON or least is None:
        said = f"{what}, up to {most}"
    else:
        said = f"{what}: {most}" if least == most else f"{what}: {_short(least, most)} to {most}"
    return f"{said}{unknown}"


def unknown_words(unknown: str) -> str:
    """Say what is missing, or which question is open.

    >>> unknown_words("the rate"), unknown_words("How long a term?")
    ('not known: the rate', 'open question: How long a term?')
    """
    return f"{'open question' if unknown.endswith('?') else 'not known'}: {unknown}"


def _short(least: str, most: str) -> str:
    """Leave the unit out of the lower end of a range: 1 to 6 months."""
    number, _, unit = least.rpartition(" ")
    return number if unit.rstrip("s") == most.rpartition(" ")[2].rstrip("s") else least


def stake_words(finding: Finding) -> str:
    """Say what is at stake, and between what and what by the reading; "" where nothing is.

    >>> stake_words(Finding("fee.amount", "", Status.BREACHED, "", at_stake_tiyn=300))
    '3.00 ₸'
    """
    own = finding.at_stake_tiyn
    stakes = sorted({own, *(one.at_stake_tiyn for one in finding.otherwise)})
    least, most = in_words(stakes[0], "tiyn"), in_words(stakes[-1], "tiyn")
    said = in_words(own, "tiyn")
    if len(stakes) == 1:
        return said if own else ""
    if own == stakes[0]:
        return f"{said}; by the reading up to {most}"
    return f"{said}; by the reading {f'from {least}' if own == stakes[-1] else f'{_short(least, most)} to {most}'}"


def cost_words(other: Otherwise, finding: Finding) -> tuple[str, ...]:
    """Say what a breach costs under another reading, as far as it is something else than under this one."""
    own, there = ([consequence_words(one) for one in of.consequences] for of in (finding, other))
    said = [words for words in there if words not in own]
    if other.at_stake_tiyn != finding.at_stake_tiyn:
        said.append(f"at stake {in_words(other.at_stake_tiyn, 'tiyn')}")
    gone = [words for words in own if words not in there]
    return tuple(said) or tuple(f"without: {words}" for words in gone)


def change_words(change: Change, book: Book) -> tuple[str, ...]:
    """Say what the readings of a change hold, each with who holds it."""
    return readings_words(((change.question, change.position), *change.also), book)


def readings_words(readings: Iterable[tuple[str, str]], book: Book) -> tuple[str, ...]:
    """Say what readings hold, each with who holds it."""
    return tuple(position_words(question, position, book) for question, position in readings)


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


TURNS = "Breached under another reading"
"""Title of the list of duties that would be breached under another reading."""
UNJUDGED = "The law has these on that day, their content could not be read or is open, and no duty above judges them."
"""What stands over the list of what is not known and not judged."""
OWED_HEADS = ("Quarter", "What", "Accrued", "Due", "Paid or declared", "On", "Still owed")
"""Heads of the table of what is owed."""
OWED_MONEY = (2, 4, 6)
"""Columns of that table that hold money."""


def owed_rows(owed: tuple[Due, ...]) -> tuple[tuple[str, ...], ...]:
    """Write what accrued quarter by quarter and what was paid for it, a row each, under `OWED_HEADS`."""
    return tuple(_owed_row(one) for one in owed)


def _owed_row(one: Due) -> tuple[str, ...]:
    money = [_money(amount) for amount in (one.accrued_tiyn, one.paid_tiyn, one.open_tiyn)]
    if one.kind is DueKind.INCOME_TAX:
        money[1:] = [f"declared {_money(one.declared_tiyn)}", "–"]
    days = [amounts.day(on) if on else "–" for on in (one.due_on, one.paid_on)]
    return _quarter(one.quarter), sentence(f"due.{one.kind.value}"), money[0], days[0], money[1], days[1], money[2]


def _quarter(quarter: Quarter) -> str:
    return amounts.quarter(str(quarter)).replace("\u00a0", " ")


def _money(amount_tiyn: int | None) -> str:
    return "not known" if amount_tiyn is None else in_words(amount_tiyn, "tiyn")


def owed_notes(owed: tuple[Due, ...]) -> tuple[str, ...]:
    """Say why a figure is not known, and in which quarter the fee was paid: cash, not accrual."""
    whys = [
        (one, one.unknown or (f"nobody gave {missing_words(one.missing)}" if one.missing else "")) for one in owed
    ]
    unknown = dict.fromkeys(
        f"{sentence(f'due.{one.kind.value}')}: {why.removeprefix('Not known ')}" for one, why in whys if why
    )
    cash = [
        f"{in_words(tiyn, 'tiyn')} in {_quarter(quarter)}" for quarter, tiyn in paid_by_quarter(owed=owed).items()
    ]
    paid = (f"The fee by the quarter of payment: {', '.join(cash)}.",) if cash else ()
    declared = any(one.declared_tiyn is not None for one in owed)
    told = ("Income tax is set against what was declared; the file does not say what of it was paid.",)
    return (*(f"Not known. {one.rstrip('.')}." for one in unknown), *paid, *(told if declared else ()))


def burden_lines(burden: Burden) -> tuple[tuple[str, str], ...]:
    """Say what staying legal costs, for whom and how much: the sources' figures by size, and the operator's own."""
    lines = [_claim_words(one) for one in burden.claims]
    size = f"{sentence(burden.size)}: " if burden.size else ""
    if burden.cost_tiyn is not None and burden.share_ppm is not None:
        cost, earned = in_words(burden.cost_tiyn, "tiyn"), in_words(burden.earnings_tiyn, "tiyn")
        share = amounts.share(burden.share_ppm).replace(amounts.THIN, " ")
        said = f"{size}{cost} by that rate, {share} of {earned} of coins in {periods_words(burden.periods)}"
        lines.append(("This one", said))
    return (*lines, *(("Not known", one) for one in burden.unknown))


def _claim_words(claim: Claim) -> tuple[str, str]:
    least, most = in_words(claim.least_ppm, "ppm"), in_words(claim.most_ppm, "ppm")
    share = least if least == most else f"{least.removesuffix(' %')} to {most}"
    said = f"{share} of {claim.base} ({claim.source.upper()}, confidence {graded(claim.confidence)})"
    if claim.parts_ppm:
        cost, tax = (in_words(part, "ppm") for part in claim.parts_ppm)
        said += f", its tax of {tax} included; that cannot hold together with its own calculator: {cost} for "
        said += f"compliance and {tax} tax of profit make {in_words(sum(claim.parts_ppm), 'ppm')}"
    return "Any size" if claim.size == "any" else sentence(claim.size).capitalize(), said


def periods_words(periods: Sequence[str]) -> str:
    """Name quarters in short: those that follow each other as a range.

    >>> periods_words(["2025-Q2", "2025-Q3", "2025-Q4"]).replace(chr(160), " ")
    'Q2–Q4 2025'
    >>> periods_words(["2024-Q4", "2025-Q1", "2025-Q3"]).replace(chr(160), " ")
    'Q4 2024–Q1 2025, Q3 2025'
    """
    return ", ".join(_run_words(run[0], run[-1]) for run in quarter_runs(periods))


def quarter_runs(periods: Sequence[str]) -> list[list[Quarter]]:
    """Put quarters that follow each other together."""
    runs: list[list[Quarter]] = []
    for year, number in (map(int, one.split("-Q")) for one in periods):
        quarter = Quarter(year, number)
        if runs and runs[-1][-1].next == quarter:
            runs[-1].append(quarter)
        else:
            runs.append([quarter])
    return runs


def _run_words(first: Quarter, last: Quarter) -> str:
    until = amounts.quarter(str(last))
    if first == last:
        return until
    return f"Q{first.number}–{until}" if first.year == last.year else f"{amounts.quarter(str(first))}–{until}"
