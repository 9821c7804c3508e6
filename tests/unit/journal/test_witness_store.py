"""The folder of a witness: whatever fails, it never signs two histories."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kezek.evidence.checkpoint import parse_body, sign_checkpoint
from kezek.evidence.cosignature import WitnessKey, WitnessSigner, cosigned_at
from kezek.evidence.growth import Growth, render_growth
from kezek.evidence.signature import Signer, parse_signature_line, split_note
from kezek.evidence.tree import Tree, leaf_hash
from kezek.evidence.witness import Refused
from kezek.journal import durable
from kezek.journal import witness_store as store
from kezek.units.problem import InputProblem

LOG = Signer("kezek.example/log", bytes(range(32)))
WITNESS = WitnessSigner("witness.example/w1", b"\1" * 32)
TREE = Tree([leaf_hash(b"%d" % number) for number in range(13)])
FORK = Tree([*TREE.leaves()[:5], *(leaf_hash(b"fork %d" % number) for number in range(8))])
AT = 1_760_518_800
FILES = [store.LOCK_FILE, store.STATE_FILE, store.KEY_FILE, store.VKEY_FILE]


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "witness"
    store.create(place, WITNESS)
    assert store.add_log(place, LOG.verifier)
    return place


def request(old, size, tree=TREE, signer=LOG):
    proof = tree.consistency_proof(old, size) if old else []
    note = sign_checkpoint(size=size, root=tree.root(size), signer=signer)
    return render_growth(Growth(old, tuple(proof), note)).encode()


def cosign(folder, data, at=AT):
    return store.cosign_request(folder, data, clock=lambda: at)


def given_out(line, data):
    """What a cosignature says: size and root; it must verify."""
    text = split_note(data.partition(b"\n\n")[2])[0]
    cosigned_at(text, parse_signature_line(line.removesuffix("\n")), WITNESS.key)
    checkpoint = parse_body(text)
    return checkpoint.size, checkpoint.root


def refused(act):
    with pytest.raises(InputProblem) as caught:
        act()
    assert caught.value.what and caught.value.way_out
    return caught.value.code


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_witness_begins_with_a_key_that_nobody_else_may_read(folder):
    assert files(folder) == sorted(FILES)
    if sys.platform != "win32":
        assert (folder / store.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert WitnessKey.parse((folder / store.VKEY_FILE).read_bytes()) == WITNESS.key
    assert store.read(folder).signer.key == WITNESS.key
    assert store.read(folder).logs[LOG.name].known.latest is None


def test_cosignature_is_given_out_and_what_it_says_is_kept(folder):
    line = cosign(folder, request(0, 5))

    assert given_out(line, request(0, 5)) == (5, TREE.root(5))
    kept = store.read(folder).logs[LOG.name]
    assert (kept.known.size, kept.at) == (5, AT)
    assert kept.note.endswith(line)
    assert cosign(folder, request(0, 13)).size == 5
    assert given_out(cosign(folder, request(5, 13)), request(5, 13)) == (13, TREE.root(13))
    assert cosign(folder, request(13, 13)).startswith("— witness.example/w1 ")


def test_fork_and_shrunk_log_are_refused_and_change_nothing(folder):
    cosign(folder, request(0, 9))
    before = (folder / store.STATE_FILE).read_bytes()

    for data, status in ((request(9, 9, FORK), 409), (request(9, 13, FORK), 422), (request(5, 5), 409)):
        answer = cosign(folder, data)
        assert isinstance(answer, Refused) and answer.status == status
    assert (folder / store.STATE_FILE).read_bytes() == before


def test_further_key_of_a_log_keeps_what_was_cosigned(folder):
    cosign(folder, request(0, 9))
    rotated = Signer(LOG.name, b"\7" * 32)

    assert cosign(folder, request(9, 13, signer=rotated)).status == 403
    assert store.add_log(folder, rotated.verifier)
    assert not store.add_log(folder, rotated.verifier)
    assert store.read(folder).logs[LOG.name].known.size == 9
    assert cosign(folder, request(0, 13, signer=rotated)).status == 409
    assert given_out(cosign(folder, request(9, 13, signer=rotated)), request(9, 13)) == (13, TREE.root(13))


def test_logs_do_not_know_each_other(folder):
    other = Signer("kezek.example/other", b"\7" * 32)
    cosign(folder, request(0, 9))
    assert cosign(folder, request(0, 5, signer=other)).status == 404
    store.add_log(folder, other.verifier)
    assert given_out(cosign(folder, request(0, 5, FORK, other)), request(0, 5, FORK, other)) == (5, FORK.root(5))
    assert {name: log.known.size for name, log in store.read(folder).logs.items()} == {LOG.name: 9, other.name: 5}


def test_witness_does_not_watch_itself(folder):
    for verifier in (
        Signer(WITNESS.key.name, b"\7" * 32).verifier,
        Signer("kezek.example/other", b"\1" * 32).verifier,
    ):
        assert refused(lambda verifier=verifier: store.add_log(folder, verifier)) == "journal.witness.itself"


def test_clock_that_jumps_back_is_refused_whichever_log_was_cosigned_last(folder):
    other = Signer("kezek.example/other", b"\7" * 32)
    store.add_log(folder, other.verifier)
    cosign(folder, request(0, 5), AT)

    assert refused(lambda: cosign(folder, request(5, 9), AT - 1)) == "journal.witness.clock"
    assert refused(lambda: cosign(folder, request(0, 5, signer=other), AT - 1)) == "journal.witness.clock"
    assert store.read(folder).logs[LOG.name].known.size == 5
    assert isinstance(cosign(folder, request(5, 9), AT), str)


def test_witness_is_never_begun_twice(folder):
    before = (folder / store.KEY_FILE).read_bytes()
    assert refused(lambda: store.create(folder, WitnessSigner("other", bytes(32)))) == "journal.witness.exists"
    assert (folder / store.KEY_FILE).read_bytes() == before


@pytest.mark.parametrize("name", ["thesis.txt", ".hidden"])
def test_folder_with_something_else_is_left_alone(tmp_path, name):
    (tmp_path / name).write_text("mine")
    assert refused(lambda: store.create(tmp_path, WITNESS)) == "journal.witness.foreign"
    assert (tmp_path / name).read_text() == "mine" and not (tmp_path / store.KEY_FILE).exists()


def test_file_and_missing_parent_are_no_place(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert refused(lambda: store.create(tmp_path / "file", WITNESS)) == "journal.witness.foreign"
    assert refused(lambda: store.create(tmp_path / "no" / "witness", WITNESS)) == "journal.witness.parent"
    assert refused(lambda: store.create(tmp_path / "file" / "witness", WITNESS)) == "journal.witness.parent"


@pytest.mark.parametrize("name", ["nowhere", "empty", "file"])
def test_where_no_witness_is_nothing_is_made(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("mine")
    place = tmp_path / name
    for act in (
        lambda: store.read(place),
        lambda: store.add_log(place, LOG.verifier),
        lambda: cosign(place, request(0, 5)),
    ):
        assert refused(act) == "journal.witness.none"
    assert list((tmp_path / "empty").iterdir()) == [] and files(tmp_path) == ["empty", "file"]


def test_begun_create_without_a_key_can_be_begun_again_but_not_over_a_history(tmp_path, folder):
    cosign(folder, request(0, 5))
    (folder / store.KEY_FILE).unlink()
    assert refused(lambda: store.create(folder, WITNESS)) == "journal.witness.foreign"

    for number in range(2):
        place = tmp_path / f"begun{number}"
        store.create(place, WitnessSigner("other", b"\2" * 32))
        (place / store.KEY_FILE).unlink()
        if number:
            (place / store.VKEY_FILE).unlink()
        store.create(place, WITNESS)
        assert store.read(place).signer.key == WITNESS.key


def test_missing_state_is_never_a_witness_that_cosigned_nothing(folder):
    cosign(folder, request(0, 5))
    (folder / store.STATE_FILE).unlink()

    for act in (
        lambda: store.read(folder),
        lambda: store.add_log(folder, LOG.verifier),
        lambda: cosign(folder, request(0, 5, FORK)),
    ):
        assert refused(act) == "journal.witness.missing"
    assert not (folder / store.STATE_FILE).exists()


def test_any_changed_byte_of_the_state_is_refused(folder):
    cosign(folder, request(0, 5))
    path = folder / store.STATE_FILE
    good = path.read_bytes()

    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert refused(lambda: store.read(folder)) == "journal.witness.damaged"
    for bad in (b"", good[:-1], good[: len(good) // 2], good + b"\n", bytes(len(good))):
        path.write_bytes(bad)
        assert refused(lambda: cosign(folder, request(0, 5, FORK))) == "journal.witness.damaged"
        assert path.read_bytes() == bad


def test_state_that_the_key_did_not_cosign_is_refused_even_with_its_digest_right(folder):
    """The digest finds an accident; the witness's own cosignature, that of a checkpoint it never saw."""
    cosign(folder, request(0, 5))
    witness = store.read(folder)
    log = witness.logs[LOG.name]
    stranger = WitnessSigner(WITNESS.key.name, b"\2" * 32)
    other = Signer("kezek.example/other", b"\7" * 32)
    forged = sign_checkpoint(size=5, root=FORK.root(5), signer=other)

    def written(logs, signer=WITNESS):
        return store._state_bytes(store.Witness(signer, logs))

    for data in (
        written({LOG.name: store.WatchedLog(log.known, log.note.rpartition("— ")[0])}),
        written({other.name: store.WatchedLog(log.known, log.note)}),
        written({other.name: store.WatchedLog(log.known)}),
        written({LOG.name: store.WatchedLog(log.known, forged + stranger.sign(split_note(forged)[0], AT).text)}),
        written({LOG.name: store.WatchedLog(log.known, forged + WITNESS.sign(split_note(forged)[0], AT).text)}),
        written({LOG.name: store.WatchedLog(store.KnownLog(LOG.name, ()), log.note)}),
        written({}, stranger),
    ):
        (folder / store.STATE_FILE).write_bytes(data)
        assert refused(lambda: store.read(folder)) == "journal.witness.damaged"


