"""What people decided, a line each in a file of Reviews: nothing is written over, and only the last word can be taken back."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import orjson

from analyzer.errors import InputError
from analyzer.schema import Review


class Ledger:
    """The Reviews of a file in JSON Lines (docs/retrain.md, `reviews`), which need not be there yet.

    A line that a killed process left unfinished is cut off when the file is opened. InputError for any other line that is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._reviews: list[Review] = []
        self._ends = [0]
        for line in self._lines():
            self._reviews.append(_review(line, path, len(self._ends)))
            self._ends.append(self._ends[-1] + len(line))

    def __len__(self) -> int:
        return len(self._reviews)

    @property
    def last(self) -> Review | None:
        """The Review that `undo` would take back."""
        return self._reviews[-1] if self._reviews else None

    def __iter__(self) -> Iterator[Review]:
        """The Reviews in the order in which they were written."""
        return iter(tuple(self._reviews))

    def add(self, review: Review) -> None:
        """Write a Review; it is safely on disk when this returns."""
        line = orjson.dumps(review.to_json()) + b"\n"
        with self._lock:
            with self.path.open("ab") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            self._reviews.append(review)
            self._ends.append(self._ends[-1] + len(line))

    def undo(self) -> Review | None:
        """Take back the last Review and return it; None if there is none."""
        with self._lock:
            if not self._reviews:
                return None
            self._ends.pop()
            os.truncate(self.path, self._ends[-1])
            return self._reviews.pop()

    def _lines(self) -> Iterator[bytes]:
        if not self.path.exists():
            return
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(self.path, len(whole))
        yield from whole.splitlines(keepends=True)


def _review(line: bytes, path: Path, number: int) -> Review:
    try:
        return Review.from_json(orjson.loads(line))
    except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}:{number}: not a review ({error}); move the file away or mend the line") from None
