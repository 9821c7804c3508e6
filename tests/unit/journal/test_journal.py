"""Events in a journal: each once, in one order, whoever writes."""

import multiprocessing
import threading
from datetime import timedelta

import pytest
from tests.stores.place import DAY, NOW, append, append_many, event, open_store, salt, stored, submission, tree_of

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.error import EventError
from kezek.evidence.event import head_of
from kezek.evidence.sealed import check_opening
from kezek.evidence.tree import leaf_hash
from kezek.journal import journal
from kezek.journal.journal import Submission
from kezek.units.problem import InputProblem


def places(store):
    with store.look() as transaction:
        return [row[0] for row in stored(transaction)]


def test_stored_bytes_are_the_canonical_ones_and_hash_to_the_leaf(log):
    (answer,) = append(log, submission(7))
    with log.look() as transaction:
        ((place, name, body),) = stored(transaction)
        assert list(journal.entries(transaction, 0, 9)) == [body]
        assert journal.find(transaction, "order/7") == (0, body)
        assert journal.find(transaction, "order/8") is None
    assert (place, name, parse_canonical(body)) == (0, "order/7", event(7))
    assert answer == journal.Accepted("order/7", 0, leaf_hash(body), existed=False)


def test_same_event_again_keeps_its_place(log):
    first = append_many(log, 0, 5)
    again = append(log, submission(3), submission(5), submission(0), submission(5))

    assert [(one.place, one.existed) for one in again] == [(3, True), (5, False), (0, True), (5, True)]
    assert again[0].leaf == first[3].leaf
    assert again[3].leaf == again[1].leaf
    assert places(log) == list(range(6))


def test_other_content_under_a_key_is_refused_and_nothing_of_the_batch_is_kept(log):
    append(log, submission(0))
    with pytest.raises(InputProblem, match=r"order/0.*journal\.event\.conflict"):
        append(log, submission(1), Submission(event(0, data={"number": 1})))
    with pytest.raises(InputProblem, match=r"order/2.*journal\.event\.conflict"):
        append(log, submission(2), Submission(event(2, data={})))

    assert places(log) == [0]


@pytest.mark.parametrize(
    "options",
    [
        {"private": {"iin": "840101300001", "names": ("A", "B")}},
        {"closed_until": NOW},
        {"private": {"a": 1}, "closed_until": NOW},
    ],
    ids=["private", "closed", "both"],
)
def test_salts_differ_and_the_event_is_still_the_same(log, options):
    (first,) = append(log, submission(0, **options))
    (again, twice) = append(log, submission(0, **options), submission(0, **options))
    fresh, fresh_again = append(log, submission(1, **options), submission(1, **options))

    assert (
        (again.place, again.leaf, again.existed) == (twice.place, twice.leaf, twice.existed) == (0, first.leaf, True)
    )
    assert (fresh_again.place, fresh_again.leaf, fresh_again.existed) == (1, fresh.leaf, True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (submission(0, private={"iin": "1"}), submission(0, private={"iin": "2"})),
        (submission(0, private={"iin": 1}), submission(0, private={"iin": True})),
        (submission(0, private={"iin": "1"}), submission(0, private={"iin": "1", "name": "A"})),
        (submission(0, private={"iin": "1"}), submission(0)),
        (submission(0), submission(0, private={"iin": "1"})),
        (submission(0, closed_until=NOW), submission(0, closed_until=NOW + DAY)),
        (submission(0, closed_until=NOW), submission(0)),
        (submission(0), submission(0, closed_until=NOW)),
        (Submission(event(0, private={"iin": "0" * 64})), Submission(event(0, private={"iin": "1" * 64}))),
    ],
    ids=["value", "kind", "more", "fewer", "new", "later", "opened", "closed", "digest"],
)
@pytest.mark.parametrize("batch", [False, True], ids=["later", "one_batch"])
def test_other_private_or_closed_content_is_another_event(log, before, after, batch):
    with pytest.raises(InputProblem, match=r"journal\.event\.conflict"):
        if batch:
            append(log, before, after)
        else:
            append(log, before)
            append(log, after)
    assert places(log) == ([] if batch else [0])


