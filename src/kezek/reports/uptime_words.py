"""The words and the plain object of a comparison of buyers: what a person, a script and Kezek make of one day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Any

from kezek.market.platform import PlatformRefusal, Window
from kezek.planning.at_risk import HourAhead, Risk
from kezek.planning.purchasing import Buyer, BuyerResult, Comparison, LotEnd, Miss
from kezek.reports import amounts
from kezek.units.calendar import ALMATY, local_at
from kezek.units.rounding import PPM

FORMAT = "kezek-uptime-1"
BUYERS: Mapping[Buyer, str] = MappingProxyType({Buyer.PERSON: "Person", Buyer.SCRIPT: "Script", Buyer.KEZEK: "Kezek"})
RISKS: Mapping[Risk, str] = MappingProxyType(
    {
        Risk.OUTAGE: "an announced outage takes the time",
        Risk.OPEN_LIMIT: "too few purchases may wait for approval at a time",
        Risk.RATE_LIMIT: "too few requests are allowed in a minute",
        Risk.NO_TIME: "the platform opens too late for it",
        Risk.FAILURES: "enough time only if approvals are quick and few answers get lost",
    }
)
MISSES: Mapping[Miss, str] = MappingProxyType(
    {
        Miss.APPROVED_LATE: "approved too late",
        Miss.OUTAGE: "asked for in an outage",
        Miss.NO_ANSWER: "no answer came",
        Miss.TOO_MANY_OPEN: "too many were open",
        Miss.RATE_LIMIT: "over the limit of requests",
        Miss.NOT_REACHED: "not reached in time",
    }
)
REFUSALS: Mapping[PlatformRefusal, str] = MappingProxyType(
    {
        PlatformRefusal.OUTAGE: "platform down",
        PlatformRefusal.NOT_OPEN: "not open yet",
        PlatformRefusal.CLOSED: "hour closed",
        PlatformRefusal.OVER_PURCHASE_MAX: "over the cap",
        PlatformRefusal.ID_TAKEN: "id taken",
        PlatformRefusal.RATE_LIMIT: "over the rate limit",
        PlatformRefusal.TOO_MANY_OPEN: "too many open",
        PlatformRefusal.NO_ANSWER: "no answer",
    }
)
ENDS: Mapping[LotEnd, str] = MappingProxyType(
    {LotEnd.IN_TIME: "in time", LotEnd.LATE: "too late", LotEnd.NOT_BOUGHT: "not bought"}
)


@dataclass(frozen=True, slots=True)
class UptimeView:
    """A comparison with where it comes from.

    Args:
        source: Name of the file.
        seed: Seed of chance.
    """

    comparison: Comparison
    delivery_on: date
    source: str
    seed: int


def span(seconds: int) -> str:
    """Write a span of time in its two largest units.

    >>> span(2750), span(-40), span(90_000), span(420)
    ('45 min 50 s', '−40 s', '25 h', '7 min')
    """
    minus, left = (amounts.MINUS, -seconds) if seconds < 0 else ("", seconds)
    hours, rest = divmod(left, 3_600)
    minutes, rest_s = divmod(rest, 60)
    units = ((hours, "h"), (minutes, "min")) if hours else ((minutes, "min"), (rest_s, "s"))
    return minus + (" ".join(f"{number} {unit}" for number, unit in units if number) or "0 s")


def outage_words(view: UptimeView, windows: Sequence[Window]) -> str:
    """List outages on the clock of Kazakhstan, a day named where it changes; "none" where there is none."""
    zero, words, on = local_at(view.delivery_on, time(0)), [], None
    for window in windows:
        spoken = []
        for at_s in (window.from_s, window.until_s):
            at = (zero + timedelta(seconds=at_s)).astimezone(ALMATY)
            spoken.append(f"{at:%H:%M}" if at.date() == on else f"{at.day} {at:%b %H:%M}")
            on = at.date()
        words.append(" to ".join(spoken))
    return "; ".join(words) or "none"


def uptime(ppm: int) -> str:
    """Write an uptime to a tenth, rounded down: only all of it is 100 %.

    >>> uptime(999_999).replace(amounts.THIN, " "), uptime(1_000_000).replace(amounts.THIN, " ")
    ('99.9 %', '100 %')
    """
    return amounts.share(ppm - ppm % 1_000, 0 if ppm == PPM else 1)


def hours_up(result: BuyerResult) -> str:
    """Write the hours that were covered, each by its share, to a tenth, rounded down."""
    tenths = sum(hour.covered_ppm for hour in result.hours if hour.needed_kwh) // 100_000
    return f"{tenths // 10}.{tenths % 10}"


def headline(view: UptimeView) -> str:
    """Say in one sentence how much each buyer covers."""
    results = view.comparison.results
    kezek, script, person = (uptime(results[one].uptime_ppm) for one in (Buyer.KEZEK, Buyer.SCRIPT, Buyer.PERSON))
    return f"Kezek covers {kezek} of the energy in time, a naive script {script}, a person clicking {person}."


def bound_words(view: UptimeView) -> str:
    """Say what is possible, and how near Kezek comes."""
    comparison = view.comparison
    possible_kwh = sum(comparison.bound_kwh)
    short_kwh = possible_kwh - comparison.results[Buyer.KEZEK].covered_kwh
    if comparison.bound_ppm == PPM:
        best = "All of it can be covered on this platform"
    else:
        best = f"No buyer can cover more than {uptime(comparison.bound_ppm)} on this platform"
    return f"{best}; Kezek {f'stays {_mwh(short_kwh)} under it' if short_kwh else 'reaches it'}."


def ahead_lines(ahead: Sequence[HourAhead]) -> Iterator[tuple[str, str]]:
    """Name the hours at risk, then the least slack of the others; nothing of it needs a single request."""
    for one in ahead:
        if one.risk is None:
            continue
        lots = amounts.noun(one.lots, "purchase", "purchases")
        slack = f"slack {span(one.slack_s or 0)}, with a reserve {span(one.slack_reserved_s or 0)}"
        lead = f"{amounts.count(one.lots_short)} of {lots} cannot be in time" if one.lots_short else slack
        yield one.hour.label, f"{lead}: {RISKS[one.risk]}."
    sure = [one for one in ahead if one.lots and one.risk is None]
    least = min(sure, key=lambda one: one.slack_reserved_s or 0, default=None)
    if least is not None:
        count = amounts.noun(len(sure), "hour has", "hours have")
        yield (
            "",
            f"{count} time enough; the least is {span(least.slack_s or 0)} at {least.hour.label}, "
            f"and {span(least.slack_reserved_s or 0)} with a reserve for lost answers and slow approvals.",
        )


def missed_words(view: UptimeView, buyer: Buyer) -> str:
    """Name the hours that a buyer does not cover whole, by the reason that most of their purchases have."""
    hours, results = view.comparison.case.hours, view.comparison.results[buyer].hours
    by_miss: dict[Miss, list[int]] = {}
    for nth, result in enumerate(results):
        if result.miss is not None:
            by_miss.setdefault(result.miss, []).append(nth)
    labels = [hour.label for hour in hours]
    return "; ".join(f"{MISSES[miss]}: {_runs(by_miss[miss], labels)}" for miss in Miss if miss in by_miss) or "none"


def _runs(indexes: Sequence[int], labels: Sequence[str]) -> str:
    """Name hours; of three or more in a row the first and the last.

    >>> _runs([0, 1, 2, 4], ["00:00", "01:00", "02:00", "03:00", "04:00"])
    '00:00 to 02:00, 04:00'
    """
    runs: list[list[int]] = []
    for index in indexes:
        if runs and runs[-1][-1] == index - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    named = ([f"{labels[run[0]]} to {labels[run[-1]]}"] if len(run) > 2 else [labels[n] for n in run] for run in runs)
    return ", ".join(one for names in named for one in names)


def refusal_words(result: BuyerResult) -> str:
    """Count the requests that were not taken, by reason."""
    return ", ".join(f"{REFUSALS[code]} {amounts.count(n)}" for code, n in result.refusals.items()) or "none"


def summary_rows(view: UptimeView) -> list[tuple[str, str, str, str, str]]:
    """Give the lines of the comparison: name, the three buyers in order, what is possible."""
    comparison = view.comparison
    results = [comparison.results[buyer] for buyer in BUYERS]
    bound = sum(comparison.bound_kwh)
    mwh = amounts.bare_mwh

    def row(name: str, cells: Sequence[str], possible: str = "") -> tuple[str, str, str, str, str]:
        person, script, kezek = cells
        return name, person, script, kezek, possible

    return [
        row("Uptime, by energy", [uptime(one.uptime_ppm) for one in results], uptime(comparison.bound_ppm)),
        row(f"Hours up, of {comparison.needed_hours}", [hours_up(one) for one in results], _bound_hours(comparison)),
        row("Hours covered whole", *_whole_hours(comparison)),
        row("MWh covered", [_whole(mwh(one.covered_kwh)) for one in results], _whole(mwh(bound))),
        row("MWh lost", [_whole(mwh(one.lost_kwh)) for one in results], _whole(mwh(comparison.needed_kwh - bound))),
        *(row(f"Purchases {ENDS[end]}", [amounts.count(one.ends.count(end)) for one in results]) for end in LotEnd),
        row("Bought twice", [amounts.count(one.doubles) for one in results]),
        row("MWh bought twice", [_whole(mwh(one.double_kwh)) for one in results]),
        row("Requests sent", [amounts.count(one.requests) for one in results]),
        row("Not taken", [amounts.count(sum(one.refusals.values())) for one in results]),
    ]


def _mwh(kwh: int) -> str:
    return f"{_whole(amounts.bare_mwh(kwh))}\u00a0MWh"


def _whole(number: str) -> str:
    return number.removesuffix(".000")


def _whole_hours(comparison: Comparison) -> tuple[list[str], str]:
    """Count the hours that each buyer covers whole, and those that the bound does."""
    needed = [nth for nth, hour in enumerate(comparison.case.hours) if hour.needed_kwh]
    by_buyer = [sum(comparison.results[one].hours[nth].miss is None for nth in needed) for one in BUYERS]
    possible = sum(comparison.bound_kwh[nth] == comparison.case.hours[nth].needed_kwh for nth in needed)
    return [amounts.count(one) for one in by_buyer], amounts.count(possible)


def _bound_hours(comparison: Comparison) -> str:
    """Write the hours that the bound covers, each by its share, to a tenth, rounded down."""
    pairs = zip(comparison.bound_kwh, comparison.case.hours, strict=True)
    tenths = sum(10 * 1_000 * kwh // hour.needed_kwh for kwh, hour in pairs if hour.needed_kwh) // 1_000
    return f"{tenths // 10}.{tenths % 10}"


def uptime_json(view: UptimeView) -> dict[str, Any]:
    """Give the comparison as a plain object: whole numbers in the smallest unit, codes for reasons."""
    comparison, case = view.comparison, view.comparison.case
    zero = local_at(view.delivery_on, time(0))

    def at(seconds: int) -> str:
        return (zero + timedelta(seconds=seconds)).isoformat()

    def windows(given: Sequence[Window]) -> list[dict[str, str]]:
        return [{"from_at": at(one.from_s), "until_at": at(one.until_s)} for one in given]

    return {
        "format": FORMAT,
        "delivery_on": str(view.delivery_on),
        "source": view.source,
        "seed": view.seed,
        "needed_kwh": comparison.needed_kwh,
        "lots": sum(one.lots for one in comparison.ahead),
        "outages_announced": windows(case.announced),
        "outages_surprising": windows(case.surprises),
        "bound": {"covered_kwh": sum(comparison.bound_kwh), "uptime_ppm": comparison.bound_ppm},
        "buyers": {
            str(buyer): _buyer_json(result)
            | {"last_approved_at": None if result.last_approved_s is None else at(result.last_approved_s)}
            for buyer, result in comparison.results.items()
        },
        "hours": [_hour_json(comparison, nth, at(hour.starts_s)) for nth, hour in enumerate(case.hours)],
    }


def _buyer_json(result: BuyerResult) -> dict[str, Any]:
    return {
        "uptime_ppm": result.uptime_ppm,
        "covered_kwh": result.covered_kwh,
        "lost_kwh": result.lost_kwh,
        "lots": {str(end): result.ends.count(end) for end in LotEnd},
        "doubles": result.doubles,
        "double_kwh": result.double_kwh,
        "requests": result.requests,
        "refusals": {str(code): count for code, count in result.refusals.items()},
    }


def _hour_json(comparison: Comparison, nth: int, starts_at: str) -> dict[str, Any]:
    ahead = comparison.ahead[nth]
    return {
        "hour": ahead.hour.label,
        "starts_at": starts_at,
        "needed_kwh": ahead.hour.needed_kwh,
        "lots": ahead.lots,
        "ahead": {
            "lots_short": ahead.lots_short,
            "slack_s": ahead.slack_s,
            "slack_reserved_s": ahead.slack_reserved_s,
            "risk": ahead.risk and str(ahead.risk),
        },
        "bound_kwh": comparison.bound_kwh[nth],
        "buyers": {
            str(buyer): {
                "covered_kwh": hour.covered_kwh,
                "covered_ppm": hour.covered_ppm,
                "in_time": hour.in_time,
                "late": hour.late,
                "not_bought": hour.not_bought,
                "miss": hour.miss and str(hour.miss),
            }
            for buyer, hour in ((buyer, result.hours[nth]) for buyer, result in comparison.results.items())
        },
    }
