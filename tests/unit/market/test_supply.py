from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from kezek.market.supply import MOST_KWH, Declaration, SupplyAct, SupplyRefusal, programme_kwh, refusal_of

AT = datetime(2025, 10, 14, 4, 15, tzinfo=UTC)
PUBLISHED, REVISED, WITHDRAWN = SupplyAct.PUBLISHED, SupplyAct.REVISED, SupplyAct.WITHDRAWN
R = SupplyRefusal


SECOND = timedelta(seconds=1)
OVER = {"closed": True, "hour_ends_at": AT}
LAST = {**OVER, "settled": True}


def refused(act, kwh, *, now_kwh=None, product_id="h", closed=False, settled=False, hour_ends_at=None):
    return refusal_of(
        Declaration(product_id, act, kwh, AT),
        declared_kwh={"h": now_kwh, "other": 7},
        closed=closed,
        settled=settled,
        hour_ends_at=hour_ends_at,
    )


@pytest.mark.parametrize(
    ("act", "kwh", "world", "refusal"),
    [
        (PUBLISHED, 500, {"product_id": "h9"}, R.UNKNOWN_PRODUCT),
        (REVISED, 500, {"product_id": "h9"}, R.UNKNOWN_PRODUCT),
        (WITHDRAWN, 0, {"product_id": ""}, R.UNKNOWN_PRODUCT),
        (PUBLISHED, -1, {}, R.NEGATIVE),
        (REVISED, -1, {"now_kwh": 400}, R.NEGATIVE),
        (WITHDRAWN, -1, {"now_kwh": 400}, R.NEGATIVE),
        (PUBLISHED, -(2**63), {}, R.NEGATIVE),
        (PUBLISHED, MOST_KWH + 1, {}, R.TOO_LARGE),
        (REVISED, 2**63, {"now_kwh": 400}, R.TOO_LARGE),
        (PUBLISHED, 2**70, {}, R.TOO_LARGE),
        (PUBLISHED, 500, {"now_kwh": 400}, R.PUBLISHED_TWICE),
        (PUBLISHED, 400, {"now_kwh": 400}, R.PUBLISHED_TWICE),
        (PUBLISHED, 400, {"now_kwh": 0}, R.PUBLISHED_TWICE),
        (REVISED, 500, {}, R.NOT_PUBLISHED),
        (WITHDRAWN, 0, {}, R.NOT_PUBLISHED),
        (WITHDRAWN, 0, {"now_kwh": 0}, R.ALREADY_WITHDRAWN),
        (WITHDRAWN, 0, {"now_kwh": 0, "closed": True}, R.ALREADY_WITHDRAWN),
        (WITHDRAWN, 1, {"now_kwh": 400}, R.WITHDRAWN_AMOUNT),
        (WITHDRAWN, 400, {"now_kwh": 400}, R.WITHDRAWN_AMOUNT),
        (WITHDRAWN, MOST_KWH, {"now_kwh": 400}, R.WITHDRAWN_AMOUNT),
        (WITHDRAWN, 399, {"now_kwh": 400, "closed": True}, R.WITHDRAWN_AMOUNT),
        (PUBLISHED, 500, {"closed": True}, R.AFTER_CLOSURE),
        (PUBLISHED, 0, {"closed": True}, R.AFTER_CLOSURE),
        (REVISED, 399, {"now_kwh": 400, **OVER}, R.HOUR_OVER),
        (REVISED, 400, {"now_kwh": 400, **OVER}, R.HOUR_OVER),
        (WITHDRAWN, 0, {"now_kwh": 400, **OVER}, R.HOUR_OVER),
        (REVISED, 399, {"now_kwh": 400, "closed": True, "hour_ends_at": AT - SECOND}, R.HOUR_OVER),
        (PUBLISHED, 5, {"hour_ends_at": AT}, R.HOUR_OVER),  # a gate that nobody closed opens no hour of yesterday
        (REVISED, 401, {"now_kwh": 400, "closed": True}, R.RAISED_AFTER_CLOSURE),
        (REVISED, 1, {"now_kwh": 0, "closed": True}, R.RAISED_AFTER_CLOSURE),
        (REVISED, 399, {"now_kwh": 400, "closed": True, "settled": True}, R.AFTER_SETTLEMENT),
        (REVISED, 400, {"now_kwh": 400, "closed": True, "settled": True}, R.AFTER_SETTLEMENT),
        (WITHDRAWN, 0, {"now_kwh": 400, "closed": True, "settled": True}, R.AFTER_SETTLEMENT),
    ],
)
def test_a_declaration_with_one_fault_is_refused_with_it(act, kwh, world, refusal):
    assert refused(act, kwh, **world) is refusal


