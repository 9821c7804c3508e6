"""What a session publishes for programs: one plain object, energy in kWh, prices in tiyn a kWh."""

from typing import Any

from kezek.evidence.plain import to_plain
from kezek.reports.publication_model import Publication, PublishedProduct, ZoneTotal
from kezek.units.calendar import hours_of

FORMAT = "kezek.publication/1"


def publication_json(made: Publication) -> dict[str, Any]:
    """Give a publication as a plain object.

    Keys: `format`; `date` of delivery; `published_on`; `rules` as `<rule>/<version>`; `reserve_tiyn_per_kwh` by
    zone; `charges`; `log` with root and size at the gate and now; `law`; `zones`, the day's totals; `products`, an
    object an hour with its figures and `curve`: `levels` of price and energy asked at it or more, or `withheld` with
    a code; `bids` with `open`, `opens_on`, and `orders`, empty until then. What is not known is null.
    [kWh, tiyn/kWh, ppm]
    """
    terms = made.terms
    gate = {"root": terms.gate.root, "size": terms.gate.size, "closed_at": to_plain(terms.gate.closed_at)}
    return {
        "format": FORMAT,
        "date": terms.on.isoformat(),
        "published_on": made.on.isoformat(),
        "rules": list(terms.rules),
        "reserve_tiyn_per_kwh": dict(sorted(terms.reserve_tiyn_per_kwh.items())),
        "charges": to_plain(terms.charges),
        "log": {"gate": gate, "now": {"root": made.root, "size": made.size}},
        "law": {
            "digest": terms.law_digest,
            "profile": terms.profile,
            "readings": dict(sorted(terms.readings.items())),
        },
        "engine_version": terms.engine_version,
        "zones": [_zone(total) for total in made.zones],
        "products": [_product(made, one) for one in made.products],
        "bids": {
            "open": made.embargo.open,
            "opens_on": made.embargo.until_on.isoformat(),
            "orders": to_plain(made.bids),
        },
    }


def _zone(total: ZoneTotal) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(total)
    return plain | {"take_up_ppm": total.take_up_ppm}


def _product(made: Publication, one: PublishedProduct) -> dict[str, Any]:
    curve, product = one.curve, one.product
    figures: dict[str, Any] = to_plain(one.summary)
    return {
        "product_id": product.product_id,
        "zone": str(product.zone),
        "offer": str(product.offer),
        "hour": one.hour,
        "starts_at": to_plain(hours_of(made.terms.on)[product.hour_index].starts_at),
        "reserve_tiyn_per_kwh": product.reserve_tiyn_per_kwh,
        **figures,
        "revised_kwh": one.revised_kwh,
        "left_kwh": one.left_kwh,
        "price_left_tiyn_per_kwh": one.price_left_tiyn_per_kwh,
        "curve": {"levels": to_plain(curve.levels), "withheld": curve.withheld.value if curve.withheld else None},
    }
