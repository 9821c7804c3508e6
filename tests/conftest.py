"""What all tests share: one finished default day, its folder, and a skip that can be made an error."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import settings
from tests.stores.fixtures import (  # noqa: F401 - fixtures for all
    log,
    place,
    postgres_cluster,
    postgres_place,
    sqlite_place,
    store,
)

DEFAULT_ON = date(2025, 10, 15)
settings.register_profile("kezek", deadline=None, print_blob=True, derandomize=True)
settings.register_profile("explore", parent=settings.get_profile("kezek"), derandomize=False)
settings.load_profile("explore" if os.environ.get("KEZEK_EXPLORE") else "kezek")
"""The same examples on every run, so that a failure is the change's and not the day's; `make explore` draws new ones.
No property fails for being slow: the machine is shared."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With KEZEK_SKIP_IS_ERROR a skipped test fails: `make test-all` must have everything it needs."""
    report = yield
    if os.environ.get("KEZEK_SKIP_IS_ERROR") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where a skip is an error: {report.longrepr}"
    return report


def day_request(*, on=DEFAULT_ON, seed=1, profile="described", readings=None, accept=()):
    from kezek.day.run import DayRequest
    from kezek.day.settings import read_fleet, read_scenario
    from kezek.duties.lens import Lens
    from kezek.law.book import load_book

    lens = Lens(
        book=load_book(), profile=profile, readings=dict(readings or {}), accept_unconfirmed=frozenset(accept)
    )
    return DayRequest(
        on=on,
        seed=seed,
        lens=lens,
        scenario=read_scenario(None),
        fleet=read_fleet(None),
    )


def run(**changes):
    from kezek.day.run import run_day

    return run_day(request=day_request(**changes), progress=lambda _: None)


@pytest.fixture(scope="session")
def make_day():
    """Run a day with changed options."""
    return run


@pytest.fixture(scope="session")
def default_day():
    """The default national day, run once."""
    return run()


def options(**changes):
    from kezek.cli.day import DayOptions

    values = {
        "date": "2025-10-15",
        "profile": "described",
        "readings": (),
        "accept_unconfirmed": (),
        "seed": 1,
        "out": None,
        "scenario": None,
        "fleet": None,
        "law": None,
        "as_json": True,
        **changes,
    }
    return DayOptions(**values)


@pytest.fixture(scope="session")
def make_options():
    return options


@pytest.fixture(scope="session")
def day_folder(tmp_path_factory) -> Path:
    """Folder of the default day as the command writes it; read-only for tests: copy before changing."""
    from kezek.cli.day import run_day_command

    target = tmp_path_factory.mktemp("days") / "default"
    run_day_command(options(out=target))
    return target
