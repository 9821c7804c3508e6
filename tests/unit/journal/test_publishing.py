"""Checkpoints: nothing is signed that contradicts what was signed, whatever was restored, swapped or cut short."""

import shutil
import threading
from contextlib import closing

import pytest
from tests.stores.place import (
    DAY,
    KEY,
    NOW,
    ORIGIN,
    OTHER_KEY,
    THIRD_KEY,
    append,
    append_many,
    stored,
    submission,
    tree_of,
)

from kezek.evidence.checkpoint import Checkpoint, open_checkpoint
from kezek.evidence.growth import parse_growth, verify_growth
from kezek.evidence.keychain import KeyChain, follow
from kezek.evidence.receipt import verify_receipt
from kezek.evidence.signature import Signer
from kezek.evidence.tree import EMPTY_ROOT
from kezek.journal import journal, publishing
from kezek.journal.journal import State
from kezek.journal.pin import Pin, Pinned
from kezek.units.problem import InputProblem


def refused(code):
    return pytest.raises(InputProblem, match=code.replace(".", r"\."))


def notes(store):
    with store.look() as transaction:
        return publishing.checkpoints(transaction)


def state(store, key):
    with store.look() as transaction:
        return publishing.state_of(transaction, key)


def copy_of(store):
    """All rows of a journal, as a backup keeps them."""
    tables = ("kezek_log", "kezek_entry", "kezek_page", "kezek_checkpoint", "kezek_rotation", "kezek_opening")
    with store.look() as transaction:
        return {table: transaction.rows(f"SELECT * FROM {table}") for table in tables}


def put_back(place, backup):
    """Restore a backup in place of what the database holds."""
    with place.tampering() as transaction:
        for table in reversed(backup):
            transaction.rows(f"DELETE FROM {table}")
        for table, rows in backup.items():
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                transaction.run_many(f"INSERT INTO {table} VALUES ({marks})", rows)


def test_checkpoint_signs_the_root_of_the_stored_bodies(place, log):
    for end in (1, 2, 3, 255, 256, 257):
        with log.look() as transaction:
            start = journal.look(transaction).size
        append_many(log, start, end)
        signed = place.publish(log)
        with log.look() as transaction:
            root = tree_of(transaction).root()
        assert open_checkpoint(signed.note, KEY.verifier) == signed.checkpoint == Checkpoint(ORIGIN, end, root)
        assert place.pin.read() == signed.pinned
    assert [size for size, _ in notes(log)] == [0, 1, 2, 3, 255, 256, 257]


def test_nothing_new_is_nothing_signed(place, log):
    append_many(log, 0, 3)
    first = place.publish(log)

    assert place.publish(log, now=NOW + DAY) == first
    assert len(notes(log)) == 2


def test_states_of_an_event(place, log):
    assert state(log, "order/1") is None
    append_many(log, 0, 2)
    assert state(log, "order/1") == (State.ACCEPTED, 1, None)
    with log.begin() as transaction:
        journal.integrate(transaction)
    assert state(log, "order/1") == (State.INTEGRATED, 1, None)
    place.publish(log)
    found, at, receipt = state(log, "order/1")
    assert (found, at) == (State.PUBLISHED, 1)
    verified = verify_receipt(receipt, KEY.verifier)
    assert (verified.receipt.index, verified.event["key"]) == (1, "order/1")


def test_growth_is_shown_from_every_checkpoint(place, log):
    signed = [place.publish(log)]
    for start, end in ((0, 1), (1, 6), (6, 300)):
        append_many(log, start, end)
        signed.append(place.publish(log))
    with log.look() as transaction:
        for old in signed:
            growth = parse_growth(publishing.growth_since(transaction, old.checkpoint.size))
            assert verify_growth(growth, old=old.checkpoint, verifier=KEY.verifier) == signed[-1].checkpoint
        with refused("journal.growth.size"):
            publishing.growth_since(transaction, 301)


def test_log_is_not_begun_twice(place, log):
    append_many(log, 0, 3)
    with refused("journal.log.exists"):
        place.begin(log)
    place.publish(log)
    with refused("journal.log.exists"):
        place.begin(log)
    place.pin_path.unlink()
    with refused("journal.log.exists"):
        place.begin(log)


def test_log_is_not_begun_where_only_the_pin_is_left(place, store):
    place.pin.swap(None, Pinned("something was signed", 0))
    with refused("journal.log.exists"):
        place.begin(store)
    with store.look() as transaction:
        assert not transaction.has_table("kezek_log")


