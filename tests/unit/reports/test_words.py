"""Every code has words, and no words stand without a code."""

import re
from itertools import chain
from pathlib import Path

import pytest

from kezek import duties
from kezek.day.money import LINES
from kezek.documents.paper import SettlementGap
from kezek.duties.ahead import Act
from kezek.duties.check import DUTIES
from kezek.duties.dues import DueKind
from kezek.duties.facts import Size
from kezek.duties.finding import ConsequenceKind, Status
from kezek.law.book import load_book
from kezek.market.curve import CurveRefusal
from kezek.market.embargo import EmbargoRefusal
from kezek.market.imbalance import ImbalanceGap
from kezek.market.order import OrderRefusal, Outcome, OutcomeReason
from kezek.market.supply import CutEffect, SupplyRefusal
from kezek.metering.reading import ReadingRefusal
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.reports import words
from kezek.reports.amounts import count, money, price
from kezek.reports.fixes import FIXES, fix
from kezek.reports.market_words import ORDER_FIXES, ORDER_REFUSALS, refusal_sentence
from kezek.reports.words import sentence
from kezek.trading.events import PrepaymentRefusal, ReadingFault, StageRefusal

_LITERAL = re.compile(r'"(duties\.[a-z_]+\.[a-z_]+)"')
_STEM_USED = re.compile(r'(?:timing|_notified)\([^)]*"(duties\.[a-z_.]+)"\)')
_STEM_OF_DUTY = re.compile(r'@duty\("(fee\.[a-z_]+)"(?:(?!@duty).)*_act_in_time\(case', re.DOTALL)
_ENDING = re.compile(r'f"\{stem\}(_[a-z_]+)"')
_DECISION = re.compile(r'reason = ("authority_late".*)\n')
_FACT = re.compile(r'(?:case|self)\.(?:fact|given|known)\((?:[^"()]|\([^()]*\))*"([a-z_]+)"')
_DETAIL = re.compile(r'"([a-z]+)": book\.(log_gap_[a-z]+)')
_COUNTED = re.compile(r', wrong, "([a-z_]+)"')


def duty_sources() -> str:
    """All of the room but the checks abroad, which write their own sentences."""
    return "\n".join(path.read_text() for path in Path(*duties.__path__).glob("*.py") if path.name != "abroad.py")


def reason_codes() -> set[str]:
    """Every `duties.*` string in the room; a stem that is handed on stands for its endings."""
    source = duty_sources()
    codes = {code for code in _LITERAL.findall(source) if not code.startswith("duties.abroad.")}
    stems = set(_STEM_USED.findall(source)) | {f"duties.{duty}" for duty in _STEM_OF_DUTY.findall(source)}
    decided = {f"duties.licence.{one}" for one in re.findall(r'"([a-z_]+)"', _DECISION.findall(source)[0])}
    return (codes - stems) | decided | {stem + ending for stem in stems for ending in _ENDING.findall(source)}


def fact_names() -> set[str]:
    source = duty_sources()
    details = {f"log_gap_{detail}s" for detail, _ in _DETAIL.findall(source)}
    return set(_FACT.findall(source)) | set(_COUNTED.findall(source)) | details


def clearing_rules() -> set[str]:
    questions = load_book().questions
    rules = ("market.price_rule", "market.tie_rule", "market.curtailment_price")
    return {position for rule in rules for position in questions[rule].positions}


GROUPS = {
    "status": set(Status),
    "outcome": set(Outcome),
    "order refusal": set(OrderRefusal),
    "end of an order": set(OutcomeReason),
    "supply": {*SupplyRefusal, *CutEffect},
    "prepayment": set(PrepaymentRefusal),
    "stage of a session": set(StageRefusal),
    "reading to settle": set(ReadingFault),
    "imbalance": set(ImbalanceGap),
    "open hour": set(SettlementGap),
    "publication": {*CurveRefusal, *EmbargoRefusal},
    "reading refusal": set(ReadingRefusal),
    "duty": set(DUTIES),
    "reason": reason_codes(),
    "fact": fact_names(),
    "deadline": set(Act),
    "consequence": set(ConsequenceKind),
    "due": {f"due.{kind.value}" for kind in DueKind},
    "size": set(Size),
    "zone": set(Zone),
    "route": set(Route),
    "subtype": set(Subtype),
    "money line": set(LINES),
    "clearing rule": clearing_rules(),
}


@pytest.mark.parametrize("group", GROUPS)
def test_every_code_has_a_sentence_and_no_sentence_lacks_a_code(group: str) -> None:
    assert set(words.GROUPS[group]) == {str(code) for code in GROUPS[group]}


def test_the_groups_are_all_tested() -> None:
    assert set(GROUPS) == set(words.GROUPS)


def test_the_regex_sees_the_reasons() -> None:
    assert {"duties.fee.return_late", "duties.fee.payment_due_soon", "duties.law.unknown"} <= reason_codes()
    assert {"duties.licence.under_review", "duties.notice.end_missing", "duties.fee.payment_late"} <= reason_codes()
    assert len(reason_codes()) > 100