@pytest.mark.parametrize(
    ("act", "kwh", "world"),
    [
        (PUBLISHED, 1, {}),
        (PUBLISHED, 0, {}),  # nothing to sell in this hour: that is said too
        (PUBLISHED, MOST_KWH, {}),
        (REVISED, 500, {"now_kwh": 400}),
        (REVISED, 400, {"now_kwh": 400}),
        (REVISED, 0, {"now_kwh": 400}),
        (REVISED, 400, {"now_kwh": 0}),  # offered again after a withdrawal
        (REVISED, MOST_KWH, {"now_kwh": 400}),
        (WITHDRAWN, 0, {"now_kwh": 1}),
        (REVISED, 399, {"now_kwh": 400, "closed": True}),
        (REVISED, 400, {"now_kwh": 400, "closed": True}),
        (REVISED, 0, {"now_kwh": 400, "closed": True}),
        (WITHDRAWN, 0, {"now_kwh": 400, "closed": True}),
        (REVISED, 399, {"now_kwh": 400, "closed": True, "hour_ends_at": AT + SECOND}),
        (WITHDRAWN, 0, {"now_kwh": 400, "closed": True, "hour_ends_at": AT + SECOND}),
    ],
)
def test_a_declaration_that_may_stand_is_not_refused(act, kwh, world):
    assert refused(act, kwh, **world) is None


