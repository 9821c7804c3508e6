"""The folder of a session: begun once, changed by one at a time, and whole whatever happens to who changes it."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from kezek.journal import session_store as store
from kezek.units.problem import InputProblem

OLD = b'{"n":0}\n'
NEW = b'{"n":0}\n{"n":1}\n'


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "session"
    store.create(place, OLD)
    return place


def refused(act):
    with pytest.raises(InputProblem) as caught:
        act()
    assert caught.value.what and caught.value.way_out
    return caught.value


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def in_lock(folder, entries=NEW):
    with store.locked(folder):
        store.replace(folder, entries)


def test_a_session_begins_in_a_new_or_an_empty_folder(tmp_path):
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty"):
        store.create(tmp_path / name, OLD)
        assert store.read(tmp_path / name) == OLD
        assert files(tmp_path / name) == [store.LOCK_FILE, store.LOG_FILE]


@pytest.mark.parametrize("left", [(store.LOCK_FILE,), (store.PARTIAL_FILE,), (store.LOCK_FILE, store.PARTIAL_FILE)])
def test_a_session_begins_where_an_act_that_failed_left_nothing_but_its_own_files(tmp_path, left):
    for name in left:
        (tmp_path / name).write_bytes(b"half a line")
    store.create(tmp_path, OLD)
    assert store.read(tmp_path) == OLD
    assert files(tmp_path) == [store.LOCK_FILE, store.LOG_FILE]


def test_an_act_on_an_empty_folder_leaves_it_fit_for_a_session(tmp_path):
    def act():
        with store.locked(tmp_path):
            store.read(tmp_path)

    assert refused(act).code == "journal.session.none"
    assert files(tmp_path) == []  # not even a lock
    store.create(tmp_path, OLD)
    assert store.read(tmp_path) == OLD


def test_a_longer_log_takes_the_place_of_the_old_one(folder):
    in_lock(folder)
    assert store.read(folder) == NEW
    assert files(folder) == [store.LOCK_FILE, store.LOG_FILE]


def test_a_session_is_never_begun_twice(folder):
    problem = refused(lambda: store.create(folder, NEW))
    assert (problem.code, problem.where) == ("journal.session.exists", str(folder))
    assert store.read(folder) == OLD


def test_one_who_begins_it_in_between_is_not_overwritten(tmp_path, monkeypatch):
    place = tmp_path / "session"
    locked = store.locked

    def overtaken(folder, *, new):
        (folder / store.LOG_FILE).write_bytes(NEW)
        return locked(folder, new=new)

    monkeypatch.setattr(store, "locked", overtaken)
    assert refused(lambda: store.create(place, OLD)).code == "journal.session.exists"
    assert store.read(place) == NEW


@pytest.mark.parametrize("others", [(), (store.LOCK_FILE,), (store.LOCK_FILE, store.PARTIAL_FILE)])
@pytest.mark.parametrize("name", ["thesis.txt", ".hidden", f"{store.LOG_FILE}.old"])
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path, name, others):
    for one in (name, *others):
        (tmp_path / one).write_text("mine")
    problem = refused(lambda: store.create(tmp_path, OLD))
    assert problem.code == "journal.session.foreign"
    assert files(tmp_path) == sorted((name, *others))
    assert {(tmp_path / one).read_text() for one in (name, *others)} == {"mine"}


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert refused(lambda: store.create(tmp_path / "file", OLD)).code == "journal.session.foreign"
    assert refused(lambda: store.read(tmp_path / "file")).code == "journal.session.none"
    assert refused(lambda: in_lock(tmp_path / "file")).code == "journal.session.none"
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_in_a_folder_that_does_not_exist_is_refused(tmp_path):
    problem = refused(lambda: store.create(tmp_path / "no" / "session", OLD))
    assert problem.code == "journal.session.parent"
    assert f"mkdir -p {tmp_path / 'no'}" in problem.way_out
    assert files(tmp_path) == []


def test_a_folder_in_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    assert refused(lambda: store.create(tmp_path / "file" / "session", OLD)).code == "journal.session.parent"


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_where_no_session_is_nothing_is_read_and_nothing_made(tmp_path, name):
    (tmp_path / "empty").mkdir()
    problem = refused(lambda: store.read(tmp_path / name))
    assert problem.code == "journal.session.none"
    assert "kezek market open" in problem.way_out
    assert files(tmp_path / "empty") == []
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_is_not_there_cannot_be_held(tmp_path):
    assert refused(lambda: in_lock(tmp_path / "nowhere")).code == "journal.session.none"


def test_a_log_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / store.LOG_FILE).mkdir()
    problem = refused(lambda: store.read(tmp_path))
    assert problem.code == "journal.session.unreadable"
    assert problem.where == str(tmp_path / store.LOG_FILE)


def test_a_log_without_the_right_to_read_it_is_named(folder, monkeypatch):
    def denied(path):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(folder), "read_bytes", denied)
    assert refused(lambda: store.read(folder)).code == "journal.session.unreadable"


# One at a time


HOLDER = """
import sys
from pathlib import Path
from kezek.journal.session_store import locked
with locked(Path(sys.argv[1]), new=True):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def python():
    """Start Python with a program, its ends kept open; stopped at the end whatever happened."""
    started = []

    def start(program, *args):
        command = [sys.executable, "-c", program, *map(str, args)]
        one = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_a_second_process_is_told_that_the_session_is_busy_until_the_first_ends(folder, python):
    holder = python(HOLDER, folder)
    assert holder.stdout.readline() == "held\n"
    problem = refused(lambda: in_lock(folder))
    assert (problem.code, problem.where) == ("journal.session.busy", str(folder))
    assert store.read(folder) == OLD
    holder.communicate()
    in_lock(folder)
    assert store.read(folder) == NEW


