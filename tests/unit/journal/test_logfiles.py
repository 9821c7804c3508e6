import dataclasses

import pytest

from kezek.evidence.audit import audit_files
from kezek.evidence.log import Log
from kezek.evidence.signature import Signer
from kezek.journal.folder import write_folder
from kezek.journal.logfiles import read_log
from kezek.units.problem import InputProblem


@pytest.fixture
def folder(tmp_path):
    log = Log()
    log.extend({"event": "lot.bought", "lot": f"L-{n}"} for n in range(9))
    write_folder(tmp_path / "log", log.files(Signer("kezek.example/log", bytes(32))), marker="log.vkey")
    return tmp_path / "log"


def test_log_is_read_back_and_passes_the_audit(folder):
    stored = dataclasses.asdict(read_log(folder))

    result = audit_files(**stored)

    assert result.ok
    assert result.size == 9


@pytest.mark.parametrize("name", ["entries.jsonl", "leaves.txt", "checkpoint", "log.vkey"])
def test_absent_file_is_named_with_a_question(name, folder):
    (folder / name).unlink()

    with pytest.raises(InputProblem, match="Is this a folder that `kezek day` wrote") as refused:
        read_log(folder)

    assert refused.value.code == "journal.log.missing"
    assert refused.value.where == str(folder / name)


@pytest.mark.parametrize("path", ["nowhere", "log/entries.jsonl"])
def test_path_that_is_no_log_folder_is_refused(path, folder):
    with pytest.raises(InputProblem) as refused:
        read_log(folder.parent / path)

    assert refused.value.code == "journal.log.missing"


def test_file_that_cannot_be_read_is_said_as_such(folder):
    (folder / "checkpoint").unlink()
    (folder / "checkpoint").mkdir()

    with pytest.raises(InputProblem) as refused:
        read_log(folder)

    assert refused.value.code == "journal.log.unreadable"
