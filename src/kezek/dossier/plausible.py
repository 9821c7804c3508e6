"""What cannot be, or is odd, by physics, by prices or by the calendar: each with its arithmetic."""

from collections.abc import Iterator
from datetime import date

from kezek.dossier.contradiction import books_until
from kezek.dossier.coverage import judge_coverage
from kezek.dossier.field import Values
from kezek.dossier.kind import FIRST_REGIME_ON
from kezek.dossier.machine import rig_of
from kezek.dossier.number import holder_of, is_personal
from kezek.dossier.parse import Findings
from kezek.dossier.plausible_machine import judge_machines
from kezek.dossier.plausible_price import judge_prices
from kezek.dossier.problem import FlagCode
from kezek.duties.facts import HolderKind
from kezek.facts.figures import tiyn_per_usd, usd_cents_per_btc
from kezek.mining.value import SAT_PER_BTC, coin_price
from kezek.units.problem import InputProblem
from kezek.units.quantity import Coins, Energy, Money, Power
from kezek.units.rounding import PPM, half_up, share_of

FIRST_LICENCE_ON = date(2023, 4, 1)
_TOLERANCE_PPM = 50_000
"""Two ways to the same figure may differ by so much before it is odd. [ppm]"""
_ACTS = (
    *("submitted", "decided", "fee_paid_on", "notified_on", "end_notified_on", "ended_on", "seen_on", "replaced_on"),
    *("excluded_on", "registered_on", "imported_on", "left_on", "returned_on", "paid_on", "report_on"),
    "terminated_on",
)
"""Keys of what was done; a day after the verdict's is odd."""


def judge_plausible(*, values: Values, as_of: date, findings: Findings) -> None:
    """Look for what cannot be and what is odd; both are kept in `findings`.

    Refusals: dossier.price.implied for energy and money that stand together and do not fit, dossier.machine.physics.
    Flags: see `FlagCode`.
    """
    _holder(values, findings)
    _licences(values, findings)
    _application(values, as_of, findings)
    judge_machines(values=values, findings=findings)
    for table in _tables(values):
        _dates(table, as_of, findings)
    books = sorted(_begun(values, as_of), key=lambda book: book["period"])
    stock_sat = 0
    for book in books:
        _coins(book, stock_sat, findings)
        stock_sat = max(0, stock_sat + _total(book, "received") - _total(book, "sold"))
        _coin_value(book, findings)
        judge_prices(book=book, as_of=as_of, findings=findings)
        _energy(book, values, as_of, findings)
    judge_coverage(values=values, books=books, as_of=as_of, findings=findings)


def _begun(values: Values, as_of: date) -> list[Values]:
    """Quarters that have books; others are refused elsewhere."""
    quarters: list[Values] = values.get("quarter", [])
    return [one for one in quarters if books_until(quarter=one, as_of=as_of) > one["period"].from_on]


def _tables(values: Values) -> Iterator[Values]:
    """Every table that has dates of what was done."""
    yield from (values[name] for name in ("application", "notice") if name in values)
    for name in ("licence", "sighting", "import", "replacement", "quarter"):
        yield from values.get(name, [])
    yield from (book["fee"] for book in values.get("quarter", []) if "fee" in book)


def _dates(table: Values, as_of: date, findings: Findings) -> None:
    for key in _ACTS:
        on = table.get(key)
        if not on:
            continue
        if on > as_of:
            sentence = f"{key} = {on} is after {as_of}, the day of the verdict: it counts as not done yet."
            findings.flag(FlagCode.DONE_LATER, sentence, findings.path_of(table, key))
        elif on < FIRST_REGIME_ON:
            sentence = f"{key} = {on} lies before {FIRST_REGIME_ON}, when the first rules on mining took effect."
            findings.flag(FlagCode.DATE_EARLY, sentence, findings.path_of(table, key))


def _holder(values: Values, findings: Findings) -> None:
    operator = values["operator"]
    number, kind = operator.get("bin"), operator.get("kind")
    personal = (HolderKind.INDIVIDUAL_ENTREPRENEUR, HolderKind.NATURAL_PERSON)
    if number is None or kind is None:
        return
    fits = {
        HolderKind.INDIVIDUAL_ENTREPRENEUR: is_personal(number) or number[4] == "6",
        HolderKind.NATURAL_PERSON: is_personal(number),
        HolderKind.KAZAKH_LEGAL_ENTITY: number[4] == "4",
        HolderKind.FOREIGN_ENTITY: number[4] == "5",
    }[kind]
    if not fits:
        due = "0 to 3, or 6 for a joint trader" if kind in personal else "4 at home and 5 abroad"
        sentence = f"{number} is the number of {holder_of(number)}, its fifth digit being {number[4]}; "
        sentence += f'kind = "{kind}" has {due}.'
        findings.flag(FlagCode.NUMBER_KIND, sentence, findings.path_of(operator, "bin"))


