"""The public files: what they show, what they never show, and that they cannot be set back."""

import shutil
import threading

import pytest
from tests.stores.place import DAY, KEY, NOW, OTHER_KEY, append, append_many, salt, stored, submission, tree_of

from kezek.evidence.checkpoint import open_checkpoint
from kezek.evidence.cosignature import WitnessSigner, cosign
from kezek.evidence.keychain import follow
from kezek.evidence.tiles import unpack_entries
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal import publishing
from kezek.journal.publication import Published
from kezek.units.problem import InputProblem

LATER = NOW + DAY


def refused(code):
    return pytest.raises(InputProblem, match=code.replace(".", r"\."))


def files(place):
    return sorted(
        path.relative_to(place.public).as_posix()
        for path in place.public.rglob("*")
        if path.is_file() and path.name != ".lock"
    )


def content(place):
    return {name: (place.public / name).read_bytes() for name in files(place)}


def publish_all(place, log, *, now=NOW, signer=KEY):
    place.publish(log, now=now, signer=signer)
    return place.publish_files(log, now=now)


def hashes_of(data):
    return [data[at : at + 32] for at in range(0, len(data), 32)]


WIDTHS = {
    1: ["tile/0/000.p/1", "tile/entries/000.p/1"],
    255: ["tile/0/000.p/255", "tile/entries/000.p/255"],
    256: ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"],
    257: ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/1"],
}


