"""`kezek verifier` writes the file, and the file checks what `kezek day` wrote."""

import subprocess
import sys
from hashlib import sha256

import pytest

from kezek.cli.evidence import extract_command
from kezek.cli.verifier import verifier_command
from kezek.evidence.bundle import parse_bundle
from kezek.reports.verifier_file import verifier_text
from kezek.units.problem import InputProblem


def alone(file, *arguments):
    command = [sys.executable, "-I", str(file), *map(str, arguments)]
    return subprocess.run(command, env={}, cwd=file.parent, capture_output=True, check=False)


@pytest.fixture
def file(tmp_path, capsys):
    path = tmp_path / "kezek_verifier.py"
    verifier_command(path)
    capsys.readouterr()
    return path


def test_file_and_output_hold_the_same_bytes_and_the_digest_is_told(tmp_path, capsysbinary):
    path = tmp_path / "v.py"
    verifier_command(path)
    told = capsysbinary.readouterr().err
    verifier_command(None)
    shown = capsysbinary.readouterr().out
    assert shown == path.read_bytes() == verifier_text().encode()
    assert sha256(shown).hexdigest().encode() in told


def test_a_file_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputProblem) as refused:
        verifier_command(tmp_path / "nowhere" / "v.py")
    assert refused.value.code == "cli.file.unwritable"


def test_every_hour_of_a_national_day_is_cleared_again_without_kezek(file, day_folder):
    done = alone(file, "clear", day_folder, "--key", day_folder / "log" / "log.vkey")
    assert (done.returncode, done.stderr) == (0, b"")
    last = done.stdout.decode().splitlines()[-1]
    assert last.startswith("VALID: 48 hours with 3374 purchases")


def test_a_receipt_of_the_day_is_checked_without_kezek(file, day_folder, tmp_path, capsys):
    purchase = next(iter(parse_bundle((day_folder / "receipts.jsonl").read_bytes()).receipts))
    receipt = tmp_path / "one.receipt"
    extract_command(day_folder, purchase, receipt)
    key = day_folder / "log" / "log.vkey"
    done = alone(file, "receipt", receipt, "--key", key)
    assert done.returncode == 0 and purchase in done.stdout.decode()
    receipt.write_bytes(receipt.read_bytes().replace(b"index ", b"index 1", 1))
    assert alone(file, "receipt", receipt, "--key", key).returncode == 1
