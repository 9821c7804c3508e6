import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kezek.journal.folder import check_target, write_folder
from kezek.journal.manifest import check_folder
from kezek.units.problem import InputProblem

OLD = {"day.json": b"old day\n", "charts/price.svg": b"<svg/>\n", "big.bin": bytes(100_000)}
NEW = {"day.json": b"new day\n", "lots.csv": b"lot\n", "deep/er/file.txt": b"deep\n"}
MARKER = "day.json"


def contents(folder):
    return {
        item.relative_to(folder).as_posix(): item.read_bytes()
        for item in folder.rglob("*")
        if item.is_file() and item.name != "manifest.json"
    }


def raising(error):
    def produce(path):
        path.write_bytes(b"half of it")
        raise error

    return produce


@pytest.fixture
def target(tmp_path):
    target = tmp_path / "out"
    write_folder(target, OLD, marker=MARKER)
    return target


def test_folder_holds_exactly_the_files_and_a_manifest(tmp_path):
    write_folder(tmp_path / "out", OLD, marker=MARKER)

    assert contents(tmp_path / "out") == OLD
    assert check_folder(tmp_path / "out") == []
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_function_writes_its_own_file(tmp_path):
    files = {
        "day.json": lambda path: path.write_bytes(b"day"),
        "sub/table.bin": lambda path: path.write_bytes(b"table"),
    }

    write_folder(tmp_path / "out", files, marker=MARKER)

    assert contents(tmp_path / "out") == {"day.json": b"day", "sub/table.bin": b"table"}
    assert check_folder(tmp_path / "out") == []


def test_earlier_output_is_replaced_whole(target):
    write_folder(target, NEW, marker=MARKER)

    assert contents(target) == NEW
    assert check_folder(target) == []
    assert [item.name for item in target.parent.iterdir()] == ["out"]


def test_empty_folder_is_taken(tmp_path):
    (tmp_path / "out").mkdir()

    write_folder(tmp_path / "out", NEW, marker=MARKER)

    assert contents(tmp_path / "out") == NEW


def test_target_may_be_given_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    write_folder(Path("out"), NEW, marker=MARKER)

    assert contents(tmp_path / "out") == NEW


@pytest.mark.parametrize(
    "error", [OSError(5, "broken disk"), ValueError("a bug"), KeyboardInterrupt(), SystemExit(1)]
)
@pytest.mark.parametrize("at", range(len(NEW)))
def test_failure_at_each_file_leaves_the_old_folder(at, error, target):
    files = {name: raising(error) if number == at else data for number, (name, data) in enumerate(NEW.items())}

    with pytest.raises(type(error)):
        write_folder(target, files, marker=MARKER)

    assert contents(target) == OLD
    assert check_folder(target) == []
    assert [item.name for item in target.parent.iterdir()] == ["out"]


