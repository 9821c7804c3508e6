"""A bid plan as one JSON object: whole numbers in the unit that each key names, codes where something is missing."""

from dataclasses import asdict
from typing import Any

from kezek.planning.fee_target import FeeTarget, Way
from kezek.planning.plan import BidPlan, HourBid, StepBid, offers_of
from kezek.planning.plan_orders import standing_lines
from kezek.reports.bid_words import SENTENCES, law_words, notes

FORMAT = "kezek-bid@v1"


def bid_json(plan: BidPlan) -> dict[str, Any]:
    """Write a plan as plain data.

    Guarantees: no float; the same plan gives the same object.
    """
    expected = plan.expected
    return {
        "format": FORMAT,
        **_who(plan),
        "value_of_further_energy": _curve(plan),
        "unused_kwh": plan.unused_kwh,
        "hours": [_hour(hour, plan) for hour in plan.hours],
        "if_all_win": asdict(plan.won),
        "expected": None if expected is None else asdict(expected),
        "prepay_tiyn": plan.prepay_tiyn,
        "standing_orders": [
            {
                "machines": line.machine.name,
                "power_kw": line.power_kw,
                "price_tiyn_per_kwh": line.price_tiyn_per_kwh,
                "hours": [one.hour.index for one in line.hours],
                "spans": list(line.spans),
            }
            for line in standing_lines(plan)
        ],
        "fee": _fee(plan),
        "notes": [*notes(plan), *law_words(plan)],
        "questions": list(plan.touched),
        "unconfirmed": list(plan.unconfirmed),
    }


def _who(plan: BidPlan) -> dict[str, Any]:
    facts = plan.facts
    return {
        "date": str(facts.on),
        "operator_id": facts.operator_id,
        "site_id": facts.site_id,
        "owner_id": facts.owner_id,
        "zone": facts.zone.value,
        "route": facts.route.value,
        "price_rule": "uniform" if plan.uniform else "pay_as_bid",
        "strategy": facts.wish.strategy.value,
        "reserve_tiyn_per_kwh": facts.reserve_tiyn_per_kwh,
        "tick_tiyn_per_kwh": plan.tick_tiyn_per_kwh,
        "purchase_max_kwh": plan.purchase_max_kwh,
        "vat_ppm": facts.costs.vat_ppm,
        "coin": {
            "tiyn_per_btc": facts.tiyn_per_btc,
            "price_from": facts.price_words,
            "network_from": facts.network_words,
        },
    }


def _curve(plan: BidPlan) -> list[dict[str, Any]]:
    return [
        {
            "machines": step.machine.name,
            "efficiency_mj_per_th": step.machine.efficiency_mj_per_th,
            "from_kwh": step.from_kwh,
            "until_kwh": step.until_kwh,
            "ceiling_tiyn_per_kwh": step.ceiling.price_tiyn_per_kwh,
            "fee_unknown_above": step.ceiling.unknown_above,
        }
        for step in plan.curve
    ]


def _hour(bid: HourBid, plan: BidPlan) -> dict[str, Any]:
    record, expected = bid.hour.record, bid.expected
    return {
        "index": bid.hour.index,
        "hour": bid.hour.label,
        "observations": record.count,
        "not_sold_out": record.open_count,
        "few": 0 < record.count < plan.facts.least_observations,
        "offers": [
            {"price_tiyn_per_kwh": price, "quantity_kwh": energy_kwh} for price, energy_kwh in offers_of(bid).items()
        ],
        "steps": [_step(step, bid) for step in bid.steps],
        "if_all_win": asdict(bid.won),
        "expected": None if expected is None else asdict(expected),
    }


def _step(step: StepBid, bid: HourBid) -> dict[str, Any]:
    price, record = step.price_tiyn_per_kwh, bid.hour.record
    return {
        "machines": step.machine.name,
        "quantity_kwh": step.machine.energy_kwh,
        "ceiling_tiyn_per_kwh": step.ceiling.price_tiyn_per_kwh,
        "price_tiyn_per_kwh": price,
        "no_bid": None if step.why_not is None else step.why_not.value,
        "wins": step.wins,
        "ties": step.ties,
        "chance_ppm": None if price is None else record.chance_ppm_at(price),
        "if_won": asdict(step.won),
        "expected": None if step.expected is None else asdict(step.expected),
    }


def _fee(plan: BidPlan) -> dict[str, Any]:
    bands = [
        {
            "from_tiyn_per_kwh": band.from_tiyn_per_kwh,
            "until_tiyn_per_kwh": band.until_tiyn_per_kwh,
            "rate_tiyn_per_kwh": band.rate_tiyn_per_kwh,
        }
        for band in plan.bands
    ]
    said = {"code": plan.fee_code.value, "sentence": SENTENCES[plan.fee_code], "bands": bands}
    return said if plan.target is None else {**said, "quarter": _target(plan.target)}


def _target(target: FeeTarget) -> dict[str, Any]:
    return {
        **asdict(target.quarter),
        "natural": _way(target.natural),
        "ways": [_way(way) for way in target.ways],
        "best": None if target.best is None else _way(target.best),
        "extra_tiyn": target.extra_tiyn,
        "saved_tiyn": target.saved_tiyn,
        "gain_tiyn": target.gain_tiyn,
        "pays_from_tiyn_per_kwh": target.pays_from_tiyn_per_kwh,
        "unknown_ways": target.unknown_ways,
    }


def _way(way: Way) -> dict[str, Any]:
    return {**asdict(way), "total_tiyn": way.total_tiyn}
