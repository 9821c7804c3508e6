"""What purchases cost besides the energy, and the transfers of a trading day: from the prepayment to the imbalance.

Each builder gives one group for `Ledger.post`. The caller gives the stems of the ids, one for each step.

An award is settled by a draw from its reservation for each party: single buyer, market operator, grid operator,
state. What each of its purchases costs part by part stands in the contract note.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kezek.ledger.transfer import (
    CASH,
    CLEARING,
    ENERGY_SALES,
    IMBALANCE,
    MARKET_FEE,
    TRANSMISSION,
    VAT,
    Transfer,
    TransferState,
    owed,
    prepaid,
)
from kezek.units.rounding import share_of

Group = tuple[Transfer, ...]


@dataclass(frozen=True, slots=True)
class Charges:
    """What comes on top of the price of a purchase.

    Args:
        market_fee_tiyn_per_kwh: Fee of the market operator. [tiyn/kWh]
        transmission_tiyn_per_kwh: Tariff of the grid operator. [tiyn/kWh]
        vat_ppm: Value-added tax on the price and on both of them. [ppm]
    Raises:
        ValueError: one of them is negative.
    """

    market_fee_tiyn_per_kwh: int
    transmission_tiyn_per_kwh: int
    vat_ppm: int

    def __post_init__(self) -> None:
        """Refuse negative charges."""
        if min(self.market_fee_tiyn_per_kwh, self.transmission_tiyn_per_kwh, self.vat_ppm) < 0:
            raise ValueError(f"{self} has a negative charge")


@dataclass(frozen=True, slots=True)
class Cost:
    """What purchases cost, part by part: to the single buyer, market operator, grid operator and state. [tiyn]"""

    net_tiyn: int
    fee_tiyn: int
    transmission_tiyn: int
    vat_tiyn: int

    @property
    def total_tiyn(self) -> int:
        """All parts together. [tiyn]"""
        return self.net_tiyn + self.fee_tiyn + self.transmission_tiyn + self.vat_tiyn

    def __add__(self, other: "Cost") -> "Cost":
        """Add up part by part."""
        return Cost(
            self.net_tiyn + other.net_tiyn,
            self.fee_tiyn + other.fee_tiyn,
            self.transmission_tiyn + other.transmission_tiyn,
            self.vat_tiyn + other.vat_tiyn,
        )


NOTHING = Cost(0, 0, 0, 0)


def purchase_cost(*, energy_kwh: int, price_tiyn_per_kwh: int, charges: Charges) -> Cost:
    """Compute what one purchase costs; VAT is rounded half up here, once a purchase, on the sum of the three. [tiyn]

    Raises:
        ValueError: energy or price is negative.

    >>> charges = Charges(market_fee_tiyn_per_kwh=5, transmission_tiyn_per_kwh=120, vat_ppm=120_000)
    >>> purchase_cost(energy_kwh=1_000, price_tiyn_per_kwh=1_850, charges=charges)
    Cost(net_tiyn=1850000, fee_tiyn=5000, transmission_tiyn=120000, vat_tiyn=237000)
    """
    return award_cost(sizes_kwh=(energy_kwh,), price_tiyn_per_kwh=price_tiyn_per_kwh, charges=charges)


def award_cost(*, sizes_kwh: Iterable[int], price_tiyn_per_kwh: int, charges: Charges) -> Cost:
    """Add up what the purchases of one award cost, VAT rounded half up for each of them. [tiyn]

    Raises:
        ValueError: an energy or the price is negative.

    >>> charges = Charges(market_fee_tiyn_per_kwh=0, transmission_tiyn_per_kwh=0, vat_ppm=120_000)
    >>> award_cost(sizes_kwh=[1, 1, 1], price_tiyn_per_kwh=5, charges=charges)
    Cost(net_tiyn=15, fee_tiyn=0, transmission_tiyn=0, vat_tiyn=3)
    """
    counts: dict[int, int] = {}
    for size_kwh in sizes_kwh:
        counts[size_kwh] = counts.get(size_kwh, 0) + 1
    fee, transmission = charges.market_fee_tiyn_per_kwh, charges.transmission_tiyn_per_kwh
    energy_kwh = vat_tiyn = 0
    for size_kwh, count in counts.items():
        if size_kwh < 0 or price_tiyn_per_kwh < 0:
            raise ValueError(f"a purchase of {size_kwh} kWh at {price_tiyn_per_kwh} tiyn/kWh")
        energy_kwh += size_kwh * count
        vat_tiyn += share_of(size_kwh * (price_tiyn_per_kwh + fee + transmission), charges.vat_ppm) * count
    return Cost(energy_kwh * price_tiyn_per_kwh, energy_kwh * fee, energy_kwh * transmission, vat_tiyn)


def worst_case_tiyn(*, sizes_kwh: Iterable[int], limit_tiyn_per_kwh: int, charges: Charges) -> int:
    """Compute the most that an order can cost: all of it, in its purchases, at its own limit. [tiyn]

    Guarantees: no award of the order, cut or re-struck as often as may be, costs more, and no draw for one exceeds
    what is left of a reservation of this amount (tests/property/ledger/test_transfer.py).
    """
    return award_cost(sizes_kwh=sizes_kwh, price_tiyn_per_kwh=limit_tiyn_per_kwh, charges=charges).total_tiyn


def difference(*, larger: Cost, smaller: Cost) -> Cost:
    """Take one cost from another: what a refund gives back, or what a price that was struck again adds.

    For a refund: the cost of the same purchases at the same price before the cut, and after it. For a new price: the
    cost of the energy that stays at the new price, and at the old one.

    Raises:
        ValueError: a part would be negative: curtailment adds nothing, and a new price is never under the old one.
    """
    parts = (
        larger.net_tiyn - smaller.net_tiyn,
        larger.fee_tiyn - smaller.fee_tiyn,
        larger.transmission_tiyn - smaller.transmission_tiyn,
        larger.vat_tiyn - smaller.vat_tiyn,
    )
    if min(parts) < 0:
        raise ValueError(f"{smaller} is not within {larger}")
    return Cost(*parts)


def prepayment(*, operator_id: str, amount_tiyn: int, at: datetime, stem: str) -> Group:
    """Book money that an operator paid in before a session."""
    return (Transfer(f"{stem}/paid", CASH, prepaid(operator_id), amount_tiyn, at, "prepayment"),)


def reservation_id(stem: str) -> str:
    """Name the pending transfer that a reservation with this stem books."""
    return f"{stem}/reserved"


def reservation(*, operator_id: str, amount_tiyn: int, at: datetime, stem: str) -> Group:
    """Set aside the most that an accepted order can cost; nothing moves."""
    name, memo = reservation_id(stem), "reservation for an order"
    return (Transfer(name, prepaid(operator_id), CLEARING, amount_tiyn, at, memo, TransferState.PENDING),)


def release(*, operator_id: str, left_tiyn: int, reserved_id: str, at: datetime, stem: str) -> Group:
    """Give free what is left of a reservation; an empty group where nothing is left."""
    if left_tiyn == 0:
        return ()
    account, name, memo = prepaid(operator_id), f"{stem}/released", "release of a reservation"
    return (Transfer(name, account, CLEARING, left_tiyn, at, memo, TransferState.VOIDED, reserved_id),)


def settlement(*, operator_id: str, cost: Cost, reserved_id: str, at: datetime, stem: str) -> Group:
    """Draw what an award costs from its reservation, each part to whom it is due; parts of zero are left out."""
    return _draws(operator_id, cost, reserved_id, at, stem, "")


def restrike(*, operator_id: str, before: Cost, after: Cost, reserved_id: str, at: datetime, stem: str) -> Group:
    """Draw what energy that stays costs more once a curtailment has raised the price for all.

    Args:
        before, after: Cost of the energy that stays, at the old price and at the new one.
    Raises:
        ValueError: a part would fall: a new price is never under the old one.
    """
    extra = difference(larger=after, smaller=before)
    return _draws(operator_id, extra, reserved_id, at, stem, ", price struck again")


def refund(*, operator_id: str, before: Cost, left: Cost, at: datetime, stem: str) -> Group:
    """Give back, into the prepayment, what was booked less what stays after a curtailment.

    Args:
        before, left: Cost of the same purchases at the same price, before and after: VAT of each rounded by itself.
    Raises:
        ValueError: a part would rise: curtailment adds nothing.
    """
    back = difference(larger=before, smaller=left)
    parts = [
        Transfer(f"{stem}/back/{name}", account, prepaid(operator_id), part_tiyn, at, f"{memo}, curtailed")
        for name, memo, account, part_tiyn in _parts(back)
    ]
    return tuple(parts)


def imbalance_charge(*, operator_id: str, amount_tiyn: int, available_tiyn: int, at: datetime, stem: str) -> Group:
    """Charge a deviation: from the prepayment as far as it reaches, the rest as a debt, each a transfer of its own.

    Args:
        available_tiyn: What is free in the operator's prepayment (`Ledger.available_tiyn`). [tiyn]
    Raises:
        ValueError: an amount is negative: a negative charge is a credit.
    """
    if min(amount_tiyn, available_tiyn) < 0:
        raise ValueError(f"a charge of {amount_tiyn} tiyn on {available_tiyn} tiyn")
    paid_tiyn = min(amount_tiyn, available_tiyn)
    parts = (
        ("paid", prepaid(operator_id), paid_tiyn, "imbalance, from the prepayment"),
        ("owed", owed(operator_id), amount_tiyn - paid_tiyn, "imbalance, beyond the prepayment"),
    )
    return tuple(
        Transfer(f"{stem}/imbalance/{name}", account, IMBALANCE, part_tiyn, at, memo)
        for name, account, part_tiyn, memo in parts
        if part_tiyn
    )


def imbalance_credit(*, operator_id: str, amount_tiyn: int, at: datetime, stem: str) -> Group:
    """Credit energy that was bought and not used to the prepayment; an empty group where it is worth nothing.

    Raises:
        ValueError: the amount is negative: that is a charge.
    """
    if amount_tiyn < 0:
        raise ValueError(f"a credit of {amount_tiyn} tiyn is a charge")
    if amount_tiyn == 0:
        return ()
    name = f"{stem}/imbalance/credit"
    return (Transfer(name, IMBALANCE, prepaid(operator_id), amount_tiyn, at, "imbalance, energy not used"),)


def _draws(operator_id: str, cost: Cost, reserved_id: str, at: datetime, stem: str, tail: str) -> Group:
    account, posted = prepaid(operator_id), TransferState.POSTED
    draws = [
        Transfer(f"{stem}/{name}", account, credit, part_tiyn, at, memo + tail, posted, reserved_id)
        for name, memo, credit, part_tiyn in _parts(cost)
    ]
    return tuple(draws)


def _parts(cost: Cost) -> list[tuple[str, str, str, int]]:
    """List the parts of a cost that are not zero: name in ids, memo, account of the party, amount."""
    parts = (
        ("energy", "energy", ENERGY_SALES, cost.net_tiyn),
        ("fee", "fee of the market operator", MARKET_FEE, cost.fee_tiyn),
        ("transmission", "transmission", TRANSMISSION, cost.transmission_tiyn),
        ("vat", "VAT", VAT, cost.vat_tiyn),
    )
    return [part for part in parts if part[3]]
