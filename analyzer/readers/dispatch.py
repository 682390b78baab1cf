"""Each file of a dump handed to the reader of its format."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from analyzer.errors import AnalyzerError, ConfigError, InputError
from analyzer.readers import coral_site, documents, reddit
from analyzer.readers.charset import decode, to_utf8
from analyzer.readers.columns import FIELDS
from analyzer.readers.files import DumpStream, flows, open_dump
from analyzer.readers.finish import finish
from analyzer.readers.formats import Family, Format, find_format
from analyzer.readers.options import ReadOptions
from analyzer.readers.sniff import sniff
from analyzer.readers.tally import Tally
from analyzer.readers.values import UNKNOWN_THREAD
from analyzer.schema import Comment

_PAGE_LIMIT = 64 << 20


def check_options(options: ReadOptions) -> None:
    """ConfigError for a field or a choice there is not."""
    unknown = sorted(set(options.mapping) - set(FIELDS))
    if unknown:
        raise ConfigError(f"a comment has no field {unknown[0]!r} to map; fields are {', '.join(FIELDS)}")
    if options.authors not in ("hash", "plain"):
        raise ConfigError(f"authors can be 'hash' or 'plain', not {options.authors!r}")


def read_dump(path: str | Path, fmt: str | None, options: ReadOptions, tally: Tally, name: str) -> Iterator[Comment]:
    """The finished comments of every file in a dump; files of an archive that hold none are named in a note."""
    before = tally.counts["comments"]
    yield from finish(_read_files(path, fmt, options, tally, name), options, tally)
    if tally.counts["comments"] > before:
        return
    if (
        fmt is not None
        and tally.format == fmt
        and not flows(path)
        and (told := sniff_dump(path, options.encoding)) != fmt
    ):
        raise InputError(
            f"{name}: read as {fmt} it holds no comments; its content looks like {told}: "
            f"leave --format out, or write --format {told}"
        )
    if not tally.notes:
        tally.note(f"{name}: no comments in this file ({tally.format})")


def gather_sites(paths: Iterable[str | Path], options: ReadOptions, tally: Tally) -> None:
    """Keep what files beside the comments say, so that the order of the files does not matter; other files are not read."""
    for path in paths:
        try:
            for stream in () if flows(path) else open_dump(path, Tally()):
                name, text = sniff(stream, options, Tally())
                if name == coral_site.NAME:
                    coral_site.gather(text, tally.site, Tally())
                elif name == reddit.NAME:
                    reddit.gather(text, tally.site)
        except AnalyzerError:
            continue  # what cannot be read is told when its turn comes


def sniff_dump(path: str | Path, encoding: str | None) -> str:
    tally = Tally()
    refused: InputError | None = None
    for stream in open_dump(path, tally):
        try:
            return sniff(stream, ReadOptions(encoding=encoding), tally)[0]
        except InputError as error:
            refused = refused or error
    raise refused or InputError(f"{path}: the archive holds no files; export the comments again")


def _read_files(path: str | Path, fmt: str | None, options: ReadOptions, tally: Tally, name: str) -> Iterator[Comment]:
    refused: InputError | None = None
    fitting = 0
    for stream in open_dump(path, tally, name):
        try:
            yield from _read_file(stream, fmt, options, tally)
            fitting += 1
        except InputError as error:
            if stream.name == name:
                raise
            refused = refused or error
            tally.count("skipped_files")
            tally.note(f"skipped: {error}")
    if not fitting:
        raise refused or InputError(f"{path}: the archive holds no files; export the comments again")


def _read_file(stream: DumpStream, fmt: str | None, options: ReadOptions, tally: Tally) -> Iterator[Comment]:
    unwrapped, before, noted = stream, tally.counts["comments"], len(tally.notes)
    if fmt is None:
        fmt, stream = sniff(stream, options, tally)
    else:
        stream = _prepare(stream, find_format(fmt), options, tally)
        if fmt in coral_site.JOINED and not options.mapping and coral_site.fits(stream):
            fmt = coral_site.NAME
    entry = find_format(fmt)
    tally.format = fmt
    try:
        yield from _call(entry, stream, options, tally)
    except RecursionError:
        tally.reject(stream.name, None, "a value is nested too deep to be read")
        tally.note(f"{stream.name}: nested too deep; what came after was not read")
    tally.notes[noted:] = [
        note if note.startswith(stream.name) else f"{stream.name}: {note}" for note in tally.notes[noted:]
    ]
    if unwrapped.damage and tally.counts["comments"] == before:
        raise InputError(f"{unwrapped.name}: the file is {unwrapped.damage} and gave no comments; get it again")


def _prepare(stream: DumpStream, entry: Format, options: ReadOptions, tally: Tally) -> DumpStream:
    if not stream.head(1):
        raise InputError(f"{stream.name}: the file is empty; export the comments again")
    if entry.family in (Family.BYTES, Family.MARKUP):
        return stream
    return to_utf8(stream, options.encoding, tally)


def _call(entry: Format, stream: DumpStream, options: ReadOptions, tally: Tally) -> Iterator[Comment]:
    module = entry.load()
    source = stream.name
    tally.turn_to(entry.name if entry.joins else source)
    comments: Iterator[Comment]
    if entry.family is Family.JSON:
        comments = _read_json(entry, stream, options, tally)
    elif entry.mapped:
        comments = module.read(stream, source, tally, options.mapping)
    elif entry.family is Family.TEXT:
        comments = module.read(decode(stream.read_whole(_PAGE_LIMIT, "a page")), source, tally)
    elif entry.family is Family.MARKUP:
        comments = module.read(stream.read_whole(_PAGE_LIMIT, "a page"), source, tally)
    else:
        comments = module.read(stream, source, tally)
    if entry.name in coral_site.JOINED:
        comments = coral_site.joined(comments, tally.site)
    return _joined(comments, entry.name, source, tally) if entry.joins else comments


def _joined(comments: Iterator[Comment], joined: str, file: str, tally: Tally) -> Iterator[Comment]:
    """The comments, and what is claimed, under one source for all files of the format, unless their thread is not known."""
    for comment in comments:
        yield comment if comment.thread_id == UNKNOWN_THREAD else replace(comment, source=joined)
    if UNKNOWN_THREAD in tally.claimed:
        tally.claims.setdefault(file, {})[UNKNOWN_THREAD] = tally.claimed.pop(UNKNOWN_THREAD)


def _read_json(entry: Format, stream: DumpStream, options: ReadOptions, tally: Tally) -> Iterator[Comment]:
    module = entry.load()
    extra = (options.mapping,) if entry.mapped else ()
    comments: Iterator[Comment]
    if documents.YTD.match(decode(stream.head(1000))):
        comments = module.read(documents.read_archive(stream, tally), stream.name, tally, *extra)
    elif documents.holds_lines(stream):
        comments = module.read(documents.read_lines(stream, tally), stream.name, tally, *extra)
    elif hasattr(module, "STREAM") and documents.is_large(stream) and documents.holds_items(stream, module.STREAM):
        comments = _read_pieces(module, stream, tally, *extra)
    else:
        comments = module.read(documents.read_document(stream, tally), stream.name, tally, *extra)
    return comments


def _read_pieces(module: ModuleType, stream: DumpStream, tally: Tally, *extra: Mapping[str, str]) -> Iterator[Comment]:
    """The comments of a document too large to hold; readers with a HEAD are given the fields beside the list."""
    with documents.find_fields(stream, getattr(module, "HEAD", ()), tally) as (head, whole):
        values = documents.read_items(whole, module.STREAM, tally)
        known = (head,) if hasattr(module, "HEAD") else ()
        yield from module.read_items(values, stream.name, tally, *known, *extra)