def test_the_lock_ends_with_a_process_that_was_killed(folder, python):
    holder = python(HOLDER, folder)
    assert holder.stdout.readline() == "held\n"
    holder.kill()
    holder.wait()
    in_lock(folder)
    assert store.read(folder) == NEW


def test_a_lock_is_let_go_when_the_act_fails(folder):
    with pytest.raises(ZeroDivisionError), store.locked(folder):
        raise ZeroDivisionError
    in_lock(folder)
    assert store.read(folder) == NEW


def test_the_lock_is_held_within_one_process_too(folder):
    with store.locked(folder):
        assert refused(lambda: in_lock(folder)).code == "journal.session.busy"


def test_a_session_is_not_begun_while_another_begins_it(tmp_path, python):
    place = tmp_path / "session"
    place.mkdir()
    holder = python(HOLDER, place)
    assert holder.stdout.readline() == "held\n"
    assert refused(lambda: store.create(place, OLD)).code == "journal.session.busy"
    assert not (place / store.LOG_FILE).exists()


# Killed, and a full disk


WRITER = """
import sys
from pathlib import Path
from kezek.journal.session_store import locked, replace
folder, size = Path(sys.argv[1]), int(sys.argv[2])
logs = [bytes([letter]) * size for letter in b"ab"]
print("writing", flush=True)
while True:
    for log in logs:
        with locked(folder):
            replace(folder, log)
"""
SIZE = 1_000_000


@pytest.mark.parametrize("delay_ms", [0, 1, 2, 3, 5, 7, 11, 17, 23, 31])
def test_who_is_killed_at_any_point_leaves_one_log_or_the_other(folder, python, delay_ms):
    wholes = [letter * SIZE for letter in (b"a", b"b")]
    writer = python(WRITER, folder, SIZE)
    assert writer.stdout.readline() == "writing\n"
    time.sleep(delay_ms / 1_000)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert store.read(folder) in (OLD, *wholes)
    in_lock(folder)
    assert store.read(folder) == NEW
    assert files(folder) == [store.LOCK_FILE, store.LOG_FILE]


STOPPED = """
import os, signal, sys
from pathlib import Path
from kezek.journal import session_store as store
folder, step = Path(sys.argv[1]), sys.argv[2]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if step == "flush":
    os.fsync = die
elif step == "rename":
    Path.replace = die
else:
    store.flush = die
with store.locked(folder):
    store.replace(folder, b"n" * 70_000)
"""


