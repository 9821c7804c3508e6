"""A small operator file to change one line at a time."""

import pytest

from kezek.dossier.problem import DossierProblems
from kezek.dossier.read import read_dossier

SMALL = """\
[operator]
id = "OP-001"
as_of = 2025-12-10
kind = "kazakh_legal_entity"
power = "10 MW"

[[machine]]
model = "Antminer S19j Pro 100T"
count = 3000

[[quarter]]
period = "2025-Q3"
mined = "7.4 BTC"
received = { pool-a = "7.2 BTC" }
sold = { exchange-a = "5.5 BTC" }
metered = "12 000 MWh"
average_price = "18.50 ₸/kWh"
"""


def lines(text):
    return [line.strip() for line in text.splitlines()]


@pytest.fixture
def small():
    """The small file with some lines put in the place of others, and more lines at its end."""

    def text(changes=None, more=""):
        changed = SMALL
        for old, new in (changes or {}).items():
            assert old in changed
            changed = changed.replace(old, new)
        return f"{changed}{more}\n"

    return text


@pytest.fixture
def read(small):
    def dossier(changes=None, more=""):
        return read_dossier(text=small(changes, more), name="o.toml")

    return dossier


@pytest.fixture
def refused(small):
    """The problems of the small file when changed, as (code, place, what)."""

    def problems(changes=None, more=""):
        with pytest.raises(DossierProblems) as caught:
            read_dossier(text=small(changes, more), name="o.toml")
        return [(one.code.removeprefix("dossier."), one.where, one.what) for one in caught.value.problems]

    return problems


@pytest.fixture
def flagged(read):
    """The flags of the small file when changed, as (code, place, sentence)."""

    def flags(changes=None, more=""):
        found = read(changes, more).flags
        return [(str(one.code).removeprefix("dossier.flag."), one.place, one.sentence) for one in found]

    return flags
