"""`kezek market` says no: one line with a code and a way out, and the session stays as it was."""

import csv
import shutil
from importlib import resources
from pathlib import Path

import pytest
from tests.cli.test_market_command import kezek, opened, refusal

from kezek.cli.asked import moment_of
from kezek.cli.check import check_command
from kezek.cli.check_files import MOST_BYTES
from kezek.cli.check_request import CheckOptions
from kezek.cli.example import example_command
from kezek.units.problem import InputProblem

BALANCING = ("--reading", "market.imbalance_price=balancing_market")


@pytest.fixture
def files(tmp_path):
    assert kezek("example", tmp_path / "demo").returncode == 0
    return tmp_path / "demo"


def log_of(files):
    return (files / "session" / "session.jsonl").read_bytes()


def with_host(table, host_id):
    """The participants, the last of them in the data centre of somebody."""
    *head, last = table.read_text(encoding="utf-8").splitlines()
    cells = last.split(";")
    cells[head[0].split(";").index("host_id")] = host_id
    table.write_text("\n".join([*head, ";".join(cells)]), encoding="utf-8")


def test_a_session_that_is_over_is_not_opened(files):
    line = refusal(opened(files, at="2025-10-14T10:00"))
    assert "[cli.market.over]" in line and "closed at 2025-10-14T10:00" in line
    assert not (files / "session").exists()


def test_a_table_without_participants_opens_nothing(files):
    table = files / "participants.csv"
    table.write_text(table.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert "[cli.market.nobody]" in refusal(opened(files))
    assert not (files / "session").exists()


@pytest.mark.parametrize("host_id", ["OP-999", "OP-108"])
def test_a_host_is_another_participant(files, host_id):
    with_host(files / "participants.csv", host_id)  # the last one is OP-108 itself
    line = refusal(opened(files))
    assert "[cli.market.host]" in line and f"OP-108 has the host {host_id}" in line
    assert not (files / "session").exists()


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--product", "2025-10-15/west/04"),
        ("--kwh", "7000"),
        ("--file", "cut.csv", "--product", "2025-10-15/west/04", "--kwh", "7000"),
    ],
)
def test_what_is_to_be_cut_is_said_in_one_way(files, asked):
    opened(files)
    before = log_of(files)
    assert "[cli.market.curtail]" in refusal(kezek("curtail", files / "session", *asked, "--at", "2025-10-14T19:00"))
    assert log_of(files) == before


@pytest.mark.parametrize(("rules", "given"), [((), True), (BALANCING, False)])
def test_prices_of_the_balancing_market_are_given_where_the_rule_asks_for_them(files, rules, given):
    opened(files, *rules)
    (files / "prices.csv").write_text("zone;hour_index;price_tenge_per_kwh\nwest;00;20,00\n")
    prices = ("--prices", files / "prices.csv") if given else ()
    before = log_of(files)
    line = refusal(
        kezek("settle", files / "session", "--readings", files / "readings.csv", *prices, "--at", "2025-10-16T01:00")
    )
    assert "[cli.market.prices]" in line and ("takes no prices" in line) is given
    assert log_of(files) == before


def test_a_day_is_not_settled_while_a_reading_is_missing(files):
    session = files / "session"
    opened(files)
    kezek("bid", session, files / "bids.csv", "--at", "2025-10-14T09:40")
    kezek("close", session, "--at", "2025-10-14T10:00")
    kezek("clear", session, "--at", "2025-10-14T10:05")
    table = files / "readings.csv"
    kept = [line for line in table.read_text().splitlines() if not line.startswith("OP-107;MNG-1;06;")]
    table.write_text("\n".join(kept))
    before = log_of(files)
    line = refusal(kezek("settle", session, "--readings", table, "--at", "2025-10-16T01:00"))
    assert "[cli.market.open_hours]" in line and "lacks the reading of OP-" in line and "--leave-open" in line
    assert log_of(files) == before


def test_a_session_is_read_under_the_law_that_it_was_opened_under(files):
    opened(files)
    book = Path(str(resources.files("kezek.law") / "books"))
    shutil.copytree(book / "kz", files / "law", ignore=shutil.ignore_patterns("book.lock"))
    questions = files / "law" / "questions.toml"
    text = questions.read_text(encoding="utf-8")
    questions.write_text(text.replace("Over what period", "Over WHICH period", 1), encoding="utf-8")
    line = refusal(kezek("status", files / "session", "--law", files / "law"))
    assert "[cli.market.law]" in line and "--law" in line


def test_a_paper_speaks_for_its_sender_alone(files):
    opened(files)
    document = next(files.glob("*.xml"))
    text = document.read_text(encoding="utf-8")
    document.write_text(text.replace(">OP-107<", ">OP-105<", 1), encoding="utf-8")  # the first is the sender
    done = kezek("bid", files / "session", document, "--at", "2025-10-14T09:40")
    (path,) = (files / "session" / "acknowledgements").glob("*.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    assert done.returncode == 1 and len(rows) == 5
    assert {(row["accepted"], row["code"]) for row in rows} == {("no", "trading.paper.sender")}
    assert '"order.submitted"' not in log_of(files).decode()


def test_a_moment_lies_within_the_years_that_are_kept():
    with pytest.raises(InputProblem) as refused:
        moment_of("2205-10-14T09:40")
    assert refused.value.code == "cli.moment.range" and "year" in refused.value.way_out


def test_an_operator_file_has_a_largest_size(tmp_path):
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(InputProblem) as refused:
        check_command(CheckOptions(large))
    assert refused.value.code == "cli.check.size"


def test_an_example_that_there_is_not_is_answered_with_those_there_are():
    with pytest.raises(InputProblem) as refused:
        example_command("scenari")
    assert refused.value.code == "cli.example.unknown"
    assert "scenario" in refused.value.way_out and "Known:" in refused.value.way_out
