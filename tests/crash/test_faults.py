"""A write fails, and was persisted or was not: at every write of appending, signing, pinning and publishing."""

import shutil

import pytest
from tests.crash.faults import AFTER, BEFORE, FROM_THEN_ON, MODES, Faults, installed, wrap
from tests.crash.seen import Seen
from tests.stores.place import KEY, NOW, OTHER_KEY, append, append_many, submission, tree_of

from kezek.evidence.error import EvidenceError
from kezek.evidence.keychain import KeyChain
from kezek.journal import journal, publishing
from kezek.journal.journal import State
from kezek.units.problem import InputProblem

BASE = 254
REFUSALS = (InputProblem, EvidenceError)
MOST = 400


class Work:
    """Work on a log whose every step may be done again: events, a checkpoint, public files, a change of keys."""

    def __init__(self, place, faults, seen) -> None:
        self.place, self.faults, self.seen = place, faults, seen
        self.steps = [self.events, self.publish, self.files, self.rotate, self.publish]
        self.steps += [self.more, self.publish, self.files]
        self.store = None
        self.reopen()

    def reopen(self) -> None:
        if self.store is not None:
            self.store.close()
        self.store = wrap(self.place.open(), self.faults)

    def events(self) -> None:
        self._acknowledge(append(self.store, submission(BASE), submission(BASE + 1, private={"iin": 1})))

    def more(self) -> None:
        self._acknowledge(append(self.store, submission(BASE + 2)))

    def _acknowledge(self, answers) -> None:
        for one in answers:
            self.seen.accepted(one.key, one.place, one.leaf.hex())

    def rotate(self) -> None:
        if self._current() == KEY.verifier:
            publishing.rotate(self.store, old=KEY, new=OTHER_KEY, now=NOW)

    def publish(self) -> None:
        with self.store.look() as transaction:
            head = journal.look(transaction)
            signed = publishing.last_signed(transaction, publishing.key_chain(transaction, head)).checkpoint.size
            change = next((at for at, _ in publishing.rotations(transaction)), None)
        signer = OTHER_KEY if change is not None and signed > change else KEY
        self.place.publish(self.store, signer=signer)

    def files(self) -> None:
        self.place.publish_files(self.store)

    def _current(self):
        with self.store.look() as transaction:
            return publishing.key_chain(transaction, journal.look(transaction)).current

    def once(self, *, dies: bool = False) -> list[BaseException]:
        """Do every step once, whatever becomes of the one before; look at what is shown after each.

        Args:
            dies: At the first failure it ends; somebody else shows the files then.
        """
        failures = []
        for step in self.steps:
            try:
                step()
            except REFUSALS as error:
                failures.append(error)
            self.look()
            if failures and dies:
                self.faults.disarm()
                self.files()
                self.look()
                break
        return failures

    def look(self) -> None:
        """Look as anybody can, while the disk is as it is: who only reads asks for no write."""
        at, self.faults._at = self.faults._at, None
        self.seen.look(self.place, self.store)
        with self.store.look() as transaction:
            found = publishing.state_of(transaction, f"order/{BASE}")
        if found is not None and found[0] is State.PUBLISHED:
            self.seen.notes[found[2].partition("\n\n")[2]] = None
        self.faults._at = at


def begin(place):
    log = place.open()
    place.begin(log)
    append_many(log, 0, BASE)
    place.publish(log)
    place.publish_files(log)
    log.close()


def each_write(place, monkeypatch, mode, again, *, dies=False, first=0, stride=1):
    """Let the first write fail, then the next, until none fails any more; `again` brings each to an end."""
    at = first
    while True:
        faults, seen = Faults(), Seen()
        fresh(place)
        with installed(monkeypatch, faults):
            work = Work(place, faults, seen)
            faults.arm(at, mode)
            failures = work.once(dies=dies)
            faults.disarm()
            if not faults.fired:
                assert not failures, failures
                work.store.close()
                return at
            # A folder that is there after all is what was asked for.
            heard = failures or faults.name.startswith("mkdir")
            assert heard, f"write {at}, {faults.name}, failed, and nobody heard of it"
            again(work, at)
            work.store.close()
        at += stride
        assert at < MOST


