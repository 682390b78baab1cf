"""Dump files in, Comments out: the door of the first stage.

`read_comments` tells the format by the content, hands the file to the format's reader and finishes every comment the same
way. What was dropped, repaired or lost stands in the `Tally`.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from analyzer.readers.files import check_path, check_repeatable, name_dumps
from analyzer.readers.finish import author_namer
from analyzer.readers.formats import FORMATS, find_format
from analyzer.readers.judged import Judged, read_judged
from analyzer.readers.labels import LabelFile, gather_labels, read_corpora, read_labels, sniff_labels
from analyzer.readers.options import ReadOptions
from analyzer.readers.suites import is_suite, read_suite
from analyzer.readers.tally import Reject, Tally
from analyzer.schema import Comment

__all__ = [
    "Judged",
    "LabelFile",
    "ReadOptions",
    "Reject",
    "Tally",
    "author_namer",
    "check_repeatable",
    "format_names",
    "gather_labels",
    "gather_sites",
    "html_to_text",
    "is_suite",
    "name_dumps",
    "read_comments",
    "read_corpora",
    "read_judged",
    "read_labels",
    "read_suite",
    "sniff_format",
    "sniff_labels",
]

_PLAIN = ReadOptions()


def read_comments(
    path: str | Path,
    fmt: str | None = None,
    *,
    options: ReadOptions = _PLAIN,
    tally: Tally | None = None,
    name: str | None = None,
) -> Iterator[Comment]:
    """The comments of a dump file (`-`: standard input), one at a time, in the order of the file.

    `fmt` is a name out of `format_names`; without it the content decides. `name` is the `source` of the comments in place of
    the file's own name, where several files of one name are read. Parents are as in the file. InputError or
    MissingError says why a file cannot be read; rows that cannot be read are counted in `tally`.
    """
    from analyzer.readers.dispatch import check_options, read_dump

    check_options(options)
    if fmt is not None:
        find_format(fmt)
    if str(path) != "-":
        check_path(path)
    return read_dump(path, fmt, options, Tally() if tally is None else tally, name or name_dumps([path])[0])


def gather_sites(paths: Iterable[str | Path], tally: Tally, *, options: ReadOptions = _PLAIN) -> None:
    """Keep in the tally what files beside the comments say (names, titles), before dumps that belong together are read."""
    from analyzer.readers.dispatch import gather_sites as gather

    gather(paths, options, tally)


def sniff_format(path: str | Path, *, encoding: str | None = None) -> str:
    """The name of the format a file is taken for; of a zip archive, its first file that can be read."""
    from analyzer.readers.dispatch import sniff_dump

    return sniff_dump(path, encoding)


def format_names() -> list[tuple[str, str]]:
    """Every format with a description of one line."""
    return [(entry.name, entry.description) for entry in FORMATS]


def html_to_text(markup: str) -> str:
    """Plain text of an HTML fragment, as the comments of HTML dumps are read."""
    from analyzer.readers import markup as html

    return html.html_to_text(markup)