# Declarations that have both faults, as far as one can have both.
BOTH = {
    (R.UNKNOWN_PRODUCT, R.NEGATIVE): (PUBLISHED, -1, {"product_id": "h9"}),
    (R.UNKNOWN_PRODUCT, R.TOO_LARGE): (PUBLISHED, MOST_KWH + 1, {"product_id": "h9"}),
    (R.UNKNOWN_PRODUCT, R.NOT_PUBLISHED): (REVISED, 5, {"product_id": "h9"}),
    (R.UNKNOWN_PRODUCT, R.WITHDRAWN_AMOUNT): (WITHDRAWN, 5, {"product_id": "h9"}),
    (R.UNKNOWN_PRODUCT, R.AFTER_CLOSURE): (PUBLISHED, 5, {"product_id": "h9", "closed": True}),
    (R.UNKNOWN_PRODUCT, R.RAISED_AFTER_CLOSURE): (REVISED, 5, {"product_id": "h9", "closed": True}),
    (R.UNKNOWN_PRODUCT, R.AFTER_SETTLEMENT): (WITHDRAWN, 0, {"product_id": "h9", "settled": True}),
    (R.NEGATIVE, R.PUBLISHED_TWICE): (PUBLISHED, -1, {"now_kwh": 400}),
    (R.NEGATIVE, R.NOT_PUBLISHED): (REVISED, -1, {}),
    (R.NEGATIVE, R.ALREADY_WITHDRAWN): (WITHDRAWN, -1, {"now_kwh": 0}),
    (R.NEGATIVE, R.WITHDRAWN_AMOUNT): (WITHDRAWN, -1, {"now_kwh": 400}),
    (R.NEGATIVE, R.AFTER_CLOSURE): (PUBLISHED, -1, {"closed": True}),
    (R.NEGATIVE, R.AFTER_SETTLEMENT): (REVISED, -1, {"now_kwh": 400, "closed": True, "settled": True}),
    (R.TOO_LARGE, R.PUBLISHED_TWICE): (PUBLISHED, 2**63, {"now_kwh": 400}),
    (R.TOO_LARGE, R.NOT_PUBLISHED): (REVISED, 2**63, {}),
    (R.TOO_LARGE, R.ALREADY_WITHDRAWN): (WITHDRAWN, 2**63, {"now_kwh": 0}),
    (R.TOO_LARGE, R.WITHDRAWN_AMOUNT): (WITHDRAWN, 2**63, {"now_kwh": 400}),
    (R.TOO_LARGE, R.AFTER_CLOSURE): (PUBLISHED, 2**63, {"closed": True}),
    (R.TOO_LARGE, R.RAISED_AFTER_CLOSURE): (REVISED, 2**63, {"now_kwh": 400, "closed": True}),
    (R.TOO_LARGE, R.AFTER_SETTLEMENT): (REVISED, 2**63, {"now_kwh": 400, "closed": True, "settled": True}),
    (R.PUBLISHED_TWICE, R.AFTER_CLOSURE): (PUBLISHED, 5, {"now_kwh": 400, "closed": True}),
    (R.PUBLISHED_TWICE, R.RAISED_AFTER_CLOSURE): (PUBLISHED, 500, {"now_kwh": 400, "closed": True}),
    (R.PUBLISHED_TWICE, R.AFTER_SETTLEMENT): (PUBLISHED, 5, {"now_kwh": 400, "closed": True, "settled": True}),
    (R.NOT_PUBLISHED, R.WITHDRAWN_AMOUNT): (WITHDRAWN, 5, {}),
    (R.NOT_PUBLISHED, R.RAISED_AFTER_CLOSURE): (REVISED, 5, {"closed": True}),
    (R.NOT_PUBLISHED, R.AFTER_SETTLEMENT): (WITHDRAWN, 0, {"closed": True, "settled": True}),
    (R.ALREADY_WITHDRAWN, R.WITHDRAWN_AMOUNT): (WITHDRAWN, 5, {"now_kwh": 0}),
    (R.ALREADY_WITHDRAWN, R.RAISED_AFTER_CLOSURE): (WITHDRAWN, 5, {"now_kwh": 0, "closed": True}),
    (R.WITHDRAWN_AMOUNT, R.RAISED_AFTER_CLOSURE): (WITHDRAWN, 500, {"now_kwh": 400, "closed": True}),
    (R.WITHDRAWN_AMOUNT, R.AFTER_SETTLEMENT): (WITHDRAWN, 5, {"now_kwh": 400, "closed": True, "settled": True}),
    (R.ALREADY_WITHDRAWN, R.AFTER_SETTLEMENT): (WITHDRAWN, 0, {"now_kwh": 0, "closed": True, "settled": True}),
    (R.AFTER_CLOSURE, R.RAISED_AFTER_CLOSURE): (PUBLISHED, 5, {"closed": True}),
    (R.AFTER_CLOSURE, R.AFTER_SETTLEMENT): (PUBLISHED, 0, {"closed": True, "settled": True}),
    (R.UNKNOWN_PRODUCT, R.HOUR_OVER): (REVISED, 5, {"product_id": "h9", **OVER}),
    (R.NEGATIVE, R.HOUR_OVER): (REVISED, -1, {"now_kwh": 400, **OVER}),
    (R.TOO_LARGE, R.HOUR_OVER): (REVISED, 2**63, {"now_kwh": 400, **OVER}),
    (R.PUBLISHED_TWICE, R.HOUR_OVER): (PUBLISHED, 5, {"now_kwh": 400, **OVER}),
    (R.NOT_PUBLISHED, R.HOUR_OVER): (REVISED, 0, OVER),
    (R.ALREADY_WITHDRAWN, R.HOUR_OVER): (WITHDRAWN, 0, {"now_kwh": 0, **OVER}),
    (R.WITHDRAWN_AMOUNT, R.HOUR_OVER): (WITHDRAWN, 5, {"now_kwh": 400, **OVER}),
    (R.AFTER_CLOSURE, R.HOUR_OVER): (PUBLISHED, 5, OVER),
    (R.HOUR_OVER, R.RAISED_AFTER_CLOSURE): (REVISED, 500, {"now_kwh": 400, **OVER}),
    (R.HOUR_OVER, R.AFTER_SETTLEMENT): (REVISED, 399, {"now_kwh": 400, **LAST}),
    (R.RAISED_AFTER_CLOSURE, R.AFTER_SETTLEMENT): (
        REVISED,
        500,
        {"now_kwh": 400, "closed": True, "settled": True},
    ),
}
NEVER_BOTH = {
    (R.UNKNOWN_PRODUCT, R.PUBLISHED_TWICE),  # nothing was declared of what nobody knows
    (R.UNKNOWN_PRODUCT, R.ALREADY_WITHDRAWN),
    (R.NEGATIVE, R.TOO_LARGE),
    (R.NEGATIVE, R.RAISED_AFTER_CLOSURE),
    (R.PUBLISHED_TWICE, R.NOT_PUBLISHED),
    (R.PUBLISHED_TWICE, R.ALREADY_WITHDRAWN),
    (R.PUBLISHED_TWICE, R.WITHDRAWN_AMOUNT),
    (R.NOT_PUBLISHED, R.ALREADY_WITHDRAWN),
    (R.NOT_PUBLISHED, R.AFTER_CLOSURE),  # only a first publication can come too late
    (R.ALREADY_WITHDRAWN, R.AFTER_CLOSURE),
    (R.WITHDRAWN_AMOUNT, R.AFTER_CLOSURE),
}


