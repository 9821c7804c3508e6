"""A journal on SQLite against a dictionary: whatever is sent again, in whatever groups, each event counts once."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stores.place import KEY, Submission, event, salt, stored

from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal import journal
from kezek.journal.sqlite_store import SqliteStore
from kezek.units.problem import InputProblem

sent = st.tuples(st.integers(0, 12), st.sampled_from([0, 0, 0, 1]), st.sampled_from([{}, {}, {"iin": 1}, {"iin": 2}]))
batches = st.lists(st.tuples(st.lists(sent, max_size=6), st.booleans()), max_size=10)


@given(batches)
@settings(max_examples=40)
def test_each_event_counts_once(batches):
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "journal.db")
        with store.begin() as transaction:
            journal.create(store, transaction, origin=KEY.name, vkey=KEY.vkey)
        model = {}
        for batch, kept in batches:
            model = after(store, model, batch, kept)
        with store.begin() as transaction:
            rows = stored(transaction)
            head = journal.integrate(transaction)
            root = journal.stored_tree(transaction, head.size).root()
        store.close()

    assert [(name, place) for place, name, _ in rows] == [(name, place) for place, name in enumerate(model)]
    assert root == Tree(leaf_hash(body) for _, _, body in rows).root()


def after(store, model, batch, kept):
    """Send a batch; return what must be in the journal then: key -> what was sent first under it, in order."""
    expected, conflict = dict(model), False
    for number, value, private in batch:
        content = (value, private)
        conflict |= expected.setdefault(f"order/{number}", content) != content
    submissions = [Submission(event(number, data=value), private) for number, value, private in batch]
    try:
        with store.begin() as transaction:
            answers = journal.append(transaction, submissions, salt=salt)
            order = list(expected)
            assert [order.index(one.key) for one in answers] == [one.place for one in answers]
            assert not conflict
            if not kept:
                raise InterruptedError
    except InputProblem as error:
        assert error.code == "journal.event.conflict"
        assert conflict
        return model
    except InterruptedError:
        return model
    return expected
