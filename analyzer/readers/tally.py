"""What happened while a dump was read, so that nothing is lost silently."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

MAX_SEEN = 2_000_000  # marks kept: about 130 MB


@dataclass(slots=True)
class Reject:
    """A row that could not be read: file, line (1-based; None where the format has no lines), reason, start of the row."""

    file: str
    line: int | None
    reason: str
    excerpt: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "reason": self.reason, "excerpt": self.excerpt}


@dataclass(slots=True)
class Site:
    """What files beside the comments say: names by the user's id, title and address by the story's.

    `posts`: title of a Reddit post, and how many comments it claims.
    """

    users: dict[str, str] = field(default_factory=dict)
    stories: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    posts: dict[str, tuple[str | None, int | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """Counts of one reading, filled by the readers and shown under coverage.

    `counts`: comments, pingbacks, duplicates, rejects, … . `claims`: source → thread id → number of comments the source
    says exist; `claimed` is the part of the source that is being read. `notes`: sentences for the person (a script loads the
    comments; columns chosen; what was repaired). `on_reject` receives each bad row; by default rows are only counted.
    `seen` marks what was met before, to know what is given twice.
    """

    format: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    claims: dict[str, dict[str, int]] = field(default_factory=dict)
    claimed: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    on_reject: Callable[[Reject], None] | None = None
    seen: set[int] = field(default_factory=set, repr=False)
    site: Site = field(default_factory=Site, repr=False)

    def next_file(self) -> "Tally":
        """A fresh tally for another file of the same reading: `claims`, `seen`, `site` and `on_reject` are shared."""
        return Tally(claims=self.claims, seen=self.seen, site=self.site, on_reject=self.on_reject)

    def turn_to(self, source: str) -> None:
        """What readers claim from now on is said of threads of this source."""
        self.claimed = self.claims.setdefault(source, {})

    def is_new(self, *parts: str) -> bool:
        """True for the first time these parts are met in this reading; beyond a bound, always."""
        mark = int.from_bytes(blake2b("\0".join(parts).encode("utf-8", "replace"), digest_size=8).digest())
        if mark in self.seen:
            return False
        if len(self.seen) < MAX_SEEN:
            self.seen.add(mark)
        else:
            self.note(f"what is given twice was looked for among the first {MAX_SEEN:,} comments only")
        return True

    def count(self, what: str, n: int = 1) -> None:
        self.counts[what] += n

    def note(self, sentence: str) -> None:
        """Keep a sentence once; at most 50 different ones."""
        if sentence not in self.notes and len(self.notes) < 50:
            self.notes.append(sentence)

    def notes_on(self, file: str) -> list[str]:
        """The notes, each beginning with the file it speaks of."""
        return [note if note.startswith(file) else f"{file}: {note}" for note in self.notes]

    def reject(self, file: str, line: int | None, reason: str, row: object = "") -> None:
        self.counts["rejects"] += 1
        if self.on_reject:
            self.on_reject(Reject(file, line, reason, str(row)[:200]))