def fresh(place):
    """Bring the place to the begun log for one run: files are copied, a schema is filled again."""
    backup = place.folder.with_name(place.folder.name + "-base")
    if place.kind == "sqlite" and backup.exists():
        shutil.rmtree(place.folder)
        shutil.copytree(backup, place.folder)
        return
    place.clear()
    begin(place)
    if place.kind == "sqlite":
        shutil.copytree(place.folder, backup)


SLOW = [pytest.mark.slow]
SLOW_POSTGRES = [pytest.mark.postgres, pytest.mark.slow]


@pytest.mark.parametrize(
    ("where", "mode", "first", "stride"),
    [
        *(("sqlite_place", mode, first, 3) for first, mode in enumerate(MODES)),
        pytest.param("postgres_place", AFTER, 0, 7, marks=pytest.mark.postgres),
        *(pytest.param("sqlite_place", mode, 0, 1, marks=SLOW) for mode in MODES),
        *(pytest.param("postgres_place", mode, 0, 1, marks=SLOW_POSTGRES) for mode in MODES),
    ],
)
def test_failed_write_loses_nothing_and_forks_nothing(request, monkeypatch, where, mode, first, stride):
    """The quick suite tries every write in one of the three ways, the slow one in each, on both stores."""
    place = request.getfixturevalue(where)

    def again(work, at):
        if at % 2:
            work.reopen()
        assert work.once() == []
        work.publish()
        check(work)

    writes = each_write(place, monkeypatch, mode, again, first=first, stride=stride)
    assert writes > 40


def check(work):
    chain = KeyChain.of(KEY.verifier)
    with work.store.look() as transaction:
        chain = publishing.key_chain(transaction, journal.look(transaction))
    signer = work.place.publish
    work.place.publish = lambda store: signer(store, signer=OTHER_KEY)
    try:
        work.seen.check(work.place, work.store, samples=3)
    finally:
        del work.place.publish
    assert chain.current == OTHER_KEY.verifier
    assert not list(work.place.public.rglob("*.partial"))


@pytest.mark.parametrize(
    ("mode", "stride"), [(BEFORE, 3), (AFTER, 3), *(pytest.param(mode, 1, marks=SLOW) for mode in (BEFORE, AFTER))]
)
def test_failed_write_and_a_restored_backup_fork_nothing(sqlite_place, monkeypatch, mode, stride):
    """It dies at the failure, the backup from before is put back and goes another way; what was shown must stand."""
    backup = sqlite_place.folder.with_name(sqlite_place.folder.name + "-base")
    outcomes = set()

    def again(work, at):
        work.store.close()
        for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
            (work.place.folder / name).unlink(missing_ok=True)
        shutil.copy(backup / "journal.db", work.place.folder / "journal.db")
        work.store = None
        work.reopen()
        append(work.store, *(submission(f"other-{number}") for number in range(4)))
        try:
            work.publish()
        except REFUSALS as error:
            outcomes.add(error.code)
            return
        outcomes.add("went on")
        with work.store.look() as transaction:
            tree = tree_of(transaction)
        work.look()
        for one in work.seen.signed(KeyChain.of(KEY.verifier)):
            assert tree.root(one.size) == one.root, f"{one.size} entries were shown, and are no prefix any more"

    each_write(sqlite_place, monkeypatch, mode, again, dies=True, stride=stride)
    assert {"went on", "journal.log.forked"} <= outcomes
    assert outcomes <= {"went on", "journal.log.forked", "journal.log.shrunk", "journal.checkpoint.damaged"}


def test_beginning_that_fails_at_any_write_can_be_begun_again(place, monkeypatch):
    at = 0
    while True:
        faults = Faults()
        with installed(monkeypatch, faults):
            store = wrap(place.open(), faults)
            faults.arm(at, FROM_THEN_ON if at % 3 == 2 else MODES[at % 3])
            try:
                place.begin(store)
            except REFUSALS:
                faults.disarm()
            else:
                break
            if place.pin.read() is None:
                assert place.begin(store).pinned == place.pin.read()
            place.publish(store)
            append_many(store, 0, 3)
            assert place.publish(store).checkpoint.size == 3
            store.close()
        place.clear()
        at += 1
    assert at > 10
