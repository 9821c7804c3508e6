"""Receipts, replay: what holds is said to hold, what was changed is found and named."""

import json
import shutil

import pytest

from kezek.cli.evidence import extract_command, list_command, replay_command, verify_command
from kezek.evidence.bundle import extract, parse_bundle
from kezek.evidence.receipt import verify_receipt
from kezek.evidence.signature import Verifier
from kezek.law.book import seal
from kezek.units.problem import InputProblem


@pytest.fixture
def copy(day_folder, tmp_path):
    target = tmp_path / "copy"
    shutil.copytree(day_folder, target)
    return target


@pytest.fixture(scope="module")
def purchase(day_folder):
    return next(iter(parse_bundle((day_folder / "receipts.jsonl").read_bytes()).receipts))


def test_every_receipt_of_the_bundle_verifies(day_folder):
    bundle = parse_bundle((day_folder / "receipts.jsonl").read_bytes())
    verifier = Verifier.parse((day_folder / "log" / "log.vkey").read_bytes())
    ids = {verify_receipt(extract(bundle, key), verifier).event["id"] for key in bundle.receipts}
    assert ids == set(bundle.receipts) and len(ids) > 3_000


def test_an_extracted_receipt_verifies_and_says_what_was_bought(day_folder, tmp_path, purchase, capsys):
    receipt = tmp_path / "one.receipt"
    extract_command(day_folder, purchase, receipt)
    assert verify_command(receipt, day_folder / "log" / "log.vkey") == 0
    printed = capsys.readouterr().out
    assert "VALID" in printed and purchase in printed and "kWh" in printed


@pytest.mark.parametrize("place", [0.0, 0.05, 0.3, 0.6, 0.85, 0.999])
def test_a_changed_byte_of_a_receipt_is_found(day_folder, tmp_path, purchase, capsys, place):
    receipt = tmp_path / "one.receipt"
    extract_command(day_folder, purchase, receipt)
    data = bytearray(receipt.read_bytes())
    data[int(place * len(data))] ^= 1
    receipt.write_bytes(bytes(data))
    assert verify_command(receipt, day_folder / "log" / "log.vkey") == 1
    assert "NOT VALID" in capsys.readouterr().out


def test_a_receipt_of_another_log_is_refused(day_folder, tmp_path, purchase, make_options, capsys):
    from kezek.cli.day import run_day_command

    run_day_command(make_options(out=tmp_path / "other", seed=2))
    receipt = tmp_path / "one.receipt"
    extract_command(day_folder, purchase, receipt)
    capsys.readouterr()
    assert verify_command(receipt, tmp_path / "other" / "log" / "log.vkey") == 1


def test_the_key_is_found_near_the_receipt_or_asked_for(copy, tmp_path, purchase, capsys):
    near = copy / "one.receipt"
    extract_command(copy, purchase, near)
    assert verify_command(near, None) == 0
    assert "give --key" in capsys.readouterr().out
    far = tmp_path / "elsewhere" / "deep" / "er" / "one.receipt"
    far.parent.mkdir(parents=True)
    far.write_bytes(near.read_bytes())
    with pytest.raises(InputProblem) as refusal:
        verify_command(far, None)
    assert refusal.value.code == "evidence.key.missing"


def test_a_cut_purchase_says_so_and_its_cut_has_a_receipt(day_folder, tmp_path, capsys):
    bundle = parse_bundle((day_folder / "receipts.jsonl").read_bytes())
    cut = next(key for key in bundle.receipts if key.endswith("/cut"))
    extract_command(day_folder, cut.removesuffix("/cut"), None)
    printed = capsys.readouterr()
    assert "was cut" in printed.err and printed.out.startswith("c2sp.org/tlog-proof@v1\n")
    extract_command(day_folder, cut, tmp_path / "cut.receipt")
    assert verify_command(tmp_path / "cut.receipt", day_folder / "log" / "log.vkey") == 0
    assert "by the grid operator" in capsys.readouterr().out.replace("\n", " ")


