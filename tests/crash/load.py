"""A process that writes into a journal until it is killed, and says on a pipe what it was promised, and when.

    python -m tests.crash.load KIND WHERE FOLDER SEED

One line each, written whole: `A key place leaf` once an event is committed; `N note` for every checkpoint that it was
given or that it saw in the pin or in the public files.
"""

import base64
import os
import random
import sys
from pathlib import Path

import psycopg
from tests.stores.place import NOW, Place, append, salt, submission

from kezek.journal import journal
from kezek.journal.group_commit import GroupWriter
from kezek.units.problem import InputProblem


def say(*parts: object) -> None:
    os.write(1, (" ".join(map(str, parts)) + "\n").encode())


def acknowledge(answers) -> None:
    for one in answers:
        say("A", one.key, one.place, one.leaf.hex())


def show(note: str) -> None:
    say("N", base64.b64encode(note.encode()).decode())


class Load:
    def __init__(self, place: Place, seed: int) -> None:
        self.chance = random.Random(seed)
        self.place = place
        self.seed = seed
        self.count = 0
        self.store = place.open()
        self.caller = place.connect()
        self.writer = GroupWriter(place.open(), salt=salt, most=20)

    def fresh(self, number: int):
        for _ in range(number):
            self.count += 1
            options = {"private": {"iin": self.count}} if self.count % 7 == 0 else {}
            yield submission(f"{self.seed}-{self.count}", **options)

    def single(self) -> None:
        acknowledge(append(self.store, *self.fresh(1)))

    def group(self) -> None:
        acknowledge(append(self.store, *self.fresh(self.chance.randint(2, 60))))

    def written(self) -> None:
        futures = [self.writer.submit(one) for one in self.fresh(self.chance.randint(1, 30))]
        acknowledge(future.result() for future in futures)

    def joined(self) -> None:
        """Change an application's table and append, in one transaction of the application's."""
        one = next(iter(self.fresh(1)))
        self.caller.execute("BEGIN IMMEDIATE" if self.place.kind == "sqlite" else "BEGIN")
        sign = "?" if self.place.kind == "sqlite" else "%s"
        self.caller.execute(f"INSERT INTO farm VALUES ({sign})", (one.event["key"],))
        answers = journal.append(self.store.join(self.caller), [one], salt=salt)
        self.caller.execute("COMMIT")
        acknowledge(answers)

    def integrated(self) -> None:
        with self.store.begin() as transaction:
            journal.integrate(transaction)

    def published(self) -> None:
        show(self.place.publish(self.store).note)
        show(self.place.pin.read().note)

    def shown(self) -> None:
        self.place.publish_files(self.store, now=NOW)
        show(self.place.shown)

    def run(self) -> None:
        acts = [self.single, self.group, self.written, self.joined, self.published, self.shown, self.published]
        say("ready")
        while True:
            self.chance.choice([*acts, self.integrated])()


if __name__ == "__main__":
    kind, where, folder, seed = sys.argv[1:]
    try:
        Load(Place(kind, where, Path(folder)), int(seed)).run()
    except InputProblem as problem:
        say("problem", problem.code)
    except psycopg.OperationalError as error:
        # The application's own connection: what a server says when it is killed.
        say("problem", type(error).__name__)
