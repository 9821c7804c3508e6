import threading
from datetime import date

import pytest
from tests.stores.place import event, salt, stored, submission

from kezek.evidence.error import EventError
from kezek.journal import journal
from kezek.journal.group_commit import GroupWriter
from kezek.journal.journal import Submission
from kezek.units.problem import InputProblem


def keys(store):
    with store.look() as transaction:
        return [name for _, name, _ in stored(transaction)]


def test_many_threads_get_each_its_own_place(place, log):
    futures = {}
    with GroupWriter(place.open(), salt=salt, most=50) as writer:

        def send(name):
            for number in range(30):
                futures[f"order/{name}{number}"] = writer.submit(submission(f"{name}{number}"))

        threads = [threading.Thread(target=send, args=(name,)) for name in "abcdefgh"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        answers = {key: future.result(timeout=60) for key, future in futures.items()}

    assert keys(log) == sorted(answers, key=lambda key: answers[key].place)
    assert sorted(one.place for one in answers.values()) == list(range(240))
    assert {key: one.key for key, one in answers.items()} == {key: key for key in answers}


def test_answer_means_that_it_is_committed(place, log):
    with GroupWriter(place.open(), salt=salt) as writer:
        for number in range(10):
            answer = writer.submit(submission(number)).result(timeout=60)
            assert keys(log)[answer.place] == f"order/{number}"


def test_close_writes_what_waits_and_takes_nothing_more(place, log):
    writer = GroupWriter(place.open(), salt=salt, most=7)
    futures = [writer.submit(submission(number)) for number in range(100)]
    writer.close()
    writer.close()

    assert [future.result(timeout=0).place for future in futures] == list(range(100))
    with pytest.raises(RuntimeError, match="closed"):
        writer.submit(submission(100))


BAD = {
    "form": Submission(event("bad", v=0)),
    "conflict": Submission(event(0, data={})),
    "reserved": Submission(event("bad", type="log.key_rotated")),
    "moment": submission("bad", closed_until=date(2026, 1, 1)),
    "kind": Submission(None),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_event_fails_alone(place, log, kind):
    """All of them are in one group: the writer is kept waiting by a transaction while they gather."""
    store = place.open()
    with GroupWriter(store, salt=salt) as writer:
        with log.begin() as transaction:
            journal.append(transaction, [submission(0)], salt=salt)
            first = writer.submit(submission(1))
            good = [writer.submit(submission(number)) for number in range(2, 20)]
            bad = writer.submit(BAD[kind])
            good += [writer.submit(submission(number)) for number in range(20, 30)]
        with pytest.raises((EventError, InputProblem, AttributeError, TypeError)):
            bad.result(timeout=60)
        assert [one.result(timeout=60).place for one in (first, *good)] == list(range(1, 30))

    assert keys(log) == [f"order/{number}" for number in range(30)]


def test_cancelled_event_is_not_written(place, log):
    with GroupWriter(place.open(), salt=salt, most=1) as writer, log.begin() as transaction:
        journal.append(transaction, [submission(0)], salt=salt)
        futures = [writer.submit(submission(number)) for number in range(1, 4)]
        cancelled = [future.cancel() for future in futures]

    kept = [0, *(number for number, gone in enumerate(cancelled, start=1) if not gone)]
    assert keys(log) == [f"order/{number}" for number in kept]
    assert any(cancelled)


def test_store_that_fails_is_heard_by_everybody_and_asked_once(place, log):
    """A busy store is not asked again for each of a thousand events, each of which would wait as long."""
    store = place.open(wait_seconds=1)
    asked = []
    begin = store.begin
    store.begin = lambda: (asked.append(1), begin())[1]
    with GroupWriter(store, salt=salt) as writer:
        with log.begin() as transaction:
            journal.append(transaction, [submission(0)], salt=salt)
            futures = [writer.submit(submission(number)) for number in range(1, 60)]
            codes = {future.exception(timeout=60).code for future in futures}
        assert codes == {"journal.store.busy"}
        assert len(asked) <= 3
        assert writer.submit(submission(60)).result(timeout=60).place == 1


def test_store_that_was_closed_is_heard_of(sqlite_place):
    log = sqlite_place.open()
    sqlite_place.begin(log)
    store = sqlite_place.open()
    with GroupWriter(store, salt=salt) as writer:
        store.close()
        failures = [writer.submit(submission(number)).exception(timeout=60) for number in range(3)]

    assert all(failures)
    assert keys(log) == []
