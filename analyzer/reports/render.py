"""Reports written to files: HTML pages that stand alone, JSON, CSV, Markdown; one report or a whole folder."""

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analyzer.errors import ConfigError, MissingError
from analyzer.reports import charts, sentences, slogans, words
from analyzer.reports.coordination import covered_as
from analyzer.reports.evidence import Piece, pieces, runs, shortened
from analyzer.reports.findings import CONTESTED
from analyzer.reports.index import IndexBuilder
from analyzer.reports.inert import line, visible
from analyzer.reports.records import Index, Participant, Pattern, Report, ReportedComment, Standing
from analyzer.reports.tables import NEVER, SAMPLING, action_name, as_csv, as_json, as_markdown

if TYPE_CHECKING:
    from jinja2 import Environment

FORMATS = ("html", "json", "csv", "md")
_PAGES = ".analyzer-pages"  # beside an index: the names of what was written, to be removed by the next call
_PART = re.compile(r"\.[0-9a-f]{16}\.part")
_MOST_ROWS = 300
_DEEPEST = 12
_MOST_PEOPLE = 20
_STANDING_NAMES = {
    Standing.REJECT: "Reject",
    Standing.REVIEW: "Review",
    Standing.APPROVE: "Approve",
    Standing.UNCHECKED: "Not checked",
    Standing.DELETED: "Deleted",
    Standing.SPAM: "Spam",
}
_GONE = {
    Standing.DELETED: "Deleted or removed on the site. Its words were not read.",
    Standing.SPAM: "The site took it for spam. Its words were not scored.",
}
_FAMILY_NAMES = (
    ("abuse", "abuse"),
    ("antisemitism", "trope"),
    ("propaganda", "technique"),
    ("stance.counter_speech", "counter-speech"),
)
_HEAT_LEGEND = (
    ("h0", "under .3"),
    ("h1", ".3 possible"),
    ("h2", ".5 more likely than not"),
    ("h3", ".7 likely"),
    ("h4", ".9 very likely"),
)


def as_html(report: Report | Index) -> str:
    """One page with its style inside: no script, nothing loaded, a content policy that allows that one style."""
    style = page_style()
    page: dict[str, Any] = {"style": Markup(style), "style_hash": _style_hash(style), "links_here": ""}
    if isinstance(report, Index):
        return page_environment().get_template("index.html").render(page, index=report)
    page |= {"report": report, "tree": list(_tree(report.comments)), "links_here": report.slug}
    return page_environment().get_template("thread.html").render(page)


_WRITERS: Mapping[str, Callable[[Report | Index], str]] = {
    "html": as_html,
    "json": as_json,
    "csv": as_csv,
    "md": as_markdown,
}


def write_html(report: Report | Index, path: str | Path) -> Path:
    """Write a page that stands alone."""
    return _write(Path(path), as_html(report))


def write_json(report: Report | Index, path: str | Path) -> Path:
    """Write everything the report holds."""
    return _write(Path(path), as_json(report))


def write_csv(report: Report | Index, path: str | Path) -> Path:
    """Write a table: one row a comment, or one row a thread for an index."""
    return _write(Path(path), as_csv(report))


def write_markdown(report: Report | Index, path: str | Path) -> Path:
    """Write the report to be read as plain text."""
    return _write(Path(path), as_markdown(report))


def write_reports(
    reports: Iterable[Report],
    out: str | Path,
    *,
    formats: Sequence[str] = FORMATS,
    patterns: Sequence[Pattern] | None = None,
    counts: Mapping[str, int] | None = None,
) -> list[Path]:
    """Write an index and one page a thread under `out/threads/`; the paths of the index come first.

    What an earlier call wrote there is removed first, other files stay. Reports are written as they come and not kept.
    `patterns` (from `find_patterns`) are shown on the index and on the pages they touch; a phrase that they do not hold is
    then no finding of a single report either. `counts` are the reader's (rejects, duplicates, …), shown under coverage.
    """
    unknown = [name for name in formats if name not in _WRITERS]
    if unknown:
        raise ConfigError(f"unknown report format {unknown[0]!r}; choose from {', '.join(FORMATS)}")
    folder = Path(out)
    _remove_pages(folder)
    known = list(patterns or ())
    by_slug: dict[str, list[int]] = {}
    for at, pattern in enumerate(known):
        for slug in pattern.threads:
            by_slug.setdefault(slug, []).append(at)
    builder = IndexBuilder()
    written: list[Path] = []
    for report in reports:
        if patterns is not None:
            here = by_slug.get(report.slug, ())
            for at in here:  # patterns are found before the findings are known
                known[at] = covered_as(known[at], report.comments, report.slug)
            report = _rewritten(report, [known[at] for at in here])
        builder.add(report)
        written += [_write_page(folder, f"threads/{report.slug}.{name}", _WRITERS[name](report)) for name in formats]
    index = builder.finish(patterns=known, counts=counts or {})
    return [*(_write_page(folder, f"index.{name}", _WRITERS[name](index)) for name in formats), *written]


def _rewritten(report: Report, here: Sequence[Pattern]) -> Report:
    """The report with the patterns found across threads; a text copied over threads is told once, with all its places.

    Phrases of the report alone give way: it did not know what is common in the other threads.
    """
    own = [p for p in report.coordination if p.kind != slogans.KIND and not _told(p, here)]
    patterns = tuple(sorted([*here, *own], key=lambda pattern: pattern.kind == slogans.KIND))
    if patterns == report.coordination:
        return report
    report = replace(report, coordination=patterns)
    return replace(report, lede=sentences.lede(report))


def _told(pattern: Pattern, others: Sequence[Pattern]) -> bool:
    return any(pattern.kind == other.kind and set(pattern.places) & set(other.places) for other in others)


