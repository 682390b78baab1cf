"""JSON Lines in, JSON Lines out: one line for each line, in order, as soon as the input pauses.

In: `text`, optional `id`, `parent_text`, `lang`. Out: `id`, `model`, `lang`, `checked`, `windows`, `probs`, `spans`, and with a
policy `policy`, `action`, `reasons`; for a line that cannot be scored `id` and `error` in its place.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Thread as Worker
from typing import Any, BinaryIO

from analyzer.cli.console import print_json
from analyzer.errors import InputError
from analyzer.policy import Policy
from analyzer.schema import Score, Scorer, Thread
from analyzer.tables import storable
from analyzer.threads import answer_thread

_BATCH = 256
_PAUSE = 0.02  # seconds without a further line after which those that came are scored
_LONGEST = 16_000_000
_CHUNK = 65_536
_WAITING = 4  # chunks of lines read ahead: one holds what a read gave, or a line of up to _LONGEST
_HEAVY = 32_000_000  # bytes of lines scored together
_Lines = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class _End:
    """Nothing more comes; `error`: what broke the input off."""

    error: Exception | None


class BadLineError(ValueError):
    """Why a line cannot be scored; `id` is kept if the line had one."""

    def __init__(self, problem: str, id: Any = None) -> None:
        super().__init__(problem)
        self.id = id


def score_stream(model: str, policy: str | None) -> None:
    """Score standard input until it ends, and decide it if a policy is named."""
    from analyzer.cli.score import model_of, policy_of
    from analyzer.scoring import load_scorer

    scorer = load_scorer(model_of(model))
    chosen = None if policy is None else policy_of(policy, scorer)
    for batch in _batches(sys.stdin.buffer):
        for record in answers(batch, scorer, chosen):
            print_json(record)
        sys.stdout.buffer.flush()


def _batches(stream: BinaryIO) -> Iterator[_Lines]:
    """Numbered lines in batches: a full one, or what has come when the input pauses; InputError if it breaks off."""
    chunks: Queue[_Lines | _End] = Queue(maxsize=_WAITING)
    Worker(target=_feed, args=(stream, chunks), daemon=True).start()
    batch: _Lines = []
    size = 0
    while True:
        try:
            chunk = chunks.get(timeout=_PAUSE if batch else None)
        except Empty:
            yield batch
            batch, size = [], 0
            continue
        if isinstance(chunk, _End):
            break
        for line in chunk:
            batch.append(line)
            size += len(line[1])
            if len(batch) == _BATCH or size >= _HEAVY:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch
    if chunk.error:
        raise InputError(f"standard input: broke off ({chunk.error}); send the lines that have no answer again")


def _feed(stream: BinaryIO, chunks: "Queue[_Lines | _End]") -> None:
    error: Exception | None = None
    number = 1
    try:
        # Unbuffered: a buffer's lock, held by this thread while it waits, would abort the interpreter at its end.
        for lines in _lines(getattr(stream, "raw", stream)):
            chunks.put(list(enumerate(lines, number)))
            number += len(lines)
    except Exception as caught:  # whatever it is, the other thread waits for an end
        error = caught
    chunks.put(_End(error))


def _lines(stream: BinaryIO) -> Iterator[list[bytes]]:
    """The lines that end in each part read, without their ends; of one that is too long, the beginning and one byte too
    many."""
    kept = bytearray()
    while chunk := stream.read(_CHUNK):
        first, *others = chunk.split(b"\n")
        kept += first[: _LONGEST + 1 - len(kept)]
        if others:
            yield [bytes(kept), *others[:-1]]
            kept = bytearray(others[-1])
    if kept:
        yield [bytes(kept)]


def answers(batch: list[tuple[int, bytes]], scorer: Scorer, policy: Policy | None = None) -> list[dict[str, Any]]:
    """A record for each line, in order."""
    records: list[dict[str, Any] | None] = []
    asked: list[tuple[int, Any, Thread]] = []
    for number, line in batch:
        try:
            id, thread = _thread(number, line)
        except BadLineError as error:
            records.append({"id": error.id, "error": f"line {number}: {error}"})
            continue
        asked.append((len(records), id, thread))
        records.append(None)
    for (place, id, _), outcome in zip(asked, _scored([thread for _, _, thread in asked], scorer, policy), strict=True):
        records[place] = {"id": id} | outcome
    return [record for record in records if record is not None]


def _scored(threads: list[Thread], scorer: Scorer, policy: Policy | None) -> list[dict[str, Any]]:
    """What is said of the comment of each thread. If a batch breaks the scorer, only the guilty lines pay for it."""
    try:
        return [
            _outcome(score) | _decided(score, policy) for _, score in zip(threads, scorer.score(threads), strict=True)
        ]
    except Exception as error:
        if len(threads) == 1:
            return [{"error": f"line {threads[0].id}: could not be scored ({type(error).__name__})"}]
        return [outcome for thread in threads for outcome in _scored([thread], scorer, policy)]


def _outcome(score: Score) -> dict[str, Any]:
    return {
        "model": score.model,
        "lang": score.lang,
        "checked": str(score.checked),
        "windows": score.windows,
        "probs": dict(score.probs),
        "spans": [span.to_json() for span in score.spans],
    }


def _decided(score: Score, policy: Policy | None) -> dict[str, Any]:
    """What the policy suggests, and which rules fired."""
    if policy is None:
        return {}
    decision = policy.decide(score)
    reasons = [reason.to_json() for reason in decision.reasons]
    return {"policy": decision.policy, "action": str(decision.action), "reasons": reasons}


def _thread(number: int, line: bytes) -> tuple[Any, Thread]:
    """The id as given, and the thread of one comment that the line asks about."""
    if len(line) > _LONGEST:
        raise BadLineError(f"longer than {_LONGEST:,} bytes; cut it")
    try:
        record = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise BadLineError("not UTF-8; convert it first") from None
    except (ValueError, RecursionError):
        raise BadLineError('not JSON; write {"id": "1", "text": "…"}') from None
    if not isinstance(record, dict):
        raise BadLineError('not a JSON object; write {"id": "1", "text": "…"}')
    id = record.get("id")
    if id is not None and (isinstance(id, bool) or not isinstance(id, (str, int))):
        raise BadLineError("id must be text or a whole number")
    text, parent, lang = (_text(record, name, id) for name in ("text", "parent_text", "lang"))
    if text is None:
        raise BadLineError("text is missing", id)
    return id, answer_thread(str(number), text, parent, lang)


def _text(record: dict[str, Any], name: str, id: Any) -> str | None:
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise BadLineError(f"{name} must be text", id)
    return value if value is None else storable(value)
