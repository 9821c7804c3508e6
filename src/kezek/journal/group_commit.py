"""Group commit: events from many threads in few transactions, each answered when it is on the disk."""

import queue
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from kezek.evidence.error import EvidenceError
from kezek.journal.journal import Accepted, Salt, Submission, append
from kezek.journal.store import Store
from kezek.units.problem import InputProblem

Waiting = tuple[Submission, "Future[Accepted]"]


class GroupWriter:
    """Appends what many threads submit; while one group is on its way to the disk the next one gathers.

    Args:
        store: Used by this writer's thread alone while it runs.
        most: Events in one transaction at most.
        pending_most: Events that may wait; whoever submits more waits for a place.

    An answer means that the event is durable. One that cannot be taken fails alone.
    """

    def __init__(self, store: Store, *, salt: Salt, most: int = 1000, pending_most: int = 10_000) -> None:
        self._store = store
        self._salt = salt
        self._most = most
        self._queue: queue.Queue[Waiting | None] = queue.Queue(pending_most)
        self._closing = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="kezek-journal", daemon=True)
        self._thread.start()

    def submit(self, submission: Submission) -> "Future[Accepted]":
        """Hand an event over; its future answers when it is durable, or says why it cannot be taken.

        Raises:
            RuntimeError: the writer is closed.
        """
        future: Future[Accepted] = Future()
        with self._closing:
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._queue.put((submission, future))
        return future

    def close(self) -> None:
        """Write what is waiting, then end."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        open_ = True
        while open_:
            group, open_ = self._next_group()
            if group:
                self._write(group)

    def _next_group(self) -> tuple[list[Waiting], bool]:
        """Wait for one event, then take all that wait already."""
        group: list[Waiting] = []
        while len(group) < self._most:
            try:
                found = self._queue.get(block=not group)
            except queue.Empty:
                break
            if found is None:
                return group, False
            if found[1].set_running_or_notify_cancel():
                group.append(found)
        return group, True

    def _write(self, group: list[Waiting]) -> None:
        """Commit a group; where one of its events is refused, each by itself, so that only that one fails.

        What a store refuses is refused to all of them at once: the next would wait as long for the same answer.
        """
        try:
            with self._store.begin() as transaction:
                answers = append(transaction, [submission for submission, _ in group], salt=self._salt)
        except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
            if len(group) > 1 and _is_of_one_event(error):
                for one in group:
                    self._write([one])
                return
            for _, future in group:
                future.set_exception(error)
        else:
            for (_, future), answer in zip(group, answers, strict=True):
                future.set_result(answer)


def _is_of_one_event(error: BaseException) -> bool:
    """Tell whether an error can be the fault of one event, and not of the store."""
    if isinstance(error, InputProblem):
        return error.code.startswith("journal.event.")
    return isinstance(error, EvidenceError | TypeError | ValueError | AttributeError)
