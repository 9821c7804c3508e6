"""Receipts, replay: what holds is said to hold, what was changed is found and named."""

import json
import shutil

import polars as pl
import pytest

from kezek.cli.evidence import extract_command, list_command, replay_command, verify_command
from kezek.day.run import simulation_signer
from kezek.evidence.bundle import Bundle, extract, parse_bundle, render_bundle
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.log import Log, parse_entries
from kezek.evidence.receipt import render_receipt, verify_receipt
from kezek.evidence.signature import Verifier
from kezek.journal.manifest import MANIFEST_FILE, manifest_bytes
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
    assert "8 tables hold what the log says" in printed and "machines" in printed
    assert "summary.json and report.html: checked against manifest.json, which is not signed" in printed


def test_of_a_log_folder_only_the_log_is_compared_and_it_says_so(day_folder, capsys):
    assert replay_command(day_folder / "log", None, None) == 0
    printed = capsys.readouterr().out
    assert "only the log was compared" in printed
    assert "tables hold" not in printed and "receipts verify" not in printed


def remade(folder):
    """Write the manifest anew, as somebody would who covers a change: it is not signed."""
    (folder / MANIFEST_FILE).unlink()
    (folder / MANIFEST_FILE).write_bytes(manifest_bytes(folder, marker="summary.json"))


TABLES = ("findings", "hours", "ledger", "machines", "meters", "operators", "orders", "purchases")
VOUCHED = ("receipts.jsonl", "scenario.toml", "fleet.toml", *(f"tables/{name}.parquet" for name in TABLES))


def one_row_less(path):
    if path.suffix == ".parquet":
        pl.read_parquet(path).head(-1).write_parquet(path)
    else:
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


@pytest.mark.parametrize(
    "change", [lambda path: path.unlink(), one_row_less, lambda path: path.write_bytes(path.read_bytes()[:-9])]
)
def test_each_file_that_the_signed_log_vouches_for_is_named_under_a_manifest_made_anew(copy, capsys, change):
    for name in VOUCHED:
        change(copy / name)
    remade(copy)
    assert replay_command(copy, None, None) == 1
    printed = capsys.readouterr().out
    assert {line.split()[1].rstrip(":") for line in printed.splitlines() if "NO  " in line} == set(VOUCHED)


def test_what_the_log_does_not_vouch_for_is_said_not_to_be_checked(copy, capsys):
    (copy / "summary.json").write_text("{}")
    remade(copy)
    assert replay_command(copy, None, None) == 0
    assert "which is not signed" in capsys.readouterr().out


def with_lines(copy, change):
    """Change the list of lines of the bundle, and cover it."""
    path = copy / "receipts.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))
    remade(copy)


def test_a_receipt_that_is_missing_is_named(copy, capsys):
    gone = json.loads((copy / "receipts.jsonl").read_bytes().splitlines()[1])["id"]
    with_lines(copy, lambda lines: [lines[0], *lines[2:]])
    assert replay_command(copy, None, None) == 1
    assert f"receipts.jsonl: {gone}: receipt is missing" in capsys.readouterr().out


def test_a_receipt_of_something_else_is_named(copy, capsys):
    """A true receipt of a true entry, but one that is neither a purchase nor a cut."""
    log = Log.parse((copy / "log" / "entries.jsonl").read_bytes())
    checkpoint = (copy / "log" / "checkpoint").read_text()
    index = next(n for n in range(len(log)) if b'"order.submitted"' in log.entry(n))
    extra = Bundle(checkpoint, {json.loads(log.entry(index))["id"]: log.receipt(index, checkpoint=checkpoint)})
    with_lines(copy, lambda lines: [*lines, render_bundle(extra).splitlines()[1].encode() + b"\n"])
    assert replay_command(copy, None, None) == 1
    assert "receipt is of no purchase or cut of the log" in capsys.readouterr().out


def test_a_receipt_that_does_not_verify_is_named(copy, capsys):
    victim = json.loads((copy / "receipts.jsonl").read_bytes().splitlines()[3])["id"]

    def forge(lines):
        one = json.loads(lines[3])
        one["proof"] = one["proof"][1:] + one["proof"][:1]
        return [*lines[:3], canonical_bytes(one) + b"\n", *lines[4:]]

    with_lines(copy, forge)
    assert replay_command(copy, None, None) == 1
    assert f"receipts.jsonl: {victim}: receipt does not verify" in capsys.readouterr().out