def test_event_that_seals_for_itself_is_not_sealed_over(log):
    sealed = event(0, private={"iin": "0" * 64})
    with pytest.raises(InputProblem, match=r"journal\.event\.twice"):
        append(log, Submission(sealed, private={"name": "A"}))
    closed = event(0, confidential={"salt": "A" * 43 + "=", "until": "2026-01-01T00:00:00Z"})
    with pytest.raises(InputProblem, match=r"journal\.event\.twice"):
        append(log, Submission(closed, closed_until=NOW))
    assert places(log) == []
    assert append(log, Submission({**sealed, "confidential": closed["confidential"]}))[0].place == 0


@pytest.mark.parametrize(
    "until", [NOW.replace(tzinfo=None), NOW + timedelta(milliseconds=900)], ids=["naive", "split"]
)
def test_embargo_is_an_instant_in_whole_seconds(log, until):
    """A moment of no time zone would be guessed; one cut to the second would open too early."""
    with pytest.raises(EventError, match=r"evidence\.event\.moment"):
        append(log, submission(0, closed_until=until))
    assert places(log) == []


def test_what_no_log_takes_is_refused_before_anything_is_written(log):
    with pytest.raises(EventError):
        append(log, submission(0), Submission(event(1, v=0)))
    with pytest.raises(InputProblem, match=r"journal\.event\.reserved"):
        append(log, submission(0), Submission(event(1, type="log.key_rotated")))
    assert append(log) == []
    assert places(log) == []


def test_private_values_are_beside_the_log_and_open_their_digests(log):
    (one,) = append(log, submission(0, private={"iin": "840101300001", "tags": [1, {"a": None}]}))
    with log.look() as transaction:
        kept = journal.openings(transaction, one.place)
        _, body = journal.find(transaction, "order/0")
    digests = parse_canonical(body)["private"]

    assert b"840101300001" not in body
    assert {name: opening.value for name, opening in kept.items()} == {
        "iin": "840101300001",
        "tags": [1, {"a": None}],
    }
    assert kept["iin"].salt != kept["tags"].salt
    for name, digest in digests.items():
        check_opening(kept[name], digest)


def test_private_values_are_forgotten_and_the_log_still_stands(place, log):
    append(log, submission(0, private={"iin": "840101300001"}), submission(1, private={"iin": "850101300001"}))
    signed = place.publish(log)
    with log.begin() as transaction:
        assert journal.forget(transaction, "order/0") == 1
    with log.begin() as transaction:
        assert journal.forget(transaction, "order/0") == 0
        assert journal.openings(transaction, 0) == {}
        assert list(journal.openings(transaction, 1)) == ["iin"]
        assert tree_of(transaction).root() == signed.checkpoint.root
    with pytest.raises(InputProblem, match=r"journal\.event\.unknown"), log.begin() as transaction:
        journal.forget(transaction, "order/9")

    assert append(log, submission(0, private={"iin": "another, nobody can tell"}))[0].existed
    assert place.publish(log) == signed


def test_forgotten_values_leave_no_bytes_in_the_file(sqlite_place):
    log = sqlite_place.open()
    sqlite_place.begin(log)
    append(log, submission(0, private={"iin": "840101300001-secret"}))
    with log.begin() as transaction:
        journal.forget(transaction, "order/0")
    log.close()

    assert all(b"840101300001-secret" not in path.read_bytes() for path in sqlite_place.folder.glob("journal.db*"))


def test_closed_body_carries_its_own_salt(log):
    """The same event twice under a fresh salt gives two leaves: nobody can guess a bid from its published hash."""
    until = NOW + DAY
    prepared = []
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), log.begin() as transaction:
            prepared += journal.append(transaction, [submission(0, closed_until=until)], salt=salt)
            _, body = journal.find(transaction, "order/0")
            assert head_of(parse_canonical(body)).until == until
            raise ZeroDivisionError

    assert prepared[0].leaf != prepared[1].leaf


@pytest.mark.parametrize("act", ["body = ?", "leaf = ?"])
def test_replaced_bytes_are_found_before_they_are_woven_in(place, log, act):
    append_many(log, 0, 3)
    signed = place.publish(log)
    append_many(log, 3, 7)
    with place.tampering() as transaction:
        other = b"x" * 32
        transaction.rows(f"UPDATE kezek_entry SET {act} WHERE place = 5", (other,))

    with pytest.raises(InputProblem, match=r"entry 5.*journal\.entry\.damaged"):
        place.publish(log)
    with pytest.raises(InputProblem, match=r"entry 5.*journal\.entry\.damaged"), log.begin() as transaction:
        journal.integrate(transaction)
    assert place.pin.read() == signed.pinned
    with log.look() as transaction:
        assert journal.look(transaction).integrated == 3
        assert transaction.rows("SELECT COUNT(*) FROM kezek_checkpoint") == [(2,)]


