"""How to read: what the person who reads a dump can choose."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

_EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """`mapping`: field of a comment → column of a table or key of JSON (`{"text": "body"}`).

    `authors`: "hash" gives keyed hashes, "plain" the names of the dump. `author_key`: key of the hashes; None draws one for
    each reading, so that hashes of two readings cannot be joined. `encoding`: of text files that do not say it themselves.
    """

    mapping: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    authors: Literal["hash", "plain"] = "hash"
    author_key: bytes | None = None
    encoding: str | None = None