def test_damaged_or_open_key_is_refused(folder):
    path = folder / store.KEY_FILE
    good = path.read_bytes()
    path.write_bytes(good[:-6] + b"AAAA=\n")
    assert refused(lambda: cosign(folder, request(0, 5))) == "journal.witness.key"
    path.write_bytes(good)
    if sys.platform != "win32":
        path.chmod(0o640)
        assert refused(lambda: cosign(folder, request(0, 5))) == "journal.witness.rights"


def test_key_of_another_witness_does_not_take_over_a_state(folder):
    cosign(folder, request(0, 5))
    (folder / store.KEY_FILE).write_text(WitnessSigner("witness.example/w2", b"\2" * 32).skey)

    assert refused(lambda: cosign(folder, request(5, 9))) == "journal.witness.damaged"


def test_held_folder_is_waited_for_and_then_refused(folder, monkeypatch):
    monkeypatch.setattr(store, "_WAITS", 2)
    monkeypatch.setattr(store, "_WAIT_SECONDS", 0)
    with store._locked(folder):
        assert refused(lambda: cosign(folder, request(0, 5))) == "journal.witness.busy"
    assert isinstance(cosign(folder, request(0, 5)), str)


def test_requests_at_once_cannot_both_grow_the_same_checkpoint(folder):
    cosign(folder, request(0, 5))
    asked = [(size, tree) for size in range(6, 14) for tree in (TREE, FORK)]
    start, answers = threading.Barrier(len(asked)), {}

    def ask(number, data):
        start.wait()
        answers[number] = cosign(folder, data)

    threads = [
        threading.Thread(target=ask, args=(number, request(5, size, tree)))
        for number, (size, tree) in enumerate(asked)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    given = [number for number, answer in answers.items() if isinstance(answer, str)]
    assert len(answers) == len(asked) and len(given) == 1
    assert {answer.status for number, answer in answers.items() if number not in given} == {409}
    assert store.read(folder).logs[LOG.name].known.size == asked[given[0]][0]


class _Broken:
    """One step of a write that fails, before it had its effect or after."""

    STEPS = ("open", "write", "fsync", "rename", "flush")

    def __init__(self, monkeypatch, step, *, persisted, number):
        self.persisted, self.number = persisted, number
        owner, name = {
            "open": (os, "open"),
            "write": (os, "fdopen"),
            "fsync": (os, "fsync"),
            "rename": (Path, "replace"),
            "flush": (durable, "flush"),
        }[step]
        real = getattr(owner, name)

        def broken(*args, **named):
            if step == "open" and store.STATE_FILE not in str(args[0]):
                return real(*args, **named)  # the lock
            done = real(*args, **named) if persisted else None
            if done is not None and hasattr(done, "close"):
                done.close()
            if isinstance(done, int):
                os.close(done)
            elif step == "write" and not persisted:
                os.close(args[0])
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(owner, name, broken)


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC], ids=["EIO", "ENOSPC"])
@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
@pytest.mark.parametrize("step", _Broken.STEPS)
@pytest.mark.parametrize("first", ["true", "fork"])
def test_no_failure_makes_two_roots_for_one_size(folder, monkeypatch, step, persisted, number, first):
    """A write fails, persisted or not; then both histories are asked for: one is given out, and it only grows."""
    given = [given_out(cosign(folder, request(0, 5)), request(0, 5))]
    order = [TREE, FORK] if first == "true" else [FORK, TREE]
    with monkeypatch.context() as context:
        _Broken(context, step, persisted=persisted, number=number)
        code = refused(lambda: cosign(folder, request(5, 9, order[0])))
    assert code in ("journal.witness.unwritable", "journal.witness.space")
    assert [name for name in files(folder) if name.endswith(".partial")] == []

    for tree in (order[1], order[0]):
        for data in (request(5, 9, tree), request(9, 9, tree), request(5, 6, tree), request(9, 13, tree)):
            answer = cosign(folder, data)
            if isinstance(answer, str):
                given.append(given_out(answer, data))

    sizes = [size for size, _ in given]
    assert sizes == sorted(sizes) and sizes[-1] == 13  # it goes on, and never back
    assert len(set(given)) == len({size for size, _ in given})
    kept = (step == "rename" and persisted) or step == "flush"
    assert given[-1][1] == (order[0] if kept else order[1]).root(13)


