"""The offline verifier is made from the sources, gives their verdicts, and runs where nothing of Kezek is."""

import ast
import importlib.util
import json
import subprocess
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from tests.trading.market_days import UNIFORM, delivered_session
from tests.trading.reclearing import altered, with_gate
from tests.trading.sessions import events

from kezek import __version__
from kezek.evidence import proof
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.cosignature import WitnessKey, WitnessSigner, cosign
from kezek.evidence.error import ProofError, ReceiptError
from kezek.evidence.growth import Growth, render_growth
from kezek.evidence.keychain import rotation_event
from kezek.evidence.log import Log
from kezek.evidence.receipt import render_receipt, verify_receipt
from kezek.evidence.signature import Signer, Verifier
from kezek.evidence.tiles import Tile, entries_path, pack_entries, spans_between
from kezek.evidence.tree import leaf_hash
from kezek.reports import verifier_main
from kezek.reports.verifier_file import MODULES, JoinError, verifier_text
from kezek.trading.reclear import reclear

VECTORS = Path(__file__).parents[3] / "tests" / "vectors"
RECEIPTS = sorted(path for folder in ("receipt", "cosigned") for path in (VECTORS / folder).glob("*.tlog-proof"))
SIGNER = Signer("kezek.example/log", bytes(range(32)))
UNSIGNED = "HOLDS, SIGNATURE NOT CHECKED"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("verifier") / "kezek_verifier.py"
    path.write_text(verifier_text(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def joined(file):
    """The file as a module of its own: none of its classes is one of the package."""
    spec = importlib.util.spec_from_file_location("joined_verifier", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules["joined_verifier"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["joined_verifier"]


@cache
def day_log():
    return delivered_session(UNIFORM).log


def export(folder, log=None, signer=SIGNER):
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (log or day_log()).files(signer).items():
        (folder / name).write_bytes(data)
    return folder


def export_tiles(folder, log, *, closed=frozenset(), signer=SIGNER):
    """The files of a publication; of a bundle only what stands before its first closed entry."""
    entries = [log.entry(index) for index in range(len(log))]
    for number, width in spans_between(0, len(log)):
        mine = entries[256 * number : 256 * number + width]
        shown = next((at for at in range(width) if 256 * number + at in closed), width)
        files = {Tile(0, number, width).path: b"".join(map(leaf_hash, mine))}
        files |= {entries_path(number, shown): pack_entries(mine[:shown])} if shown else {}
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    (folder / "checkpoint").write_text(log.sign(signer), encoding="utf-8")
    (folder / "log.vkey").write_text(SIGNER.vkey, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return export(tmp_path / "log")


def rewritten(change):
    """The log of a dishonest operator, who signs what it wrote anew."""
    entries = [json.loads(line) for line in day_log().entries_text().splitlines()]
    log = Log()
    log.extend(with_gate(change(entries)))
    return log


def with_key(folder):
    return ["--key", str(folder / "log.vkey")]


def alone(file, *arguments, flags=("-I", "-S")):
    """Run the file as a person without Kezek does: no environment, nothing installed, another folder."""
    command = [sys.executable, *flags, str(file), *map(str, arguments)]
    return subprocess.run(
        command, env={}, cwd=file.parent, capture_output=True, text=True, check=False, encoding="utf-8"
    )


def said(capsys, module, *arguments):
    code = module.main([str(one) for one in arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_same_sources_give_the_same_bytes():
    assert verifier_text() == verifier_text()


def test_the_head_says_version_licence_sources_and_how_to_run_it(file):
    head = file.read_text(encoding="utf-8").partition("import sys")[0]
    assert f"Kezek {__version__}" in head and "Apache License, Version 2.0" in head and "NOTICE" in head
    assert all(f"  {name}\n" in head for name in MODULES)
    assert "kezek_verifier.py clear FOLDER" in head and "--no-signature" in head


def test_the_file_is_plain_code_of_the_standard_library_and_one_package(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    outside, calls = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            outside |= {one.name.split(".")[0] for one in node.names}
        if isinstance(node, ast.ImportFrom):
            outside.add(node.module.split(".")[0])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            calls.add(node.func.id)
    assert outside - set(sys.stdlib_module_names) == {"cryptography"}
    assert not calls & {"exec", "eval", "compile", "__import__"}
    assert max(map(len, file.read_text(encoding="utf-8").splitlines())) <= 120


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("receipt", RECEIPTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_file_gives_the_verdicts_of_the_package(joined, capsys, receipt, unsigned):
    trusted = ["--witness", receipt.with_name("witness.vkey")] if receipt.parent.name == "cosigned" else []
    arguments = ["receipt", receipt, *with_key(receipt.parent), *(["--no-signature"] if unsigned else trusted)]
    found = said(capsys, joined, *arguments)
    assert found == said(capsys, verifier_main, *arguments)
    refusal = _refusal(receipt)
    if not unsigned:
        assert found[0] == (1 if refusal else 0)
        assert refusal in found[1]
    assert ("VALID:" in found[1].replace("NOT VALID:", "")) == (found[0] == 0 and not unsigned)
    assert (UNSIGNED in found[1]) == (found[0] == 0 and unsigned)


def _refusal(receipt):
    """What the package says against a receipt; "" where it holds."""
    verifier = Verifier.parse(receipt.with_name("log.vkey").read_bytes())
    cosigned = receipt.parent.name == "cosigned"
    witnesses = [WitnessKey.parse(receipt.with_name("witness.vkey").read_bytes())] if cosigned else []
    try:
        verify_receipt(receipt.read_bytes(), verifier, witnesses)
    except ReceiptError as error:
        verb = "are" if error.part == "witnesses" else "is"
        return f"NOT VALID: the {error.part} {verb} wrong: {error.what} [{error.code}]"
    return ""


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_the_file_judges_every_proof_as_the_package(joined, kind):
    vectors = sorted((VECTORS / kind).glob("*.json"))
    assert len(vectors) > 20
    for path in vectors:
        vector = json.loads(path.read_text(encoding="utf-8"))
        given = {name: _value(value) for name, value in vector.items() if name not in ("holds", "why", "name")}
        assert _judged(getattr(joined, f"verify_{kind}"), joined.ProofError, given) == _judged(
            getattr(proof, f"verify_{kind}"), ProofError, given
        ), path.stem


def _value(value):
    if isinstance(value, list):
        return [bytes.fromhex(item) for item in value]
    return bytes.fromhex(value) if isinstance(value, str) else value


def _judged(verify, refusal, given):
    try:
        return verify(**given)
    except refusal as error:
        return type(error).__name__, str(error)


@pytest.mark.parametrize(
    "change", [lambda one: one, lambda one: altered(one, _first(one, "order.filled"), ("outcome",))]
)
def test_the_file_clears_again_as_the_package(joined, change):
    entries = with_gate(change([json.loads(line) for line in day_log().entries_text().splitlines()]))
    leaves = [leaf_hash(canonical_bytes(event)) for event in entries]
    ours, theirs = reclear(events=entries, leaves=leaves), joined.reclear(events=entries, leaves=leaves)
    assert asdict(theirs) == asdict(ours)
    assert type(theirs) is not type(ours)


def _first(entries, kind):
    return next(index for index, event in enumerate(entries) if event["type"] == kind)


def test_without_anything_installed_the_file_clears_a_log_and_says_what_it_did_not_check(file, folder):
    done = alone(file, "clear", folder, "--no-signature")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("!! SIGNATURE NOT CHECKED (--no-signature): anybody could have made these files.")
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"{UNSIGNED}: 48 hours with ")
    assert "VALID" not in done.stdout
    assert "believed, not judged again" in done.stdout


def test_without_the_package_a_signature_cannot_be_checked_and_the_way_out_is_named(file, folder):
    done = alone(file, "log", folder, *with_key(folder))
    assert done.returncode == 2
    assert "--no-signature" in done.stderr and "[verifier.signature.cannot]" in done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_with_the_package_the_file_checks_signatures_in_an_empty_environment(file, folder):
    done = alone(file, "clear", folder, *with_key(folder), flags=("-I",))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("VALID: 48 hours with ")
    assert "lead to the signed root" in done.stdout


def test_one_hour_is_cleared_and_an_unknown_one_is_named(joined, capsys, folder):
    code, shown, _ = said(
        capsys, joined, "clear", folder, *with_key(folder), "--product", "2025-10-15/north_south/01"
    )
    assert code == 0
    assert "VALID: 1 hour with" in shown and "34600 kWh left after 1 curtailment;" in shown
    code, _, fault = said(
        capsys, joined, "clear", folder, *with_key(folder), "--product", "2025-10-15/north_south/99"
    )
    assert code == 2 and "[verifier.product.unknown]" in fault


def test_a_tampered_entry_is_named(joined, capsys, folder):
    entries = (folder / "entries.jsonl").read_bytes()
    at = entries.index(b'"type":"order.filled"')
    place = entries[:at].count(b"\n")
    (folder / "entries.jsonl").write_bytes(entries[:at] + entries[at:].replace(b"order.filled", b"order.fillen", 1))
    for command in ("log", "clear"):
        code, shown, _ = said(capsys, joined, command, folder, *with_key(folder))
        assert code == 1
        assert f"NOT VALID: entries.jsonl: entry {place} (order.fillen)" in shown
        assert "[evidence.audit.entry]" in shown
        assert said(capsys, joined, command, folder, "--no-signature")[0] == 1


@pytest.mark.parametrize(
    ("kind", "way", "words"),
    [
        ("order.filled", ("awards", 0, 0), "awards is"),
        ("purchase.made", ("energy_kwh",), "energy_kwh is"),
        ("product.cleared", ("summary", "bought_kwh"), "summary.bought_kwh is"),
        ("purchase.cut", ("left_kwh",), "left_kwh is"),
        ("purchase.restruck", ("price_tiyn_per_kwh",), "price_tiyn_per_kwh is"),
    ],
)
def test_a_wrong_figure_that_was_signed_is_named_by_its_entry(joined, capsys, tmp_path, kind, way, words):
    log = rewritten(lambda entries: altered(entries, _first(entries, kind), way))
    place = _first([json.loads(line) for line in log.entries_text().splitlines()], kind)
    folder = export(tmp_path / "log", log)
    assert said(capsys, joined, "log", folder, *with_key(folder))[0] == 0
    code, shown, _ = said(capsys, joined, "clear", folder, *with_key(folder))
    assert code == 1
    assert f"NOT VALID: entry {place} ({kind}), hour 2025-10-15/north_south/" in shown
    assert words in shown and "[verifier.entry.not_following]" in shown


def test_a_fault_in_another_hour_does_not_spoil_the_one_that_was_asked_for(joined, capsys, tmp_path):
    folder = export(tmp_path / "log", rewritten(lambda one: altered(one, _first(one, "order.filled"), ("outcome",))))
    assert said(capsys, joined, "clear", folder, *with_key(folder), "--product", "2025-10-15/west/07")[0] == 0
    assert said(capsys, joined, "clear", folder, *with_key(folder))[0] == 1


def test_a_key_of_another_log_and_a_forged_signature_are_refused_unless_nothing_is_checked(joined, capsys, folder):
    other = Signer("kezek.example/log", bytes(32))
    (folder / "other.vkey").write_text(other.vkey, encoding="utf-8")
    for command in ("log", "clear"):
        code, shown, _ = said(capsys, joined, command, folder, "--key", folder / "other.vkey")
        assert code == 1 and "NOT VALID: checkpoint: cannot be believed" in shown
    (folder / "checkpoint").write_text(day_log().sign(other), encoding="utf-8")
    assert said(capsys, joined, "log", folder, *with_key(folder))[0] == 1
    code, shown, _ = said(capsys, joined, "log", folder, *with_key(folder), "--no-signature")
    assert code == 0 and UNSIGNED in shown


def test_without_signature_a_key_that_was_given_still_names_the_log(joined, capsys, folder):
    (folder / "other.vkey").write_text(Signer("other.example/log", bytes(32)).vkey, encoding="utf-8")
    code, shown, _ = said(capsys, joined, "log", folder, "--key", folder / "other.vkey", "--no-signature")
    assert code == 1 and "expected 'other.example/log'" in shown


def growth_files(tmp_path, *, old_size=4, proof_of=4, stated=4):
    log = day_log()
    old = Log()
    old.extend(json.loads(log.entry(index)) for index in range(old_size))
    claim = Growth(stated, tuple(log.tree.consistency_proof(proof_of)), log.sign(SIGNER))
    (tmp_path / "old").write_text(old.sign(SIGNER), encoding="utf-8")
    (tmp_path / "claim").write_text(render_growth(claim), encoding="utf-8")
    (tmp_path / "log.vkey").write_text(SIGNER.vkey, encoding="utf-8")
    return ["growth", tmp_path / "claim", "--old", tmp_path / "old", *with_key(tmp_path)]


def test_growth_is_checked_from_the_checkpoint_that_was_kept(joined, capsys, tmp_path):
    arguments = growth_files(tmp_path)
    code, shown, _ = said(capsys, joined, *arguments)
    assert code == 0 and f"VALID: the log of {len(day_log())} entries begins with the one of 4 entries" in shown
    code, shown, _ = said(capsys, joined, *arguments, "--no-signature")
    assert code == 0 and UNSIGNED in shown and "VALID" not in shown


@pytest.mark.parametrize("wrong", [{"proof_of": 5}, {"stated": 5}, {"old_size": 3}])
@pytest.mark.parametrize("how", [[], ["--no-signature"]])
def test_growth_that_does_not_hold_is_refused(joined, capsys, tmp_path, wrong, how):
    code, shown, _ = said(capsys, joined, *growth_files(tmp_path, **wrong), *how)
    assert code == 1 and "NOT VALID: the claim does not hold" in shown


def test_an_old_checkpoint_that_nobody_signed_is_no_ground(joined, capsys, tmp_path):
    arguments = growth_files(tmp_path)
    (tmp_path / "old").write_text(day_log().sign(Signer("kezek.example/log", bytes(32))), encoding="utf-8")
    code, shown, _ = said(capsys, joined, *arguments)
    assert code == 1 and "NOT VALID: the old checkpoint cannot be believed" in shown


def test_a_publication_in_tiles_is_read_as_the_lines_are(joined, capsys, tmp_path, folder):
    assert len(day_log()) > 256
    tiles = export_tiles(tmp_path / "tiles", day_log())
    for command in ("log", "clear"):
        lines = said(capsys, joined, command, folder, *with_key(folder))
        assert said(capsys, joined, command, tiles, *with_key(tiles)) == lines
        assert lines[0] == 0


def test_a_publication_with_closed_entries_is_checked_as_far_as_it_is_shown(joined, capsys, tmp_path):
    size = len(day_log())
    tiles = export_tiles(tmp_path / "tiles", day_log(), closed={250, size - 1})
    code, shown, _ = said(capsys, joined, "log", tiles, *with_key(tiles))
    assert code == 0 and "7 entries not shown yet" in shown
    code, _, fault = said(capsys, joined, "clear", tiles, *with_key(tiles))
    assert code == 2 and "[verifier.folder.closed]" in fault
    bundle = tiles / entries_path(0, 250)
    bundle.write_bytes(bundle.read_bytes().replace(b"OP-001", b"OP-009"))
    code, shown, _ = said(capsys, joined, "log", tiles, *with_key(tiles))
    assert code == 1 and "NOT VALID: entry " in shown
    (tiles / Tile(0, 0, 256).path).write_bytes(bytes(256 * 32))
    code, shown, _ = said(capsys, joined, "log", tiles, *with_key(tiles))
    assert code == 1 and "NOT VALID: the leaf hashes lead to root" in shown


def test_a_tile_that_is_damaged_or_missing_is_named(joined, capsys, tmp_path):
    tiles = export_tiles(tmp_path / "tiles", day_log())
    bundle = tiles / entries_path(0, 256)
    whole = bundle.read_bytes()
    for data in (whole[:-1], whole[:-300], b""):
        bundle.write_bytes(data)
        code, _, fault = said(capsys, joined, "log", tiles, *with_key(tiles))
        assert code == 2 and "[verifier.folder.tiles]" in fault and "000" in fault
    bundle.unlink()
    (tiles / Tile(0, 0, 256).path).unlink()
    code, _, fault = said(capsys, joined, "log", tiles, *with_key(tiles))
    assert code == 2 and "shows 0 of 256 entries" in fault


def test_a_publication_that_shows_more_than_its_checkpoint_counts_is_read_up_to_it(joined, capsys, tmp_path):
    log, shorter = day_log(), Log()
    shorter.extend(json.loads(log.entry(index)) for index in range(len(log) - 2))
    tiles = export_tiles(tmp_path / "tiles", log)
    (tiles / "checkpoint").write_text(shorter.sign(SIGNER), encoding="utf-8")
    code, shown, _ = said(capsys, joined, "log", tiles, *with_key(tiles))
    assert code == 0 and f"VALID: {len(shorter)} entries lead to the root {shorter.tree.root().hex()}" in shown


def test_a_tile_of_another_length_and_an_entry_of_two_lines_are_refused(joined, capsys, tmp_path):
    tiles = export_tiles(tmp_path / "tiles", day_log())
    bundle, hashes = tiles / entries_path(0, 256), tiles / Tile(0, 0, 256).path
    hashes.write_bytes(hashes.read_bytes()[:-1])
    code, _, fault = said(capsys, joined, "log", tiles, *with_key(tiles))
    assert code == 2 and "holds 8191 bytes, 8192 were expected" in fault
    hashes.unlink()
    bundle.write_bytes(pack_entries([b"{}\n", *[b"{}"] * 255]))
    code, _, fault = said(capsys, joined, "log", tiles, *with_key(tiles))
    assert code == 2 and "of one line each" in fault


def test_a_checkpoint_that_counts_beyond_all_files_ends_at_the_first_that_is_missing(joined, capsys, tmp_path):
    tiles = export_tiles(tmp_path / "tiles", day_log())
    note = (tiles / "checkpoint").read_text(encoding="utf-8").replace(f"\n{len(day_log())}\n", f"\n{10**18}\n", 1)
    (tiles / "checkpoint").write_text(note, encoding="utf-8")
    assert said(capsys, joined, "log", tiles, *with_key(tiles))[0] == 2


def rotated_log(new):
    log = Log()
    log.extend({"n": number, "type": "a.b"} for number in range(3))
    at = datetime(2025, 10, 14, tzinfo=UTC)
    index = log.append(rotation_event(old=SIGNER, new=new, at=at))
    receipt = render_receipt(log.receipt(index, checkpoint=log.sign(SIGNER)))
    log.append({"n": 4, "type": "a.b"})
    return log, receipt


def test_a_log_that_changed_its_key_is_followed_from_the_one_that_is_trusted(joined, capsys, tmp_path):
    new = Signer(SIGNER.name, bytes(32))
    log, receipt = rotated_log(new)
    tiles = export_tiles(tmp_path / "tiles", log, signer=new)
    assert said(capsys, joined, "log", tiles, *with_key(tiles))[0] == 1
    (tiles / "keys").mkdir()
    (tiles / "keys" / "0001.tlog-proof").write_text(receipt, encoding="utf-8")
    assert said(capsys, joined, "log", tiles, *with_key(tiles))[0] == 0
    mine = tmp_path / "mine"
    mine.write_text(render_receipt(log.receipt(4, checkpoint=log.sign(new))), encoding="utf-8")
    assert said(capsys, joined, "receipt", mine, *with_key(tiles))[0] == 1
    followed = ["--rotated", tiles / "keys" / "0001.tlog-proof"]
    assert said(capsys, joined, "receipt", mine, *with_key(tiles), *followed)[0] == 0
    (tiles / "keys" / "0001.tlog-proof").write_text(receipt.replace("index 3", "index 2"), encoding="utf-8")
    assert said(capsys, joined, "receipt", mine, *with_key(tiles), *followed)[0] == 1
    assert said(capsys, joined, "log", tiles, *with_key(tiles))[0] == 1


def test_a_log_and_its_growth_must_be_cosigned_by_the_witnesses_that_are_named(joined, capsys, tmp_path):
    one, other = (WitnessSigner(f"witness.example/w{number}", bytes([number]) * 32) for number in (1, 2))
    folder, growing = export(tmp_path / "log"), growth_files(tmp_path)
    for path in (folder / "checkpoint", tmp_path / "claim"):
        text = path.read_text(encoding="utf-8")
        _, gap, note = text.rpartition("\n\nkezek.example/log\n") if path.name == "claim" else ("", "", text)
        note = f"kezek.example/log\n{note}" if gap else note
        path.write_text(text + cosign(note, signer=one, at=1_760_518_800), encoding="utf-8")
    for witness in (one, other):
        (tmp_path / witness.key.name[-2:]).write_text(witness.key.vkey, encoding="utf-8")
    both = ["--witness", tmp_path / "w1", "--witness", tmp_path / "w2"]
    for command in (["log", folder, *with_key(folder)], ["clear", folder, *with_key(folder)], growing):
        code, shown, _ = said(capsys, joined, *command, *both[:2])
        assert code == 0 and "ok  witnesses: witness.example/w1 at 2025-10-15T09:00:00Z" in shown
        assert said(capsys, joined, *command, *both, "--witnesses-needed", 1)[0] == 0
        code, shown, _ = said(capsys, joined, *command, *both)
        assert code == 1 and "1 of 2 needed witnesses cosigned the checkpoint [evidence.receipt.witnesses]" in shown
        code, _, fault = said(capsys, joined, *command, *both, "--no-signature")
        assert code == 2 and "[verifier.witnesses.unsigned]" in fault
        code, _, fault = said(capsys, joined, *command, *both, "--witnesses-needed", 3)
        assert code == 2 and "[cli.verify.witnesses]" in fault
        code, _, fault = said(capsys, joined, *command, "--witness", tmp_path / "log" / "log.vkey")
        assert code == 2 and "is no key of a witness" in fault


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "cli.usage"),
        (["burn"], "cli.usage"),
        (["receipt"], "cli.usage"),
        (["receipt", "nowhere", "--no-signature"], "cli.file.unreadable"),
        (["receipt", "nowhere"], "evidence.key.missing"),
        (["receipt", "nowhere", "--key", "nowhere"], "cli.file.unreadable"),
        (["log", ".", "--no-signature"], "verifier.folder.no_log"),
        (["clear", "nowhere", "--no-signature"], "verifier.folder.no_log"),
        (["log", "lines", "--no-signature"], "verifier.folder.no_checkpoint"),
        (["log", "tiles", "--no-signature"], "verifier.folder.no_checkpoint"),
        (["receipt", "x", "--key", "lines/entries.jsonl"], "evidence.key.form"),
    ],
)
def test_bad_input_is_one_sentence_with_a_code_and_no_traceback(
    joined, capsys, tmp_path, monkeypatch, arguments, code
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "entries.jsonl").write_bytes(day_log().entries_text())
    (tmp_path / "tiles" / "tile" / "entries").mkdir(parents=True)
    found = said(capsys, joined, *arguments)
    assert found[0] == 2
    assert len(found[2].splitlines()) == 1 and f"[{code}]" in found[2]


def test_plain_entries_without_a_checkpoint_are_cleared_only_where_no_origin_is_claimed(joined, capsys, tmp_path):
    (tmp_path / "session.jsonl").write_bytes(day_log().entries_text())
    (tmp_path / "log.vkey").write_text(SIGNER.vkey, encoding="utf-8")
    code, shown, _ = said(capsys, joined, "clear", tmp_path, "--no-signature")
    assert code == 0 and "there is no checkpoint: nothing says that this is the whole log" in shown
    assert said(capsys, joined, "clear", tmp_path, *with_key(tmp_path))[0] == 2


def test_what_could_steer_a_terminal_is_shown_by_its_code(joined, capsys):
    joined.say("a\x1b[2Jb\n\u202eс")
    assert capsys.readouterr().out == "a\\x1b[2Jb\n\\u202eс\n"


def small(**texts):
    return verifier_text(sources={name.replace("__", "."): text for name, text in texts.items()})


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("def same():\n    pass\n", "'same' is given by kezek.a and by kezek.b"),
        ("class same:\n    pass\n", "'same' is given"),
        ("same = 1\n", "'same' is given"),
        ("same: int = 1\n", "'same' is given"),
        ("for same in (1,):\n    pass\n", "'same' is given"),
        ("from os import path as other\n", "under another name"),
        ("import json as j\n", "under another name"),
        ("from os import *\n", "under another name"),
        ("from kezek.c import thing\n", "which is not joined before it"),
        ("from kezek.a import nothing\n", "which is not joined before it"),
        ("import kezek.a\n", "not in the standard library"),
        ("import numpy\n", "numpy, which is not in the standard library"),
        ("def f():\n    from kezek.a import same\n", "inside a block"),
        ("if True:\n    import kezek.a\n", "inside a block"),
        ("from glob import glob\nfrom json import glob\n", "'glob' is given by glob.glob and by json.glob"),
    ],
)
def test_what_would_change_its_meaning_is_not_joined(second, words):
    with pytest.raises(JoinError) as refused:
        small(kezek__a="def same():\n    pass\n", kezek__b=second)
    assert words in str(refused.value)


def test_what_can_be_joined_keeps_its_text_and_its_futures_come_first():
    futures = "from __future__ import generators, division, annotations"
    first = f'"""One."""\n\n{futures}\n\nimport sys\n\nA = 1\n"""Documented."""\n'
    second = '"""Two.\n\nMore."""\n\nimport sys\nfrom kezek.a import A\n\n\ndef main():\n    return A\n'
    text = small(kezek__a=first, kezek__b=second)
    assert compile(text, "joined", "exec")
    assert "from kezek" not in text and text.count("import sys\n") == 1
    assert text.index("from __future__ import annotations, division, generators") < text.index("import sys")
    assert '\nA = 1\n"""Documented."""\n' in text and "\n# Two.\n#\n# More.\n" in text
    assert text.endswith('if __name__ == "__main__":\n    sys.exit(main())\n')


def test_the_events_of_the_day_are_those_that_the_tests_rest_on():
    kinds = {event["type"] for event in events(delivered_session(UNIFORM))}
    assert {"purchase.cut", "purchase.restruck", "order.removed", "order.cancelled"} <= kinds