@pytest.mark.parametrize(("step", "left"), [("flush", OLD), ("rename", OLD), ("behind", b"n" * 70_000)])
def test_who_is_killed_at_a_step_leaves_what_that_step_had_reached(folder, python, step, left):
    assert python(STOPPED, folder, step).wait() == -signal.SIGKILL
    assert store.read(folder) == left
    in_lock(folder)
    assert store.read(folder) == NEW
    assert files(folder) == [store.LOCK_FILE, store.LOG_FILE]


def failing(number):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_a_full_disk_leaves_the_old_log_and_no_partial_one(folder, monkeypatch, number, step):
    with monkeypatch.context() as broken:
        if step == "fsync":
            broken.setattr(os, "fsync", failing(number))
        else:
            broken.setattr(type(folder), step, failing(number))
        problem = refused(lambda: in_lock(folder))
    assert (problem.code, problem.where) == ("journal.session.space", str(folder))
    assert "nothing was changed" in problem.what
    assert store.read(folder) == OLD
    assert files(folder) == [store.LOCK_FILE, store.LOG_FILE]
    in_lock(folder)
    assert store.read(folder) == NEW


@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_a_session_can_be_begun_again_after_a_full_disk(tmp_path, monkeypatch, step):
    place = tmp_path / "session"
    with monkeypatch.context() as broken:
        broken.setattr(os if step == "fsync" else type(tmp_path), step, failing(errno.ENOSPC))
        problem = refused(lambda: store.create(place, OLD))
    assert (problem.code, problem.where) == ("journal.session.space", str(place))
    assert not (place / store.LOG_FILE).exists()
    store.create(place, OLD)
    assert store.read(place) == OLD
    assert files(place) == [store.LOCK_FILE, store.LOG_FILE]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("act", ["create", "replace"])
def test_a_new_log_that_the_disk_did_not_confirm_is_in_place_and_said_to_be(tmp_path, monkeypatch, number, act):
    place = tmp_path / "session"
    if act == "replace":
        store.create(place, OLD)
    fsync, calls = os.fsync, []

    def the_second_fails(descriptor):
        calls.append(descriptor)
        return fsync(descriptor) if len(calls) == 1 else failing(number)()

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", the_second_fails)
        problem = refused(lambda: store.create(place, NEW) if act == "create" else in_lock(place))
    assert (problem.code, problem.where) == ("journal.session.unflushed", str(place))
    assert "The new log is in place" in problem.what
    assert os.strerror(number) in problem.what
    assert store.read(place) == NEW
    assert files(place) == [store.LOCK_FILE, store.LOG_FILE]
    in_lock(place, OLD)
    assert store.read(place) == OLD


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EIO])
def test_a_folder_that_cannot_be_written_to_is_named_and_keeps_its_log(folder, monkeypatch, number):
    with monkeypatch.context() as broken:
        broken.setattr(type(folder), "replace", failing(number))
        problem = refused(lambda: in_lock(folder))
    assert problem.code == "journal.session.unwritable"
    assert os.strerror(number) in problem.what
    assert store.read(folder) == OLD
    assert files(folder) == [store.LOCK_FILE, store.LOG_FILE]


def test_a_folder_that_cannot_be_made_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(type(tmp_path), "mkdir", failing(errno.EACCES))
    assert refused(lambda: store.create(tmp_path / "session", OLD)).code == "journal.session.unwritable"


def test_the_log_is_flushed_before_it_takes_the_old_ones_place_and_the_folder_after(folder, monkeypatch):
    steps = []
    fsync, rename = os.fsync, type(folder).replace
    monkeypatch.setattr(os, "fsync", lambda one: (steps.append("flush"), fsync(one)))
    monkeypatch.setattr(type(folder), "replace", lambda one, other: (steps.append("rename"), rename(one, other)))
    in_lock(folder)
    assert steps == ["flush", "rename", "flush"]
