"""`kezek day` as a person runs it: files, JSON, refusals in one line, nothing half-written."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from importlib import resources
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from kezek.cli.day import run_day_command
from kezek.cli.terminal import show_day
from kezek.journal.manifest import check_folder
from kezek.units.problem import InputProblem


def kezek(*arguments, cwd, env=None):
    return subprocess.run(
        [sys.executable, "-m", "kezek", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "80", **(env or {})},
    )


def test_the_folder_holds_log_receipts_tables_summary_and_report(day_folder):
    names = {str(path.relative_to(day_folder)) for path in day_folder.rglob("*") if path.is_file()}
    assert {
        "summary.json",
        "report.html",
        "receipts.jsonl",
        "scenario.toml",
        "fleet.toml",
        "manifest.json",
        "log/entries.jsonl",
        "log/leaves.txt",
        "log/checkpoint",
        "log/log.vkey",
        *(f"tables/{name}.parquet" for name in ("hours", "orders", "purchases", "operators", "findings")),
        *(f"tables/{name}.parquet" for name in ("ledger", "meters", "machines")),
    } == names
    assert check_folder(day_folder) == []


def test_the_summary_agrees_with_the_tables(day_folder):
    summary = json.loads((day_folder / "summary.json").read_text())
    hours = pl.read_parquet(day_folder / "tables" / "hours.parquet")
    assert summary["market"]["offered_kwh"] == hours["offered_kwh"].sum()
    assert summary["market"]["bought_kwh"] == hours["bought_kwh"].sum()
    assert summary["money"]["sum_of_all_accounts_tiyn"] == 0
    purchases = pl.read_parquet(day_folder / "tables" / "purchases.parquet")
    cut = (purchases["final_kwh"] < purchases["energy_kwh"]).sum()
    assert summary["evidence"]["receipts"] == len(purchases) + cut


def test_a_run_prints_hours_summary_breaches_and_where_the_report_is(tmp_path):
    done = kezek("day", "--out", "day", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for piece in (
        "North + South",
        "West",
        "no surplus",
        "cut to",
        "take-up",
        "15 of 84 operators breach",
        "report.html",
    ):
        assert piece in done.stdout
    assert max(map(len, done.stdout.splitlines()[:40])) <= 80
    assert "no award rose" in done.stdout
    assert done.stderr == ""


def test_json_prints_the_summary_and_nothing_else(tmp_path):
    done = kezek("day", "--out", "day", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "day" / "summary.json").read_text())


def test_two_runs_write_the_same_bytes(day_folder, tmp_path, make_options):
    run_day_command(make_options(out=tmp_path / "again"))
    for path in sorted(day_folder.rglob("*")):
        if path.is_file():
            assert (tmp_path / "again" / path.relative_to(day_folder)).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--date", "yesterday"], "cli.date.form"),
        (["--date", "2025-W42-3"], "cli.date.form"),
        (["--date", "2019-05-01"], "day.date.outside"),
        (["--date", "2023-08-15"], "trading.rules.law_open"),
        (["--seed", "-1"], "cli.usage"),
        (["--seed", "9007199254740992"], "cli.usage"),
        (["--sed", "1"], "cli.usage"),
        (["--profile", "desribed"], "law.profile.unknown"),
        (["--reading", "sale.share_2025"], "cli.reading.form"),
        (["--reading", "sale.share_2025=s9"], "law.reading.unknown"),
        (["--reading", "sale.shar_2025=s2"], "law.reading.unknown"),
        (["--reading", "sale.share_2025=s2", "--reading", "sale.share_2025=s2"], "cli.reading.twice"),
        (["--accept-unconfirmed", "vat.rat"], "law.accept.unknown"),
        (["--fleet", "nowhere.toml"], "day.settings.unreadable"),
        (["--out", "no/such/parent"], "journal.folder.parent"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2_and_writes_nothing(tmp_path, arguments, code):
    done = kezek("day", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"[{code}]" in done.stderr
    assert list(tmp_path.iterdir()) == []


def law_copy(tmp_path):
    source = Path(str(resources.files("kezek.law") / "books" / "kz"))
    return Path(shutil.copytree(source, tmp_path / "law", ignore=shutil.ignore_patterns("book.lock")))


def test_a_law_file_with_a_misspelt_key_is_refused_with_file_line_and_the_right_key(tmp_path):
    changed = law_copy(tmp_path) / "sale" / "share_ppm.toml"
    changed.write_text(changed.read_text().replace("from_on", "form_on", 1))
    done = kezek("day", "--law", "law", cwd=tmp_path)
    assert done.returncode == 2
    assert "sale/share_ppm.toml" in done.stderr and "from_on" in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "word"),
    [
        ("market/price_rule.toml", '"pay_as_bid"', '"pay_as_bit"', 'Did you mean "pay_as_bid"?'),
        ("market/price_tick_tiyn_per_kwh.toml", "amount = 1", "amount = 0", "over zero"),
        ("market/opens.toml", '"09:30"', '"11:30"', "follow each other"),
        ("energy/purchase_max_kwh.toml", "amount = 1_000", "amount = 0", "over zero"),
    ],
)
def test_a_law_that_cannot_be_carried_out_is_refused(tmp_path, file, old, new, word):
    changed = law_copy(tmp_path) / file
    text = changed.read_text()
    assert old in text or old.replace("_", "") in text
    changed.write_text(text.replace(old, new).replace(old.replace("1_000", "1000"), new))
    done = kezek("day", "--law", "law", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "[trading.rules.unusable]" in done.stderr and word in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_law_of_ones_own_speaks_in_the_report(tmp_path):
    changed = law_copy(tmp_path) / "questions.toml"
    changed.write_text(changed.read_text().replace("Over what period", "Over WHICH period", 1))
    done = kezek("day", "--law", "law", "--out", "day", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Over WHICH period" in (tmp_path / "day" / "report.html").read_text(encoding="utf-8")


def test_a_scenario_that_can_be_read_only_once_is_kept_as_it_was_read(tmp_path):
    text = kezek("example", "scenario", cwd=tmp_path).stdout.replace('"18.00 ₸/kWh"', '"19.00 ₸/kWh"')
    done = subprocess.run(
        [sys.executable, "-m", "kezek", "day", "--scenario", "/dev/stdin", "--out", "[day]", "--json"],
        cwd=tmp_path,
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "[day]" / "scenario.toml").read_text(encoding="utf-8") == text


def test_a_folder_with_brackets_in_its_name_is_named_in_full(day_folder, capsys):
    summary = json.loads((day_folder / "summary.json").read_text())
    hours = pl.read_parquet(day_folder / "tables" / "hours.parquet")
    show_day(console=Console(width=80), summary=summary, hours=hours, folder=Path("[x]"))
    assert "[x]/report.html" in capsys.readouterr().out


def test_a_scenario_out_of_reach_is_refused_by_the_names_of_its_own_file(tmp_path):
    text = kezek("example", "scenario", cwd=tmp_path).stdout.replace('"300 GWh"', '"3000 GWh"')
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    done = kezek("day", "--scenario", "s.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "target_offered" in done.stderr and "_mwh_" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_foreign_folder_is_never_overwritten(tmp_path, make_options):
    target = tmp_path / "precious"
    target.mkdir()
    (target / "letter.txt").write_text("mine")
    with pytest.raises(InputProblem) as refusal:
        run_day_command(make_options(out=target))
    assert refusal.value.code == "journal.folder.foreign"
    assert [path.name for path in target.iterdir()] == ["letter.txt"]


def test_an_output_folder_that_cannot_be_written_leaves_nothing(tmp_path, make_options):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputProblem) as refusal:
        run_day_command(make_options(out=tmp_path / "file" / "day"))
    assert refusal.value.code.startswith("journal.folder.")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_interruption_leaves_nothing_half_written(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "kezek", "day", "--out", "day"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "nothing was left half-written" in errors
    assert list(tmp_path.iterdir()) == []


def test_a_later_run_replaces_an_earlier_one_whole(tmp_path, day_folder, make_options):
    target = tmp_path / "day"
    shutil.copytree(day_folder, target)
    first = (target / "log" / "checkpoint").read_text()
    run_day_command(make_options(out=target, seed=2))
    assert (target / "log" / "checkpoint").read_text() != first
    assert [path.name for path in tmp_path.iterdir()] == ["day"]
    assert check_folder(target) == []


def test_help_answers_without_the_heavy_libraries():
    """The promise is 0.3 s; what makes it hold is what is not imported."""
    probe = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from kezek.cli.main import app\n"
        "result = CliRunner().invoke(app, ['--help'])\n"
        "assert result.exit_code == 0 and 'replay' in result.output, result.output\n"
        "heavy = {'numpy', 'polars', 'cryptography', 'vl_convert', 'kezek.day', 'kezek.law', 'kezek.facts'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_the_day_needs_no_network(tmp_path):
    """A socket that refuses everything stands in for a machine that is offline."""
    probe = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise OSError('no network in this test')\n"
        "socket.socket.connect = refuse\n"
        "socket.create_connection = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "sys.argv = ['kezek', 'day', '--out', 'day', '--json']\n"
        "from kezek.cli.main import run\n"
        "run()\n"
    )
    done = subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "day" / "report.html").is_file()


def test_examples_print_files_that_the_day_accepts(tmp_path):
    for name in ("fleet", "scenario"):
        printed = kezek("example", name, cwd=tmp_path)
        assert printed.returncode == 0
        (tmp_path / f"{name}.toml").write_text(printed.stdout, encoding="utf-8")
    text = (tmp_path / "scenario.toml").read_text(encoding="utf-8")
    (tmp_path / "scenario.toml").write_text(text.replace('"18.00 ₸/kWh"', '"25.00 ₸/kWh"'), encoding="utf-8")
    done = kezek(
        "day", "--fleet", "fleet.toml", "--scenario", "scenario.toml", "--out", "day", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["market"]["reserve_tiyn_per_kwh"] == 2_500
    assert (tmp_path / "day" / "scenario.toml").read_bytes() == (tmp_path / "scenario.toml").read_bytes()


def test_an_unknown_example_is_refused(tmp_path):
    done = kezek("example", "fleat", cwd=tmp_path)
    assert done.returncode == 2
    assert 'Did you mean "fleet"?' in done.stderr
