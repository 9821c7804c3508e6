"""A log that somebody signed and no day can have: the replay names the entry, it never breaks."""

import copy

import pytest

from kezek.cli.evidence import replay_command
from kezek.day.engine import DayEngine
from kezek.day.events import Closed, Opened, Payout, Prepaid, Revision, Supply
from kezek.day.replay import replay, table_digests
from kezek.day.run import simulation_signer
from kezek.day.tables import day_tables
from kezek.duties.facts import OperatorFacts
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.log import Log, parse_entries
from kezek.evidence.plain import from_plain
from kezek.evidence.tree import Tree, leaf_hash
from kezek.market.order import Order, Step
from kezek.market.product import product_id
from kezek.metering.reading import MeterReading, meter_of
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem


@pytest.fixture(scope="module")
def events(default_day):
    """A whole day of two bidders and one hour, with an order, a revision, a reading of nothing and a refused one."""
    logged = parse_entries(default_day.log.entries_text())
    engine = DayEngine(lens=default_day.request.lens.with_readings({}), opened=from_plain(Opened, logged[0]["data"]))
    on = engine.opened.on
    buyers = [
        one
        for one in default_day.state.operators.values()
        if one.route is Route.GRID_SURPLUS
        and one.zone is Zone.NORTH_SOUTH
        and one.site_power_w > 10**7
        and one.licence.state_on(on) == "active"
    ][:2]
    key = product_id(on=on, zone=Zone.NORTH_SOUTH, hour_index=3)
    for buyer in buyers:
        engine.admit(buyer)
    for buyer in buyers:
        engine.prepay(Prepaid(buyer.operator_id, 10**9))
    engine.publish(Supply(key, Zone.NORTH_SOUTH, 3, 10**7, 9 * 10**6, 0, 5_000))
    for buyer in buyers:
        who = buyer.operator_id
        at = engine.session.opens_at
        engine.submit(Order(f"{key}/{who}/a", 1, who, who, who, key, (Step(2_000, 4_000),), at))
    engine.close_gate()
    engine.revise(Revision(key, 1_500, engine.session.closes_at))
    for energy_wh in (7, -7):
        who = buyers[0].operator_id
        engine.read_meter(MeterReading(meter_of(operator_id=who), who, 3, energy_wh))
    engine.pay_out(Payout(buyers[0].operator_id, "pool", 2, 1))
    books = {event["id"]: event["data"] for event in logged if event["type"] == "books.filed"}
    for buyer in buyers:
        engine.file_books(from_plain(OperatorFacts, books[buyer.operator_id]))
    tables = table_digests(day_tables(state=engine.state)).tables
    engine.close(Closed({**tables, "machines": "5e" * 32}))
    return parse_entries(engine.log.entries_text())


@pytest.fixture
def replayed(events, default_day, tmp_path, capsys):
    """Change the log, number it anew, sign it, replay it; returns what was said."""

    def run(change, *, code=1):
        changed = copy.deepcopy(events)
        changed = change(changed) or changed
        for number, event in enumerate(changed):
            event["n"] = number
        forged = Log()
        forged.extend(changed)
        for name, data in forged.files(simulation_signer(opening=forged.entry(0) if len(forged) else b"")).items():
            (tmp_path / name).write_bytes(data)
        assert replay_command(tmp_path, None, None) == code
        return capsys.readouterr().out

    return run


def place(events, kind):
    return next(index for index, event in enumerate(events) if event["type"] == kind)


def first_entry(said):
    return int(said.split("NO  entry ", 1)[1].split()[0])


def changed_data(kind, **changes):
    return lambda events: events[place(events, kind)]["data"].update(changes)


def without(kind, count=1):
    def change(events):
        start = place(events, kind)
        return [*events[:start], *events[start + count :]]

    return change


def test_the_small_day_replays_to_the_same_bytes(replayed):
    said = replayed(lambda events: None, code=0)
    assert "THE SAME DAY" in said and "only the log was compared" in said


def test_the_small_day_holds_every_kind_of_event(events):
    assert {event["type"] for event in events} >= {
        "reading.refused",
        "readings.missing",
        "purchase.cut",
        "day.closed",
    }


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("operator.admitted", {"operator": 5}),
        ("account.prepaid", {"amount_tiyn": "much"}),
        ("account.prepaid", {"amount_tiyn": -1}),
        ("supply.published", {"zone": "moon"}),
        ("supply.published", {"surplus_kwh": -1}),
        ("order.submitted", {"received_at": 5}),
        ("order.submitted", {"steps": [{"price_tiyn_per_kwh": 2**53 - 1, "quantity_kwh": 1}]}),
        ("supply.revised", {"surplus_kwh": 5_001}),
        ("supply.revised", {"surplus_kwh": -1}),
        ("supply.revised", {"product_id": "nowhere"}),
        ("meter.read", {"energy_wh": None}),
        ("payout.received", {"extra": 1}),
        ("books.filed", {"as_of_on": 5}),
        ("books.filed", {"books": []}),
        ("books.filed", {"route": "by air"}),
        ("day.closed", {"tables": {}}),
        ("day.closed", {"tables": "all"}),
    ],
)
def test_an_input_that_cannot_be_is_a_difference_that_names_its_entry(replayed, events, kind, changes):
    said = replayed(changed_data(kind, **changes))
    assert "NOT THE SAME DAY" in said
    assert first_entry(said) >= place(events, kind)