def test_the_list_can_be_narrowed_to_one_buyer(day_folder, capsys):
    list_command(day_folder, "")
    everything = capsys.readouterr().out.splitlines()
    bundle = parse_bundle((day_folder / "receipts.jsonl").read_bytes())
    buyers = {key: json.loads(one.entry)["data"].get("operator_id") for key, one in bundle.receipts.items()}
    buyer = buyers[everything[0]]
    list_command(day_folder, buyer)
    assert capsys.readouterr().out.splitlines() == [key for key in everything if buyers[key] == buyer]
    with pytest.raises(InputProblem, match="OP-999"):
        list_command(day_folder, "OP-999")


def test_an_unknown_purchase_is_refused(day_folder):
    with pytest.raises(InputProblem) as refusal:
        extract_command(day_folder, "nothing", None)
    assert refusal.value.code == "cli.receipt.unknown"


def test_replay_reaches_the_same_bytes(day_folder, capsys):
    assert replay_command(day_folder, None, None) == 0
    printed = capsys.readouterr().out
    assert "THE SAME DAY" in printed and "same bytes" in printed


@pytest.mark.parametrize("file", ["entries.jsonl", "leaves.txt", "checkpoint", "log.vkey"])
@pytest.mark.parametrize("place", [0.01, 0.5, 0.98])
def test_a_changed_byte_anywhere_in_the_log_is_found_and_named(copy, capsys, file, place):
    path = copy / "log" / file
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= 1
    path.write_bytes(bytes(data))
    try:
        code, said = replay_command(copy, None, None), capsys.readouterr().out
    except InputProblem as problem:
        code, said = 1, str(problem)
    assert code == 1
    assert file in said


def test_a_changed_entry_is_named_by_its_number(copy, capsys):
    path = copy / "log" / "entries.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[5_000] = lines[5_000].replace(b"0", b"1", 1)
    path.write_bytes(b"".join(lines))
    assert replay_command(copy, None, None) == 1
    assert "5000" in capsys.readouterr().out


def test_a_changed_table_is_named(copy, capsys):
    path = copy / "tables" / "hours.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    assert replay_command(copy, None, None) == 1
    assert "tables/hours.parquet" in capsys.readouterr().out


def test_a_file_added_to_the_folder_does_not_spoil_the_day(copy):
    (copy / "note.txt").write_text("mine")
    assert replay_command(copy, None, None) == 0


def test_another_law_is_found_and_the_file_named(day_folder, tmp_path, capsys):
    from importlib import resources
    from pathlib import Path

    book = tmp_path / "law"
    shutil.copytree(Path(str(resources.files("kezek.law") / "book")), book)
    changed = book / "fee" / "rate.general.toml"
    changed.write_text(changed.read_text().replace("amount = 200", "amount = 201", 1))
    seal(book)
    assert replay_command(day_folder, None, book) == 1
    printed = capsys.readouterr().out
    assert "law file fee/rate.general.toml" in printed
    assert printed.count("law file") == 1


def test_a_log_that_was_re_signed_after_a_change_is_found_by_the_replay(copy, capsys):
    """Whoever holds the key can sign another history, but not one that follows from its own inputs."""
    from kezek.day.run import simulation_signer
    from kezek.evidence.log import Log, parse_entries

    events = parse_entries((copy / "log" / "entries.jsonl").read_bytes())
    victim = next(event for event in events if event["type"] == "order.filled" and event["data"]["fill_kwh"] > 1)
    victim["data"]["fill_kwh"] -= 1
    forged = Log()
    forged.extend(events)
    for name, data in forged.files(simulation_signer(seed=1)).items():
        (copy / "log" / name).write_bytes(data)
    (copy / "manifest.json").unlink()
    log_only = copy / "log"
    assert replay_command(log_only, None, None) == 1
    printed = capsys.readouterr().out
    assert f"entry {victim['n']} (order.filled)" in printed


def test_replay_of_something_else_is_refused(tmp_path):
    with pytest.raises(InputProblem):
        replay_command(tmp_path, None, None)
