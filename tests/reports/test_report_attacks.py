"""Every attack in every place a dump controls, through all four writers: the output must stay inert."""

import base64
import csv
import hashlib
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html
from report_demo import START, demo_decisions, demo_scores, demo_thread

from analyzer.reports import build_index, build_report
from analyzer.reports.evidence import pieces
from analyzer.reports.inert import csv_cell, json_text, markdown, markdown_quote, slug, visible
from analyzer.reports.render import as_html
from analyzer.reports.tables import as_csv, as_json, as_markdown
from analyzer.schema import Action, Comment, Decision, Reason, Score, Span, Thread

ATTACKS = json.loads((Path(__file__).parents[1] / "data" / "attacks.json").read_text(encoding="utf-8"))
CASES = [pytest.param(attack["text"], id=attack["name"]) for attack in ATTACKS]
ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060-\u2069\ufeff\u2028\u2029\ud800-\udfff\U000e0000-\U000e007f]"
)
FORMULA = re.compile('[\\s"\u200b]*[=+\\-@\uff1d\uff0b\uff0d\uff20]')
LAYOUT_ATTRIBUTES = {
    "id", "class", "lang", "dir", "href", "content", "name", "charset", "http-equiv", "aria-labelledby", "aria-label",
    "aria-hidden", "role", "scope", "tabindex", "datetime", "width", "height", "viewbox", "x", "y", "x1", "x2", "y1", "y2", "rx",
    "r", "d", "dx", "text-anchor", "overflow", "stroke-dasharray",
}  # fmt: skip


def attacked_report(attack: str):
    """A report in which one text stands wherever a dump can put it."""
    keys = [Comment(source=attack, thread_id=attack, id=f"{attack}{at}", text="").key for at in range(3)]
    comments = tuple(
        Comment(
            source=attack,
            thread_id=attack,
            id=key.id,
            parent_id=keys[0].id if at else None,
            author=f"{attack}{at % 2}",
            created=START,
            text=f"{attack} and some words in number {at}" if at else attack,
            lang=attack,
        )
        for at, key in enumerate(keys)
    )
    thread = Thread(source=attack, id=attack, comments=comments, title=attack, url=attack, claimed=9)
    scores = [
        Score(
            key=key,
            model=attack,
            lang=attack,
            probs={"abuse.threat": 0.9, "antisemitism.slur_insult_exclusion": 0.9, attack: 0.9},
            spans=(Span(start=0, end=4, label="abuse", prob=0.9), Span(start=2, end=99999, label=attack, prob=0.9)),
        )
        for key in keys
    ]
    reason = Reason(rule=attack, label=attack, prob=0.9, threshold=0.5, action=Action.REJECT)
    decisions = [Decision(key=key, action=Action.REJECT, reasons=(reason,), policy=attack) for key in keys]
    return replace(build_report(thread, scores, decisions), policy_notes=(attack,))