def test_the_regex_sees_the_facts() -> None:
    assert {"metered_wh", "platform_kwh", "unregistered_machines", "kind", "standing"} <= fact_names()


_NEVER_WRONG = re.compile(
    r"_(done|not_yet_due)$|\.no_|\.not_(ended|submitted|a_new_mine|in_force|circulated)$|_in_size$|_within_cap$|_shared$"
)
_FINE = {
    "duties.energy.exempt_route",
    "duties.energy.programme_proposed",
    "duties.energy.quota_fits",
    "duties.energy.sourced",
    "duties.equipment.at_licensed_site",
    "duties.equipment.fingerprints_match",
    "duties.equipment.registered",
    "duties.equipment.replacements_registered",
    "duties.fee.accrued",
    "duties.fee.covered",
    "duties.fee.host_is_no_payer",
    "duties.fee.nothing_owed",
    "duties.fee.unpaid",
    "duties.licence.already_held",
    "duties.licence.cap_not_reached",
    "duties.licence.covered",
    "duties.licence.decided",
    "duties.licence.fee_paid",
    "duties.licence.holder_entitled",
    "duties.licence.in_data_centre",
    "duties.licence.none",
    "duties.licence.runs",
    "duties.licence.steps_done",
    "duties.licence.subtype_fits",
    "duties.licence.under_review",
    "duties.pool.accredited",
    "duties.records.disclosed",
    "duties.records.log_complete",
    "duties.records.meter_fits_coins",
    "duties.report.pool_reported",
    "duties.sale.judged_with_the_year",
    "duties.sale.sold",
    "duties.sale.venue_licensed",
    "duties.tax.covered",
    "duties.tax.period_open",
    "duties.vat.import_settled",
    "duties.vat.lock_kept",
    "duties.vat.nothing_imported",
}
"""Reasons of duties that are met or do not apply: nothing is to be mended."""


@pytest.mark.parametrize("code", sorted(words.REASONS))
def test_what_can_be_mended_says_how_and_what_is_fine_says_nothing(code: str) -> None:
    fine = code in _FINE or (_NEVER_WRONG.search(code) is not None and code not in _SOUNDS_FINE)
    assert bool(fix(code)) is not fine
    assert not fix(code) or (fix(code)[0].isupper() and fix(code).endswith("."))


_SOUNDS_FINE = {"duties.energy.no_quota", "duties.equipment.no_fingerprint"}


def test_no_fix_stands_without_its_reason() -> None:
    assert set(FIXES) <= set(words.REASONS)


def test_no_code_stands_in_two_groups() -> None:
    codes = list(chain.from_iterable(words.GROUPS.values()))
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("code", [*words.REASONS, *ORDER_REFUSALS, *words.READING_REFUSALS])
def test_a_reason_is_a_sentence(code: str) -> None:
    said = sentence(code)
    assert said[0].isupper()
    assert said.endswith(".")
    assert "_" not in said


def test_an_unknown_code_is_a_bug() -> None:
    with pytest.raises(KeyError):
        sentence("duties.fee.vanished")


def test_every_refused_order_has_a_way_out():
    assert set(ORDER_FIXES) == set(OrderRefusal)


@pytest.mark.parametrize(
    ("refusal", "found", "limit"),
    [
        (OrderRefusal.VERSION_NOT_NEXT, count(1_234), count(777)),
        (OrderRefusal.TOO_MANY_STEPS, count(1_234), count(777)),
        (OrderRefusal.STEP_TWICE, price(1_234), price(1_234)),
        (OrderRefusal.PRICE_TOO_HIGH, price(1_234), price(777)),
        (OrderRefusal.PRICE_OFF_TICK, price(1_234), price(777)),
        (OrderRefusal.PRICE_UNDER_RESERVE, price(1_234), price(777)),
        (OrderRefusal.QUANTITY_NOT_POSITIVE, count(1_234), "zero"),
        (OrderRefusal.QUANTITY_TOO_SMALL, f"{count(1_234)} kWh", f"{count(777)} kWh"),
        (OrderRefusal.QUANTITY_TOO_LARGE, f"{count(1_234)} kWh", f"{count(777)} kWh"),
        (OrderRefusal.OVER_SITE_POWER, f"{count(1_234)} kWh", f"{count(777)} kWh"),
        (OrderRefusal.OVER_PREPAID_BALANCE, money(1_234), money(777)),
    ],
)
def test_a_refusal_tells_what_was_found_and_the_limit(refusal: OrderRefusal, found: str, limit: str) -> None:
    said = refusal_sentence(refusal, found=1_234, limit=777)
    assert found in said and limit in said
    assert "{" not in said


@pytest.mark.parametrize("refusal", OrderRefusal)
def test_a_refusal_is_two_sentences_with_nothing_left_to_fill_in(refusal: OrderRefusal) -> None:
    said = refusal_sentence(refusal, found=-5, limit=0)
    assert said.startswith(ORDER_REFUSALS[refusal]) and said.endswith(".")
    assert not re.search(r"[{}]", said)