_KILLED = """
import os, sys
from pathlib import Path
from kezek.journal import witness_store as store
step, folder, data = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]).read_bytes()
passed = 0
def dying(real, guard=lambda *args: True):
    def call(*args, **named):
        global passed
        if not guard(*args):
            return real(*args, **named)
        for after in (False, True):
            if after:
                done = real(*args, **named)
            passed += 1
            if passed == step:
                os._exit(9)
        return done
    return call
os.open = dying(os.open, lambda path, *rest: "partial" in str(path))
os.fsync = dying(os.fsync)
Path.replace = dying(Path.replace)
store.cosign_request(folder, data, clock=lambda: 1760518800)
print(passed)
"""


@pytest.mark.parametrize("step", range(1, 10))
def test_kill_at_any_step_leaves_a_witness_of_one_history(folder, tmp_path, step):
    cosign(folder, request(0, 5))
    (tmp_path / "request").write_bytes(request(5, 9))
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(step), str(folder), str(tmp_path / "request")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (9 if step < 9 else 0), done.stderr
    assert done.stdout == ("" if step < 9 else "8\n")  # all steps of a write were tried

    renamed = step > 5
    answer = cosign(folder, request(5, 9, FORK))
    assert isinstance(answer, Refused) if renamed else isinstance(answer, str)
    assert store.read(folder).logs[LOG.name].known.latest.root == (TREE if renamed else FORK).root(9)
    assert [name for name in files(folder) if name.endswith(".partial")] == []
