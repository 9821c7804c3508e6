"""What the world has seen of a log, and what must be true of it ever after: nothing lost, nothing taken back."""

import base64
from collections.abc import Iterable

from tests.stores.place import Place, event, stored

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.checkpoint import Checkpoint
from kezek.evidence.event import content_of
from kezek.evidence.growth import parse_growth, verify_growth
from kezek.evidence.receipt import verify_receipt
from kezek.evidence.tiles import entries_path, spans_between, tiles_between, unpack_entries
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal import journal, publishing
from kezek.journal.journal import State
from kezek.journal.store import Store


class Seen:
    """Everything that was acknowledged or shown."""

    def __init__(self) -> None:
        self.places: dict[str, tuple[int, str]] = {}
        self.notes: dict[str, None] = {}

    def lines(self, lines: Iterable[str]) -> None:
        """Take what a `load` said; its last line may be cut off."""
        for line in lines:
            match line.split():
                case ["A", key, place, leaf] if len(leaf) == 64:
                    self.accepted(key, int(place), leaf)
                case ["N", note]:
                    self.notes[base64.b64decode(note).decode()] = None

    def accepted(self, key: str, place: int, leaf: str) -> None:
        assert self.places.setdefault(key, (place, leaf)) == (place, leaf), f"{key} was given two places"

    def look(self, place: Place, store: Store | None = None) -> None:
        """Take what anybody can see now: the pin, the public files, and what the database gives out."""
        if (pinned := place.pin.read()) is not None:
            self.notes[pinned.note] = None
        if (place.public / "checkpoint").exists():
            self.notes[place.shown] = None
        if store is not None:
            with store.look() as transaction:
                for _, note in publishing.checkpoints(transaction):
                    self.notes[note] = None

    def signed(self, chain) -> list[Checkpoint]:
        """Open every note; no two may have different roots for one size."""
        opened = sorted({chain.open(note) for note in self.notes}, key=lambda one: one.size)
        assert len({one.size for one in opened}) == len(opened), "two roots for one size"
        return opened

    def check(self, place: Place, store: Store, *, samples: int = 25) -> None:
        """Compare what is stored with all that was seen; then publish, and compare what is public."""
        with store.look() as transaction:
            bodies = self._check_entries(transaction)
        place.publish(store)
        place.publish_files(store)
        self.look(place, store)
        tree = Tree(map(leaf_hash, bodies))
        with store.look() as transaction:
            chain = publishing.key_chain(transaction, journal.look(transaction))
            checkpoints = self.signed(chain)
            assert checkpoints[-1] == Checkpoint(chain.origin, len(bodies), tree.root())
            for one in checkpoints:
                assert tree.root(one.size) == one.root, f"the log forked before {one.size}"
            for one in checkpoints[:: max(1, len(checkpoints) // samples)]:
                growth = parse_growth(publishing.growth_since(transaction, one.size))
                assert verify_growth(growth, old=one, verifier=chain.verifier_at(len(bodies))) == checkpoints[-1]
            for body in bodies[:: max(1, len(bodies) // samples)]:
                state, at, receipt = publishing.state_of(transaction, parse_canonical(body)["key"])
                assert (state, bodies[at]) == (State.PUBLISHED, body)
                assert verify_receipt(receipt, chain.verifier_at(len(bodies))).checkpoint == checkpoints[-1]
        check_public(place, bodies, tree)

    def _check_entries(self, transaction) -> list[bytes]:
        rows = stored(transaction)
        assert [at for at, _, _ in rows] == list(range(len(rows))), "a gap"
        assert journal.look(transaction).size == len(rows)
        names = {name: at for at, name, _ in rows}
        for key, (at, leaf) in self.places.items():
            assert key in names, f"{key} was acknowledged, and is lost"
            assert (at, leaf) == (names[key], leaf_hash(rows[names[key]][2]).hex())
        for _, name, body in rows:
            found = parse_canonical(body)
            if found["type"] != "log.key_rotated":
                number = name.removeprefix("order/")
                said = {key: value for key, value in content_of(found).items() if key != "private"}
                assert said == event(int(number) if number.isdigit() else number), f"{name} is not whole"
        if transaction.has_table("farm"):
            farms = {row[0] for row in transaction.rows("SELECT name FROM farm")}
            assert farms <= set(names), "a change without its event"
            assert {key for key in names if key in farms} == farms
        return [body for _, _, body in rows]


def check_public(place: Place, bodies: list[bytes], tree: Tree) -> None:
    """The public files hold the log, whole, and nothing half written that a reader would take for a file of it."""
    for tile in tiles_between(0, len(bodies)):
        expected = b"".join(tree.node(tile.depth, tile.number * 256 + at) for at in range(tile.width))
        assert (place.public / tile.path).read_bytes() == expected, tile.path
    for number, width in spans_between(0, len(bodies)):
        found = unpack_entries((place.public / entries_path(number, width)).read_bytes())
        assert found == bodies[number * 256 : number * 256 + width]
