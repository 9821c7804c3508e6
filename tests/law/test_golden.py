"""Values of the packaged book, worked by hand from the papers, asked as a user would ask."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from kezek.law.book import Value, load_book
from kezek.law.value import Unlimited

ABSENT = ("unknown", "not_yet_in_force", "ended", "not_covered")


def cases():
    for page in sorted(Path(__file__).parent.glob("*.toml")):
        for n, case in enumerate(tomllib.loads(page.read_text(encoding="utf-8"))["case"]):
            assert case.keys() <= {"key", "source", "profile", "readings", "accept", "known_on", "on", "at"}, case
            for asked in case.get("at", {"": None}):
                for on, expected in case["on"].items():
                    wanted = expected if asked == "" else case["at"][asked]
                    yield pytest.param(case, on, asked, wanted, id=f"{page.stem}-{n}-{case['key']}-{on}-{asked}")


@pytest.mark.parametrize(("case", "on", "asked", "expected"), list(cases()))
def test_golden(case, on, asked, expected):
    law = load_book().at(
        on=date.fromisoformat(on),
        profile=case.get("profile", "described"),
        readings=case.get("readings", {}),
        accept_unconfirmed=frozenset(case.get("accept", ())),
        known_on=case.get("known_on"),
    )
    found = law.band_amount(case["key"], int(asked)) if asked else law.find(case["key"])
    if not isinstance(found, Value):
        said = f"-{found.code.rpartition('.')[2]}"
    elif isinstance(found.content, Unlimited):
        said = "-unlimited"
    else:
        said = list(found.content) if isinstance(found.content, tuple) else found.content
    assert said == expected
    assert type(said) is type(expected)
