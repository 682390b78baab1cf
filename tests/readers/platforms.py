"""What the tests of the JSON platforms share: the modules, the golden folders, and loading as the door does it."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from analyzer.readers import (
    bluesky,
    commento,
    coral,
    discord,
    discourse,
    disqus_api,
    facebook,
    guardian,
    hackernews,
    lemmy,
    mastodon,
    nyt,
    reddit,
    remark42,
    telegram,
    tiktok,
    twitter,
    youtube,
)
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

MODULES: dict[str, ModuleType] = {
    module.NAME: module
    for module in (
        *(bluesky, commento, coral, discord, discourse, disqus_api, facebook, guardian),
        *(hackernews, lemmy, mastodon, nyt, reddit, remark42, telegram, tiktok, twitter, youtube),
    )
}
DUMPS = Path(__file__).parents[1] / "data" / "dumps"


def format_of(folder: Path) -> str:
    """A golden folder is named after its format, with the dialect after a hyphen."""
    return folder.name.split("-", 1)[0]


GOLDENS = sorted(folder for folder in DUMPS.glob("*") if format_of(folder) in MODULES)


def golden_input(folder: Path) -> Path:
    (path,) = (entry for entry in folder.iterdir() if entry.name != "expected.jsonl")
    return path


def parse(text: str) -> list[object]:
    """The JSON values of a file: one document, one value a line, or the list in an X archive."""
    archive = re.match(r"window\.YTD\.(\S+) = ", text)
    if archive:
        return [{"window.YTD": archive[1], "items": json.loads(text[archive.end() :])}]
    try:
        return [json.loads(text)]
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def load(path: Path) -> list[object]:
    return parse(path.read_text(encoding="utf8"))


def read(module: ModuleType, document: Iterable[object]) -> tuple[list[Comment], Tally]:
    tally = Tally()
    return list(module.read(document, "dump", tally)), tally


def only(module: ModuleType, value: object) -> Comment:
    """The one comment in a document of one value."""
    (comment,), _ = read(module, [value])
    return comment
