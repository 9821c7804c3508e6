"""Who takes part in a session, as the state's papers say it, and what the market makes of it under the law."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.market.bidder import Bidder, Site, Standing
from kezek.market.lots import purchase_max_kwh
from kezek.registry.licence import Licence
from kezek.registry.operator import Route
from kezek.registry.zone import Zone


@dataclass(frozen=True, slots=True)
class ParticipantSite:
    """A site of a participant.

    Args:
        power_w: Most that the site may draw: its licensed power. [W]
        route: Where its power comes from.
    """

    site_id: str
    zone: Zone
    power_w: int
    route: Route


@dataclass(frozen=True, slots=True)
class Participant:
    """A licensee that takes part.

    Args:
        host_id: In whose data centre its machines stand, which may then bid for it; "" for its own.
        beneficial_owner_id: Who stands behind it; ids of one owner count as one at the margin. "" for itself.
    """

    operator_id: str
    name: str
    licence: Licence
    host_id: str
    beneficial_owner_id: str
    sites: tuple[ParticipantSite, ...]


def standing_of(licence: Licence, *, on: date) -> Standing:
    """Tell what a licence is worth on the day of trading and on the day of delivery `on`."""
    return Standing(licence.state_on(on - timedelta(days=1)), licence.state_on(on))


def bidder_of(participant: Participant, *, others: Iterable[Participant], on: date, law: Snapshot) -> Bidder:
    """Work out what the law lets a participant do.

    A subtype without a quota cannot bid. Purchases of an operator whose sites all have power of an exempt route are
    not split; with a site on the grid's surplus they are.

    Law: market.bidder_subtypes, energy.purchase_max_kwh, energy.exempt_routes.
    """
    hosted = [one for one in others if one.host_id == participant.operator_id]
    largest = [purchase_max_kwh(law=law, route=site.route) for site in participant.sites] or [
        purchase_max_kwh(law=law)
    ]
    return Bidder(
        operator_id=participant.operator_id,
        standing=standing_of(participant.licence, on=on),
        has_quota=str(participant.licence.subtype) in law.items(keys.MARKET_BIDDER_SUBTYPES),
        sites={site.site_id: Site(site.zone, site.power_w) for site in participant.sites},
        tenants={one.operator_id: standing_of(one.licence, on=on) for one in hosted},
        beneficial_owner_id=participant.beneficial_owner_id,
        purchase_max_kwh=next((one for one in largest if one is not None), None),
    )