def _remove_pages(folder: Path) -> None:
    """Remove the pages of an earlier call, also halves of them: pages that name authors must not stay beside redacted ones."""
    pages = folder / _PAGES
    if not pages.is_file():
        return
    with _telling(pages):
        names = set(pages.read_text(encoding="utf-8").splitlines())
        for path in (*folder.glob("*"), *folder.glob("threads/*")):
            if path.relative_to(folder).as_posix() in names or _PART.fullmatch(path.name):
                path.unlink(missing_ok=True)
        pages.unlink(missing_ok=True)


def _write_page(folder: Path, name: str, text: str) -> Path:
    """Write a page of the folder, its name before it: what was written is known even if the call is killed."""
    with _telling(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / _PAGES).open("a", encoding="utf-8") as pages:
            pages.write(f"{name}\n")
    return _write(folder / name, text)


def _write(path: Path, text: str) -> Path:
    """Write under a temporary name of its own, then rename: a page is whole or not there."""
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    with _telling(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text, encoding="utf-8", newline="\n")
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    return path


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """What the file system refuses as a sentence."""
    try:
        yield
    except OSError as error:
        raise MissingError(f"{path}: cannot be written ({error.strerror}); choose another folder with --out") from None


@lru_cache(maxsize=1)
def page_environment() -> "Environment":
    """Templates with all that the pages of reports are made of; what they are given is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("analyzer.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"visible": visible, "oneline": line}
    environment.globals |= {
        "action_name": action_name,
        "below": sentences.below,
        "nothing_queued": sentences.nothing_queued,
        "unsaid": sentences.unsaid,
        "anchor": lambda label: f"d-{label.replace('.', '-')}",
        "charts": charts,
        "clipped": _clipped,
        "family_names": _FAMILY_NAMES,
        "gone": _gone,
        "heat_legend": _HEAT_LEGEND,
        "listed_people": _listed_people,
        "most_rows": _MOST_ROWS,
        "never": NEVER,
        "numbers": _numbers,
        "pattern_line": sentences.pattern_line,
        "pieces": pieces,
        "people_left": _people_left,
        "places": _places,
        "reading_minutes": sentences.reading_minutes,
        "runs": runs,
        "sampling": SAMPLING,
        "short_note": lambda note: "contested" if note == CONTESTED else note,
        "shortened": shortened,
        "standing_names": _STANDING_NAMES,
        "words": words,
    }
    return environment


@lru_cache(maxsize=1)
def page_style() -> str:
    """The style sheet of the pages."""
    return files("analyzer.reports").joinpath("templates/style.css").read_text(encoding="utf-8")


def _style_hash(style: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}"


@dataclass(frozen=True, slots=True)
class _Step:
    """A comment in the order of the tree: one level down from the one before, or `up` levels back."""

    comment: ReportedComment
    depth: int
    down: bool
    up: int
    flattened: bool


def _tree(comments: Sequence[ReportedComment]) -> Iterator[_Step]:
    """The reply tree in reading order; below 12 levels replies stay at the twelfth, browsers refuse endless nesting."""
    children: dict[int, list[ReportedComment]] = {}
    for comment in comments:
        children.setdefault(comment.parent or 0, []).append(comment)
    waiting = [(comment, 0) for comment in reversed(children.get(0, []))]
    last = -1
    while waiting:
        comment, depth = waiting.pop()
        shown = min(depth, _DEEPEST)
        yield _Step(comment, shown, shown > last >= 0, max(0, last - shown), depth > _DEEPEST)
        last = shown
        waiting += [(child, depth + 1) for child in reversed(children.get(comment.number, []))]


def _numbers(numbers: Sequence[int]) -> Markup:
    shown = ", ".join(f'<a href="#c{number}">{number}</a>' for number in numbers[:30])
    return Markup(f"{shown} and {len(numbers) - 30:,} more" if len(numbers) > 30 else shown)


def _listed_people(report: Report) -> list[Participant]:
    """Participants with a comment that needs a person, or with two comments and more; the first 20 to write."""
    return [p for p in report.participants if p.problems or len(p.comments) > 1][:_MOST_PEOPLE]


def _people_left(report: Report) -> str:
    """How many participants are not listed: first those with comments that need a person, then all others."""
    listed = {person.reader for person in _listed_people(report)}
    left = [person for person in report.participants if person.reader not in listed]
    queued = sum(bool(person.problems) for person in left)
    told = [(queued, "wrote comments that need a person"), (len(left) - queued, "wrote none that needs a person")]
    return " ".join(f"{words.plural(count, 'other reader')} {wrote}." for count, wrote in told if count)


def _places(pattern: Pattern) -> list[tuple[str, str, list[int]]]:
    """Threads of a pattern with the numbers of its comments there, at most 30 in each."""
    numbers: dict[str, list[int]] = {}
    for slug, number in pattern.places:
        numbers.setdefault(slug, []).append(number)
    return [(slug, pattern.threads.get(slug, ""), sorted(own)[:30]) for slug, own in numbers.items()][:30]


def _gone(comment: ReportedComment) -> str:
    """Why the words of a comment are not shown; dumps do not tell surely who took them away."""
    return _GONE.get(comment.standing, "No text.")


def _clipped(comment: ReportedComment, most: int) -> list[Piece]:
    """The pieces of a comment up to `most` characters, marks kept."""
    kept: list[Piece] = []
    room = most
    for piece in pieces(comment):
        if len(piece.text) > room:
            kept.append(replace(piece, text=piece.text[:room] + " …"))
            break
        kept.append(piece)
        room -= len(piece.text)
    return kept
