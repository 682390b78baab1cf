"""What stands in place of a comment that was taken back or taken down: "[deleted]", "This comment was removed by …"."""

import re
import tomllib
from functools import cache
from importlib import resources

from analyzer.schema import Status

_LONGEST = 250


def read_withheld(text: str) -> Status | None:
    """DELETED or REMOVED if the whole text only says so, in the languages of withheld.toml; else None."""
    if len(text) > _LONGEST:
        return None
    match = _pattern().fullmatch(" ".join(text.lower().split()).strip(' *_“”„"'))
    return Status(match.lastgroup) if match and match.lastgroup else None


@cache
def _pattern() -> re.Pattern[str]:
    words = tomllib.loads(resources.files("analyzer.readers").joinpath("withheld.toml").read_text(encoding="utf-8"))
    groups: list[str] = []
    for status in ("deleted", "removed"):
        bracketed, whole = "|".join(words["bracketed"][status]), "|".join(words["whole"][status])
        groups.append(rf"(?P<{status}>[\[(] ?(?:{bracketed}) ?[\])]|\[? ?(?:{whole}) ?[.!…]* ?\]?)")
    return re.compile("|".join(groups))
