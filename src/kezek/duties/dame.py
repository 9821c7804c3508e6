"""The excise on electricity used for mining that the United States proposed in 2023 and 2024 and never enacted."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import product

from kezek.law import keys
from kezek.law.absence import Absent
from kezek.law.snapshot import Snapshot
from kezek.law.value import Status as LawStatus
from kezek.law.value import Value
from kezek.units.rounding import share_of


@dataclass(frozen=True, slots=True)
class DameReading:
    """What the excise comes to under one choice of positions, or why there is no figure. [US cents]"""

    positions: tuple[tuple[str, str], ...]
    excise_cents: int | Absent

    def __str__(self) -> str:
        return ", ".join(f"{question}={position}" for question, position in self.positions)


@dataclass(frozen=True, slots=True)
class DameExcise:
    """The proposed excise of one taxable year under the chosen reading, and under every other.

    Args:
        rate_ppm: Rate of that year [ppm], or why there is none.
        base_cents: Cost that the excise is a share of [US cents], or why it is not known.
        excise_cents: The excise, rounded half up [US cents], or why there is no figure.
        is_law: False for a proposal: nothing is owed.
        source, at: Where the rate stands, article or place; "" where none holds.
        touched: Questions on which the figure depends.
        readings: Every choice of positions on the questions that were asked.
    """

    taxable_year_from_on: date
    rate_ppm: int | Absent
    base_cents: int | Absent
    excise_cents: int | Absent
    is_law: bool
    source: str
    at: str
    touched: tuple[str, ...]
    readings: tuple[DameReading, ...]

    @property
    def owed_cents(self) -> int | None:
        """What is owed: nothing as long as it is no law; None where it is law and there is no figure. [US cents]"""
        if not self.is_law:
            return 0
        return self.excise_cents if isinstance(self.excise_cents, int) else None

    @property
    def least_cents(self) -> int | None:
        """Least of all readings that give a figure; None where none does. [US cents]"""
        return min(self._figures(), default=None)

    @property
    def most_cents(self) -> int | None:
        """Most of all readings that give a figure; None where none does. [US cents]"""
        return max(self._figures(), default=None)

    def without_figure(self) -> tuple[DameReading, ...]:
        """List the readings that give no figure; what is absent is no zero."""
        return tuple(one for one in self.readings if not isinstance(one.excise_cents, int))

    def _figures(self) -> Iterator[int]:
        return (one.excise_cents for one in self.readings if isinstance(one.excise_cents, int))


def dame_excise(
    *, electricity_cost_cents: int, taxable_year_from_on: date, law: Snapshot, own_power_cost_cents: int = 0
) -> DameExcise:
    """Compute the proposed excise on electricity used for mining, rounded half up. [US cents]

    The steps go by the day on which the taxable year begins, so that a short year counts as a year of its start.

    Args:
        electricity_cost_cents: Electricity bought for mining. [US cents]
        taxable_year_from_on: First day of the taxable year.
        law: The book of `us-dame` on that day.
        own_power_cost_cents: Estimated cost of power produced or obtained off the grid. [US cents]

    Law: dame.rate_ppm; dame.own_power where there is such power.

    Raises:
        ValueError: the law is that of another day, or a cost is negative.
    """
    if law.on != taxable_year_from_on:
        raise ValueError(f"the law is of {law.on}, the taxable year begins on {taxable_year_from_on}")
    if electricity_cost_cents < 0 or own_power_cost_cents < 0:
        raise ValueError("a cost is never negative")
    law = law.with_readings({})
    costs = electricity_cost_cents, own_power_cost_cents
    rate, base_cents = law.find(keys.DAME_RATE_PPM), _dame_base_cents(*costs, law)
    return DameExcise(
        taxable_year_from_on=taxable_year_from_on,
        rate_ppm=law.amount(keys.DAME_RATE_PPM) if isinstance(rate, Value) else rate,
        base_cents=base_cents,
        excise_cents=_dame_cents(*costs, law),
        is_law=law.quantities[keys.DAME_RATE_PPM].status is LawStatus.LAW,
        source=rate.source.key if isinstance(rate, Value) else "",
        at=rate.at if isinstance(rate, Value) else "",
        touched=tuple(sorted(law.touched())),
        readings=tuple(_dame_readings(*costs, law)),
    )


def _dame_base_cents(bought_cents: int, own_cents: int, law: Snapshot) -> int | Absent:
    if own_cents == 0:
        return bought_cents
    counted = law.find(keys.DAME_OWN_POWER)
    if not isinstance(counted, Value):
        return counted
    if counted.content not in ("estimated_cost", "not_counted"):
        raise ValueError(f"unknown way to count own power {counted.content!r}")
    return bought_cents + (own_cents if counted.content == "estimated_cost" else 0)


def _dame_cents(bought_cents: int, own_cents: int, law: Snapshot) -> int | Absent:
    rate, base_cents = law.find(keys.DAME_RATE_PPM), _dame_base_cents(bought_cents, own_cents, law)
    if not isinstance(rate, Value):
        return rate
    if not isinstance(base_cents, int):
        return base_cents
    return share_of(base_cents, law.amount(keys.DAME_RATE_PPM))


def _dame_readings(bought_cents: int, own_cents: int, law: Snapshot) -> Iterator[DameReading]:
    asked = [keys.DAME_RATE_PPM, keys.DAME_OWN_POWER] if own_cents else [keys.DAME_RATE_PPM]
    questions = sorted({question for key in asked for question in law.quantities[key].questions})
    for chosen in product(*(law.questions[question].positions for question in questions)):
        positions = tuple(zip(questions, chosen, strict=True))
        yield DameReading(positions, _dame_cents(bought_cents, own_cents, law.with_readings(dict(positions))))
