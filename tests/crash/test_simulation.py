"""Everything that can befall a log, in an order that a seed draws, against a model of lists.

The model knows three things: what the database holds, what was signed and pinned, and what the public files show. It
says beforehand whether a checkpoint may be signed; the journal must say the same, and must never contradict a note
that anybody has seen.
"""

import os
import random
from datetime import timedelta

import pytest
from tests.crash.faults import MODES, Faults, installed, wrap
from tests.stores.place import NOW, ORIGIN, append, salt, stored, submission

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal import journal, publishing
from kezek.units.problem import InputProblem

SEED = int(os.environ.get("KEZEK_SEED", "1"))
STEPS = 60
TABLES = ("kezek_log", "kezek_entry", "kezek_page", "kezek_checkpoint", "kezek_rotation", "kezek_opening")


def signer(number: int) -> Signer:
    return Signer(ORIGIN, bytes([number % 256]) * 32)


class Simulation:
    def __init__(self, place, faults, chance) -> None:
        self.place, self.faults, self.chance = place, faults, chance
        self.now = NOW
        self.count = self.keys = 0
        self.store = wrap(place.open(), faults)
        publishing.begin(self.store, pin=place.pin, signer=signer(0), now=NOW)
        self.bodies: list[bytes] = []
        self.pinned: list[bytes] = []
        self.latest = NOW
        self.seen: dict[int, bytes] = {}
        self.backup = self.copy()
        self.trace: list[str] = []

    def step(self) -> None:
        acts = {
            self.append: 8, self.again: 2, self.rolled_back: 1, self.integrate: 1, self.publish: 6, self.files: 3,
            self.rotate: 1, self.reopen: 1, self.fault: 4, self.take_backup: 1, self.restore: 1, self.clock: 2,
            self.forget: 1,
        }  # fmt: skip
        act = self.chance.choices(list(acts), list(acts.values()))[0]
        self.trace.append(act.__name__)
        act()
        self.look()

    def fresh(self):
        for _ in range(self.chance.choice([1, 1, 3, 40])):
            self.count += 1
            yield submission(self.count, **({"private": {"iin": self.count}} if self.count % 5 == 0 else {}))

    def append(self) -> None:
        answers = append(self.store, *self.fresh())
        assert [one.place for one in answers] == list(range(len(self.bodies), len(self.bodies) + len(answers)))
        self.take_over()

    def again(self) -> None:
        known = [parse_canonical(body) for body in self.bodies]
        numbers = [one["data"]["number"] for one in known if "number" in one["data"]][-3:]
        if numbers:
            answers = append(
                self.store, *(submission(n, **({"private": {"iin": n}} if n % 5 == 0 else {})) for n in numbers)
            )
            assert all(one.existed for one in answers)

    def rolled_back(self) -> None:
        with pytest.raises(InterruptedError), self.store.begin() as transaction:
            journal.append(transaction, list(self.fresh()), salt=salt)
            raise InterruptedError

    def integrate(self) -> None:
        with self.store.begin() as transaction:
            journal.integrate(transaction)

    def signer(self) -> Signer:
        """Who signs next, by what the database knows."""
        with self.store.look() as transaction:
            chain = publishing.key_chain(transaction, journal.look(transaction))
            signed = publishing.last_signed(transaction, chain).checkpoint.size
            size = max(signed, len(self.pinned)) + 1
            wanted = chain.verifier_at(min(size, len(self.bodies)))
        return next(one for one in map(signer, range(self.keys + 1)) if one.verifier == wanted)

    def publish(self) -> None:
        allowed = self.bodies[: len(self.pinned)] == self.pinned and self.now >= self.latest
        try:
            signed = publishing.publish(self.store, pin=self.place.pin, signer=self.signer(), now=self.now)
        except InputProblem as problem:
            codes = {"journal.log.forked", "journal.log.shrunk", "journal.clock.back", "journal.checkpoint.damaged"}
            assert not allowed, f"{problem} was not foreseen"
            assert problem.code in codes
            return
        assert allowed, "this must not be signed"
        assert signed.checkpoint.size >= len(self.pinned)
        self.note(signed)

    def note(self, signed) -> None:
        root = Tree(map(leaf_hash, self.bodies[: signed.checkpoint.size])).root()
        assert signed.checkpoint.root == root
        assert self.place.pin.read().note == signed.note
        if signed.checkpoint.size > len(self.pinned):
            self.pinned = self.bodies[: signed.checkpoint.size]
        self.latest = max(self.latest, NOW + timedelta(seconds=signed.signed_unix_s - int(NOW.timestamp())))

    def files(self) -> None:
        try:
            self.place.publish_files(self.store, now=self.now)
        except InputProblem as problem:
            assert problem.code in {
                "journal.publication.ahead", "journal.publication.forked", "journal.publication.damaged",
            }  # fmt: skip
            assert self.restored, f"{problem} was not foreseen"

    restored = False

    def rotate(self) -> None:
        old = next(one for one in map(signer, range(self.keys + 1)) if one.verifier == self.current())
        self.keys += 1
        publishing.rotate(self.store, old=old, new=signer(self.keys), now=self.now)
        self.take_over()

    def current(self):
        with self.store.look() as transaction:
            return publishing.key_chain(transaction, journal.look(transaction)).current

    def reopen(self) -> None:
        self.store.close()
        self.store = wrap(self.place.open(), self.faults)

    def fault(self) -> None:
        """Some write of some act fails; then the process dies, or goes on."""
        act = self.chance.choice([self.append, self.publish, self.publish, self.files, self.rotate, self.integrate])
        self.trace.append(f"({act.__name__})")
        self.faults.arm(self.chance.randrange(14), self.chance.choice(MODES))
        try:
            act()
        except (InputProblem, AssertionError):
            if not self.faults.fired:
                raise
        finally:
            self.faults.disarm()
        if self.chance.random() < 0.5:
            self.reopen()
        self.take_over()

    def take_over(self) -> None:
        """Read what the database holds now: all of what it held, and whole events behind."""
        with self.store.look() as transaction:
            rows = stored(transaction)
        found = [body for _, _, body in rows]
        assert [at for at, _, _ in rows] == list(range(len(rows)))
        assert found[: len(self.bodies)] == self.bodies
        self.bodies = found

    def copy(self):
        with self.store.look() as transaction:
            rows = {table: transaction.rows(f"SELECT * FROM {table}") for table in TABLES}
        return list(self.bodies), rows

    def take_backup(self) -> None:
        self.backup = self.copy()

    def restore(self) -> None:
        """Put an old backup back. What was signed since is lost, unless its entries were in the backup."""
        self.bodies, tables = list(self.backup[0]), self.backup[1]
        self.restored = True
        with self.place.tampering() as transaction:
            for table in reversed(TABLES):
                transaction.rows(f"DELETE FROM {table}")
            for table, rows in tables.items():
                if rows:
                    marks = ", ".join("?" * len(rows[0]))
                    transaction.run_many(f"INSERT INTO {table} VALUES ({marks})", rows)

    def clock(self) -> None:
        self.now = max(NOW, self.now + timedelta(seconds=self.chance.choice([-400, -5, 1, 60, 3600])))

    def forget(self) -> None:
        if not self.bodies:
            return
        with self.store.begin() as transaction:
            journal.forget(transaction, parse_canonical(self.chance.choice(self.bodies))["key"])

    def look(self) -> None:
        """No note that anybody can see contradicts one that was seen before."""
        notes = [self.place.pin.read().note]
        if (self.place.public / "checkpoint").exists():
            notes.append(self.place.shown)
        with self.store.look() as transaction:
            notes += [note for _, note in publishing.checkpoints(transaction)]
        for note in notes:
            _, size, root = note.split("\n")[:3]
            assert self.seen.setdefault(int(size), root) == root, f"two roots for {size} entries"
        pinned = int(notes[0].split("\n")[1])
        if pinned > len(self.pinned):
            # The fault came after the pin was swapped: it counts as signed.
            assert len(self.bodies) >= pinned
            self.pinned = self.bodies[:pinned]
        self.latest = NOW + timedelta(seconds=self.place.pin.read().signed_unix_s - int(NOW.timestamp()))


def simulate(place, monkeypatch, seed):
    print(f"KEZEK_SEED={seed}")
    faults = Faults()
    with installed(monkeypatch, faults):
        run = Simulation(place, faults, random.Random(seed))
        try:
            for _ in range(STEPS):
                run.step()
        finally:
            print(" ".join(run.trace))
            run.store.close()
    return run


@pytest.mark.parametrize("number", range(25))
def test_no_order_of_misfortunes_forks_the_log(sqlite_place, monkeypatch, number):
    assert len(simulate(sqlite_place, monkeypatch, SEED * 1000 + number).seen) > 1


@pytest.mark.postgres
@pytest.mark.parametrize("number", range(4))
def test_no_order_of_misfortunes_forks_the_log_on_postgres(postgres_place, monkeypatch, number):
    assert len(simulate(postgres_place, monkeypatch, SEED * 2000 + number).seen) > 1


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(5))
def test_no_order_of_many_misfortunes_forks_the_log(sqlite_place, monkeypatch, hundred):
    for number in range(100):
        simulate(sqlite_place, monkeypatch, SEED * 10_000 + hundred * 100 + number)
        sqlite_place.clear()
