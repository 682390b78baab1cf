"""Repeated phrases: planted ones are found, what is said for other reasons is not, and shuffled authors say nothing."""

import json
import math
import random
import re
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_demo import START
from test_report_attacks import ACTING, CASES, check_page

from analyzer.reports import build_index, build_report, find_patterns, write_reports
from analyzer.reports.coordination import within_thread
from analyzer.reports.figures import dealt, overuse
from analyzer.reports.phrases import Said, Speech, shared_phrases
from analyzer.reports.records import Pattern, ReportedComment, Standing
from analyzer.reports.render import as_html
from analyzer.reports.slogans import KIND
from analyzer.reports.tables import as_csv, as_json, as_markdown
from analyzer.schema import Comment, Thread

SLOGAN = "no tram without our vote"
PRIOR = (1.0, 1000.0)
STOCK = "at the end of the day"
FEW, MANY = ["the", "a", "of", "to", "is", "and", "in", "not"], [f"word{n}" for n in range(900)]


def ordinary(rng: random.Random, length: int = 22) -> str:
    """Few words everywhere and many seldom, as in any language."""
    return " ".join(
        rng.choice(FEW) if rng.random() < 0.4 else MANY[int(900 * rng.random() ** 2)] for _ in range(length)
    )


def around(rng: random.Random, phrase: str) -> str:
    """An ordinary comment with a phrase in its middle."""
    return f"{ordinary(rng, rng.randint(3, 12))} {phrase} {ordinary(rng, rng.randint(3, 12))}"


def run(planted: list[list[tuple[str, str]]], *, others: int = 40, seed: int = 3, **fields) -> list[Thread]:
    """Threads of ordinary comments, an account each, with planted ones: (text, author), after the tenth comment."""
    rng = random.Random(seed)
    threads = []
    for at, extra in enumerate(planted):
        rows = [(ordinary(rng), f"a{at}-{n}") for n in range(others)]
        rows[10:10] = extra
        threads.append(thread_of(rows, at, **fields))
    return threads


def thread_of(rows: list[tuple[str, str]], at: int = 0, parent: str | None = None, **fields) -> Thread:
    comments = tuple(
        Comment(
            source="d",
            thread_id=f"t{at}",
            id=str(n),
            text=text,
            author=author,
            parent_id=parent if author.startswith("reply") else None,
            created=START + timedelta(minutes=7 * n),
        )
        for n, (text, author) in enumerate(rows, start=1)
    )
    return Thread(source="d", id=f"t{at}", comments=comments, **{"title": f"Thread {at}"} | fields)


def said_by(accounts: int, phrase: str = SLOGAN, *, seed: int = 5, name: str = "p") -> list[tuple[str, str]]:
    rng = random.Random(seed)
    return [(around(rng, phrase), f"{name}{n}") for n in range(accounts)]


def repeated(threads: list[Thread], **options) -> list[Pattern]:
    return [pattern for pattern in find_patterns(threads, **options) if pattern.kind == KIND]


def test_a_slogan_is_found_with_all_that_a_reader_needs():
    (pattern,) = repeated(run([said_by(8), [], [], [], []]))
    assert pattern.excerpt == SLOGAN
    assert (pattern.accounts, list(pattern.threads.values())) == (8, ["Thread 0"])
    assert [number for _, number in pattern.places] == list(range(11, 19))
    assert (pattern.times[0], pattern.times[-1]) == (START + timedelta(minutes=77), START + timedelta(minutes=126))
    assert "8 accounts use the same 5 words in 8 comments" in pattern.text
    assert pattern.chance < 0.01
    assert not pattern.coordinated


@pytest.mark.parametrize(
    "phrase",
    [
        pytest.param("build the bridge", id="three words"),
        pytest.param("kein Geld für leere Bahnen", id="German"),
        pytest.param("верните нам старый мост", id="Russian"),
        pytest.param("أعيدوا لنا الجسر القديم", id="Arabic"),
        pytest.param("החזירו לנו את הגשר הישן", id="Hebrew"),
        pytest.param("हमें पुराना पुल वापस दो", id="Hindi, with vowel signs"),
        pytest.param("trả lại cây cầu cũ cho dân", id="Vietnamese"),
        pytest.param("eski köprüyü bize geri verin", id="Turkish"),
    ],
)
def test_any_language_with_spaces(phrase):
    (pattern,) = repeated(run([[], said_by(9, phrase), [], [], []]))
    assert (pattern.excerpt, pattern.accounts) == (phrase, 9)


