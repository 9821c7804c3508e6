"""Measure Kezek and print one table of ratios: to a limit of its promises, or to a peer in the same run."""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.evidence import evidence_rows
from benchmarks.law import law_rows
from benchmarks.ledger import ledger_rows
from benchmarks.market import Book, market_rows
from kezek.evidence.tree import Tree

BIDS, LEAVES = 100_000, 100_000


def best_of(count: int, action: Callable[[], object]) -> float:
    """Shortest of several runs. [s]"""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def command_seconds(*arguments: str) -> tuple[float, float]:
    """Wall time and peak memory of a command. [s, MB]"""
    start = time.perf_counter()
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, arguments
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def rows(peers: Path | None) -> list[tuple[str, str, str, float]]:
    """Measure everything. Each row: what, measured, against what, ratio (measured / limit or peer)."""
    table: list[tuple[str, str, str, float]] = []

    def add(what: str, seconds: float, against: str, other: float) -> None:
        table.append((what, f"{seconds * 1000:,.2f} ms", f"{against}: {other * 1000:,.2f} ms", seconds / other))

    bare = min(command_seconds(sys.executable, "-c", "pass")[0] for _ in range(3))
    helped = min(command_seconds(sys.executable, "-m", "kezek", "--help")[0] for _ in range(3))
    add("kezek --help", helped, "limit", 0.3)
    add("kezek --help", helped, "bare Python", bare)
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "day")
        day_seconds, day_mb = command_seconds(sys.executable, "-m", "kezek", "day", "--json", "--out", target)
        add("national day, all files written", day_seconds, "limit", 15.0)
        table.append(("national day, peak memory", f"{day_mb:,.0f} MB", "limit: 2,048 MB", day_mb / 2048))
        replayed, _ = command_seconds(sys.executable, "-m", "kezek", "replay", target)
        add("audit and replay of the day", replayed, "the day itself", day_seconds)

    table += [*market_rows(best_of, peers), *ledger_rows(best_of)]
    maker, book = np.random.default_rng(1), Book(BIDS)
    raw = maker.integers(0, 256, (LEAVES, 208), dtype=np.uint8)
    leaves = [bytes(row) for row in raw]
    built = best_of(3, lambda: Tree().extend(leaves))
    hashed = best_of(3, lambda: [hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves])
    add(f"Merkle tree, {LEAVES:,} leaves", built, "SHA-256 of the leaves alone", hashed)

    if peers is not None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "data.npz"
            np.savez(path, price=book.price, quantity=book.quantity, supply=book.supply_kwh, leaves=raw)
            script = Path(__file__).with_name("peers.py")
            done = subprocess.run([str(peers), str(script), str(path)], capture_output=True, text=True, check=True)
        figures = json.loads(done.stdout.strip().splitlines()[-1])
        add(f"clear one hour, {BIDS:,} bids", best_of(5, book.clear), "linear program, HiGHS", figures["highs"])
        add(f"Merkle tree, {LEAVES:,} leaves", built, "pymerkle 7 in memory", figures["pymerkle"])

    return table + evidence_rows(best_of) + law_rows(best_of, peers)


def main() -> None:
    """Print the table in Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", type=Path)
    table = rows(parser.parse_args().peers)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| what | measured | against | ratio |\n|---|---|---|---|")
    for what, measured, against, ratio in table:
        print(f"| {what} | {measured} | {against} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