def test_beginning_that_was_cut_short_before_the_pin_is_finished(place, store, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Pin, "swap", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            place.begin(store)
    with refused("journal.pin.missing"):
        place.publish(store)
    other = Pin(place.folder / "other")
    with refused("journal.log.exists"):
        publishing.begin(store, pin=other, signer=OTHER_KEY, now=NOW)

    signed = place.begin(store)
    assert signed.checkpoint == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    assert place.pin.read() == signed.pinned
    assert len(notes(store)) == 1


def test_two_who_begin_at_once_begin_one_log(place):
    outcomes = []

    def begin():
        try:
            outcomes.append(place.begin(place.open()).note)
        except InputProblem as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([one for one in outcomes if not one.startswith("journal.")]) == 1
    assert {one for one in outcomes if one.startswith("journal.")} <= {"journal.log.exists", "journal.store.busy"}
    assert len(notes(place.open())) == 1


def test_two_publishers_at_once_sign_one_history(place, log):
    append_many(log, 0, 10)
    signed = []

    def publish(name):
        store = place.open()
        for number in range(6):
            append(store, submission(f"{name}{number}"))
            signed.append(place.publish(store))

    threads = [threading.Thread(target=publish, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with log.look() as transaction:
        tree = tree_of(transaction)
    assert len(tree) == 22
    assert all(tree.root(one.checkpoint.size) == one.checkpoint.root for one in signed)
    assert place.pin.read().note == notes(log)[-1][1]


def test_clock_that_jumps_back_signs_nothing(place, log):
    append_many(log, 0, 3)
    signed = place.publish(log, now=NOW + DAY)
    append_many(log, 3, 5)
    with refused("journal.clock.back"):
        place.publish(log, now=NOW)
    assert place.pin.read() == signed.pinned
    assert place.publish(log, now=NOW + DAY).checkpoint.size == 5


@pytest.mark.parametrize("number", [3, 4, 6, 9])
def test_restored_backup_that_goes_another_way_is_refused(place, log, number):
    """Backup at 2, published up to 5, put back, and other events after it: fewer than, just as many, and more."""
    append_many(log, 0, 2)
    place.publish(log)
    backup = copy_of(log)
    append_many(log, 2, 5)
    signed = place.publish(log)
    place.publish_files(log)
    before = {path: path.read_bytes() for path in place.public.rglob("*") if path.is_file()}
    put_back(place, backup)
    append(log, *(submission(f"other{at}") for at in range(2, number)))

    with pytest.raises(InputProblem, match=r"journal\.log\.(shrunk|forked)"):
        place.publish(log)
    with refused("journal.publication.ahead"):
        place.publish_files(log)
    assert place.pin.read() == signed.pinned
    assert {path: path.read_bytes() for path in place.public.rglob("*") if path.is_file()} == before


def test_restored_backup_of_a_file(sqlite_place):
    place = sqlite_place
    with closing(place.open()) as log:
        place.begin(log)
        append_many(log, 0, 2)
        place.publish(log)
    shutil.copy(place.where, place.folder / "backup.db")
    with closing(place.open()) as log:
        append_many(log, 2, 5)
        signed = place.publish(log)
    shutil.copy(place.folder / "backup.db", place.where)
    with closing(place.open()) as log:
        append(log, submission("other"))
        with refused("journal.log.shrunk"):
            place.publish(log)
    assert place.pin.read() == signed.pinned


def test_restored_backup_with_all_that_was_signed_goes_on(place, log):
    """A backup from between the append and the signature: the entries are there, the note is in the pin alone."""
    append_many(log, 0, 2)
    backup = copy_of(log)
    signed = place.publish(log)
    put_back(place, backup)
    assert notes(log)[-1][0] == 0

    assert place.publish(log) == signed
    assert notes(log)[-1] == (2, signed.note)
    append_many(log, 2, 3)
    assert place.publish(log).checkpoint.size == 3


def test_backup_restored_with_the_pin_is_found_by_the_publication(place, log):
    append_many(log, 0, 2)
    place.publish(log)
    backup, pin = copy_of(log), place.pin_path.read_bytes()
    append_many(log, 2, 5)
    place.publish(log)
    place.publish_files(log)
    shown = place.shown
    put_back(place, backup)
    place.pin_path.write_bytes(pin)
    append(log, *(submission(f"other{at}") for at in range(4)))
    assert place.publish(log).checkpoint.size == 6

    with refused("journal.publication.forked"):
        place.publish_files(log)
    assert place.shown == shown


def test_pin_of_another_history_is_refused(place, log):
    append_many(log, 0, 3)
    place.publish(log)
    note = publishing.sign_checkpoint(size=2, root=bytes(32), signer=KEY)
    place.pin_path.unlink()
    place.pin.swap(None, Pinned(note, 0))
    with refused("journal.log.forked"):
        place.publish(log)
    append_many(log, 3, 4)
    with refused("journal.log.forked"):
        place.publish(log)


def test_pin_that_is_ahead_is_refused(place, log):
    append_many(log, 0, 3)
    place.publish(log)
    note = publishing.sign_checkpoint(size=4, root=bytes(32), signer=KEY)
    place.pin_path.unlink()
    place.pin.swap(None, Pinned(note, 0))
    with refused("journal.log.shrunk"):
        place.publish(log)
    append_many(log, 3, 4)
    with refused("journal.log.forked"):
        place.publish(log)


def test_pin_that_is_behind_is_brought_up(place, log):
    append_many(log, 0, 3)
    old = place.publish(log)
    append_many(log, 3, 4)
    new = place.publish(log)
    place.pin.swap(new.pinned, old.pinned)

    assert place.publish(log) == new
    assert place.pin.read() == new.pinned


def test_missing_pin_signs_nothing(place, log):
    append_many(log, 0, 3)
    place.pin_path.unlink()
    with refused("journal.pin.missing"):
        place.publish(log)
    assert not place.pin_path.exists()
    assert len(notes(log)) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda data: b"",
        lambda data: data + data,
        lambda data: data.replace(b'"note"', b'"nota"'),
        lambda data: bytes([data[0] ^ 1]) + data[1:],
        lambda data: data.replace(b"kezek.example", b"kezek.example2"),
        lambda data: data.replace(b"\\n3\\n", b"\\n2\\n"),
        lambda data: data.replace(b":1767225600", b":true"),
    ],
    ids=["cut", "empty", "twice", "field", "bit", "origin", "size", "moment"],
)
def test_damaged_pin_signs_nothing(place, log, damage):
    append_many(log, 0, 3)
    place.publish(log)
    data = place.pin_path.read_bytes()
    assert damage(data) != data
    place.pin_path.write_bytes(damage(data))
    append_many(log, 3, 5)

    with pytest.raises(InputProblem, match=r"journal\.(pin|checkpoint)\.damaged"):
        place.publish(log)
    assert notes(log)[-1][0] == 3
    place.pin_path.write_bytes(data)
    assert place.publish(log).checkpoint.size == 5


def test_of_two_who_swap_from_the_same_pin_one_succeeds(tmp_path):
    first = Pinned("first", 1)
    assert Pin(tmp_path / "pin").swap(None, first)
    outcomes = []
    barrier = threading.Barrier(6)

    def swap(number):
        barrier.wait()
        outcomes.append(Pin(tmp_path / "pin").swap(first, Pinned(f"new {number}", number)))

    threads = [threading.Thread(target=swap, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == [False] * 5 + [True]
    assert not Pin(tmp_path / "pin").swap(None, first)


def test_pin_whose_disk_is_gone_says_so(place, log, tmp_path):
    append_many(log, 0, 3)
    place.pin = Pin(tmp_path / "gone" / "pin")
    with refused("journal.pin.missing"):
        place.publish(log)
    with refused("journal.pin.unwritable"):
        place.pin.swap(None, Pinned("x", 0))
    (tmp_path / "folder").mkdir()
    with refused("journal.pin.unreadable"):
        Pin(tmp_path / "folder").read()


@pytest.mark.parametrize("depth", range(4))
def test_flipped_bit_in_a_page_under_the_signed_root_is_found(place, log, depth):
    append_many(log, 0, 15)
    place.publish(log)
    flip_page(place, depth, 0, (15 >> depth) - 1)
    append_many(log, 15, 17)
    with refused("journal.log.forked"):
        place.publish(log)


def test_flipped_bit_in_a_page_that_was_not_signed_is_not_signed(place, log):
    """It was integrated, and nothing compared it with the entries any more before it was signed."""
    append_many(log, 0, 16)
    with log.begin() as transaction:
        journal.integrate(transaction)
        right = tree_of(transaction).root()
    for depth in range(4):
        flip_page(place, depth, 0, 1)

    assert place.publish(log).checkpoint.root == right
    with log.look() as transaction:
        assert journal.stored_tree(transaction, 16).inclusion_proof(0) == tree_of(transaction).inclusion_proof(0)


def flip_page(place, depth, number, at):
    with place.tampering() as transaction:
        ((hashes,),) = transaction.rows(
            "SELECT hashes FROM kezek_page WHERE depth = ? AND number = ?", (depth, number)
        )
        changed = bytearray(hashes)
        changed[32 * at] ^= 1
        transaction.rows(
            "UPDATE kezek_page SET hashes = ? WHERE depth = ? AND number = ?", (bytes(changed), depth, number)
        )


@pytest.mark.parametrize("depth", range(3))
def test_no_receipt_or_growth_is_given_out_that_would_not_hold(place, log, depth):
    append_many(log, 0, 8)
    place.publish(log)
    flip_page(place, depth, 0, 0)
    with refused("journal.page.damaged"):
        state(log, {0: "order/1", 1: "order/2", 2: "order/4"}[depth])
    with log.look() as transaction, refused("journal.page.damaged"):
        for old in (2, 4, 1, 3):
            publishing.growth_since(transaction, old)


def test_no_receipt_is_given_out_for_a_replaced_body(place, log):
    append_many(log, 0, 8)
    place.publish(log)
    with place.tampering() as transaction:
        ((other,),) = transaction.rows("SELECT body FROM kezek_entry WHERE place = 4")
        transaction.rows("UPDATE kezek_entry SET body = ? WHERE place = 3", (other.replace(b'/4"', b'/3"'),))
    with refused("journal.page.damaged"):
        state(log, "order/3")


def test_swapped_names_give_nobody_the_receipt_of_another(place, log):
    append_many(log, 0, 8)
    place.publish(log)
    with place.tampering() as transaction:
        for number, name in ((3, "x"), (4, "order/3"), (3, "order/4")):
            transaction.rows("UPDATE kezek_entry SET name = ? WHERE place = ?", (name, number))
    with refused("journal.entry.damaged"):
        state(log, "order/3")


@pytest.mark.parametrize("cut", ["DELETE FROM kezek_page WHERE depth = 0", "UPDATE kezek_page SET hashes = leaf"])
def test_missing_or_short_page_is_refused(place, log, cut):
    append_many(log, 0, 8)
    place.publish(log)
    with place.tampering() as transaction:
        ((leaf,),) = transaction.rows("SELECT leaf FROM kezek_entry WHERE place = 0")
        if cut.startswith("UPDATE"):
            transaction.rows("UPDATE kezek_page SET hashes = ? WHERE depth = 0", (leaf,))
        else:
            transaction.rows(cut)
    with refused("journal.page.damaged"):
        state(log, "order/3")


def test_reordered_entries_are_found(place, log):
    append_many(log, 0, 8)
    place.publish(log)
    append_many(log, 8, 12)
    with place.tampering() as transaction:
        for old, new in ((9, 100), (10, 9), (100, 10)):
            transaction.rows("UPDATE kezek_entry SET place = ? WHERE place = ?", (new, old))
        bodies = [body for _, _, body in stored(transaction)]
    assert b"order/10" in bodies[9]
    # Whoever holds the database before anything is signed can order it; what is signed is what is stored.
    assert place.publish(log).checkpoint.size == 12
    with place.tampering() as transaction:
        for old, new in ((9, 100), (10, 9), (100, 10)):
            transaction.rows("UPDATE kezek_entry SET place = ? WHERE place = ?", (new, old))
    with refused("journal.page.damaged"):
        state(log, "order/9")


def test_damaged_last_checkpoint_is_refused(place, log):
    append_many(log, 0, 3)
    place.publish(log)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_checkpoint SET note = replace(note, '3', '4') WHERE size = 3")
    with refused("journal.checkpoint.damaged"):
        place.publish(log)
    with refused("journal.checkpoint.damaged"):
        state(log, "order/0")


def test_checkpoint_under_another_size_is_refused(place, log):
    append_many(log, 0, 3)
    place.publish(log)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_checkpoint SET size = 9 WHERE size = 0")
    with refused("journal.checkpoint.damaged"):
        place.publish(log)


def rotate(store, old, new):
    return publishing.rotate(store, old=old, new=new, now=NOW)


def chain_of(store):
    with store.look() as transaction:
        return follow(KEY.verifier, publishing.rotation_receipts(transaction))


def test_keys_follow_one_another(place, log):
    append_many(log, 0, 3)
    assert rotate(log, KEY, OTHER_KEY) == 3
    append_many(log, 3, 6)

    first = place.publish(log)
    assert (first.checkpoint.size, chain_of(log).current) == (4, OTHER_KEY.verifier)
    with refused("journal.key.other"):
        place.publish(log, signer=KEY)
    second = place.publish(log, signer=OTHER_KEY)
    assert second.checkpoint.size == 7
    assert rotate(log, OTHER_KEY, THIRD_KEY) == 7
    assert place.publish(log, signer=OTHER_KEY).checkpoint.size == 8
    append_many(log, 6, 7)
    assert place.publish(log, signer=THIRD_KEY).checkpoint.size == 9
    chain = chain_of(log)
    assert [verifier for _, verifier in chain.links] == [KEY.verifier, OTHER_KEY.verifier, THIRD_KEY.verifier]
    assert [chain.open(note).size for _, note in notes(log)] == [0, 4, 7, 8, 9]
    verify_receipt(state(log, "order/0")[2], THIRD_KEY.verifier)


def test_two_changes_in_a_row_are_signed_for_one_by_one(place, log):
    rotate(log, KEY, OTHER_KEY)
    rotate(log, OTHER_KEY, THIRD_KEY)
    with refused("journal.key.other"):
        place.publish(log, signer=THIRD_KEY)
    assert place.publish(log).checkpoint.size == 1
    with refused("journal.key.other"):
        place.publish(log)
    assert place.publish(log, signer=OTHER_KEY).checkpoint.size == 2
    append_many(log, 0, 1)
    assert place.publish(log, signer=THIRD_KEY).checkpoint.size == 3
    assert chain_of(log).current == THIRD_KEY.verifier


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (OTHER_KEY, THIRD_KEY, "journal.key.other"),
        (KEY, KEY, "journal.key.same"),
        (KEY, Signer("other.example/log", b"\3" * 32), "journal.key.same"),
    ],
    ids=["wrong", "same", "name"],
)
def test_change_of_keys_that_does_not_follow_is_refused(place, log, old, new, code):
    with refused(code):
        rotate(log, old, new)
    append_many(log, 0, 1)
    assert place.publish(log).checkpoint.size == 1


def test_key_that_was_given_up_does_not_come_back(place, log):
    rotate(log, KEY, OTHER_KEY)
    with refused("journal.key.same"):
        rotate(log, OTHER_KEY, KEY)
    rotate(log, OTHER_KEY, THIRD_KEY)
    for old in (KEY, OTHER_KEY):
        with refused("journal.key.same"):
            rotate(log, THIRD_KEY, old)


def test_wrong_key_signs_nothing(place, log):
    append_many(log, 0, 1)
    with refused("journal.key.other"):
        place.publish(log, signer=OTHER_KEY)
    assert place.pin.read().note == notes(log)[-1][1]
    assert len(notes(log)) == 1


def test_change_of_keys_cut_short_before_it_was_signed_for_is_finished(place, log, monkeypatch):
    append_many(log, 0, 2)
    place.publish(log)
    rotate(log, KEY, OTHER_KEY)
    append_many(log, 2, 3)
    with monkeypatch.context() as patch:
        patch.setattr(Pin, "swap", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            place.publish(log)
    assert notes(log)[-1][0] == 2

    assert place.publish(log).checkpoint.size == 3
    assert place.publish(log, signer=OTHER_KEY).checkpoint.size == 4


def test_change_of_keys_tampered_with_is_refused(place, log):
    rotate(log, KEY, OTHER_KEY)
    append_many(log, 0, 2)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_rotation SET place = 1 WHERE place = 0")
    with refused("journal.key.damaged"):
        place.publish(log)


def test_change_of_keys_that_the_database_forgot_is_refused(place, log):
    rotate(log, KEY, OTHER_KEY)
    place.publish(log)
    append_many(log, 0, 2)
    place.publish(log, signer=OTHER_KEY)
    with place.tampering() as transaction:
        transaction.rows("DELETE FROM kezek_rotation")
    with refused("journal.checkpoint.damaged"):
        place.publish(log)


def test_nobody_sees_a_checkpoint_before_it_is_pinned(place, log, monkeypatch):
    """Killed between signing and pinning, the database must not give out what a restored backup could contradict."""
    append_many(log, 0, 2)
    old = place.publish(log)
    append_many(log, 2, 4)
    for moment in ("before", "after"):
        swap = Pin.swap

        def cut(pin, was, new, moment=moment, swap=swap):
            if moment == "after":
                swap(pin, was, new)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(Pin, "swap", cut)
            with pytest.raises(KeyboardInterrupt):
                place.publish(log)
        assert state(log, "order/3")[0] is not State.PUBLISHED
        assert place.publish_files(log).size == 2
        assert open_checkpoint(place.shown, KEY.verifier) == old.checkpoint
        if moment == "after":
            pinned = KeyChain.of(KEY.verifier).open(place.pin.read().note)
            assert place.publish(log).checkpoint == pinned
