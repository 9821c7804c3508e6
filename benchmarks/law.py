"""Measure the law and the duties: a rule, a verdict, columns of a million, the whole country, loading the book."""

import json
import subprocess
import tempfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np

from kezek.dossier.example import example_text
from kezek.dossier.read import read_dossier
from kezek.duties.check import check
from kezek.duties.fee import fee_owed_tiyn
from kezek.duties.lens import Lens
from kezek.duties.tax import share_of_base_tiyn, tax_on_profit_tiyn
from kezek.law import keys
from kezek.law.bands import BandTable
from kezek.law.book import load_book
from kezek.law.rule import on_columns
from kezek.law.term import Tape, fact_term

Row = tuple[str, str, str, float]
Best = Callable[[int, Callable[[], object]], float]
ROWS, OPERATORS, QUARTERS = 1_000_000, 330, 12


def columns() -> dict[str, np.ndarray]:
    """A million made-up miners: value and cost of a quarter [tiyn], price [tiyn/kWh], energy [Wh]."""
    maker = np.random.default_rng(3)
    return {
        "coin_value": maker.integers(0, 10**12, ROWS),
        "cost": maker.integers(0, 10**12, ROWS),
        "price_2023": maker.integers(0, 4_000, ROWS),
        "energy": maker.integers(0, 10**10, ROWS),
    }


def rule_rows(best_of: Best) -> list[Row]:
    """One rule with its explanation, and one verdict without and with the other readings."""
    tape = Tape()
    energy = fact_term(1_234_567, name="metered_wh", unit="Wh", tape=tape)
    thousand = best_of(20, lambda: [fee_owed_tiyn(metered_wh=energy, rate_tiyn_per_kwh=200) for _ in range(1_000)])
    facts = read_dossier(text=example_text("clean"), name="clean").facts
    lens = Lens(book=load_book(), profile="described", readings={})
    alone = best_of(20, lambda: check(facts=facts, lens=lens, readings=False))
    verdict = best_of(20, lambda: check(facts=facts, lens=lens))
    count = len(check(facts=facts, lens=lens).findings)
    return [
        _limit("one explained rule", thousand / 1_000, 0.000_05),
        _limit(f"one verdict: {count} findings, explained", alone, 0.005),
        _limit(f"one verdict: {count} findings, explained, all readings", verdict, 0.025),
    ]


def column_rows(best_of: Best, data: dict[str, np.ndarray], theirs: dict[str, float]) -> list[Row]:
    """A million exact taxes and fees against plain NumPy and, where it is there, OpenFisca."""
    value, cost, price, energy = data.values()
    law = load_book().at(on=_day(2023), readings={"fee.bands_2023": "hypothesis"})
    scale = law.require(keys.FEE_RATE_GENERAL).content
    table = BandTable(scale)  # type: ignore[arg-type]
    starts = np.array([band.from_amount for band in scale.bands][1:])  # type: ignore[union-attr]
    tax = best_of(9, lambda: on_columns(share_of_base_tiyn, {"base_tiyn": value, "rate_ppm": 150_000}))
    profit = {"coin_value_tiyn": value, "cost_tiyn": cost, "rate_ppm": 150_000}
    on_profit = best_of(9, lambda: on_columns(tax_on_profit_tiyn, profit))

    def fees() -> object:
        return on_columns(fee_owed_tiyn, {"metered_wh": energy, "rate_tiyn_per_kwh": table.lazily(price)})

    fee = best_of(9, fees)
    rows = [
        _ratio("a million taxes, exact", tax, "int64 × and ÷", best_of(9, lambda: value * 150_000 // 1_000_000)),
        _ratio(
            "a million fees, 25 bands", fee, "np.searchsorted", best_of(9, lambda: np.searchsorted(starts, price))
        ),
    ]
    if theirs:
        wrong = f"OpenFisca (float32; {theirs['openfisca_wrong']:,} of them off by 1 ₸ or more)"
        rows += [
            _ratio("a million taxes on profit", on_profit, wrong, theirs["openfisca_tax"]),
            _ratio("a million fees, 25 bands", fee, "OpenFisca", theirs["openfisca_fee"]),
        ]
    return rows


def country_rows(best_of: Best) -> list[Row]:
    """Every payer of mid-2022 over three years of quarters, under all readings."""
    from benchmarks.country import operators

    country = operators(OPERATORS, QUARTERS)
    lens = Lens(book=load_book(), profile="described", readings={})
    seconds = best_of(3, lambda: [check(facts=facts, lens=lens).status for facts in country])
    return [_limit(f"{OPERATORS} operators × {QUARTERS} quarters, all readings", seconds, 5.0)]


def book_rows(best_of: Best) -> list[Row]:
    """Loading the book from its compiled form and from TOML."""
    folder = Path(str(resources.files("kezek.law") / "books" / "kz"))
    files = sum(1 for _ in folder.rglob("*.toml"))
    with tempfile.TemporaryDirectory() as cache:
        load_book(folder, cache=Path(cache))
        compiled = best_of(20, lambda: load_book(folder, cache=Path(cache)))
    return [
        _limit("load the law, compiled", compiled, 0.002),
        _limit(f"load the law, {files} TOML files", best_of(5, lambda: load_book(folder)), 0.06),
    ]


def law_rows(best_of: Best, peers: Path | None) -> list[Row]:
    """All rows about the law."""
    data = columns()
    theirs: dict[str, float] = {}
    rows = rule_rows(best_of)
    if peers is not None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "law.npz"
            np.savez(path, **data)
            script = Path(__file__).with_name("peers_law.py")
            done = subprocess.run([str(peers), str(script), str(path)], capture_output=True, text=True, check=True)
        theirs = json.loads(done.stdout.strip().splitlines()[-1])
        explained = rows[0][3] * 0.000_05
        rows.append(_ratio("one explained rule", explained, "OpenFisca, traced", theirs["openfisca_one"]))
    return [*rows, *column_rows(best_of, data, theirs), *country_rows(best_of), *book_rows(best_of)]


def _day(year: int):
    from datetime import date

    return date(year, 6, 1)


def _limit(what: str, seconds: float, limit: float) -> Row:
    return what, f"{seconds * 1000:,.3f} ms", f"limit: {limit * 1000:,.2f} ms", seconds / limit


def _ratio(what: str, seconds: float, against: str, other: float) -> Row:
    return what, f"{seconds * 1000:,.3f} ms", f"{against}: {other * 1000:,.2f} ms", seconds / other
