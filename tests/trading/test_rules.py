"""What the law says to a session: its rules, its clock, and every value that is open named with what settles it."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from tests.trading.sessions import ON, at

from kezek.duties.lens import Lens
from kezek.law import keys, lock
from kezek.law.book import load_book
from kezek.market.product import Session
from kezek.trading.rules import market_rules, require_known, session_of
from kezek.units.problem import InputProblem

BOOK = Path(lock.__file__).with_name("books") / "kz"
OPEN_WORDS = {
    "market.tie_rule": "equal_share|pro_rata_per_operator|time_priority",
    "market.curtailment_price": "kept|restruck",
}
UNCONFIRMED = ("market.price_tick_tiyn_per_kwh", "market.smallest_order_kwh", "vat.rate_ppm")


def law(*, on=ON, profile="described", readings=None, accept=(), book=None):
    book = book or load_book()
    return Lens(book=book, profile=profile, readings=readings or {}, accept_unconfirmed=frozenset(accept)).on(on)


def refused(act):
    with pytest.raises(InputProblem) as caught:
        act()
    assert caught.value.way_out
    return caught.value


def test_the_rules_of_the_described_profile():
    rules = market_rules(law=law(), market_fee_tiyn_per_kwh=5, transmission_tiyn_per_kwh=120)
    assert (rules.price_rule, rules.tie_rule, rules.curtailment_price) == (
        "pay_as_bid",
        "pro_rata_per_operator",
        "kept",
    )
    assert (rules.price_tick_tiyn_per_kwh, rules.smallest_order_kwh, rules.purchase_max_kwh) == (1, 1, 1_000)
    assert (rules.vat_ppm, rules.market_fee_tiyn_per_kwh, rules.transmission_tiyn_per_kwh) == (120_000, 5, 120)


def test_vat_is_that_of_the_day_of_delivery():
    assert market_rules(law=law(on=date(2025, 12, 31))).vat_ppm == 120_000
    assert market_rules(law=law(on=date(2026, 1, 1))).vat_ppm == 160_000


@pytest.mark.parametrize("price", ["pay_as_bid", "uniform"])
@pytest.mark.parametrize("tie", ["pro_rata_per_operator", "time_priority", "equal_share"])
@pytest.mark.parametrize("cut", ["kept", "restruck"])
def test_a_reading_chooses_the_rules(price, tie, cut):
    readings = {"market.price_rule": price, "market.tie_rule": tie, "market.curtailment_price": cut}
    rules = market_rules(law=law(readings=readings))
    assert (rules.price_rule, rules.tie_rule, rules.curtailment_price) == (price, tie, cut)
    assert rules.restrikes is (price == "uniform" and cut == "restruck")


@pytest.mark.parametrize("profile", ["described", "published"])
def test_before_the_trading_rules_there_is_no_market(profile):
    problem = refused(lambda: market_rules(law=law(on=date(2023, 6, 30), profile=profile)))
    assert (problem.code, problem.where) == ("trading.rules.no_market", "--date")
    assert "2023-07-01" in problem.way_out


def test_on_the_first_day_of_the_trading_rules_there_is_one():
    assert market_rules(law=law(on=date(2023, 7, 1))).purchase_max_kwh is None


@pytest.mark.parametrize("price", [None, "uniform"])
def test_all_that_the_published_profile_leaves_open_is_named_at_once_with_what_settles_it(price):
    """What a cut does to the price is asked only where all pay one price."""
    problem = refused(lambda: market_rules(law=law(profile="published", readings=_priced(price))))
    assert (problem.code, problem.where) == ("trading.rules.law_open", "--profile")
    wanted = {"market.tie_rule", *UNCONFIRMED, *(["market.curtailment_price"] if price else [])}
    start = "Profile published leaves open on 2025-10-15 what is needed: "
    assert set(problem.what.removeprefix(start).rstrip(".").split(", ")) == wanted
    assert problem.way_out.startswith("Use --profile described, or settle it. Add ")
    for key in wanted:
        reading = f"--reading {key}={OPEN_WORDS.get(key)}"
        assert (reading if key in OPEN_WORDS else f"--accept-unconfirmed {key}") in problem.way_out


def _priced(price):
    return {"market.price_rule": price} if price else {}


def test_what_the_refusal_proposes_settles_it():
    readings = {key: positions.split("|")[0] for key, positions in OPEN_WORDS.items()}
    rules = market_rules(law=law(profile="published", readings=readings, accept=UNCONFIRMED))
    assert (rules.tie_rule, rules.curtailment_price, rules.purchase_max_kwh) == ("equal_share", "kept", None)


def test_where_each_pays_its_own_price_nothing_is_asked_of_a_price_that_is_struck_again():
    readings = {"market.tie_rule": "equal_share"}
    rules = market_rules(law=law(profile="published", readings=readings, accept=UNCONFIRMED))
    assert (rules.price_rule, rules.restrikes) == ("pay_as_bid", False)


@pytest.mark.parametrize("left", [*OPEN_WORDS, *UNCONFIRMED])
def test_only_what_is_still_open_is_named(left):
    readings = {key: positions.split("|")[-1] for key, positions in OPEN_WORDS.items() if key != left}
    readings["market.price_rule"] = "uniform"
    accept = [key for key in UNCONFIRMED if key != left]
    problem = refused(lambda: market_rules(law=law(profile="published", readings=readings, accept=accept)))
    assert problem.what.endswith(f"what is needed: {left}.")


def test_a_purpose_of_its_own_names_its_own_needs():
    require_known(law(), [keys.MARKET_TIE_RULE])
    problem = refused(lambda: require_known(law(profile="published"), [keys.MARKET_TIE_RULE]))
    assert problem.what.endswith("what is needed: market.tie_rule.")


def test_a_purchase_has_a_maximum_from_march_2024_where_the_reading_knows_one():
    cases = ((date(2024, 2, 29), {}), (date(2024, 3, 1), {}), (ON, {"energy.purchase_max": "none"}))
    rules = [market_rules(law=law(on=on, readings=readings)) for on, readings in cases]
    assert [one.purchase_max_kwh for one in rules] == [None, 1_000, None]


# The clock


def test_the_clock_of_a_session_is_that_of_the_day_before_delivery():
    assert session_of(on=ON, law=law()) == Session(at("08:00"), at("09:15"), at("09:30"), at("10:00"))


def test_the_day_after_the_clock_was_set_back_is_traded_by_the_new_one():
    on = date(2024, 3, 1)  # 29 February had 25 hours, its morning was still UTC+6
    assert session_of(on=on, law=law(on=on)).closes_at == at("09:00", on=date(2024, 2, 29))
    on = date(2024, 3, 2)
    assert session_of(on=on, law=law(on=on)).closes_at == at("10:00", on=date(2024, 3, 1))


# A book of one's own


@pytest.fixture
def changed_book(tmp_path):
    def change(file, old, new):
        folder = tmp_path / "book"
        shutil.copytree(BOOK, folder)
        (folder / lock.LOCK_NAME).unlink()
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
        return load_book(folder)

    return change


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "market/tie_rule.toml",
            '"pro_rata_per_operator"',
            '"pro_rata_per_operater"',
            ["tie_rule", 'Did you mean "pro'],
        ),
        (
            "market/tie_rule.toml",
            '"pro_rata_per_operator"',
            '"lottery"',
            ["'lottery' cannot be carried out", "Known: "],
        ),
        ("market/price_rule.toml", '"pay_as_bid"', '"pay_as_ask"', ["price_rule", "pay_as_bid"]),
        ("market/curtailment_price.toml", '"kept"', '"halved"', ["curtailment_price", "restruck"]),
        ("market/smallest_order_kwh.toml", "amount = 1", "amount = 0", ["smallest_order_kwh", "over zero"]),
        ("market/price_tick_tiyn_per_kwh.toml", "amount = 1", "amount = 0", ["price_tick", "over zero"]),
        ("energy/purchase_max_kwh.toml", "amount = 1000", "amount = 0", ["purchase_max_kwh", "or no maximum"]),
    ],
)
def test_a_word_or_an_amount_that_cannot_be_carried_out_is_refused(changed_book, file, old, new, words):
    book = changed_book(file, old, new)
    problem = refused(lambda: market_rules(law=law(book=book)))
    assert problem.code == "trading.rules.unusable"
    assert problem.where.startswith("law book, ")
    assert [word for word in words if word not in str(problem)] == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("market/opens.toml", '"09:30"', '"10:00"'),  # opens when it closes
        ("market/opens.toml", '"09:30"', '"09:14"'),  # before the volumes
        ("market/prepayment_by.toml", '"08:00"', '"09:16"'),  # after the volumes
    ],
)
def test_a_clock_that_does_not_run_forward_is_refused(changed_book, file, old, new):
    book = changed_book(file, old, new)
    problem = refused(lambda: session_of(on=ON, law=law(book=book)))
    assert problem.code == "trading.rules.unusable"
    assert "market.opens" in problem.where
    assert "follow each other" in problem.way_out