def test_receipts_under_another_key_are_not_believed(copy, capsys):
    log = Log.parse((copy / "log" / "entries.jsonl").read_bytes())
    other = log.sign(simulation_signer(opening=b"other"))
    head = canonical_bytes({"checkpoint": other, "format": "kezek-receipts@v1"}) + b"\n"
    with_lines(copy, lambda lines: [head, *lines[1:]])
    assert replay_command(copy, None, None) == 1
    assert "NO  receipts.jsonl: cannot be believed" in capsys.readouterr().out


def test_a_damaged_receipt_is_not_given_out(copy, tmp_path, purchase, capsys):
    with_lines(copy, lambda lines: [line.replace(b'"proof":["', b'"proof":["AAAA', 1) for line in lines])
    out = tmp_path / "one.receipt"
    with pytest.raises(SystemExit) as refusal:
        extract_command(copy, purchase, out)
    assert refusal.value.code == 1 and not out.exists()
    assert "damaged" in capsys.readouterr().err


def test_a_forged_receipt_is_not_given_out_where_the_key_is_at_hand(copy, tmp_path, purchase, capsys):
    with_lines(copy, lambda lines: [line.replace(b'\\"energy_kwh\\":1', b'\\"energy_kwh\\":2') for line in lines])
    out = tmp_path / "one.receipt"
    for place in (copy, copy / "receipts.jsonl"):
        with pytest.raises(SystemExit) as refusal:
            extract_command(place, purchase, out)
        assert refusal.value.code == 1 and not out.exists()
        assert "does not verify" in capsys.readouterr().err


def test_a_receipt_under_a_name_that_is_not_its_own_is_not_given_out(copy, tmp_path, purchase, capsys):
    with_lines(
        copy,
        lambda lines: [
            lines[0],
            lines[1].replace(b'"id":"' + purchase.encode() + b'","index"', b'"id":"purchase.made","index"'),
        ],
    )
    with pytest.raises(SystemExit):
        extract_command(copy, "purchase.made", tmp_path / "one.receipt")
    assert purchase in capsys.readouterr().err


def test_without_a_key_a_receipt_is_taken_from_the_bundle_alone(copy, tmp_path, purchase):
    alone = tmp_path / "receipts.jsonl"
    alone.write_bytes((copy / "receipts.jsonl").read_bytes())
    extract_command(alone, purchase, tmp_path / "one.receipt")
    assert verify_command(tmp_path / "one.receipt", copy / "log" / "log.vkey") == 0


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
    shutil.copytree(Path(str(resources.files("kezek.law") / "books" / "kz")), book)
    changed = book / "fee" / "rate.general.toml"
    changed.write_text(changed.read_text().replace("amount = 200", "amount = 201", 1))
    seal(book)
    assert replay_command(day_folder, None, book) == 1
    printed = capsys.readouterr().out
    assert "law file fee/rate.general.toml" in printed
    assert printed.count("law file") == 1


def test_a_log_that_was_re_signed_after_a_change_is_found_by_the_replay(copy, capsys):
    """Whoever holds the key can sign another history, but not one that follows from its own inputs."""
    events = parse_entries((copy / "log" / "entries.jsonl").read_bytes())
    victim = next(event for event in events if event["type"] == "order.filled" and event["data"]["awards"][0][0] > 1)
    victim["data"]["awards"][0][0] -= 1
    forged = Log()
    forged.extend(events)
    for name, data in forged.files(simulation_signer(opening=forged.entry(0) if len(forged) else b"")).items():
        (copy / "log" / name).write_bytes(data)
    (copy / "manifest.json").unlink()
    log_only = copy / "log"
    assert replay_command(log_only, None, None) == 1
    printed = capsys.readouterr().out
    assert f"entry {victim['n']} (order.filled)" in printed


@pytest.mark.parametrize("data", [5, {}, {"operator_id": "OP-001"}])
def test_a_true_receipt_of_an_odd_entry_is_still_verified(tmp_path, capsys, data):
    log, signer = Log(), simulation_signer(opening=b"forged")
    log.append({"type": "purchase.made", "id": "odd", "n": 0, "data": data})
    receipt = render_receipt(log.receipt(0, checkpoint=log.sign(signer)))
    (tmp_path / "odd.receipt").write_text(receipt)
    (tmp_path / "log.vkey").write_text(f"{signer.vkey}\n")
    assert verify_command(tmp_path / "odd.receipt", None) == 0
    assert "VALID: purchase.made odd, entry 0 of the log" in capsys.readouterr().out


def test_replay_of_something_else_is_refused(tmp_path):
    with pytest.raises(InputProblem):
        replay_command(tmp_path, None, None)
