"""What the law says to a session: the market's rules and its clock; what it leaves open is named with a way out."""

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta

from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.value import Value
from kezek.market.lots import purchase_max_kwh
from kezek.market.product import Session
from kezek.market.rules import CURTAILMENT_PRICES, PRICE_RULES, TIE_RULES, MarketRules
from kezek.units.calendar import local_at
from kezek.units.problem import InputProblem, nearest

MARKET_KEYS: tuple[keys.Key, ...] = (
    keys.MARKET_TIE_RULE,
    keys.MARKET_PRICE_TICK_TIYN_PER_KWH,
    keys.MARKET_SMALLEST_ORDER_KWH,
    keys.MARKET_BIDDER_SUBTYPES,
    keys.VAT_RATE_PPM,
)
"""Quantities without which no session can be held, besides the price rule and the price of a cut."""
MARKET_WORDS: Mapping[keys.Word, tuple[str, ...]] = {
    keys.MARKET_PRICE_RULE: tuple(PRICE_RULES),
    keys.MARKET_TIE_RULE: tuple(TIE_RULES),
}
"""Words that the market can carry out."""
_CUT_WORDS: Mapping[keys.Word, tuple[str, ...]] = {keys.MARKET_CURTAILMENT_PRICE: CURTAILMENT_PRICES}
"""Asked where all pay one price; each paying its own, there is no price to strike again."""
_POSITIVE = (keys.MARKET_PRICE_TICK_TIYN_PER_KWH, keys.MARKET_SMALLEST_ORDER_KWH)


def require_vocabulary(law: Snapshot, words: Mapping[keys.Word, tuple[str, ...]]) -> None:
    """Refuse a law book whose words cannot be carried out.

    Raises:
        InputProblem: trading.rules.unusable.
    """
    for key, known in words.items():
        if law.text(key) not in known:
            raise _unusable(key, law.text(key), nearest(law.text(key), list(known)))


def _require_sizes(law: Snapshot) -> None:
    """Refuse a law book whose amounts the market cannot carry out."""
    for size in _POSITIVE:
        if law.amount(size) <= 0:
            raise _unusable(size, law.amount(size), "Write a whole number over zero.")
    largest_kwh = purchase_max_kwh(law=law)
    if largest_kwh is not None and largest_kwh <= 0:
        raise _unusable(keys.ENERGY_PURCHASE_MAX_KWH, largest_kwh, "Write a whole number over zero, or no maximum.")


def _unusable(key: str, found: object, way_out: str) -> InputProblem:
    return InputProblem("trading.rules.unusable", f"{found!r} cannot be carried out.", f"law book, {key}", way_out)


def require_known(law: Snapshot, needed: Sequence[keys.Key], *, banded: Sequence[keys.Banded] = ()) -> None:
    """Name all values at once that are needed and that the profile leaves open, with the options that settle them.

    Raises:
        InputProblem: trading.rules.law_open.
    """
    open_keys = [found for key in needed if isinstance(found := law.find(key), Unknown)]
    open_keys += [found for key in banded if isinstance(found := law.band_amount(key, 0), Unknown)]
    if not open_keys:
        return
    named = ", ".join(found.key for found in open_keys)
    what = f"Profile {law.profile.key} leaves open on {law.on} what is needed: {named}."
    options = dict.fromkeys(_option(found, law) for found in open_keys)
    other = "" if law.profile.key == "described" else "Use --profile described, or settle it. "
    settled = " ".join(option for option in options if option)
    way_out = f"{other}Add {settled}." if settled else f"{other or 'No reading gives a figure: '}choose another date."
    raise InputProblem("trading.rules.law_open", what, "--profile", way_out)


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


def market_rules(
    *,
    law: Snapshot,
    needed: Sequence[keys.Key] = MARKET_KEYS,
    banded: Sequence[keys.Banded] = (),
    market_fee_tiyn_per_kwh: int = 0,
    transmission_tiyn_per_kwh: int = 0,
) -> MarketRules:
    """Read the rules of validation, clearing and curtailment.

    Args:
        needed, banded: Everything that must be known, so that all that is open is named in one refusal.
        market_fee_tiyn_per_kwh, transmission_tiyn_per_kwh: Charges of the session's terms. [tiyn/kWh]
    Raises:
        InputProblem: trading.rules.no_market where no surplus auction exists on that day under these readings,
            trading.rules.law_open with all values that the profile leaves open and how to settle them,
            trading.rules.unusable for a word or an amount that cannot be carried out.
    """
    try:
        price_rule = law.text(keys.MARKET_PRICE_RULE)
    except NoRuleInForce as absence:
        raise InputProblem(
            "trading.rules.no_market",
            f"No surplus auction to run. {absence.what}",
            "--date",
            "Choose a date from 2023-07-01, when the trading rules came into force.",
        ) from absence
    asked = price_rule == "uniform" or isinstance(law.find(keys.MARKET_CURTAILMENT_PRICE), Value)
    require_known(law, (*needed, *([keys.MARKET_CURTAILMENT_PRICE] if asked else [])), banded=banded)
    require_vocabulary(law, {**MARKET_WORDS, **(_CUT_WORDS if asked else {})})
    _require_sizes(law)
    return MarketRules(
        price_rule=price_rule,
        tie_rule=law.text(keys.MARKET_TIE_RULE),
        curtailment_price=law.text(keys.MARKET_CURTAILMENT_PRICE) if asked else "kept",
        price_tick_tiyn_per_kwh=law.amount(keys.MARKET_PRICE_TICK_TIYN_PER_KWH),
        smallest_order_kwh=law.amount(keys.MARKET_SMALLEST_ORDER_KWH),
        purchase_max_kwh=purchase_max_kwh(law=law),
        vat_ppm=law.amount(keys.VAT_RATE_PPM),
        market_fee_tiyn_per_kwh=market_fee_tiyn_per_kwh,
        transmission_tiyn_per_kwh=transmission_tiyn_per_kwh,
    )


def session_of(*, on: date, law: Snapshot) -> Session:
    """Place the session's clock on the day before delivery.

    Raises:
        InputProblem: trading.rules.unusable for a clock that does not run forward.
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