def test_entry_replaced_after_it_was_integrated_is_found_before_it_is_signed(place, log):
    append_many(log, 0, 5)
    with log.begin() as transaction:
        journal.integrate(transaction)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_entry SET body = ? WHERE place = 2", (b"{}",))

    with pytest.raises(InputProblem, match=r"entry 2.*journal\.entry\.damaged"):
        place.publish(log)


def test_missing_entry_is_named(place, log):
    append_many(log, 0, 7)
    with place.tampering() as transaction:
        transaction.rows("DELETE FROM kezek_entry WHERE place = 4")
    with pytest.raises(InputProblem, match=r"entry 4.*journal\.entry\.missing"):
        place.publish(log)
    with place.tampering() as transaction:
        transaction.rows("DELETE FROM kezek_entry WHERE place >= 3")
    with pytest.raises(InputProblem, match=r"entry 3.*journal\.entry\.missing"):
        place.publish(log)


def test_integrating_in_pieces_gives_the_same_tree(log):
    append_many(log, 0, 700)
    for until in (1, 255, 256, 257, 300, 512, 700):
        with log.begin() as transaction:
            assert journal.integrate(transaction, until=until).integrated == until
    with log.look() as transaction:
        tree = journal.stored_tree(transaction, 700)
        simple = tree_of(transaction)
        assert [tree.root(size) for size in (0, 1, 256, 699, 700)] == [simple.root(n) for n in (0, 1, 256, 699, 700)]


def together(acts):
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_writers_in_threads_leave_no_gap(place, log):
    answers = {name: [] for name in "abc"}

    def write(name):
        store = place.open()
        for number in range(20):
            answers[name] += append(store, submission(f"{name}{number}"), submission(f"shared{number}"))

    together([lambda name=name: write(name) for name in answers])

    assert places(log) == list(range(80))
    assert len({one.place for own in answers.values() for one in own}) == 80
    for number in range(20):
        shared = [own[2 * number + 1] for own in answers.values()]
        assert len({(one.place, one.leaf) for one in shared}) == 1
        assert sorted(one.existed for one in shared) == [False, True, True]


def test_two_writers_on_one_store_take_turns(log):
    together([lambda at=at: append_many(log, at, at + 10) for at in range(0, 40, 10)])

    assert places(log) == list(range(40))


def write_in_process(kind, where, name, answers):
    store = open_store(kind, where)
    answers.put((name, [append(store, submission(f"{name}{number}"))[0].place for number in range(25)]))
    store.close()


def test_two_writers_in_processes_leave_no_gap(place, log):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    writers = [
        context.Process(target=write_in_process, args=(place.kind, place.where, name, answers)) for name in "ab"
    ]
    for writer in writers:
        writer.start()
    taken = dict(answers.get(timeout=60) for _ in writers)
    for writer in writers:
        writer.join()

    assert sorted(taken["a"] + taken["b"]) == places(log) == list(range(50))
    with log.look() as transaction:
        found = {name: at for at, name, _ in stored(transaction)}
    assert all(found[f"order/a{number}"] == taken["a"][number] for number in range(25))


def test_log_tampered_to_be_shorter_takes_no_event_over_another(place, log):
    append_many(log, 0, 5)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_log SET size = 3 WHERE one = 1")
    with pytest.raises(InputProblem, match=r"entry 3.*journal\.entry\.missing"):
        append(log, submission(9))
    assert places(log) == list(range(5))


def test_stored_bytes_that_are_no_event_are_not_blamed_on_the_sender(place, log):
    append_many(log, 0, 3)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_entry SET body = ? WHERE place = 1", (b"{nothing",))
    with pytest.raises(InputProblem, match=r"entry 1.*journal\.entry\.damaged"):
        append(log, submission(1))


def test_journal_of_another_form_is_refused(place, log):
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_log SET format = 'kezek-journal@v9' WHERE one = 1")
    with pytest.raises(InputProblem, match=r"journal\.log\.format"):
        append(log, submission(0))