@pytest.mark.parametrize(
    "accounts", [pytest.param(2, id="two"), pytest.param(3, id="three"), pytest.param(0, id="nobody")]
)
def test_too_few_accounts_are_no_finding(accounts):
    assert repeated(run([said_by(accounts), [], [], [], []])) == []


def test_case_marks_and_spaces_do_not_hide_a_slogan():
    rng = random.Random(8)
    forms = ["No TRAM without our vote", "no tram, without our vote!!!", "NO\ntram  without *our* vote", SLOGAN]
    rows = [(around(rng, forms[n % 4]), f"p{n}") for n in range(8)]
    (pattern,) = repeated(run([rows, [], [], [], []]))
    assert pattern.accounts == 8


def test_the_longest_phrase_is_told_once():
    long = "we will not pay one cent more for a tram that nobody in the hills has ever asked for"
    rng = random.Random(1)
    (pattern,) = repeated(run([[(around(rng, long), f"p{n}") for n in range(6)], [], [], [], []]))
    assert pattern.excerpt == long
    assert "more than eight words" in pattern.text


def test_a_short_form_with_many_more_accounts_is_kept_and_its_long_form_is_not_told_beside_it():
    rows = said_by(20) + said_by(3, f"{SLOGAN} and no bridge either", name="q")
    (pattern,) = repeated(run([rows, [], [], [], []]))
    assert (pattern.excerpt, pattern.accounts) == (SLOGAN, 23)


def one_account() -> list[tuple[str, str]]:
    return [(text, "same") for text, _ in said_by(12)]


HONEST = {
    "one account's own phrase": {"rows": one_account()},
    "comments without an author": {"rows": [(text, "") for text, _ in said_by(12)]},
    "a phrase of the title": {"rows": said_by(9), "title": f"March at the harbour: {SLOGAN.title()}"},
    "words of the title": {"rows": said_by(9), "title": "Our vote on the tram: not without the harbour"},
    "a name of two words and common ones": {"rows": said_by(9, "is the harbour council of the")},
    "one word among common ones": {"rows": said_by(9, "to the harbour and not")},
    "an answer takes up the words": {
        "rows": [said_by(1)[0], *said_by(9, name="reply")],
        "parent": "11",
    },
    "a quoted line": {"rows": [(f"> {SLOGAN}\n{ordinary(random.Random(n))}", f"p{n}") for n in range(9)]},
    "a quotation": {"rows": said_by(9, f"“They shout {SLOGAN} every single day”")},
    "laughter": {"rows": said_by(9, "ha ha ha ha ha")},
    "links and mentions": {"rows": said_by(9, "https://tram.example/a-b-c @harbour @council @paper")},
    "a short thank-you of three": {"rows": said_by(3, "Thank you very much")},
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in HONEST.items()])
def test_honest_repetition_is_no_finding(case):
    case = dict(case)
    rows = case.pop("rows")
    assert repeated([*run([rows], **case), *run([[], [], [], []], seed=9)[1:]]) == []


def test_a_phrase_in_use_everywhere_is_no_slogan():
    assert repeated(run([said_by(7, STOCK, seed=n, name=f"p{n}-") for n in range(6)])) == []
    (pattern,) = repeated(run([said_by(7, STOCK), *([[]] * 5)]))
    assert pattern.excerpt == STOCK


def test_long_comments_say_more_of_everything():
    rng = random.Random(4)
    long = [(ordinary(rng, 400) + f" {STOCK} " * (n < 12), f"long{n}") for n in range(40)]
    short = [(ordinary(rng, 40) + f" {STOCK} " * (n < 6), f"short{n}") for n in range(160)]
    threads = [thread_of(long), *(thread_of(short[at::4], at + 1) for at in range(4))]
    assert repeated(threads) == []
    (pattern,) = repeated([threads[0], *run([[]] * 5, others=400, seed=5)[1:]])
    assert pattern.accounts == 12


def test_words_that_differ_in_a_vowel_sign_are_different():
    signs = [chr(0x93E + n) for n in range(9)]
    rows = [(f"क{signs[n]} म{signs[n]} त{signs[n]} र{signs[n]} स{signs[n]}", f"p{n}") for n in range(9)]
    assert repeated(run([rows, [], [], [], []])) == []


