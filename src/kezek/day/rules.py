"""What the engine reads out of the law for a day: the market's rules and its clock."""

from datetime import date, time, timedelta

from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.value import Value
from kezek.market.order import MarketRules
from kezek.market.product import Session
from kezek.units.calendar import local_at
from kezek.units.problem import InputProblem, nearest

_NEEDED = (
    keys.MARKET_TIE_RULE,
    keys.MARKET_PRICE_TICK_TIYN_PER_KWH,
    keys.MARKET_SMALLEST_ORDER_KWH,
    keys.MARKET_BIDDER_SUBTYPES,
    keys.VAT_RATE_PPM,
    keys.TAX_INCOME_BASE,
    keys.TAX_INCOME_RATE_PPM,
    keys.COMPLIANCE_BASE,
    keys.COMPLIANCE_RATE_PPM,
)


_VOCABULARY = {
    keys.MARKET_PRICE_RULE: ("pay_as_bid", "uniform"),
    keys.MARKET_TIE_RULE: ("pro_rata_per_operator", "time_priority", "equal_share"),
    keys.TAX_INCOME_BASE: ("profit", "gross", "revenue", "receipt_value"),
    keys.COMPLIANCE_BASE: ("profit", "gross", "revenue", "receipt_value"),
}
_POSITIVE = (keys.MARKET_PRICE_TICK_TIYN_PER_KWH, keys.MARKET_SMALLEST_ORDER_KWH)


def _require_vocabulary(law: Snapshot) -> None:
    """Refuse a law book whose words or amounts the market cannot carry out."""
    for key, words in _VOCABULARY.items():
        if law.text(key) not in words:
            raise _unusable(key, law.text(key), nearest(law.text(key), list(words)))
    for size in _POSITIVE:
        if law.amount(size) <= 0:
            raise _unusable(size, law.amount(size), "Write a whole number over zero.")
    largest_kwh = _purchase_max_kwh(law)
    if largest_kwh is not None and largest_kwh <= 0:
        raise _unusable(keys.ENERGY_PURCHASE_MAX_KWH, largest_kwh, "Write a whole number over zero, or no maximum.")


def _unusable(key: str, found: object, way_out: str) -> InputProblem:
    return InputProblem("day.rules.unusable", f"{found!r} cannot be carried out.", f"law book, {key}", way_out)


def _require_known(law: Snapshot) -> None:
    """Name all values at once that the day needs and the profile leaves open, with the options that settle them."""
    open_keys = [found for key in _NEEDED if isinstance(found := law.find(key), Unknown)]
    fee = law.band_amount(keys.FEE_RATE_GENERAL, 0)
    open_keys += [fee] if isinstance(fee, Unknown) else []
    if not open_keys:
        return
    named = ", ".join(found.key for found in open_keys)
    what = f"Profile {law.profile.key} leaves open on {law.on} what the day needs: {named}."
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
            if isinstance(law.with_readings({question: position}).at(found.key, 0), Value)
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
        price_rule = law.text(keys.MARKET_PRICE_RULE)
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
        tie_rule=law.text(keys.MARKET_TIE_RULE),
        price_tick_tiyn_per_kwh=law.amount(keys.MARKET_PRICE_TICK_TIYN_PER_KWH),
        smallest_order_kwh=law.amount(keys.MARKET_SMALLEST_ORDER_KWH),
        purchase_max_kwh=_purchase_max_kwh(law),
        vat_ppm=law.amount(keys.VAT_RATE_PPM),
    )


def _purchase_max_kwh(law: Snapshot) -> int | None:
    """Largest purchase; before the cap came into force there was none."""
    try:
        return law.limit(keys.ENERGY_PURCHASE_MAX_KWH)
    except NoRuleInForce:
        return None


def session_of(*, on: date, law: Snapshot) -> Session:
    """Place the session's clock on the day before delivery.

    Raises:
        InputProblem: day.rules.unusable for a clock that does not run forward.
    """
    traded_on = on - timedelta(days=1)
    asked = (keys.MARKET_PREPAYMENT_BY, keys.MARKET_VOLUME_BY, keys.MARKET_OPENS, keys.MARKET_CLOSES)
    clocks = [law.text(key) for key in asked]
    try:
        times = [local_at(traded_on, time.fromisoformat(clock)) for clock in clocks]
    except ValueError as error:
        raise _unusable(" ".join(asked), clocks, "Write clock times as 09:30.") from error
    if not times[0] <= times[1] <= times[2] < times[3]:
        raise _unusable(" ".join(asked), clocks, "Prepayment, volume, opening and close follow each other.")
    return Session(*times)
