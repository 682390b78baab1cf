"""One model, many callers: comments that wait are scored together, in one thread."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread as Worker

from analyzer.schema import Checked, Key, Score, Scorer, Thread

_TOGETHER = 32


class BusyError(Exception):
    """More comments wait than can be answered in time."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    thread: Thread
    loop: asyncio.AbstractEventLoop
    answer: "asyncio.Future[Score]"


class Judge:
    """Scores comments for callers of an event loop. `most`: how many may wait before further ones are refused."""

    def __init__(self, scorer: Scorer, most: int) -> None:
        self.scorer = scorer
        self._most = most
        self._waiting: Queue[_Waiting] = Queue()
        Worker(target=self._work, daemon=True).start()

    @property
    def waiting(self) -> int:
        """How many comments wait."""
        return self._waiting.qsize()

    async def scores(self, threads: Sequence[Thread]) -> list[Score]:
        """The Score of the one comment of each thread; BusyError if too many wait already."""
        if self.waiting + len(threads) > self._most:
            raise BusyError
        loop = asyncio.get_running_loop()
        asked = [_Waiting(thread, loop, loop.create_future()) for thread in threads]
        for one in asked:
            self._waiting.put(one)
        return await asyncio.gather(*(one.answer for one in asked))

    def _work(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while len(batch) < _TOGETHER:
                try:
                    batch.append(self._waiting.get_nowait())
                except Empty:
                    break
            batch = [one for one in batch if not one.answer.cancelled()]
            for one, score in zip(batch, self._scored([one.thread for one in batch]), strict=True):
                try:
                    one.loop.call_soon_threadsafe(_tell, one.answer, score)
                except RuntimeError:  # the caller's loop was closed: nobody waits
                    continue

    def _scored(self, threads: list[Thread]) -> list[Score]:
        """If a batch breaks the scorer, only the guilty comment is marked as failed."""
        try:
            scores = list(self.scorer.score(threads))
            if len(scores) == len(threads):
                return scores
        except Exception:  # whatever it is, the callers wait
            pass
        if len(threads) == 1:
            key = Key("-", threads[0].id, threads[0].comments[0].id)
            return [Score(key=key, model=self.scorer.version, checked=Checked.FAILED)]
        return [score for thread in threads for score in self._scored([thread])]


def _tell(answer: "asyncio.Future[Score]", score: Score) -> None:
    if not answer.done():
        answer.set_result(score)