def test_failure_without_an_old_folder_leaves_nothing(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write_folder(tmp_path / "out", {"day.json": b"", "a": raising(KeyboardInterrupt())}, marker=MARKER)

    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_said_as_such(target):
    with pytest.raises(InputProblem, match="no space left") as refused:
        write_folder(target, NEW | {"more": raising(OSError(28, "No space left on device"))}, marker=MARKER)

    assert refused.value.code == "journal.folder.space"
    assert contents(target) == OLD


def test_trouble_of_a_function_elsewhere_is_not_blamed_on_the_folder(target, tmp_path_factory):
    elsewhere = str(tmp_path_factory.mktemp("elsewhere") / "input.csv")

    with pytest.raises(PermissionError):
        write_folder(target, NEW | {"more": raising(PermissionError(13, "denied", elsewhere))}, marker=MARKER)

    assert contents(target) == OLD


def test_two_runs_at_the_same_moment_are_told(target, monkeypatch):
    def refused(self, to):
        raise OSError(errno.ENOTEMPTY, "Directory not empty", str(to))

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(InputProblem) as problem:
        write_folder(target, NEW, marker=MARKER)

    assert problem.value.code == "journal.folder.busy"
    assert contents(target) == OLD


def test_old_folder_that_a_dead_run_had_replaced_is_cleared(target):
    left = target.parent / f".out.replaced-{os.getpid()}"
    left.mkdir()
    (left / "day.json").write_bytes(b"older")

    write_folder(target, NEW, marker=MARKER)

    assert contents(target) == NEW
    assert [item.name for item in target.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("error", [OSError(5, "broken disk"), KeyboardInterrupt()])
@pytest.mark.parametrize("at", [0, 1])
def test_failure_of_either_rename_leaves_the_old_folder(at, error, target, monkeypatch):
    rename, calls = Path.rename, []

    def failing(self, to):
        calls.append(to)
        if len(calls) == at + 1:
            raise error
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(type(error)):
        write_folder(target, NEW, marker=MARKER)

    assert contents(target) == OLD
    assert check_folder(target) == []
    assert [item.name for item in target.parent.iterdir()] == ["out"]


def appearing(folder, name):
    """A function for a file, in whose time somebody else makes the target folder."""

    def produce(path):
        path.write_bytes(b"")
        folder.mkdir()
        (folder / name).write_bytes(b"of somebody else")

    return produce


def test_output_of_another_run_that_ended_meanwhile_is_replaced(tmp_path):
    target = tmp_path / "out"

    write_folder(target, {MARKER: b"mine", "slow": appearing(target, MARKER)}, marker=MARKER)

    assert contents(target) == {MARKER: b"mine", "slow": b""}
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_foreign_folder_that_appeared_meanwhile_is_left_alone(tmp_path):
    target = tmp_path / "out"

    with pytest.raises(InputProblem) as refused:
        write_folder(target, {MARKER: b"mine", "slow": appearing(target, "thesis.txt")}, marker=MARKER)

    assert refused.value.code == "journal.folder.foreign"
    assert contents(target) == {"thesis.txt": b"of somebody else"}
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("kind", ["file", "full folder", "link", "dead link"])
def test_foreign_thing_in_the_way_is_refused_and_left_alone(kind, tmp_path):
    target = tmp_path / "out"
    other = tmp_path / "other"
    write_folder(other, OLD, marker=MARKER)
    if kind == "file":
        target.write_bytes(b"thesis")
    elif kind == "full folder":
        target.mkdir()
        (target / "thesis.txt").write_bytes(b"thesis")
    else:
        target.symlink_to(other if kind == "link" else tmp_path / "nowhere")

    with pytest.raises(InputProblem) as refused:
        write_folder(target, NEW, marker=MARKER)

    assert refused.value.code == "journal.folder.foreign"
    assert str(target) in str(refused.value)
    assert contents(other) == OLD
    assert kind != "file" or target.read_bytes() == b"thesis"
    assert kind != "full folder" or contents(target) == {"thesis.txt": b"thesis"}
    assert sorted(item.name for item in tmp_path.iterdir()) == ["other", "out"]


def test_file_put_beside_an_earlier_output_is_not_lost(target):
    (target / "notes.txt").write_bytes(b"mine")

    with pytest.raises(InputProblem, match=r"holds notes\.txt, which would be lost") as refused:
        write_folder(target, NEW, marker=MARKER)

    assert refused.value.code == "journal.folder.extra"
    assert contents(target) == OLD | {"notes.txt": b"mine"}


@pytest.mark.parametrize("parent", ["missing", "file.txt", "file.txt/below"])
def test_parent_that_is_no_folder_is_refused_with_a_way_out(parent, tmp_path):
    (tmp_path / "file.txt").write_bytes(b"a regular file")

    with pytest.raises(InputProblem, match="mkdir -p") as refused:
        write_folder(tmp_path / parent / "out", NEW, marker=MARKER)

    assert refused.value.code == "journal.folder.parent"
    assert (tmp_path / "file.txt").read_bytes() == b"a regular file"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="no /proc here")
def test_place_that_takes_no_folders_is_refused_with_a_way_out():
    with pytest.raises(InputProblem) as refused:
        write_folder(Path("/proc/kezek-out"), NEW, marker=MARKER)

    assert refused.value.code == "journal.folder.unwritable"


def test_name_too_long_is_refused_with_a_way_out(tmp_path):
    with pytest.raises(InputProblem) as refused:
        write_folder(tmp_path / ("o" * 250), NEW, marker=MARKER)

    assert refused.value.code == "journal.folder.name"


@pytest.mark.parametrize("name", ["../escape", "/absolute", "a//b", "", ".", "a/..", "manifest.json"])
def test_name_that_is_not_plain_is_a_bug_of_the_caller(name, tmp_path):
    with pytest.raises(ValueError, match="is no name"):
        write_folder(tmp_path / "out", {MARKER: b"", name: b""}, marker=MARKER)

    assert list(tmp_path.iterdir()) == []


def test_marker_must_be_one_of_the_files(tmp_path):
    with pytest.raises(ValueError, match="marker"):
        write_folder(tmp_path / "out", {"a": b""}, marker=MARKER)


def test_function_that_writes_nothing_is_a_bug_of_the_caller(target):
    with pytest.raises(ValueError, match="did not write it"):
        write_folder(target, NEW | {"more": lambda path: None}, marker=MARKER)

    assert contents(target) == OLD


KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from kezek.journal.folder import write_folder
def die(path):
    path.write_bytes(b"half")
    os.kill(os.getpid(), signal.SIGKILL)
write_folder(Path(sys.argv[1]), {"day.json": b"new", "table": die, "rest": b""}, marker="day.json")
"""
KILLED_BETWEEN_RENAMES = """
import os, signal, sys
from pathlib import Path
from kezek.journal import folder
rename, done = Path.rename, []
def dying(self, to):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(1)
    return rename(self, to)
Path.rename = dying
folder.write_folder(Path(sys.argv[1]), {"day.json": b"new"}, marker="day.json")
"""


def run_killed(program, target):
    done = subprocess.run([sys.executable, "-c", program, str(target)], check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_kill_leaves_the_old_folder_and_the_next_run_clears_the_rest(target):
    run_killed(KILLED_WHILE_WRITING, target)

    left = sorted(item.name for item in target.parent.iterdir())
    assert contents(target) == OLD
    assert check_folder(target) == []
    assert len(left) == 2
    assert left[0].startswith(".out.partial-")

    write_folder(target, NEW, marker=MARKER)
    assert [item.name for item in target.parent.iterdir()] == ["out"]
    assert contents(target) == NEW


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_kill_between_the_renames_loses_nothing(target):
    run_killed(KILLED_BETWEEN_RENAMES, target)

    left = sorted(item.name for item in target.parent.iterdir())
    assert [name.split("-")[0] for name in left] == [".out.partial", ".out.replaced"]
    assert contents(target.parent / left[1]) == OLD

    with pytest.raises(KeyboardInterrupt):
        write_folder(target, {MARKER: raising(KeyboardInterrupt())}, marker=MARKER)
    assert [item.name for item in target.parent.iterdir()] == ["out"]
    assert contents(target) == OLD
    assert check_folder(target) == []


def test_probe_of_a_dead_run_is_cleared_by_the_next_check_and_the_next_writing(target):
    dead = target.parent / f".out.probe-{os.getpid()}"
    living = target.parent / f".out.probe-{os.getppid()}"
    living.mkdir()
    dead.mkdir()
    check_target(target, marker=MARKER)
    assert living.is_dir() and not dead.exists()
    dead.mkdir()
    write_folder(target, NEW, marker=MARKER)
    assert living.is_dir() and not dead.exists()


def test_partial_folder_of_a_living_process_is_left_alone(target):
    living = target.parent / f".out.partial-{os.getppid()}"
    own = target.parent / f".out.partial-{os.getpid()}"
    odd = target.parent / ".out.partial-notes"
    for folder in (living, own, odd):
        folder.mkdir()

    write_folder(target, NEW, marker=MARKER)

    assert sorted(item.name for item in target.parent.iterdir()) == sorted([living.name, odd.name, "out"])
