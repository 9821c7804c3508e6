"""Contract notes: what one purchase was, what it cost part by part, and what curtailment left of it."""

from dataclasses import dataclass
from datetime import datetime

from kezek.ledger.charges import NOTHING, Charges, Cost, purchase_cost
from kezek.registry.zone import Zone


@dataclass(frozen=True, slots=True)
class NoteHead:
    """Who bought what, when, under which rules.

    Args:
        owner_id: Whose machines use the power: the operator or its tenant.
        starts_at, ends_at: The delivery hour, half-open.
        rules: Ids and versions of the rules that set price and quantity.
    """

    note_number: str
    purchase_id: str
    order_id: str
    operator_id: str
    owner_id: str
    product_id: str
    zone: Zone
    starts_at: datetime
    ends_at: datetime
    struck_at: datetime
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractNote:
    """One purchase with its amounts, as the ledger books them.

    Args:
        energy_kwh, price_tiyn_per_kwh, cost: As struck. [kWh, tiyn/kWh, tiyn]
        left_kwh: What curtailment left; the energy itself where nothing was cut. [kWh]
        price_left_tiyn_per_kwh: What the energy left is paid at; another price only where it was struck again.
        refund: Given back for the energy cut, at the price of before. [tiyn]
        extra: Drawn for the energy left because its price was struck again. [tiyn]
    Guarantees: cost less refund plus extra is what the energy left costs at its price, part by part.
    """

    head: NoteHead
    energy_kwh: int
    price_tiyn_per_kwh: int
    cost: Cost
    left_kwh: int
    price_left_tiyn_per_kwh: int
    refund: Cost
    extra: Cost

    @property
    def due_tiyn(self) -> int:
        """What the operator has paid in the end. [tiyn]"""
        return self.cost.total_tiyn - self.refund.total_tiyn + self.extra.total_tiyn


def contract_note(
    *,
    head: NoteHead,
    energy_kwh: int,
    price_tiyn_per_kwh: int,
    left_kwh: int,
    price_left_tiyn_per_kwh: int,
    charges: Charges,
    refund: Cost = NOTHING,
    extra: Cost = NOTHING,
) -> ContractNote:
    """Write the note of one purchase; what was not curtailed has all its energy left at the price struck.

    Args:
        refund, extra: What was given back and drawn on top over all its cuts and new prices, as the ledger booked it.
    Raises:
        ValueError: more is left than was bought, or at a lower price: curtailment adds nothing and lowers no price;
            or what was booked does not come to the cost of what is left.
    """
    at_first = purchase_cost(energy_kwh=energy_kwh, price_tiyn_per_kwh=price_tiyn_per_kwh, charges=charges)
    after = purchase_cost(energy_kwh=left_kwh, price_tiyn_per_kwh=price_left_tiyn_per_kwh, charges=charges)
    if left_kwh > energy_kwh or price_left_tiyn_per_kwh < price_tiyn_per_kwh:
        what = f"{energy_kwh} kWh at {price_tiyn_per_kwh} tiyn/kWh"
        raise ValueError(f"{left_kwh} kWh at {price_left_tiyn_per_kwh} tiyn/kWh are left of {what}")
    if at_first + extra != after + refund:
        raise ValueError(f"{at_first} less {refund} plus {extra} is not {after}")
    return ContractNote(
        head=head,
        energy_kwh=energy_kwh,
        price_tiyn_per_kwh=price_tiyn_per_kwh,
        cost=at_first,
        left_kwh=left_kwh,
        price_left_tiyn_per_kwh=price_left_tiyn_per_kwh,
        refund=refund,
        extra=extra,
    )
