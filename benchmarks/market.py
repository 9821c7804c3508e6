"""Measure the clearing: a million bids, growth, a day of 24 hours, one price for all, ASSUME on the same book."""

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kezek.market.clearing import Clearing, clear_product

Row = tuple[str, str, str, float]
Best = Callable[[int, Callable[[], object]], float]
RESERVE, OWNERS, MILLION = 1_800, 84, 1_000_000
PEER_COUNTS = (1_000, 10_000)


class Book:
    """Made-up bids in order of arrival and 60 % of what they ask. [tiyn/kWh, kWh]"""

    def __init__(self, count: int, *, prices: tuple[int, int] = (1_800, 6_000), seed: int = 1) -> None:
        maker = np.random.default_rng(seed)
        self.price = maker.integers(*prices, count)
        self.quantity = maker.integers(100, 1_001, count)
        self.claimant = (np.arange(count) % OWNERS).astype(np.int16)
        self.supply_kwh = int(self.quantity.sum()) * 6 // 10

    def clear(self, *, supply_kwh: int | None = None, price_rule: str = "pay_as_bid") -> Clearing:
        """Clear under the default tie rule."""
        return clear_product(
            product_id="bench",
            supply_kwh=self.supply_kwh if supply_kwh is None else supply_kwh,
            reserve_tiyn_per_kwh=0,
            price_tiyn_per_kwh=self.price,
            quantity_kwh=self.quantity,
            claimant=self.claimant,
            claimant_ids=[f"OP-{code:03d}" for code in range(OWNERS)],
            price_rule=price_rule,
            tie_rule="pro_rata_per_operator",
            tie_key=b"bench",
        )


def sorted_reference(price: list[int], quantity: list[int], supply: int) -> list[int]:
    """Clear by a plain sort, in order of arrival at the margin: the oracle of the property tests."""
    fills = [0] * len(price)
    for row in sorted(range(len(price)), key=lambda row: -price[row]):
        fills[row] = min(quantity[row], supply)
        supply -= fills[row]
    return fills


def million_rows(best_of: Best) -> list[Row]:
    """A million bids, scarce and not, against one selection of the same prices."""
    rows: list[Row] = []
    for name, prices in (("4,200 prices", (1_800, 6_000)), ("3.9 million prices", (0, 3_900_000))):
        book = Book(MILLION, prices=prices)
        scarce, enough = best_of(25, book.clear), best_of(25, lambda book=book: book.clear(supply_kwh=10**12))
        selected = best_of(25, lambda book=book: np.partition(book.price, MILLION // 2))
        copied = best_of(25, lambda book=book: (book.price.copy(), book.quantity.copy()))
        what = f"clear a million bids, {name}"
        rows += [
            _ratio(what, scarce, "np.partition", selected),
            _ratio(what, scarce, "limit, 1.25 × np.partition", selected * 1.25),
            _ratio(f"{what}, supply enough", enough, "limit, 1.25 × np.partition", selected * 1.25),
            _ratio(f"{what}, supply enough", enough, "copy of both columns", copied),
        ]
    return rows


def growth_rows(best_of: Best) -> list[Row]:
    """Time a bid takes in a book of 100,000 and in one of 10,000,000."""
    small, large = Book(100_000), Book(10_000_000)
    few, many = best_of(50, small.clear) / 100_000, best_of(5, large.clear) / 10_000_000
    selected = best_of(5, lambda: np.partition(large.price, 5_000_000)) / 10_000_000
    selected_few = best_of(50, lambda: np.partition(small.price, 50_000)) / 100_000
    measured = f"{few * 1e9:.2f} → {many * 1e9:.2f} ns a bid"
    theirs = f"np.partition: {selected_few * 1e9:.2f} → {selected * 1e9:.2f} ns"
    what = "clear 100,000 → 10,000,000 bids"
    return [
        (what, measured, "limit: linear", many / few),
        (what, measured, theirs, (many / few) / (selected / selected_few)),
    ]


def day_rows(best_of: Best) -> list[Row]:
    """24 hours with a million bids in all; a million bids at one price; 100,000 against a plain sort."""
    hours = [Book(MILLION // 24, seed=hour) for hour in range(24)]
    day = best_of(10, lambda: [hour.clear() for hour in hours])
    level = Book(MILLION, prices=(1_800, 1_801))
    one_price = best_of(5, level.clear)
    book = Book(100_000)
    price, quantity = book.price.tolist(), book.quantity.tolist()
    cleared = best_of(20, book.clear)
    oracle = best_of(3, lambda: sorted_reference(price, quantity, book.supply_kwh))
    ranked = best_of(3, lambda: np.argsort(level.claimant, kind="stable"))
    return [
        _limit("clear a day of 24 hours, a million bids", day, 0.060),
        _limit("clear a million bids at one price", one_price, 0.060),
        _ratio("clear a million bids at one price", one_price, "sort of the owners alone", ranked),
        _ratio("clear 100,000 bids", cleared, "sorted() and loop", oracle),
    ]


def peer_rows(best_of: Best, peers: Path) -> list[Row]:
    """ASSUME's uniform price on the same books."""
    books = {count: Book(count) for count in PEER_COUNTS}
    columns: dict[str, object] = {"counts": PEER_COUNTS, "reserve": RESERVE}
    for count, book in books.items():
        fill = book.clear(price_rule="uniform").fill_kwh
        parts = {"price": book.price, "quantity": book.quantity, "supply": book.supply_kwh, "fill": fill}
        columns |= {f"{name}_{count}": part for name, part in parts.items()}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "market.npz"
        np.savez(path, **columns)  # type: ignore[arg-type]
        script = Path(__file__).with_name("peers_market.py")
        command = [str(peers.absolute()), str(script.absolute()), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    theirs = json.loads(done.stdout.strip().splitlines()[-1])
    rows = []
    for count, book in books.items():
        seconds = best_of(50, lambda book=book: book.clear(price_rule="uniform"))
        found, ours = theirs[str(count)], book.clear(price_rule="uniform")
        same = found["volume"] == int(ours.fill_kwh.sum())
        against = (
            f"ASSUME (price {found['price']:,.0f} to our {ours.marginal_tiyn_per_kwh:,}; "
            f"{'the same' if same else 'another'} volume; {found['other_fills']} bids otherwise filled)"
        )
        rows.append(_ratio(f"clear {count:,} bids, uniform price", seconds, against, found["seconds"]))
    return rows


def market_rows(best_of: Best, peers: Path | None) -> list[Row]:
    """All rows about the clearing."""
    rows = [*million_rows(best_of), *growth_rows(best_of), *day_rows(best_of)]
    return rows if peers is None else [*rows, *peer_rows(best_of, peers)]


def _limit(what: str, seconds: float, limit: float) -> Row:
    return what, f"{seconds * 1000:,.3f} ms", f"limit: {limit * 1000:,.2f} ms", seconds / limit


def _ratio(what: str, seconds: float, against: str, other: float) -> Row:
    return what, f"{seconds * 1000:,.3f} ms", f"{against}: {other * 1000:,.2f} ms", seconds / other