@pytest.mark.parametrize("size", WIDTHS)
def test_files_have_the_paths_and_widths_of_tlog_tiles(place, log, size):
    append_many(log, 0, size)
    done = publish_all(place, log)

    assert files(place) == sorted(["checkpoint", "log.vkey", *WIDTHS[size]])
    assert done == Published(size, len(WIDTHS[size]) - -(-size // 256), -(-size // 256), 0)
    with log.look() as transaction:
        bodies = [body for _, _, body in stored(transaction)]
    tree = Tree(map(leaf_hash, bodies))
    shown = [body for name in WIDTHS[size] if "entries" in name for body in unpack_entries(content(place)[name])]
    leaves = [one for name in WIDTHS[size] if "tile/0/" in name for one in hashes_of(content(place)[name])]
    assert (shown, leaves) == (bodies, list(tree.leaves()))
    assert open_checkpoint(place.shown, KEY.verifier).root == tree.root()
    if size >= 256:
        assert content(place)["tile/1/000.p/1"] == Tree(tree.leaves()[:256]).root()


def test_growing_step_by_step_gives_the_files_of_one_step(place, log, tmp_path):
    """But for narrower last tiles, which stay until their group is whole."""
    at = 0
    for end in (3, 200, 255, 256, 258, 500, 513):
        append_many(log, at, end)
        publish_all(place, log)
        at = end
    grown = content(place)
    place.public = tmp_path / "again"
    place.publish_files(log)

    once = content(place)
    assert {name: data for name, data in grown.items() if name in once} == once
    assert sorted(set(grown) - set(once)) == ["tile/1/000.p/1"]


def test_nothing_new_writes_nothing(place, log):
    append_many(log, 0, 300)
    publish_all(place, log)
    moments = {path: path.stat().st_mtime_ns for path in place.public.rglob("*") if path.name != ".lock"}

    assert place.publish_files(log) == Published(300, 0, 0, 0)
    assert {path: path.stat().st_mtime_ns for path in place.public.rglob("*") if path.name != ".lock"} == moments


def test_only_what_was_signed_is_shown(place, log):
    append_many(log, 0, 3)
    publish_all(place, log)
    append_many(log, 3, 9)

    assert place.publish_files(log) == Published(3, 0, 0, 0)
    assert files(place) == ["checkpoint", "log.vkey", "tile/0/000.p/3", "tile/entries/000.p/3"]


def closed(number, until=LATER):
    return submission(f"secret-{number}", closed_until=until, private={"iin": f"iin-{number}"})


def test_closed_bodies_are_never_on_the_disk_before_their_moment(place, log):
    append_many(log, 0, 4)
    append(log, closed(0), closed(1, LATER + DAY))
    append_many(log, 4, 300)
    done = publish_all(place, log)
    assert done.closed == 252
    assert all(b"secret" not in data and b"iin" not in data for data in content(place).values())
    assert files(place) == [
        "checkpoint", "log.vkey", "tile/0/000", "tile/0/001.p/46", "tile/1/000.p/1", "tile/entries/000.p/4",
        "tile/entries/001.p/46",
    ]  # fmt: skip

    assert place.publish_files(log, now=LATER.replace(hour=0, second=0)).closed == 251
    shown = unpack_entries(content(place)["tile/entries/000.p/5"])
    assert b"secret-0" in shown[-1] and b"iin-0" not in shown[-1]
    assert all(b"secret-1" not in data for data in content(place).values())
    assert place.publish_files(log, now=LATER + DAY).closed == 0
    assert len(unpack_entries(content(place)["tile/entries/000"])) == 256
    assert not (place.public / "tile/entries/000.p").exists()
    assert all(b"iin-" not in data for data in content(place).values())


def test_body_opens_at_its_moment_and_not_a_second_before(place, log):
    append(log, closed(0))
    place.publish(log)
    second = LATER - NOW.resolution * 1_000_000
    assert place.publish_files(log, now=second) == Published(1, 1, 0, 1)
    assert place.publish_files(log, now=LATER) == Published(1, 0, 1, 0)


def test_clock_that_jumps_back_hides_nothing_that_was_shown_and_shows_nothing_new(place, log):
    append(log, closed(0), closed(1, LATER + DAY))
    place.publish(log)
    place.publish_files(log, now=LATER)
    before = content(place)
    place.publish_files(log, now=NOW)
    assert content(place) == before


def test_two_salts_give_two_leaves(place, log, tmp_path):
    """Nobody who sees a leaf can tell which of a few likely bids it is."""
    append(log, closed(0))
    publish_all(place, log)
    leaf = content(place)["tile/0/000.p/1"]
    with log.look() as transaction:
        ((_, _, body),) = stored(transaction)
    assert leaf == leaf_hash(body)

    from kezek.evidence.canonical import parse_canonical
    from kezek.evidence.event import closed as closed_again
    from kezek.evidence.event import entry_of

    bid = parse_canonical(body)
    guessed = {leaf_hash(entry_of(closed_again(bid, salt=salt(), until=LATER))[1]) for _ in range(3)}
    guessed.add(leaf_hash(entry_of({name: value for name, value in bid.items() if name != "confidential"})[1]))
    assert len(guessed) == 4
    assert leaf not in guessed


def test_narrower_files_go_when_their_group_is_whole(place, log):
    append_many(log, 0, 100)
    publish_all(place, log)
    append_many(log, 100, 200)
    publish_all(place, log)
    assert [name for name in files(place) if ".p/" in name] == [
        "tile/0/000.p/100", "tile/0/000.p/200", "tile/entries/000.p/100", "tile/entries/000.p/200",
    ]  # fmt: skip
    append_many(log, 200, 256)
    publish_all(place, log)
    assert [name for name in files(place) if ".p/" in name] == ["tile/1/000.p/1"]


def test_older_publisher_does_not_set_it_back(place, log):
    """Two machines publish into one folder; the slower one has read less."""
    append_many(log, 0, 3)
    place.publish(log)
    slow = place.open()
    append_many(log, 3, 6)
    publish_all(place, log)
    before = content(place)
    with place.tampering() as transaction:
        transaction.rows("DELETE FROM kezek_checkpoint WHERE size = 6")
    with refused("journal.publication.ahead"):
        place.publish_files(slow)
    assert content(place) == before


def test_two_publishers_at_once_leave_whole_files(place, log):
    append_many(log, 0, 40)
    place.publish(log)
    failures = []

    def publish(store):
        for end in range(5):
            try:
                place.publish(store)
                place.publish_files(store)
            except InputProblem as error:
                failures.append(error.code)
            append(store, *(submission(f"{id(store)}-{end}-{at}") for at in range(60)))

    threads = [threading.Thread(target=publish, args=(place.open(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    place.publish(log)
    place.publish_files(log)

    assert set(failures) <= {"journal.pin.busy", "journal.publication.ahead"}
    with log.look() as transaction:
        bodies = [body for _, _, body in stored(transaction)]
        assert tree_of(transaction).root() == open_checkpoint(place.shown, KEY.verifier).root
    names = [name for name in files(place) if name.startswith("tile/entries") and ".p/" not in name]
    last = len(bodies) - 256 * len(names)
    names.append(f"tile/entries/{len(names):03d}.p/{last}")
    assert [body for name in names for body in unpack_entries(content(place)[name])] == bodies
    assert not [name for name in files(place) if name.endswith(".partial")]


def test_changes_of_keys_are_published_with_receipts_to_follow(place, log):
    append_many(log, 0, 3)
    publishing.rotate(log, old=KEY, new=OTHER_KEY, now=NOW)
    publish_all(place, log)
    append_many(log, 3, 5)
    publish_all(place, log, signer=OTHER_KEY)

    assert (place.public / "log.vkey").read_text() == f"{KEY.vkey}\n"
    receipts = [content(place)[name] for name in files(place) if name.startswith("keys/")]
    assert len(receipts) == 1
    chain = follow(KEY.verifier, receipts)
    assert open_checkpoint(place.shown, chain.current).size == 6


def test_publication_with_a_witness_cosignature_is_read_back(place, log):
    append_many(log, 0, 3)
    signed = place.publish(log)
    line = cosign(signed.note, signer=WitnessSigner("witness.example", b"\7" * 32), at=signed.signed_unix_s)
    with log.begin() as transaction:
        publishing.keep_cosignature(transaction, size=3, witness="witness.example", line=line)
    place.publish_files(log)
    assert place.shown == signed.note + line
    append_many(log, 3, 5)

    assert publish_all(place, log).size == 5


@pytest.mark.parametrize("depth", [0, 3, 8])
def test_flipped_bit_in_a_page_is_not_published(place, log, depth):
    append_many(log, 0, 300)
    place.publish(log)
    with place.tampering() as transaction:
        ((hashes,),) = transaction.rows("SELECT hashes FROM kezek_page WHERE depth = ? AND number = 0", (depth,))
        changed = bytes([hashes[0] ^ 4]) + hashes[1:]
        transaction.rows("UPDATE kezek_page SET hashes = ? WHERE depth = ? AND number = 0", (changed, depth))
    if depth == 3:
        # No tile holds this depth: what is published does not depend on it.
        assert place.publish_files(log).size == 300
        return
    with refused("journal.page.damaged"):
        place.publish_files(log)
    assert files(place) == []


@pytest.mark.parametrize("at", [0, 255, 256, 299])
def test_replaced_body_is_not_published(place, log, at):
    append_many(log, 0, 300)
    place.publish(log)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_entry SET body = ? WHERE place = ?", (b"{}", at))
    with refused("journal.page.damaged"):
        place.publish_files(log)
    assert "checkpoint" not in files(place)


def test_missing_body_is_not_published(place, log):
    append_many(log, 0, 10)
    place.publish(log)
    with place.tampering() as transaction:
        transaction.rows("DELETE FROM kezek_entry WHERE place = 9")
    with refused("journal.page.damaged"):
        place.publish_files(log)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-20],
        lambda data: b"",
        lambda data: data.replace(b"\n3\n", b"\n2\n"),
        lambda data: data.replace(b"kezek.example", b"other.example"),
        lambda data: b"\xff" + data,
    ],
    ids=["cut", "empty", "size", "origin", "bytes"],
)
def test_damaged_public_checkpoint_is_not_written_over(place, log, damage):
    append_many(log, 0, 3)
    publish_all(place, log)
    changed = damage((place.public / "checkpoint").read_bytes())
    (place.public / "checkpoint").write_bytes(changed)
    append_many(log, 3, 5)
    place.publish(log)

    with refused("journal.publication.damaged"):
        place.publish_files(log)
    assert (place.public / "checkpoint").read_bytes() == changed
    shutil.rmtree(place.public)
    assert place.publish_files(log).size == 5


def test_folder_that_cannot_be_written_says_so(place, log, tmp_path):
    append_many(log, 0, 3)
    place.publish(log)
    place.public = tmp_path / "nowhere" / "public"
    with refused("journal.publication.unwritable"):
        place.publish_files(log)
    place.public = tmp_path / "pin"
    with refused("journal.publication.unwritable"):
        place.publish_files(log)
