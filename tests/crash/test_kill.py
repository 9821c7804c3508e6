"""kill -9 under load: what was acknowledged is there, what was not is absent or whole, and the log never forks."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.crash.seen import Seen
from tests.stores.place import Place
from tests.stores.postgres import Cluster, binaries

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("KEZEK_SEED", "1"))
QUICK = 20
MANY = 200
SERVER_KILLS = 5
pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")


class Victim:
    """A process under load, whose words are read as it says them."""

    def __init__(self, place: Place, seed: int) -> None:
        command = [sys.executable, "-m", "tests.crash.load", place.kind, place.where, str(place.folder), str(seed)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        first = self.process.stdout.readline()
        assert first == "ready\n", f"{first}{self.process.stderr.read()}"
        self._reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout))
        self._reader.start()

    def end(self) -> list[str]:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        errors = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        assert "Traceback" not in errors, errors
        return self.lines


def begin(place):
    store = place.open()
    place.begin(store)
    with store.begin() as transaction:
        transaction.rows("CREATE TABLE farm (name TEXT PRIMARY KEY)")
    store.close()


def kill_and_look(place, seen, chance, seed, *, check):
    victim = Victim(place, seed)
    time.sleep(chance.choice([0.02, 0.1, 0.4]) * chance.random())
    seen.lines(victim.end())
    place.wait_until_alone()
    seen.look(place)
    store = place.open()
    seen.look(place, store)
    if check:
        seen.check(place, store)
    store.close()


def killed(place, times):
    """Kill `times` times, one life after another on the same log; what any of them said is held against all."""
    print(f"KEZEK_SEED={SEED}")
    chance, seen = random.Random(SEED), Seen()
    begin(place)
    for number in range(times):
        # Without a check in between, the next life has to bring the half-done work of the last to its end by itself.
        kill_and_look(place, seen, chance, SEED * 1000 + number, check=number % 3 == 2 or number == times - 1)
    assert len(seen.places) > times
    print(f"{len(seen.places)} acknowledged, {len(seen.notes)} checkpoints seen")
    assert len(seen.notes) > 1


def test_kill_leaves_all_that_was_acknowledged_and_no_fork(sqlite_place):
    killed(sqlite_place, QUICK)


@pytest.mark.postgres
def test_killed_client_leaves_all_that_was_acknowledged_and_no_fork(postgres_place):
    killed(postgres_place, QUICK // 2)


@pytest.mark.slow
def test_kill_many_times(place):
    killed(place, MANY)


@pytest.mark.slow
@pytest.mark.postgres
def test_killed_server_comes_back_with_all_that_was_acknowledged(tmp_path):
    folder = binaries()
    if folder is None:
        pytest.skip("there is no PostgreSQL server here: apt-get install postgresql")
    cluster, chance, seen = Cluster(folder), random.Random(SEED), Seen()
    try:
        cluster.start()
        place = Place("postgres", cluster.fresh(), tmp_path)
        begin(place)
        for number in range(SERVER_KILLS):
            victim = Victim(place, SEED * 1000 + number)
            time.sleep(0.2 + chance.random() * 0.3)
            cluster.crash()
            victim.process.wait(timeout=60)
            seen.lines(victim.end())
            seen.look(place)
            cluster.start()
            store = place.open()
            seen.look(place, store)
            seen.check(place, store)
            store.close()
    finally:
        cluster.stop()
    assert len(seen.places) > SERVER_KILLS
