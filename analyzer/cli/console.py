"""What the verbs share: errors to exit codes, progress at a terminal, hostile text made harmless on a screen."""

import functools
import json
import logging
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, ParamSpec

import typer

from analyzer.errors import EXIT_BUG, EXIT_INPUT, EXIT_INTERRUPTED, EXIT_MISSING, EXIT_OK, AnalyzerError, ConfigError

if TYPE_CHECKING:
    from analyzer.pipeline import Progress
    from analyzer.readers import ReadOptions, Reject, Tally

_log = logging.getLogger(__name__)
_Arguments = ParamSpec("_Arguments")
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")  # and orjson leaves as it is
_JOINERS = "\u200c\u200d"  # part of the spelling of words and emoji


def verb(function: Callable[_Arguments, None]) -> Callable[_Arguments, None]:
    """The verb with every outcome turned into an exit code and, if it failed, one sentence on stderr."""

    @functools.wraps(function)
    def run(*args: _Arguments.args, **options: _Arguments.kwargs) -> None:
        try:
            function(*args, **options)
            sys.stdout.flush()
        except typer.Exit:
            raise
        except AnalyzerError as error:
            _stop(str(error), error.exit_code)
        except KeyboardInterrupt:
            _stop("interrupted; the same command goes on where a run stopped", EXIT_INTERRUPTED)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the interpreter complains at exit
            raise typer.Exit(EXIT_OK) from None
        except (FileExistsError, NotADirectoryError) as error:
            _stop(f"{error.filename}: this is a file, where a folder is needed; name another", EXIT_INPUT)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            _stop(f"{where}{error.strerror or error}; make room or check the rights, then repeat", EXIT_MISSING)
        except Exception as error:
            _stop(f"a bug of ours, {type(error).__name__}: {error}; please report it with `analyzer --debug`", EXIT_BUG)

    return run


def _stop(sentence: str, code: int) -> NoReturn:
    _log.debug("stopped", exc_info=True)
    tell(f"analyzer: {sentence}")
    raise typer.Exit(code)


def tell(sentence: str) -> None:
    """A line for the person, on stderr."""
    typer.echo(screen_text(sentence), err=True)


def say(result: str) -> None:
    """A line of the result in words, on stdout."""
    typer.echo(screen_text(result))


def print_json(record: Any, file: BinaryIO | None = None) -> None:
    """A record as one line of JSON, on stdout or in a file; what UTF-8 cannot hold and what a terminal obeys is escaped."""
    import orjson

    try:
        line = _OBEYED.sub(lambda sign: f"\\u{ord(sign[0]):04x}", orjson.dumps(record).decode()).encode()
    except TypeError:
        line = json.dumps(record, default=str).encode("ascii")
    (file or sys.stdout.buffer).write(line + b"\n")


def screen_text(text: str) -> str:
    """Text that a terminal shows and does not obey: control and direction characters become U+FFFD, one for one."""
    return "".join(character if _is_harmless(character) else "\ufffd" for character in text)


def _is_harmless(character: str) -> bool:
    if character in "\n\t" or character in _JOINERS:
        return True
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")


@contextmanager
def progress_bar() -> "Iterator[Progress]":
    """A callback for the pipeline: a bar with rate and time left if stderr is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda stage, rows, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, rows: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total, rate="")
            speed = next((task.speed for task in bars.tasks if task.id == tasks[stage]), None)
            bars.update(tasks[stage], completed=rows, total=total, rate=f"{speed:,.0f}/s" if speed else "")

        yield show


def parse_map(text: str | None) -> Mapping[str, str]:
    """`text=body,author=user` → {"text": "body", "author": "user"}."""
    pairs = [pair.partition("=") for pair in (text or "").split(",") if pair.strip()]
    for field, sign, column in pairs:
        if not (field.strip() and sign and column.strip()):
            raise ConfigError(f"--map: {text!r} is not a list of field=column; write --map text=body,author=user")
    return {field.strip(): column.strip() for field, _, column in pairs}


def read_options(mapping: str | None, authors: str, author_key: str | None, encoding: str | None) -> "ReadOptions":
    from analyzer.readers import ReadOptions

    return ReadOptions(
        mapping=parse_map(mapping),
        authors="plain" if authors == "plain" else "hash",
        author_key=author_key.encode() if author_key else None,
        encoding=encoding,
    )


def tell_reading(counts: Mapping[str, int], notes: "list[str] | tuple[str, ...]") -> None:
    """The coverage of a reading on stderr: a line a count, then what a person should know, files of one note together."""
    from analyzer.reports import counts_in_words

    tell(_counted(counts.get("comments", 0), "comment", "comments"))
    for sentence in counts_in_words(counts):
        tell(f"  {sentence}")
    together: dict[str, list[str]] = {}
    for note in notes:
        file, sign, sentence = note.partition(": ")
        together.setdefault(sentence if sign else note, []).append(file if sign else "")
    for sentence, files in together.items():
        named = ", ".join(files[:3]) + (f" and {len(files) - 3:,} more" if len(files) > 3 else "")
        tell(f"note: {named}: {sentence}" if named else f"note: {sentence}")


def _counted(n: int, one: str, several: str) -> str:
    return f"{n:,} {one if n == 1 else several}"


def tell_claimed(claims: Mapping[str, Mapping[str, int]], present: Mapping[tuple[str, str], int]) -> None:
    """Threads (source, id) of which the dump holds fewer comments than its source says exist."""
    claimed = {(source, thread): n for source, threads in claims.items() for thread, n in threads.items()}
    short = {thread: n for thread, n in claimed.items() if n > present.get(thread, 0)}
    if short:
        there = sum(present.get(thread, 0) for thread in short)
        threads = _counted(len(short), "thread is incomplete", "threads are incomplete")
        tell(f"  {threads}: of {sum(short.values()):,} comments the source counts, {there:,} are in the dump")


def tell_rejects(rejects: "list[Reject]", count: int, kept: Path | None) -> None:
    """The first places that could not be read, how many more there are, and the file that keeps them all."""
    for reject in rejects:
        tell(f"not read: {reject.file}{f':{reject.line}' if reject.line else ''}: {reject.reason}")
    if more := count - len(rejects):
        tell(f"not read: and {more:,} more" + ("" if kept else "; with --out FILE each is kept in FILE.rejects.jsonl"))
    if count and kept:
        tell(f"not read: kept in {kept}")


def merge_tally(into: "Tally", part: "Tally", name: str) -> None:
    """The counts and notes of one file among those of the whole reading; what it claims is shared already."""
    into.counts.update(part.counts)
    into.notes += part.notes_on(name)
