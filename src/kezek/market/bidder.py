"""Who bids: its licence on the days that count, its sites, and for whose machines it may buy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kezek.registry.licence import LicenceState
from kezek.registry.zone import Zone


@dataclass(frozen=True, slots=True)
class Standing:
    """State of one licence on the two days that a purchase touches: when it is traded and when it is delivered."""

    traded: LicenceState
    delivered: LicenceState

    @property
    def active(self) -> bool:
        """Tell whether the licence is active on both days."""
        return self.traded is LicenceState.ACTIVE and self.delivered is LicenceState.ACTIVE


@dataclass(frozen=True, slots=True)
class Site:
    """A site of a bidder.

    Args:
        power_w: Most that the site may draw. [W]
    """

    zone: Zone
    power_w: int

    @property
    def hour_kwh(self) -> int:
        """Most that the site can use in an hour. [kWh]"""
        return self.power_w // 1_000


@dataclass(frozen=True, slots=True)
class Bidder:
    """What the market must know of an operator at the session.

    Args:
        standing: The bidder's own licence.
        has_quota: Whether the law lets a licence of its subtype bid at all.
        sites: Its sites by id.
        tenants: Licences of those in its data centre for whom it may bid, by operator.
        beneficial_owner_id: Who stands behind the bidder; ids of one owner count as one at the margin. "" for itself.
        purchase_max_kwh: Largest single purchase, None where the law does not split its purchases. [kWh]
    """

    operator_id: str
    standing: Standing
    has_quota: bool
    sites: Mapping[str, Site]
    tenants: Mapping[str, Standing] = field(default_factory=dict)
    beneficial_owner_id: str = ""
    purchase_max_kwh: int | None = None

    def owner_standing(self, owner_id: str) -> Standing | None:
        """Give the licence of one whose machines this bidder may buy for; None for a stranger."""
        return self.standing if owner_id == self.operator_id else self.tenants.get(owner_id)

    @property
    def claimant_id(self) -> str:
        """Who counts at the margin."""
        return self.beneficial_owner_id or self.operator_id
