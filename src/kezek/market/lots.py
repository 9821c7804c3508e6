"""From awards to purchases: at most 1 MWh each where the law caps a transaction."""

from dataclasses import dataclass

from kezek.law import keys
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.registry.operator import Route


@dataclass(frozen=True, slots=True)
class Purchase:
    """One purchase of surplus.

    Args:
        purchase_id: `<order id>#<number>`, numbered from 1 within the award.
        operator_id: Who bought and paid.
        price_tiyn_per_kwh: Price paid, VAT excluded. [tiyn/kWh]
        owner_id: Whose machines use the power: the buyer or its tenant.
    """

    purchase_id: str
    order_id: str
    operator_id: str
    product_id: str
    energy_kwh: int
    price_tiyn_per_kwh: int
    owner_id: str

    @property
    def net_tiyn(self) -> int:
        """Cost without VAT. [tiyn]"""
        return self.energy_kwh * self.price_tiyn_per_kwh


def purchase_max_kwh(*, law: Snapshot, route: Route | None = None) -> int | None:
    """Give the largest purchase; None where the law sets none, or exempts the source of power. [kWh]

    Args:
        route: Source of power, None for the rule itself.

    Law: energy.purchase_max_kwh, energy.exempt_routes.
    """
    try:
        most_kwh = law.limit(keys.ENERGY_PURCHASE_MAX_KWH)
    except NoRuleInForce:
        return None
    return None if route is not None and _exempt(route, law) else most_kwh


def _exempt(route: Route, law: Snapshot) -> bool:
    try:
        return route in law.items(keys.ENERGY_EXEMPT_ROUTES)
    except NoRuleInForce:
        return False


def lot_sizes(*, award_kwh: int, purchase_max_kwh: int | None) -> list[int]:
    """Split an award into purchases: full ones first, the remainder last. [kWh]

    Args:
        purchase_max_kwh: Largest purchase, None where the law knows no maximum.
    Guarantees: the sizes add up to the award; none is over the maximum; none is empty.

    >>> lot_sizes(award_kwh=2_300, purchase_max_kwh=1_000)
    [1000, 1000, 300]
    >>> lot_sizes(award_kwh=2_300, purchase_max_kwh=None)
    [2300]
    """
    if award_kwh <= 0:
        return []
    if purchase_max_kwh is None:
        return [award_kwh]
    full_count, rest_kwh = divmod(award_kwh, purchase_max_kwh)
    return [purchase_max_kwh] * full_count + ([rest_kwh] if rest_kwh else [])


def purchases_of(
    *,
    order_id: str,
    operator_id: str,
    product_id: str,
    award_kwh: int,
    price_tiyn_per_kwh: int,
    purchase_max_kwh: int | None,
    owner_id: str,
    first_number: int = 1,
) -> list[Purchase]:
    """Turn one award into numbered purchases; the awards of one order's steps are numbered through."""
    sizes = lot_sizes(award_kwh=award_kwh, purchase_max_kwh=purchase_max_kwh)
    return [
        Purchase(f"{order_id}#{number}", order_id, operator_id, product_id, size, price_tiyn_per_kwh, owner_id)
        for number, size in enumerate(sizes, start=first_number)
    ]


@dataclass(frozen=True, slots=True)
class PurchaseCut:
    """A purchase after curtailment: what it was and what is left (0: cancelled). [kWh]"""

    purchase: Purchase
    left_kwh: int


def cut_purchases(*, purchases: list[Purchase], award_kwh: int) -> list[PurchaseCut]:
    """Bring the purchases of one award down to a smaller award: the first ones stay, the last ones go.

    Raises:
        ValueError: the new award is negative or larger than the purchases: curtailment never adds.
    """
    if not 0 <= award_kwh <= sum(purchase.energy_kwh for purchase in purchases):
        raise ValueError(f"curtailment would bring an award to {award_kwh} kWh")
    left_kwh, cuts = award_kwh, []
    for purchase in purchases:
        kept_kwh = min(left_kwh, purchase.energy_kwh)
        left_kwh -= kept_kwh
        if kept_kwh < purchase.energy_kwh:
            cuts.append(PurchaseCut(purchase, kept_kwh))
    return cuts
