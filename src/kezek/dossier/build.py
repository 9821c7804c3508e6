"""From values to the facts that duties are judged by: what nobody said stays None."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from kezek.dossier.contradiction import books_until
from kezek.dossier.field import Values
from kezek.dossier.machine import best_efficiency
from kezek.dossier.price import average_price_tiyn_per_kwh
from kezek.dossier.schema import NOBODY, SELF
from kezek.duties.facts import (
    Application,
    FeeRecord,
    Import,
    Notice,
    OperatorFacts,
    Programme,
    Purchased,
    QuarterBook,
    Replacement,
    Sighting,
    Standing,
)
from kezek.facts.figures import difficulty_epochs
from kezek.mining.network import covered_dates, expected_gigahashes, period_segments
from kezek.mining.output import least_energy_wh
from kezek.registry.licence import Licence, Period
from kezek.units.rounding import floor_div

_WH_PER_KWH = 1_000


def build_facts(*, values: Values, as_of: date) -> OperatorFacts:
    """Put values that do not contradict each other into facts; quarters and licences in order of time."""
    operator, lists = values["operator"], values.get("lists", {})
    sightings = _things(values, "sighting", "was_inspected")
    imports = _things(values, "import", "has_imports")
    replacements = _things(values, "replacement", "has_replacements")
    books = sorted(values.get("quarter", []), key=lambda book: book["period"])
    best = best_efficiency(machines=values.get("machine", []))
    return OperatorFacts(
        operator_id=operator["id"],
        route=operator.get("route"),
        licences=_licences(values),
        as_of_on=as_of,
        accredited_pool_ids=_named(lists, "accredited_pools"),
        licensed_exchange_ids=_named(lists, "licensed_exchanges"),
        sightings=None if sightings is None else tuple(_sighting(one, operator["id"]) for one in sightings),
        register_digest=lists.get("register_digest", ""),
        imports=None if imports is None else tuple(map(_import, imports)),
        books=tuple(_book(book, as_of, best) for book in books),
        replacements=None if replacements is None else tuple(map(_replacement, replacements)),
        standing=_standing(values),
    )


def _things(values: Values, section: str, gate: str) -> list[Values] | None:
    """Give the tables of a section; none where the file says so, None where it says nothing."""
    if section in values:
        tables: list[Values] = values[section]
        return tables
    return [] if values["operator"].get(gate) is False else None


def _named(lists: Values, key: str) -> frozenset[str] | None:
    return frozenset(lists[key]) if key in lists else None


def _licences(values: Values) -> tuple[Licence, ...] | None:
    tables = _things(values, "licence", "has_licence")
    if tables is None:
        return None
    return tuple(
        Licence(
            one["number"],
            one["subtype"],
            Period(one["from"], one["until"]),
            tuple(Period(part["from"], part["until"]) for part in one.get("suspensions", [])),
            one.get("terminated_on") or None,
        )
        for one in sorted(tables, key=lambda one: one["from"])
    )


def _sighting(one: Values, operator_id: str) -> Sighting:
    said: str = one["registered_to"]
    owner = operator_id if said == SELF else "" if said == NOBODY else said
    return Sighting(one["serial"], one["seen_on"], owner, one.get("fingerprint_matches"), one.get("at_licensed_site"))


def _import(one: Values) -> Import:
    return Import(
        serial=one["serial"],
        imported_on=one["imported_on"],
        customs_value_tiyn=one.get("customs_value"),
        vat_exempt=one.get("vat_exempt"),
        vat_paid_tiyn=one.get("vat_paid"),
        left_on=one["left_on"] or None,
        departure=one.get("departure"),
        on_kz_balance_sheet=one.get("on_kz_balance_sheet"),
    )


def _replacement(one: Values) -> Replacement:
    return Replacement(
        one["old_serial"],
        one["new_serial"],
        one["replaced_on"],
        one["excluded_on"] or None,
        one["registered_on"] or None,
    )


def _standing(values: Values) -> Standing:
    operator, notice = values["operator"], values.get("notice")
    return Standing(
        name=operator.get("name", ""),
        holder_kind=operator.get("kind"),
        size=operator.get("size"),
        has_data_centre=operator.get("has_data_centre"),
        wanted_subtype=operator.get("wanted_subtype"),
        application=_application(values.get("application")),
        notice=None if notice is None else _notice(notice),
        notice_known=notice is not None or operator.get("has_notice") is False,
        new_mine=operator.get("new_mine"),
        only_hosts=operator.get("only_hosts"),
        power_w=operator.get("power"),
    )


def _application(one: Values | None) -> Application | None:
    if one is None:
        return None
    documents: Mapping[str, Any] = one.get("documents", {})
    return Application(
        submitted_on=one.get("submitted") or None,
        decided_on=one.get("decided") or None,
        documents={name: on or None for name, on in documents.items()},
        fee_paid_on=one.get("fee_paid_on") or None,
        fee_paid_tiyn=one.get("fee_paid"),
        prepaid_tax_tiyn=one.get("prepaid_tax"),
        power_w=one.get("power"),
        tiyn_per_usd=one.get("dollar_rate"),
    )


def _notice(one: Values) -> Notice:
    return Notice(
        one["started_on"],
        one["notified_on"] or None,
        one.get("ended_on") or None,
        one.get("end_notified_on") or None,
    )


def _book(book: Values, as_of: date, best_mj_per_th: int | None) -> QuarterBook:
    until_on = books_until(quarter=book, as_of=as_of)
    platform, fee, programme = book.get("bought_on_platform"), book.get("fee"), book.get("programme")
    mined = Period(book["mined_from"], book["mined_until"]) if "mined_from" in book else None
    return QuarterBook(
        quarter=book["period"],
        until_on=until_on,
        mined=mined,
        mined_sat=book.get("mined"),
        received_sat=_coins(book, "received"),
        sold_sat=_coins(book, "sold"),
        disclosed_sat=book.get("disclosed"),
        metered_wh=book.get("metered"),
        platform=None if platform is None else _purchased(platform, until_on),
        other_source_kwh=_kwh(book.get("exempt_energy")),
        least_energy_wh=_least_energy_wh(book, until_on, best_mj_per_th),
        average_price_tiyn_per_kwh=average_price_tiyn_per_kwh(quarter=book),
        coin_value_tiyn=book.get("coin_value"),
        cost_tiyn=book.get("cost"),
        tax_declared_tiyn=book.get("tax_declared"),
        fee=None
        if fee is None
        else FeeRecord(fee["returned_on"] or None, fee["paid_on"] or None, fee.get("paid", 0)),
        direct_contract_kwh=_kwh(book.get("direct_contract")),
        meter_faulty=book.get("meter_faulty"),
        rebate_claimed_tiyn=book.get("rebate_claimed"),
        rebate_eligible=book.get("rebate_eligible"),
        programme=_programme(programme) if programme else None,
        programme_known=programme is not None,
        log_gap_hours=book.get("log_gap_hours"),
        log_gap_days=book.get("log_gap_days"),
        log_gap_transactions=book.get("log_gap_transactions"),
        report_on=book.get("report_on") or None,
        report_known="report_on" in book,
        pool_reported=book.get("pool_reported"),
    )


def _coins(book: Values, key: str) -> tuple[tuple[str, int], ...] | None:
    return tuple(book[key].items()) if key in book else None


def _kwh(energy_wh: int | None) -> int | None:
    return None if energy_wh is None else floor_div(energy_wh, _WH_PER_KWH)


def _purchased(platform: Values, until_on: date) -> Purchased:
    """Put purchases into kWh; nothing bought has its largest purchase, of nothing, on the last day."""
    return Purchased(
        floor_div(platform["energy"], _WH_PER_KWH),
        floor_div(platform.get("largest", 0), _WH_PER_KWH),
        platform.get("largest_on", until_on - timedelta(days=1)),
        tuple((one["on"], floor_div(one["largest"], _WH_PER_KWH)) for one in platform.get("other_months", [])),
    )


def _programme(one: Values) -> Programme:
    return Programme(floor_div(one["new_output"], _WH_PER_KWH), floor_div(one["to_grid"], _WH_PER_KWH))


def _least_energy_wh(book: Values, until_on: date, best_mj_per_th: int | None) -> int | None:
    """Compute the least energy of the coins received on the best machines, as the simulated day does. [Wh]

    None where coins or machines are not given, or the difficulty of those days is not at hand.
    """
    first_on, last_on = covered_dates(epochs=difficulty_epochs())
    from_on = book["period"].from_on
    if best_mj_per_th is None or "received" not in book or from_on < first_on or until_on > last_on:
        return None
    segments = period_segments(from_on=from_on, until_on=until_on, epochs=difficulty_epochs())
    gigahashes = expected_gigahashes(sat=sum(book["received"].values()), segments=segments)
    return least_energy_wh(gigahashes=gigahashes, efficiency_mj_per_th=best_mj_per_th)
