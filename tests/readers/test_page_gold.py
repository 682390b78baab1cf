"""The scoring rule of the gold pages, for text and for HTML: precision, recall, author, parent, a layout at a time.

The pages belong to their authors and are not in this repository; without them the tests are skipped.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from analyzer.readers import html, page
from analyzer.readers.tally import Tally
from analyzer.schema import Comment

SHARED = Path(__file__).parents[3] / "shared" / "data"
GOLD = {path.name.removesuffix(".expected.json"): path for path in sorted((SHARED / "pages").glob("*.expected.json"))}
MARKUP = {re.sub(r"[.-]", "_", path.stem).lower(): path for path in sorted((SHARED / "dumps" / "html").glob("*.html"))}

pytestmark = pytest.mark.skipif(not GOLD, reason="the gold pages are not beside the repository (../shared/data/pages)")


@dataclass
class Result:
    """Counts of one page by the rule: gold, read, matched, right authors, right parents of `seen` matches."""

    layout: str
    gold: int
    read: int
    matched: int
    authors: int
    parents: int
    seen: int


def collapse(text: str) -> str:
    """Text as the rule compares it; quotation marks and link targets are the HTML reader's own."""
    text = re.sub(r" ?\(https?://\S*\)|^(?:> )+|^- ", "", text, flags=re.MULTILINE)
    return re.sub(r"\s+", "", text.replace("•", ""))


def match(gold: Sequence[dict[str, Any]], found: Sequence[Comment]) -> dict[int, int]:
    """Index of the read comment for each gold one that was found, in page order."""
    pairs, start = {}, 0
    for at, wanted in enumerate(gold):
        for n in range(start, len(found)):
            text = collapse(found[n].text)
            same = (
                not text and found[n].author == wanted["author"]
                if wanted["empty"]
                else text.startswith(collapse(wanted["text_prefix"]))
            )
            if same:
                pairs[at], start = n, n + 1
                break
    return pairs


def score(gold: dict[str, Any], found: Sequence[Comment], *, depth: bool) -> Result:
    wanted = gold["comments"]
    pairs = match(wanted, found)
    index = {one["n"]: at for at, one in enumerate(wanted)}
    by_id = {one.id: n for n, one in enumerate(found)}
    kept = [n for n, one in enumerate(found) if "pingback" not in one.flags or n in pairs.values()]
    parents = 0
    for at, n in pairs.items():
        above = wanted[at]["parent"]
        parent_id = found[n].parent_id
        parents += (None if above is None else pairs.get(index[above])) == (by_id[parent_id] if parent_id else None)
    authors = sum(
        (found[n].author or "").replace("\u00a0", " ") == (wanted[at]["author"] or "") for at, n in pairs.items()
    )
    seen = len(pairs) if depth else 0
    return Result(gold["layout"], len(wanted), len(kept), len(pairs), authors, parents if depth else 0, seen)


def read_text(case: str) -> tuple[dict[str, Any], list[Comment], Tally]:
    gold, tally = json.loads(GOLD[case].read_text(encoding="utf-8")), Tally()
    text = (SHARED / "pages" / f"{case}.txt").read_text(encoding="utf-8")
    return gold, list(page.read(text, f"{case}.txt", tally)), tally


def report(results: Sequence[Result]) -> Counter[str]:
    """Totals over all pages; prints a line for each layout."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for one in results:
        for name in ("gold", "read", "matched", "authors", "parents", "seen"):
            rows[one.layout][name] += getattr(one, name)
    for layout, row in sorted(rows.items()):
        print(f"{layout[:60]:60} " + " ".join(f"{name} {count}" for name, count in row.items()))
    return sum(rows.values(), Counter())


@pytest.mark.parametrize("case", [case for case in GOLD if re.match(r"00\d_", case)])
def test_the_pages_as_found_are_read_exactly(case: str) -> None:
    gold, found, _tally = read_text(case)
    result = score(gold, found, depth=True)
    assert result.read == result.gold == result.matched == result.authors == result.parents


def test_gold_text_pages() -> None:
    results = []
    for case in GOLD:
        gold, found, tally = read_text(case)
        results.append(score(gold, found, depth=bool(gold["depth_visible_in_text"])))
        assert gold["count"] or (not found and tally.notes), f"{case}: comments where there are none"
    total = report(results)
    assert total["matched"] >= 0.99 * total["gold"]
    assert total["matched"] >= 0.99 * total["read"]
    assert total["authors"] >= 0.99 * total["matched"]
    assert total["parents"] >= 0.99 * total["seen"]


@pytest.mark.skipif(
    not MARKUP, reason="the sample HTML pages are not beside the repository (../shared/data/dumps/html)"
)
def test_gold_html_pages() -> None:
    results = []
    for case, path in MARKUP.items():
        gold, tally = json.loads(GOLD[case].read_text(encoding="utf-8")), Tally()
        found = list(html.read(path.read_bytes(), path.name, tally))
        assert len(found) == gold["count"], case
        assert found or tally.notes
        results.append(score(gold, found, depth=True))
    total = report(results)
    assert total["matched"] == total["gold"] == total["read"]
    assert total["authors"] >= 0.995 * total["gold"]
    assert total["parents"] == total["gold"]


@pytest.mark.parametrize(
    ("name", "count", "claimed"),
    [
        ("becauseicareidaho_1comment.txt", 1, 1),
        ("jpost_donation-boilerplate_none.txt", 0, None),
        ("provereal_said.txt", 2, None),
        ("sindark_site-rules_numbered_not_comments.txt", 0, None),
        ("strangeandspookyworld_7thoughts_none.txt", 0, 7),
    ],
)
def test_sample_texts(name: str, count: int, claimed: int | None) -> None:
    path = SHARED / "dumps" / "text" / name
    if not path.exists():
        pytest.skip("the sample texts are not beside the repository (../shared/data/dumps/text)")
    tally = Tally()
    assert len(list(page.read(path.read_text(encoding="utf-8"), name, tally))) == count
    assert tally.claimed.get(name) == claimed
