"""What the engine reads out of the law for a day: the market's rules and its clock."""

from datetime import date, time, timedelta

from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.value import Value
from kezek.market.order import MarketRules
from kezek.market.product import Session
from kezek.units.calendar import local_at
from kezek.units.problem import InputProblem, nearest

_NEEDED = (
    "market.tie_rule",
    "market.price_tick_tiyn_per_kwh",
    "market.smallest_order_kwh",
    "market.bidder_subtypes",
    "vat.rate_ppm",
    "tax.income_base",
    "tax.income_rate_ppm",
    "compliance.base",
    "compliance.rate_ppm",
)


_VOCABULARY = {
    "market.price_rule": ("pay_as_bid", "uniform"),
    "market.tie_rule": ("pro_rata_per_operator", "time_priority", "equal_share"),
    "tax.income_base": ("profit", "gross", "revenue", "receipt_value"),
    "compliance.base": ("profit", "gross", "revenue", "receipt_value"),
}
_POSITIVE = ("market.price_tick_tiyn_per_kwh", "market.smallest_order_kwh")


def _require_vocabulary(law: Snapshot) -> None:
    """Refuse a law book whose words or amounts the market cannot carry out."""
    for key, words in _VOCABULARY.items():
        if law.text(key) not in words:
            raise _unusable(key, law.text(key), nearest(law.text(key), list(words)))
    for key in _POSITIVE:
        if law.amount(key) <= 0:
            raise _unusable(key, law.amount(key), "Write a whole number over zero.")
    largest_kwh = _purchase_max_kwh(law)
    if largest_kwh is not None and largest_kwh <= 0:
        raise _unusable("energy.purchase_max_kwh", largest_kwh, "Write a whole number over zero, or no maximum.")


def _unusable(key: str, found: object, way_out: str) -> InputProblem:
    return InputProblem("day.rules.unusable", f"{found!r} cannot be carried out.", f"law book, {key}", way_out)


def _require_known(law: Snapshot) -> None:
    """Name all values at once that the day needs and the profile leaves open, with the options that settle them."""
    open_keys = [found for key in _NEEDED if isinstance(found := law.find(key), Unknown)]
    fee = law.band_amount("fee.rate.general", 0)
    open_keys += [fee] if isinstance(fee, Unknown) else []
    if not open_keys:
        return
    keys = ", ".join(found.key for found in open_keys)
    what = f"Profile {law.profile.key} leaves open on {law.on} what the day needs: {keys}."
    options = dict.fromkeys(_option(found, law) for found in open_keys)
    other = "" if law.profile.key == "described" else "Use --profile described, or settle it. "
    settled = " ".join(option for option in options if option)
    way_out = f"{other}Add {settled}." if settled else f"{other or 'No reading gives a figure: '}choose another date."
    raise InputProblem("day.rules.law_open", what, "--profile", way_out)


def _option(found: Unknown, law: Snapshot) -> str:
    """Give the option that settles an open value: a position that has a figure, or consent to an unconfirmed one."""
    question = found.question
    if question and question not in law.chosen:
        answers = (
            position
            for position in sorted(law.questions[question].positions)
            if isinstance(law.with_readings({question: position}).band_amount(found.key, 0), Value)
        )
        positions = "|".join(answers)
        return f"--reading {question}={positions}" if positions else ""
    return f"--accept-unconfirmed {found.key}" if "accept_unconfirmed" in found.way_out else ""


def market_rules(*, law: Snapshot) -> MarketRules:
    """Read the rules of validation and clearing.

    Raises:
        InputProblem: day.rules.no_market where no surplus auction exists on that day under these readings,
            day.rules.law_open with all values that the profile leaves open and how to settle them.
    """
    try:
        price_rule = law.text("market.price_rule")
    except NoRuleInForce as absence:
        raise InputProblem(
            "day.rules.no_market",
            f"No surplus auction to run. {absence.what}",
            "--date",
            "Choose a date from 2023-07-01, when the trading rules came into force.",
        ) from absence
    _require_known(law)
    _require_vocabulary(law)
    return MarketRules(
        price_rule=price_rule,
        tie_rule=law.text("market.tie_rule"),
        price_tick_tiyn_per_kwh=law.amount("market.price_tick_tiyn_per_kwh"),
        smallest_order_kwh=law.amount("market.smallest_order_kwh"),
        purchase_max_kwh=_purchase_max_kwh(law),
        vat_ppm=law.amount("vat.rate_ppm"),
    )


def _purchase_max_kwh(law: Snapshot) -> int | None:
    """Largest purchase; before the cap came into force there was none."""
    try:
        return law.limit("energy.purchase_max_kwh")
    except NoRuleInForce:
        return None


def session_of(*, on: date, law: Snapshot) -> Session:
    """Place the session's clock on the day before delivery.

    Raises:
        InputProblem: day.rules.unusable for a clock that does not run forward.
    """
    traded_on = on - timedelta(days=1)
    keys = ("market.prepayment_by", "market.volume_by", "market.opens", "market.closes")
    clocks = [law.text(key) for key in keys]
    try:
        times = [local_at(traded_on, time.fromisoformat(clock)) for clock in clocks]
    except ValueError as error:
        raise _unusable(" ".join(keys), clocks, "Write clock times as 09:30.") from error
    if not times[0] <= times[1] <= times[2] < times[3]:
        raise _unusable(" ".join(keys), clocks, "Prepayment, volume, opening and close follow each other.")
    return Session(*times)
