"""What staying legal costs, by size of the operator: the figures of the sources beside the operator's own books."""

from dataclasses import dataclass, replace
from datetime import date

from kezek.duties.facts import OperatorFacts, QuarterBook, Size
from kezek.duties.lens import Lens
from kezek.duties.tax import compliance_cost_tiyn
from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.value import Value
from kezek.units.rounding import PPM, half_up


@dataclass(frozen=True, slots=True)
class Claim:
    """What a source says that staying legal costs.

    Args:
        size: small, or any where it says so of all.
        least_ppm, most_ppm: Share of the base. [ppm]
        base: profit, revenue or earnings.
        source, at: Where it stands.
        confidence: How well it is supported.
        parts_ppm: What the source itself says of the parts that this share is to hold, where together they are more
            than all of it: the cost of compliance and the tax. [ppm]
    """

    size: str
    least_ppm: int
    most_ppm: int
    base: str
    source: str
    at: str
    confidence: str
    parts_ppm: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Burden:
    """What staying legal costs one operator, and what the sources say.

    Args:
        size: Size of the business; "" where nobody said.
        earnings_tiyn: Value of the coins in the books that give it. [tiyn]
        cost_tiyn: Cost of compliance by the rate of the law's day; None where law or books leave it open. [tiyn]
        periods: Quarters that were counted.
        claims: What the sources say, by size.
        unknown: What they do not say.
    """

    size: str
    earnings_tiyn: int
    cost_tiyn: int | None
    periods: tuple[str, ...]
    claims: tuple[Claim, ...]
    unknown: tuple[str, ...]

    @property
    def share_ppm(self) -> int | None:
        """Cost of compliance as a share of earnings; None where either is not known. [ppm]"""
        if self.cost_tiyn is None or not self.earnings_tiyn:
            return None
        return half_up(self.cost_tiyn * PPM, self.earnings_tiyn)


def compliance_burden(*, facts: OperatorFacts, lens: Lens) -> Burden:
    """Reckon what compliance costs an operator over the quarters whose books give earnings and costs.

    Law: compliance.*. The lens' record is not touched.
    """
    apart, on = lens.with_readings({}), facts.as_of_on
    counted = [book for book in facts.books if book.coin_value_tiyn is not None and book.cost_tiyn is not None]
    costs = [_cost_tiyn(book, apart) for book in counted]
    known = [cost for cost in costs if cost is not None]
    size = facts.standing.size if facts.standing else None
    claims, unknown = _claims(apart, on)
    return Burden(
        size=size.value if size else "",
        earnings_tiyn=sum(book.coin_value_tiyn or 0 for book in counted),
        cost_tiyn=sum(known) if known and len(known) == len(costs) else None,
        periods=tuple(str(book.quarter) for book in counted),
        claims=claims,
        unknown=unknown,
    )


def _cost_tiyn(book: QuarterBook, lens: Lens) -> int | None:
    try:
        return compliance_cost_tiyn(
            coin_value_tiyn=book.coin_value_tiyn or 0, cost_tiyn=book.cost_tiyn or 0, law=lens.on(book.last_on)
        )
    except NoRuleInForce:
        return None


def _claims(lens: Lens, on: date) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """Collect what the book says of small operators, and of all of them."""
    law = lens.on(on)
    least, most = law.find(keys.COMPLIANCE_SMALL_OPERATOR_SHARE_MIN_PPM), law.find(_SMALL_MOST)
    rate, base = law.find(keys.COMPLIANCE_RATE_PPM), law.find(keys.COMPLIANCE_BASE)
    claims = []
    if isinstance(least, Value) and isinstance(most, Value):
        claims.append(replace(_claim(Size.SMALL, least, most, "earnings"), parts_ppm=_parts_ppm(lens, most, on)))
    if isinstance(rate, Value) and isinstance(base, Value):
        claims.append(_claim(None, rate, rate, str(base.content)))
    gaps = (law.find(keys.COMPLIANCE_SMALL_OPERATOR_RIGS_MAX), rate, base)
    unknown = dict.fromkeys(gap.missing for gap in gaps if isinstance(gap, Unknown))
    return tuple(claims), tuple(unknown)


def _parts_ppm(lens: Lens, most: Value, on: date) -> tuple[int, ...]:
    """Give the rates of compliance and of income tax by the source of a claim, if they exceed it together. [ppm]"""
    found = [
        _rate_ppm(lens, key, most.source.key, on) for key in (keys.COMPLIANCE_RATE_PPM, keys.TAX_INCOME_RATE_PPM)
    ]
    parts = tuple(rate for rate in found if rate is not None)
    whole = most.content if isinstance(most.content, int) else 0
    return parts if len(parts) == len(found) and sum(parts) > whole else ()


def _rate_ppm(lens: Lens, key: keys.Amount, source: str, on: date) -> int | None:
    """Give what one source says on a day, whatever the reading. [ppm]"""
    for value in lens.book.quantities[key].values:
        if value.in_force(on) and value.source.key == source and isinstance(value.content, int):
            return value.content
    return None


_SMALL_MOST = keys.COMPLIANCE_SMALL_OPERATOR_SHARE_MAX_PPM


def _claim(size: Size | None, least: Value, most: Value, base: str) -> Claim:
    amounts = (least.content, most.content)
    low, high = (amount if isinstance(amount, int) else 0 for amount in amounts)
    return Claim(size.value if size else "any", low, high, base, least.source.key, least.at, least.confidence.value)
