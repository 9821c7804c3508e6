"""What the engine reads out of the law for a day: the market's rules and its clock."""

from datetime import date, datetime, time, timedelta

from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.market.order import MarketRules
from kezek.market.product import Session
from kezek.units.calendar import local_at
from kezek.units.problem import InputProblem

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
    way_out = f"{other}Add {' '.join(options)}."
    raise InputProblem("day.rules.law_open", what, "--profile", way_out)


def _option(found: Unknown, law: Snapshot) -> str:
    """Give the option that settles an open value: a reading where a question decides, else consent."""
    if not found.question or found.question in law.chosen:
        return f"--accept-unconfirmed {found.key}"
    others = {*law.questions[found.question].positions} - {law.positions[found.question], "unknown"}
    return f"--reading {found.question}={'|'.join(sorted(others))}"


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