def test_a_copied_comment_is_told_once_as_copied_text():
    text = f"Ask the council for the bill and then write to them again: {SLOGAN}, not this year and not the next."
    threads = run([[(text, f"p{n}") for n in range(6)], [], [], [], []])
    assert [pattern.kind for pattern in find_patterns(threads)] == ["copied text"]


def test_a_slogan_beside_copies_counts_its_own_comments():
    text = f"Ask the council for the bill and then write to them again: {SLOGAN}, not this year and not the next."
    rows = [(text, f"c{n}") for n in range(3)] + said_by(20)
    _, pattern = find_patterns(run([rows, [], [], [], []]))
    assert (pattern.kind, pattern.accounts) == (KIND, 20)
    assert {number for _, number in pattern.places} == set(range(14, 34))


def test_a_slogan_of_two_threads_is_one_pattern():
    (pattern,) = repeated(run([said_by(9), said_by(9, seed=6, name="q"), *([[]] * 10)]))
    assert (pattern.accounts, len(pattern.threads), len(pattern.places)) == (18, 2, 18)
    assert "in 2 threads" in pattern.text


@pytest.mark.parametrize("accounts", [5, 8, 15])
def test_a_planted_phrase_is_found_at_every_rate(accounts):
    found = sum(bool(repeated(run([said_by(accounts, seed=seed), *([[]] * 7)], seed=seed))) for seed in range(6))
    assert found >= 5


def pet_phrases(seed: int) -> list[tuple[str, str]]:
    """Comments of 180 accounts: most have a phrase of their own that they repeat, and all share some stock phrases."""
    rng = random.Random(seed)
    stock = [ordinary(rng, 4) for _ in range(12)]
    rows = []
    for account in range(180):
        own = ordinary(rng, 5)
        for _ in range(rng.choice([1, 1, 1, 2, 6])):
            phrase = rng.choice(stock) if rng.random() < 0.25 else own
            rows.append((around(rng, phrase), f"p{account}"))
    return rows


def dealt_out(rows: list[tuple[str, str]], seed: int) -> list[Thread]:
    """The comments in six threads, every account in one of them by lot."""
    rng = random.Random(seed)
    place = {author: rng.randrange(6) for _, author in rows}
    return [thread_of([row for row in rows if place[row[1]] == at], at) for at in range(6)]


def test_accounts_dealt_out_by_lot_say_nothing():
    findings = [repeated(dealt_out(pet_phrases(seed), seed)) for seed in range(12)]
    assert sum(map(len, findings)) <= 1


def test_dealing_the_accounts_of_a_slogan_out_makes_it_vanish():
    threads = run([said_by(12), *([[]] * 5)])
    assert repeated(threads)
    rows = [(comment.text, comment.author) for thread in threads for comment in thread.comments]
    assert sum(bool(repeated(dealt_out(rows, seed))) for seed in range(10)) <= 1


def reported(rows: list[tuple[str, str]]) -> list[ReportedComment]:
    return [
        ReportedComment(number=n, id=str(n), reader=who, text=text, standing=Standing.APPROVE, problem=0.1)
        for n, (text, who) in enumerate(rows, start=1)
    ]


def test_a_thread_alone_is_held_against_stock_phrases():
    (thread,) = run([said_by(8)])
    rows = [(comment.text, comment.author) for comment in thread.comments]
    (pattern,) = within_thread(reported(rows), slug="t", title="T")
    assert (pattern.kind, pattern.excerpt, pattern.accounts) == (KIND, SLOGAN, 8)
    assert pattern.chance is None
    assert within_thread(reported(rows), slug="t", title=f"They call: {SLOGAN}!") == ()
    (alone,) = repeated([thread])
    assert alone.places == tuple((alone.places[0][0], number) for _, number in pattern.places)


def test_the_longer_the_thread_the_more_accounts_it_takes():
    rows = [(comment.text, comment.author) for comment in run([said_by(5)], others=1500)[0].comments]
    assert within_thread(reported(rows), slug="t", title="T") == ()