@pytest.mark.parametrize(("earlier", "later"), BOTH, ids=lambda fault: fault.name)
def test_a_declaration_with_two_faults_gets_the_first_in_the_list(earlier, later):
    act, kwh, world = BOTH[earlier, later]
    assert refused(act, kwh, **world) is earlier


def test_every_pair_of_faults_is_tried_or_cannot_be():
    assert {*BOTH, *NEVER_BOTH} == set(combinations(SupplyRefusal, 2))
    assert not {*BOTH} & NEVER_BOTH


def test_the_codes_of_what_is_declared_say_what_is_wrong_with_it():
    assert R.NEGATIVE == "market.supply.negative"
    assert R.WITHDRAWN_AMOUNT == "market.supply.withdrawn_amount"
    assert R.TOO_LARGE == "market.supply.too_large"


def test_a_withdrawal_that_states_an_amount_leaves_what_was_declared():
    acts = [(PUBLISHED, 400), (WITHDRAWN, 5), (WITHDRAWN, 400), (WITHDRAWN, 0)]
    assert run(*acts[:3]) == (400, [None, R.WITHDRAWN_AMOUNT, R.WITHDRAWN_AMOUNT])
    assert run(*acts) == (0, [None, R.WITHDRAWN_AMOUNT, R.WITHDRAWN_AMOUNT, None])


def run(*acts):
    """Declare one after the other as the market would keep it: what stands, and the answers."""
    now, answers = {"h": None}, []
    for act, kwh in acts:
        declaration = Declaration("h", act, kwh, AT)
        answers.append(refusal_of(declaration, declared_kwh=now, closed=False, settled=False))
        if answers[-1] is None:
            now = {"h": kwh}
    return now["h"], answers


def test_a_supply_is_published_revised_withdrawn_and_offered_again():
    acts = [(PUBLISHED, 400), (REVISED, 500), (REVISED, 300), (WITHDRAWN, 0), (REVISED, 200)]
    assert run(*acts) == (200, [None] * 5)


def test_a_refused_act_leaves_what_was_declared():
    acts = [(REVISED, 9), (PUBLISHED, 400), (PUBLISHED, 500), (REVISED, -1), (WITHDRAWN, 0), (WITHDRAWN, 0)]
    assert run(*acts[:4]) == (400, [R.NOT_PUBLISHED, None, R.PUBLISHED_TWICE, R.NEGATIVE])
    assert run(*acts)[0] == 0
    assert run(*acts)[1][-2:] == [None, R.ALREADY_WITHDRAWN]


def test_a_supply_of_zero_counts_as_published():
    assert run((PUBLISHED, 0), (PUBLISHED, 5)) == (0, [None, R.PUBLISHED_TWICE])
    assert run((PUBLISHED, 0), (REVISED, 5)) == (5, [None, None])


def test_one_product_s_declaration_says_nothing_of_another_s():
    assert refused(REVISED, 500, product_id="other", now_kwh=None) is None
    assert refused(PUBLISHED, 500, product_id="other", now_kwh=None) is R.PUBLISHED_TWICE
    assert refused(REVISED, 8, product_id="other", now_kwh=400, closed=True) is R.RAISED_AFTER_CLOSURE


def test_nothing_that_is_handed_in_is_changed():
    declared, declaration = {"h": 400}, Declaration("h", REVISED, 500, AT)
    refusal_of(declaration, declared_kwh=declared, closed=False, settled=False)
    assert (declared, declaration) == ({"h": 400}, replace(declaration))


@pytest.mark.parametrize(
    ("output", "share_ppm", "kwh"),
    [
        (1_000, 300_000, 300),
        (1_003, 300_000, 300),
        (1_004, 300_000, 301),
        (0, 300_000, 0),
        (3, 300_000, 0),
        (4, 300_000, 1),
        (1_000, 0, 0),
        (1_000, 1, 0),
        (1_000_000, 1, 1),
        (999_999, 1, 0),
        (1_000, 999_999, 999),
        (1_000, 1_000_000, 1_000),
        (2**70, 1_000_000, 2**70),
        (2**70, 500_000, 2**69),
    ],
)
def test_the_miners_share_is_whole_kilowatt_hours_and_never_more_than_the_share(output, share_ppm, kwh):
    assert programme_kwh(new_output_kwh=output, miner_share_ppm=share_ppm) == kwh