@pytest.mark.parametrize(
    ("kind", "named"),
    [
        ("supply.revised", "supply.revised): the day cannot take it: KeyError"),
        ("account.prepaid", "account.prepaid): the day cannot take it: CodecError"),
    ],
)
def test_the_fault_of_an_entry_is_named_by_number_and_type(replayed, events, kind, named):
    changes = {"product_id": "nowhere"} if kind == "supply.revised" else {"amount_tiyn": None}
    assert f"entry {place(events, kind)} ({named}" in replayed(changed_data(kind, **changes))


def test_a_broken_invariant_of_the_engine_is_a_difference(replayed, events, monkeypatch):
    from kezek.ledger.transfer import LedgerBroken, LedgerRefused, TransferRefusal
    from kezek.trading.state import InvariantBroken

    overdrawn = LedgerRefused(TransferRefusal.OVERDRAWN, 0, "overdrawn")
    for broken in (InvariantBroken("sold too much"), overdrawn, LedgerBroken("not 0")):
        with monkeypatch.context() as patch:

            def fail(*_, error=broken):
                raise error

            patch.setattr(DayEngine, "revise", fail)
            said = replayed(lambda events: None)
        assert f"entry {place(events, 'supply.revised')} (supply.revised)" in said
        assert type(broken).__name__ in said


@pytest.mark.parametrize(
    "kind", ["operator.admitted", "account.prepaid", "order.submitted", "gate.closed", "meter.read", "books.filed"]
)
def test_a_dropped_event_is_a_difference_at_its_place_or_where_it_would_have_counted(replayed, events, kind):
    said = replayed(without(kind))
    assert "NOT THE SAME DAY" in said
    assert place(events, kind) <= first_entry(said) < len(events) - 1


def test_dropped_books_are_missed_even_if_their_verdict_is_dropped_too(replayed):
    said = replayed(without("books.filed", count=2))
    assert "(day.closed)" in said and "books not filed exactly once" in said


def test_a_day_that_is_opened_twice_is_a_difference(replayed):
    said = replayed(lambda events: [*events[:3], copy.deepcopy(events[0]), *events[3:]])
    assert "entry 3 (day.opened)" in said and "opened once" in said


@pytest.mark.parametrize("left", [0.1, 0.5, 0.9])
def test_a_log_that_stops_before_the_close_is_not_whole(replayed, left):
    said = replayed(lambda events: events[: int(len(events) * left)])
    assert "the log does not end with day.closed" in said


def test_a_log_that_goes_on_after_the_close_is_a_difference(replayed, events):
    said = replayed(lambda events: [*events, copy.deepcopy(events[place(events, "meter.read")])])
    assert "the log does not end with day.closed" in said
    assert f"entry {len(events)} (meter.read)" in said


def test_an_unknown_event_is_a_difference(replayed):
    said = replayed(lambda events: [*events[:4], {"type": "gift", "id": "x", "data": {}}, *events[4:]])
    assert "entry 4 (gift)" in said


@pytest.mark.parametrize("changes", [{"on": 5}, {"readings": []}, {"seed": None}, {"profile": "theirs"}])
def test_terms_that_no_day_has_are_refused_with_a_sentence(replayed, changes):
    with pytest.raises(InputProblem):
        replayed(changed_data("day.opened", **changes))


def test_the_digest_of_an_input_table_is_taken_from_the_log_and_the_others_are_not(events, default_day):
    book = default_day.request.lens.book
    tables = replay(events=events, book=book, progress=lambda _: None).tables
    assert tables["machines"] == "5e" * 32
    forged = copy.deepcopy(events)
    forged[-1]["data"]["tables"]["hours"] = "00" * 32
    (found,) = replay(events=forged, book=book, progress=lambda _: None).differences
    assert found.where == f"entry {len(events) - 1} (day.closed)"


@pytest.mark.parametrize("line", [b'{"a":1.5}', b"[]", b"no JSON", b'{"b":1, "a":2}'])
def test_a_signed_line_that_is_no_event_is_named(events, tmp_path, capsys, line):
    log, signer = Log(), simulation_signer(opening=b"forged")
    log.extend(events)
    lines = [log.entry(0), line]
    tree = Tree([leaf_hash(one) for one in lines])
    files = {
        "entries.jsonl": b"".join(one + b"\n" for one in lines),
        "leaves.txt": "".join(f"{leaf.hex()}\n" for leaf in tree.leaves()).encode(),
        "checkpoint": sign_checkpoint(size=2, root=tree.root(), signer=signer).encode(),
        "log.vkey": f"{signer.vkey}\n".encode(),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert replay_command(tmp_path, None, None) == 1
    assert "NO  entries.jsonl: entry 1: " in capsys.readouterr().out