def test_the_pages_of_a_run_tell_what_the_run_found(tmp_path):
    threads = run([said_by(7, STOCK, seed=n, name=f"p{n}-") for n in range(4)])
    reports = [build_report(thread, [], []) for thread in threads]
    assert all(pattern.kind == KIND for report in reports for pattern in report.coordination)
    assert all(report.coordination for report in reports)
    for patterns, found in ((None, True), (find_patterns(threads), False)):
        write_reports(reports, tmp_path, formats=["json"], patterns=patterns)
        pages = [json.loads(path.read_text()) for path in (tmp_path / "threads").iterdir()]
        assert [bool(page.get("coordination")) for page in pages] == [found] * 4


def test_a_found_phrase_stands_on_the_index_and_on_its_page(tmp_path):
    threads = run([said_by(8), [], [], [], []])
    write_reports([build_report(t, [], []) for t in threads], tmp_path, patterns=find_patterns(threads))
    for name in ("index.html", "index.json", "index.md"):
        assert SLOGAN in (tmp_path / name).read_text()
    assert "1 phrase is repeated by more accounts than chance explains." in (tmp_path / "index.md").read_text()
    pages = [path for path in (tmp_path / "threads").glob("*.md") if SLOGAN in path.read_text()]
    assert len(pages) == 1
    told = "Comments 11, 12, 13, 14, 15, 16, 17, 18, 14 October 2026, 10:09 to 10:58 UTC."
    assert told in pages[0].read_text()


def test_a_redacted_run_names_nobody():
    rows = [(text, author) for text, author in said_by(8, "marta_k hides the bill from us")]
    threads = run([[*rows, ("Hello", "marta_k")], [], [], [], []])
    (open_one,), (redacted,) = repeated(threads), repeated(threads, redact=True)
    assert "marta_k" in open_one.excerpt
    assert "marta_k" not in redacted.excerpt
    assert redacted.accounts == 8


@pytest.mark.parametrize("attack", CASES)
def test_a_hostile_phrase_is_inert(attack):
    words = " ".join(attack.split()[:4])[:120]
    rows = [(f"{attack[:60]} {SLOGAN} {words} for the harbour again", f"p{n}") for n in range(9)]
    rng = random.Random(2)
    rows = [(f"{ordinary(rng)} {text} {ordinary(rng)}", who) for text, who in rows]
    report = build_report(run([rows], title=attack)[0], [], [])
    assert [pattern.kind for pattern in report.coordination]
    index = build_index([report], patterns=report.coordination)
    for page in (as_html(report), as_html(index)):
        check_page(page)
    for shown in (report, index):
        for text in (as_json(shown), as_csv(shown), as_markdown(shown)):
            text.encode()
            assert not ACTING.search(text)
        assert not re.search(r"(?<!\\)<\w", as_markdown(shown))


@given(
    st.lists(st.tuples(st.text(alphabet=st.sampled_from('ab\0 >"“”@.\n\u200b\u0301é')), st.integers(0, 6)), max_size=40)
)
@settings(max_examples=60, deadline=None)
def test_any_comments_can_be_searched(rows):
    comments = [
        Said(number=n, account=str(who), text=text, parent=n - 1 or None) for n, (text, who) in enumerate(rows, start=1)
    ]
    for phrase in shared_phrases(Speech(comments)):
        numbers = [use.number for use in phrase.uses]
        assert numbers == sorted(set(numbers))
        assert phrase.text in comments[numbers[0] - 1].text


@pytest.mark.parametrize(("count", "own", "marked", "n"), [(3, 5, 8, 30), (0, 5, 8, 30), (5, 5, 5, 9), (4, 9, 28, 30)])
def test_a_dealt_tail_is_exact(count, own, marked, n):
    ways = [math.comb(marked, k) * math.comb(n - marked, own - k) for k in range(count, min(own, marked) + 1)]
    assert dealt(count, own, marked, n) == pytest.approx(sum(ways) / math.comb(n, own))


def test_overuse_rises_with_uses_here_and_falls_with_uses_elsewhere():
    here = [overuse((uses, 1000), (4, 50_000), PRIOR) for uses in range(12)]
    elsewhere = [overuse((6, 1000), (uses, 50_000), PRIOR) for uses in range(1, 200, 20)]
    assert all(one < other for one, other in pairwise(here))
    assert all(one > other for one, other in pairwise(elsewhere))
    assert overuse((5, 1000), (50, 10_000), (5.0, 1000.0)) == pytest.approx(0, abs=1e-9)