def check_page(page: str) -> None:
    """A page that runs nothing, loads nothing, links nowhere outside, and whose policy allows its one style."""
    assert not ACTING.search(page)
    tree = html.document_fromstring(page)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    tags = {element.tag for element in elements}
    assert not tags & {"script", "iframe", "object", "embed", "form", "input", "base", "link", "img", "use", "image"}
    assert sum(element.tag == "style" for element in elements) == 1
    for element in elements:
        assert set(element.attrib) <= LAYOUT_ATTRIBUTES, (element.tag, dict(element.attrib))
        href = element.get("href")
        assert href is None or re.fullmatch(r"#[\w.-]+|((\.\./)?(threads/)?[a-z0-9-]+\.html(#[qc]\d+)?)", href), href
    assert not tree.xpath("//meta[@http-equiv='refresh']")
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    style = tree.xpath("//style")[0].text
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    ids = [element.get("id") for element in elements if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("attack", CASES)
def test_a_page_stays_inert(attack):
    report = attacked_report(attack)
    check_page(as_html(report))
    check_page(as_html(build_index([report])))


@pytest.mark.parametrize("attack", CASES)
def test_a_page_shows_the_whole_comment(attack):
    report = attacked_report(attack)
    cut = pieces(report.comments[0])
    assert "".join(piece.text for piece in cut) == attack
    (said, *_) = html.document_fromstring(as_html(report)).xpath("//*[@id='c1']//p[contains(@class,'said')]")
    for added in said.xpath(".//*[@class='ctag' or self::sup]"):
        added.drop_tree()
    shown = "".join("".join(said.itertext()).split())
    assert shown == "".join("".join(visible(piece.text) for piece in cut).split())


@pytest.mark.parametrize("attack", CASES)
def test_no_cell_of_a_table_is_a_formula(attack):
    report = attacked_report(attack)
    for table in (as_csv(report), as_csv(build_index([report]))):
        table.encode()
        assert not ACTING.search(table)
        rows = list(csv.reader(io.StringIO(table)))
        assert len({len(row) for row in rows}) == 1
        for cell in (cell for row in rows for cell in row):
            assert not FORMULA.match(cell)


@pytest.mark.parametrize("attack", CASES)
def test_json_keeps_every_character_and_moves_no_terminal(attack):
    written = as_json(attacked_report(attack))
    written.encode()
    assert not ACTING.search(written)
    assert json.loads(written)["comments"][0].get("text", "") == attack


@pytest.mark.parametrize("attack", CASES)
def test_markdown_renders_as_plain_words(attack):
    markdown_it = pytest.importorskip("markdown_it")
    for written in (as_markdown(attacked_report(attack)), as_markdown(build_index([attacked_report(attack)]))):
        assert not ACTING.search(written)
        tokens = markdown_it.MarkdownIt("commonmark", {"html": True}).enable("table").parse(written)
        inner = [child for token in tokens for child in token.children or ()]
        kinds = {token.type for token in [*tokens, *inner]}
        assert not kinds & {"html_block", "html_inline", "image", "fence", "code_block", "code_inline", "hr"}
        links = [child.attrGet("href") for child in inner if child.type == "link_open"]
        assert all(re.fullmatch(r"threads/[a-z0-9-]+\.md|#[a-z0-9-]+", link) for link in links)
        assert "evil.example" not in "".join(links)
        headings = [token for token in tokens if token.type == "heading_open" and token.tag == "h1"]
        assert len(headings) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("plain text\nand a second line", "plain text\nand a second line", id="plain text stays"),
        pytest.param("\u202eabc", "⟨U+202E⟩abc", id="an override is shown"),
        pytest.param("a\u200b\u200b\u200bb", "a⟨U+200B ×3⟩b", id="a run is counted"),
        pytest.param("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469", id="a family stays whole"),
        pytest.param("❤\ufe0f\u200d\U0001f525", "❤\ufe0f\u200d\U0001f525", id="a heart on fire stays whole"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="Persian keeps its joiners"),
        pytest.param("sl\u200cur", "sl⟨U+200C⟩ur", id="a joiner in a Latin word is shown"),
        pytest.param("a\r\nb", "a\nb", id="Windows line ends are line ends"),
        pytest.param("a\U000e0101\U000e0102b", "a⟨U+E0101⟩⟨U+E0102⟩b", id="what hides in selectors is shown"),
        pytest.param("x\ufe00\ufe01\ufe01", "x\ufe00⟨U+FE01 ×2⟩", id="a second selector is shown"),
        pytest.param("葛\U000e0100", "葛\U000e0100", id="a Chinese character keeps its variant"),
        pytest.param("\u1828\u180b\u1820", "\u1828\u180b\u1820", id="a Mongolian letter keeps its variant"),
        pytest.param("a\u180bb", "a⟨U+180B⟩b", id="a Latin letter has no Mongolian variant"),
        pytest.param("\U00013430\U0001bca0", "⟨U+13430⟩⟨U+1BCA0⟩", id="controls of hieroglyphs and shorthand are shown"),
        pytest.param("ก" + "\u0e49" * 50, "ก" + "\u0e49" * 4 + "⟨+46 marks⟩", id="a Thai tower is cut"),
        pytest.param(*2 * ("\u05e9\u05bc\u05c1\u05b8\u0596\u05bd",), id="Hebrew points stay"),
        pytest.param("❤" * 20, "❤" * 20, id="a row of hearts stays"),
        pytest.param("é" + "\u0301" * 9, "é\u0301\u0301\u0301\u0301⟨+5 marks⟩", id="stacked accents are cut and counted"),
    ],
)  # fmt: skip
def test_what_hides_is_made_visible(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["12 people came", "a = b", "well - no", "", "mail me"])
def test_harmless_cells_stay_as_they_are(text):
    assert csv_cell(text) == text


def test_a_mention_in_markdown_calls_nobody():
    assert "@everyone" not in markdown("@everyone")


def test_json_escapes_are_valid_json():
    text = "\x1b[2J\u202e\U000e0041\ud800 end"
    assert json.loads(json_text({"text": text}))["text"] == text


@pytest.mark.parametrize(
    ("thread_id", "start"),
    [
        pytest.param("../../etc/passwd", "etc-passwd-", id="no way up"),
        pytest.param("CON", "con-", id="a device name gets a tail"),
        pytest.param("новости/1", "1-", id="letters that are not ASCII go"),
        pytest.param("\u202e\x00", "thread-", id="nothing readable"),
        pytest.param("x" * 500, "x" * 40 + "-", id="long ids are cut"),
    ],
)
def test_file_names_are_safe(thread_id, start):
    name = slug("dump.jsonl", thread_id)
    assert name.startswith(start)
    assert re.fullmatch(r"[a-z0-9-]{1,57}", name)


def test_a_redacted_page_is_not_told_by_hashing_its_id():
    hidden, known = slug("d", "t", readable=False), slug("d", "t")
    assert re.fullmatch(r"thread-[0-9a-f]{16}", hidden)
    assert hidden[-16:] != known[-16:]
    assert hidden == slug("d", "t", readable=False)


def test_a_line_of_equals_signs_makes_no_heading_in_markdown():
    quoted = markdown_quote("Hello\n===")
    assert quoted == "> Hello\n> \\=\\=\\="


def test_threads_that_read_alike_get_different_file_names():
    assert slug("a", "x/y") != slug("a", "x-y") != slug("b", "x-y")


def test_the_ordinary_pages_pass_the_same_check():
    report = build_report(demo_thread(), demo_scores(), demo_decisions())
    check_page(as_html(report))
    check_page(as_html(build_index([report, replace(report, slug="other")])))
