"""The simulation's own constants as assumptions: what no file states is stated here, with its reason."""

from kezek.day import bidding, books, use
from kezek.duties.records import METER_TOLERANCE_PPM
from kezek.grid.explain import KEZEK, Assumption
from kezek.registry import population
from kezek.units.quantity import Energy, EnergyPrice, Money, Share


def _made_up(key: str, value: object, why: str) -> Assumption:
    return Assumption(key, str(value), "", True, why, KEZEK)


def _span(low: object, high: object) -> str:
    return f"{low} to {high}"


def simulation_constants() -> tuple[Assumption, ...]:
    """List the constants of the simulation, each read from where it is used."""
    return (*_fleet(), *_bidders(), *_books())


def _fleet() -> tuple[Assumption, ...]:
    jitter = Share(1_000 * population.SIZE_JITTER_PERMILLE)
    age = _span(*population.LICENCE_AGE_DAYS)
    return (
        _made_up("operator_size", "(rank + 3) ** -1.25", "few large operators and a long tail, as S1 describes it"),
        _made_up("operator_size_jitter", f"± {jitter}", "chance around the size of the rank"),
        _made_up("hosts", population.HOST_COUNT, "the largest grid buyers take tenants in"),
        _made_up("site_power", f"{population.SITE_POWER_PERCENT} %", "connection, of all registered machines' power"),
        _made_up("licence_age", f"{age} days", "licences cover the last nine months as far as licences existed"),
        _made_up(
            "solar_day", f"{use.SOLAR_DAY.start}:00 to {use.SOLAR_DAY.stop}:00", "own solar and wind run by day"
        ),
    )


def _bidders() -> tuple[Assumption, ...]:
    step = Money(bidding.PREPAID_STEP_TIYN)
    return (
        _made_up("prepaid", f"{bidding.PREPAID_PERCENT} %", f"of the most that orders can cost, in steps of {step}"),
        _made_up("thrifty_bidder", f"{bidding.THRIFTY_PERCENT} %", "one bidder prepays too little, and is refused"),
    )


def _books() -> tuple[Assumption, ...]:
    hours, oversold = (_span(*map(Share, span)) for span in (books.HOURS_SPREAD_PPM, books.OVERSOLD_PPM))
    bought = _span(*(Share(1_000 * permille) for permille in books.BOUGHT_PERMILLE))
    first, last = books.FEE_DAYS_EARLY
    return (
        _made_up("books_hours", hours, "of hours_with_power, by operator and quarter"),
        _made_up("books_daylight_hours", books.DAYLIGHT_HOURS, "hours a day of own solar and wind in past quarters"),
        _made_up(
            "books_price", f"reserve + {EnergyPrice(books.PRICE_OVER_RESERVE_TIYN)} at most", "past prices paid"
        ),
        _made_up("books_bought", bought, "energy bought in past quarters, of what was metered"),
        _made_up("books_oversold", oversold, "coins sold over the due share in past quarters"),
        _made_up("books_fee_early", f"{first} to {last - 1} days", "fee returned and paid ahead of the deadline"),
        _made_up(
            "books_fee_fallback",
            EnergyPrice(books.FALLBACK_FEE_TIYN_PER_KWH),
            "paid per kWh where the law leaves the rate open: the lowest of 2023",
        ),
        _made_up(
            "books_uncapped_purchase",
            Energy(1_000 * books.UNCAPPED_PURCHASE_KWH),
            "largest purchase where the law knows no maximum",
        ),
        _made_up("books_inspected", books.INSPECTED_MACHINES, "machines that an inspection of a quarter looks at"),
        _made_up(
            "books_otherwise",
            "in order",
            "complete logs, sound meters, licensed sites, fingerprints as registered, reports filed; nothing claimed",
        ),
        _made_up("meter_tolerance", Share(METER_TOLERANCE_PPM), "coins may imply this much more energy than metered"),
    )
