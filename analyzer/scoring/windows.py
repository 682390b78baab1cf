"""Text → windows of token ids, with the way back from every token to the characters of the raw text.

Input of the encoder: `<s> last 48 tokens of the parent </s> up to 128 tokens of the comment </s>`; without a parent
`<s> comment </s>`. A longer comment is read in windows that share 32 tokens, never cut.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from analyzer.errors import ModelError
from analyzer.text import normalise

WINDOW = 128
OVERLAP = 32
CONTEXT = 48
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class Window:
    """Token `ids`; the comment's own tokens are `ids[first : first + len(starts)]`, token i covers raw `[starts[i], ends[i])`.

    `letters`: the same part of the normalised text in lower case, a space on either side; token i begins at `offsets[i]` of it.
    """

    ids: tuple[int, ...]
    first: int
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    letters: str
    offsets: tuple[int, ...]


class Windower:
    """Cuts comments into windows with a fast tokenizer (a tokenizer.json)."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._start, self._end, self.pad, self.unknown = _special_ids(tokenizer)

    @classmethod
    def from_folder(cls, folder: str | Path) -> "Windower":
        file = Path(folder) / "tokenizer.json"
        if not file.is_file():
            raise ModelError(
                f"{file}: no tokenizer there; the model folder is incomplete: restore it or name another with --model"
            )
        return cls(Tokenizer.from_file(str(file)))

    def windows(self, comments: Sequence[tuple[str, str | None]]) -> Iterator[list[Window]]:
        """The windows of each `(text, parent text)`; a text without tokens has none."""
        texts = [normalise(text) for text, _ in comments]
        encoded = self._tokenizer.encode_batch([text.text for text in texts], add_special_tokens=False)
        # The tail of a long parent is enough: 48 tokens are never more than 1,000 characters.
        parents = [normalise(parent[-1000:]).text if parent else "" for _, parent in comments]
        contexts = self._tokenizer.encode_batch(parents, add_special_tokens=False)
        for text, encoding, context in zip(texts, encoded, contexts, strict=True):
            head = [self._start, *context.ids[-CONTEXT:], self._end] if context.ids else [self._start]
            raw = [text.to_raw(start, end) for start, end in encoding.offsets]
            lower = _lower(text.text)
            yield [
                Window(
                    ids=(*head, *encoding.ids[begin:stop], self._end),
                    first=len(head),
                    starts=tuple(start for start, _ in raw[begin:stop]),
                    ends=tuple(end for _, end in raw[begin:stop]),
                    letters=f" {lower[encoding.offsets[begin][0] : encoding.offsets[stop - 1][1]]} ",
                    offsets=tuple(start - encoding.offsets[begin][0] + 1 for start, _ in encoding.offsets[begin:stop]),
                )
                for begin, stop in cuts(len(encoding.ids))
            ]


def _lower(text: str) -> str:
    """The text in lower case, letter for letter, every white space a plain one."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    return _SPACE.sub(" ", lower)


def cuts(tokens: int) -> list[tuple[int, int]]:
    """`[begin, stop)` of the windows over `tokens` tokens; the last window is full where the text is long enough."""
    if tokens == 0:
        return []
    if tokens <= WINDOW:
        return [(0, tokens)]
    starts = [*range(0, tokens - WINDOW, WINDOW - OVERLAP), tokens - WINDOW]
    return [(begin, begin + WINDOW) for begin in starts]


def by_length(windows: Iterable[tuple[int, Window]], tokens: int) -> Iterator[list[tuple[int, Window]]]:
    """Numbered windows sorted by length and cut into batches of at most `tokens` padded tokens."""
    current: list[tuple[int, Window]] = []
    for pair in sorted(windows, key=lambda pair: len(pair[1].ids)):
        if current and (len(current) + 1) * len(pair[1].ids) > tokens:
            yield current
            current = []
        current.append(pair)
    if current:
        yield current


def _special_ids(tokenizer: Tokenizer) -> tuple[int, int, int, int]:
    for names in (("<s>", "</s>", "<pad>", "<unk>"), ("[CLS]", "[SEP]", "[PAD]", "[UNK]")):
        start, end, pad, unknown = (tokenizer.token_to_id(name) for name in names)
        if start is not None and end is not None and pad is not None and unknown is not None:
            return start, end, pad, unknown
    raise ModelError(
        "the tokenizer has neither <s> </s> <pad> <unk> nor [CLS] [SEP] [PAD] [UNK]: choose a BERT-like encoder"
    )