def _licences(values: Values, findings: Findings) -> None:
    if values["operator"].get("has_licence") and not values.get("licence"):
        sentence = "has_licence = true, and there is no [[licence]]: whether it covers the mining stays unknown."
        findings.flag(FlagCode.SECTION_MISSING, sentence, findings.path_of(values["operator"], "has_licence"))
    for licence in values.get("licence", []):
        if licence["from"] < FIRST_LICENCE_ON:
            sentence = f"Licence {licence['number']} runs from {licence['from']}; there were none before "
            sentence += f"{FIRST_LICENCE_ON}."
            findings.flag(FlagCode.LICENCE_EARLY, sentence, findings.path_of(licence, "from"))
        for part in licence.get("suspensions", []):
            if part["from"] < licence["from"] or part["until"] > licence["until"]:
                sentence = f"The suspension {part['from']} until {part['until']} is not inside the licence, "
                sentence += f"{licence['from']} until {licence['until']}."
                findings.flag(FlagCode.SUSPENSION_OUTSIDE, sentence, findings.path_of(part, "from"))


def _application(values: Values, as_of: date, findings: Findings) -> None:
    """An application that nobody has decided, by one who holds a licence already."""
    application = values.get("application", {})
    valid = [one for one in values.get("licence", []) if one["from"] <= as_of < one["until"]]
    if application.get("submitted") and application.get("decided") is False and valid:
        sentence = f"decided = false, and licence {valid[0]['number']} has been valid since {valid[0]['from']}: "
        sentence += "an application for the next one, or a slip?"
        findings.flag(FlagCode.APPLIED_WITH_LICENCE, sentence, findings.path_of(application, "decided"))


def _total(book: Values, key: str) -> int:
    return sum(book.get(key, {}).values())


def _differs(found: int, due: int) -> bool:
    return abs(found - due) > share_of(due, _TOLERANCE_PPM)


def _coins(book: Values, stock_sat: int, findings: Findings) -> None:
    received, sold, mined = _total(book, "received"), _total(book, "sold"), book.get("mined")
    period = book["period"]
    if mined is not None and received > mined:
        sentence = (
            f"{period}: {Coins(received)} received is {Coins(received - mined)} more than the {Coins(mined)} mined."
        )
        findings.flag(FlagCode.RECEIVED_OVER_MINED, sentence, findings.path_of(book, "received"))
    elif mined is not None and "pool_fee" in book and "received" in book:
        due = mined - share_of(mined, book["pool_fee"])
        if _differs(received, due):
            sentence = (
                f"{period}: {Coins(mined)} mined less the pools' share is {Coins(due)}, and {Coins(received)} came."
            )
            findings.flag(FlagCode.POOL_FEE_DIFFERS, sentence, findings.path_of(book, "received"))
    if "received" in book and sold > received + stock_sat:
        sentence = f"{period}: {Coins(sold)} sold is more than {Coins(received)} received and {Coins(stock_sat)} "
        sentence += "left over from the quarters in this file; the rest must come from earlier ones."
        findings.flag(FlagCode.SOLD_OVER_STOCK, sentence, findings.path_of(book, "sold"))
    if "received" in book and book.get("disclosed", 0) > received:
        sentence = f"{period}: {Coins(book['disclosed'])} disclosed is more than the {Coins(received)} received."
        findings.flag(FlagCode.DISCLOSED_OVER_RECEIVED, sentence, findings.path_of(book, "disclosed"))


def _coin_value(book: Values, findings: Findings) -> None:
    """A coin costs between half the lowest and twice the highest monthly figure of its quarter."""
    received, value, first = _total(book, "received"), book.get("coin_value"), book["period"].from_on
    if not received or value is None:
        return
    months = [date(first.year, first.month + n, 1) for n in range(3)]
    try:
        known = [coin_price(on=on, usd_cents=usd_cents_per_btc(), tiyn_per_usd=tiyn_per_usd()) for on in months]
    except InputProblem:
        return
    prices = [one.tiyn_per_btc for one in known]
    found = half_up(value * SAT_PER_BTC, received)
    if not min(prices) <= 2 * found or not found <= 2 * max(prices):
        sentence = f"{book['period']}: {Money(value)} for {Coins(received)} is {_whole(found)} for a bitcoin; "
        sentence += f"the months of the quarter had {_whole(min(prices))} to {_whole(max(prices))}."
        findings.flag(FlagCode.COIN_VALUE_ODD, sentence, findings.path_of(book, "coin_value"))


def _whole(tiyn: int) -> str:
    return Money(tiyn).in_unit("₸", 0)


def _energy(book: Values, values: Values, as_of: date, findings: Findings) -> None:
    """No more energy than the whole mine draws in all hours of the quarter; by its machines, with a fifth more."""
    hours = 24 * (books_until(quarter=book, as_of=as_of) - book["period"].from_on).days
    metered, power = book.get("metered"), values["operator"].get("power")
    machines = _machines_w(values)
    if machines is not None:
        machines += share_of(machines, PPM * 20 // 100)
    limits = [(power, "the mine has"), (machines, "the machines draw, with a fifth for cooling,")]
    for limit, who in limits:
        if metered and limit is not None and metered > limit * hours:
            mean = half_up(metered, hours)
            sentence = f"{book['period']}: {Energy(metered)} in {hours} h is {Power(mean)} on average, and {who} "
            sentence += f"{Power(limit)}, which makes at most {Energy(limit * hours)}."
            findings.flag(FlagCode.ENERGY_OVER_POWER, sentence, findings.path_of(book, "metered"))
            return


def _machines_w(values: Values) -> int | None:
    """Power of all machines; None where one is not known. [W]"""
    parts = [(one.get("count"), rig_of(machine=one).power_w) for one in values.get("machine", [])]
    known = [count * power for count, power in parts if count is not None and power is not None]
    return sum(known) if known and len(known) == len(parts) else None
