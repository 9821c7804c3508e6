"""What the engine reads out of the law for a day: the market's rules and its clock."""

from datetime import date, datetime, time, timedelta

from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.market.order import MarketRules
from kezek.market.product import Session
from kezek.units.calendar import local_at
from kezek.units.problem import InputProblem


def market_rules(*, law: Snapshot) -> MarketRules:
    """Read the rules of validation and clearing.

    Raises:
        InputProblem: day.rules.no_market where no surplus auction exists on that day under these readings, and the
            law's own problem where a rule's content is unknown.
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
    """Place the session's clock on the day before delivery."""
    traded_on = on - timedelta(days=1)

    def at(key: str) -> datetime:
        return local_at(traded_on, time.fromisoformat(law.text(key)))

    return Session(at("market.prepayment_by"), at("market.volume_by"), at("market.opens"), at("market.closes"))
