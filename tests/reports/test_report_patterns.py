"""Patterns: planted ones are found, honest repetition is not, and `coordinated` needs two signals."""

import random
import tracemalloc
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from report_demo import START

from analyzer.reports import build_report, find_patterns, write_reports
from analyzer.reports.coordination import closeness, spaced, within_thread
from analyzer.reports.copies import bands, jaccard, normalised, shingles
from analyzer.reports.records import Finding, ReportedComment, Standing
from analyzer.schema import Comment, Score, Thread

TEXT = "Ask yourself why the council hides the real bill for this tram line and who is going to pay for it."
WORDS = (
    "harbour", "council", "tram", "winter", "money", "road", "north", "bridge", "paper", "reader", "school",
    "garden", "budget", "summer", "evening", "driver", "hill", "station", "market", "price", "letter",
    "answer", "question", "morning", "region", "river", "light", "street", "family", "number",
)  # fmt: skip


def sentence(rng: random.Random, length: int = 18) -> str:
    return " ".join(rng.choice(WORDS) for _ in range(length))


def comment(number: int, minute: float, text: str, reader: str, **fields) -> ReportedComment:
    return ReportedComment(
        number=number,
        id=str(number),
        reader=reader,
        text=text,
        created=START + timedelta(minutes=minute),
        standing=fields.pop("standing", Standing.APPROVE),
        problem=0.1,
        **fields,
    )


def insult() -> tuple[Finding, ...]:
    return (Finding(label="abuse.insult", name="Insult", family="abuse", prob=0.9, threshold=0.5),)


def kinds(comments: list[ReportedComment]) -> list[str]:
    return [pattern.kind for pattern in within_thread(comments, slug="t", title="T")]


def copied(minutes: list[float], readers: list[str], *, text: str = TEXT, others: int = 40) -> list[ReportedComment]:
    """A thread of an hour a comment, with copies at the given minutes."""
    rng = random.Random(1)
    rows = [(60.0 * at, sentence(rng), f"Reader {100 + at}") for at in range(others)]
    rows += [(minute, text, reader) for minute, reader in zip(minutes, readers, strict=True)]
    return [comment(number, *row) for number, row in enumerate(sorted(rows), start=1)]


def test_copies_by_three_accounts_are_one_signal():
    (pattern,) = within_thread(copied([10, 900, 2100], ["a", "b", "c"]), slug="t", title="T")
    assert (pattern.kind, pattern.accounts, len(pattern.places)) == ("copied text", 3, 3)
    assert not pattern.coordinated


def test_copies_close_in_time_are_two():
    (pattern,) = within_thread(copied([1000, 1002, 1003], ["a", "b", "c"]), slug="t", title="T")
    assert pattern.coordinated
    assert pattern.chance <= 0.05


@pytest.mark.parametrize(
    "comments",
    [
        pytest.param(copied([10, 900, 2100], ["a", "a", "b"]), id="two accounts"),
        pytest.param(copied([10, 900, 2100], ["a", "b", "c"], text="Thank you very much!"), id="a greeting"),
        pytest.param(copied([10, 900, 2100], ["a", "b", "c"], text=f"> {TEXT}\nno"), id="a quoted line"),
        pytest.param(copied([10, 900, 2100], ["a", "b", "c"], text=f"“{TEXT}” Really?"), id="a quotation"),
    ],
)
def test_honest_copies_are_no_pattern(comments):
    assert kinds(comments) == []


@pytest.mark.parametrize(
    ("edited", "found"),
    [
        pytest.param(TEXT.upper(), True, id="capitals"),
        pytest.param(
            TEXT.replace(" ", "  ") + "!!! https://x.example/1 @all", True, id="spaces, marks, a link, a mention"
        ),
        pytest.param(TEXT.replace("real", "full"), True, id="one word changed"),
        pytest.param(TEXT.replace("yourself", "yourselv"), True, id="a typing error"),
        pytest.param(TEXT[:92], True, id="cut at the end"),
        pytest.param(TEXT[:60], False, id="half of it"),
        pytest.param(" ".join(reversed(TEXT.split())), False, id="the words backwards"),
    ],
)
def test_edited_copies(edited, found):
    comments = copied([10, 900], ["a", "b"])
    comments.append(comment(len(comments) + 1, 5000, edited, "c"))
    assert ("copied text" in kinds(comments)) is found


def test_the_course_around_a_burst_is_told_as_an_average():
    minutes = [4 * n for n in range(40)] + [60 + n / 3 for n in range(25)]
    rows = [comment(n, minute, "x", f"Reader {n}") for n, minute in enumerate(sorted(minutes), start=1)]
    (pattern,) = within_thread(rows, slug="t", title="T")
    assert pattern.text.endswith("times as many as in an average ten minutes of the two hours around.")


def test_a_burst_stands_out_of_the_thread_s_own_decay():
    rng = random.Random(2)
    minutes = [300 * rng.expovariate(1) for _ in range(60)] + [200 + rng.random() * 8 for _ in range(25)]
    rows = [comment(n, minute, "x", f"Reader {n}") for n, minute in enumerate(sorted(minutes), start=1)]
    (pattern,) = within_thread(rows, slug="t", title="T")
    assert pattern.kind == "burst"
    assert pattern.accounts >= 20
    assert not pattern.coordinated


def test_a_chat_of_two_is_no_burst():
    minutes = [20 * n for n in range(40)] + [200 + n / 3 for n in range(25)]
    rows = [comment(n, minute, "x", f"Reader {n % 2}") for n, minute in enumerate(sorted(minutes), start=1)]
    assert kinds(rows) == []


def test_ordinary_threads_raise_no_alarm():
    rng = random.Random(4)
    alarms = 0
    for _ in range(60):
        minutes = sorted(rng.lognormvariate(5, 1.3) for _ in range(rng.randint(10, 150)))
        rows = []
        for number, minute in enumerate(minutes, start=1):
            bad = rng.random() < 0.1
            fields = {"findings": insult(), "standing": Standing.REVIEW} if bad else {}
            parent = rng.randint(1, number - 1) if number > 1 and rng.random() < 0.6 else None
            rows.append(comment(number, minute, sentence(rng), f"Reader {rng.randint(1, 40)}", parent=parent, **fields))
        alarms += bool(kinds(rows))
    assert alarms <= 2


def piled(attackers: int, *, evenly: bool) -> list[ReportedComment]:
    """Thirty comments with one reply each by others; attacks on the first comment, or spread."""
    rows = [comment(n, n, "x", f"Reader {n}") for n in range(1, 31)]
    for at in range(30):
        attack = at < attackers if not evenly else at % 5 == 0
        parent = 1 if (at < attackers and not evenly) else at + 1
        fields = {"findings": insult(), "standing": Standing.REVIEW} if attack else {}
        rows.append(comment(31 + at, 31 + at, "y", f"Reader {50 + at}", parent=parent, **fields))
    return rows


@pytest.mark.parametrize(
    ("comments", "found"),
    [
        pytest.param(piled(6, evenly=False), ["dog-piling"], id="six attack one"),
        pytest.param(piled(3, evenly=False), [], id="three are no pile"),
        pytest.param(piled(6, evenly=True), [], id="six attacks on six"),
    ],
)
def test_dog_piling(comments, found):
    assert [kind for kind in kinds(comments) if kind != "burst"] == found


def test_a_popular_calm_comment_is_no_pile():
    rows = [comment(1, 0, "x", "Reader 1")]
    rows += [comment(n, n * 30, sentence(random.Random(n)), f"Reader {n}", parent=1) for n in range(2, 30)]
    assert kinds(rows) == []


def one_issue(on_label: int, own: int) -> list[ReportedComment]:
    rows = [comment(n, 45 * n, "x", f"Reader {n}") for n in range(1, 41)]
    for at in range(own):
        fields = {"findings": insult(), "standing": Standing.REVIEW} if at < on_label else {}
        rows.append(comment(41 + at, 45 * (41 + at), "y", "Reader 99", **fields))
    return rows


@pytest.mark.parametrize(
    ("on_label", "own", "found"),
    [
        pytest.param(6, 6, ["single-issue account"], id="six of six"),
        pytest.param(4, 4, [], id="four comments say too little"),
        pytest.param(3, 6, [], id="three of six"),
    ],
)
def test_single_issue_accounts(on_label, own, found):
    assert kinds(one_issue(on_label, own)) == found


def test_unnamed_readers_are_no_account():
    assert kinds(copied([10, 900, 2100], ["unnamed reader"] * 3)) == []


def over_threads(texts: list[list[tuple[float, str, str]]]) -> list[Thread]:
    """Threads of ordinary comments with planted ones: (minute, text, author)."""
    rng = random.Random(7)
    threads = []
    for at, planted in enumerate(texts):
        rows = [(rng.random() * 3000, sentence(rng), f"a{at}-{n}") for n in range(25)] + planted
        comments = tuple(
            Comment(
                source="d",
                thread_id=f"t{at}",
                id=str(n),
                text=text,
                author=author,
                created=START + timedelta(minutes=minute),
            )
            for n, (minute, text, author) in enumerate(sorted(rows))
        )
        threads.append(Thread(source="d", id=f"t{at}", comments=comments, title=f"Thread {at}"))
    return threads


def test_copies_over_threads():
    planted = [[(500, TEXT, "x")], [(1700, TEXT.replace("real", "full"), "y")], [(2900, TEXT.upper(), "z")], []]
    (pattern,) = find_patterns(over_threads(planted))
    assert (pattern.accounts, len(pattern.threads), len(pattern.places)) == (3, 3, 3)
    assert 0.8 <= pattern.similarity < 1
    assert not pattern.coordinated
    assert list(pattern.threads.values()) == ["Thread 0", "Thread 1", "Thread 2"]


def test_copies_over_threads_within_minutes_are_two_signals():
    planted = [[(500 + 2 * n, TEXT, f"x{n}")] for n in range(5)]
    (pattern,) = find_patterns(over_threads(planted))
    assert pattern.coordinated


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param([[], [], []], id="nothing planted"),
        pytest.param([[(1, TEXT, "x"), (900, TEXT, "y")]], id="two accounts in one thread"),
    ],
)
def test_no_pattern_over_threads(planted):
    assert find_patterns(over_threads(planted)) == []


def test_copies_of_nobody_known_are_told_without_accounts():
    threads = over_threads([[(500, TEXT, "")], [(1700, TEXT, "")]])
    (pattern,) = find_patterns(threads)
    assert pattern.accounts == 0
    assert pattern.text == "the same text stands twice in 2 threads."


def test_of_many_copied_texts_one_is_close_in_time_by_chance():
    # Three copies an hour apart in a thread of days: one such text alone would be a second signal.
    close = copied([1000, 1060, 1120], ["a", "b", "c"])
    (pattern,) = within_thread(close, slug="t", title="T")
    assert 0.005 < pattern.chance <= 0.05
    assert pattern.coordinated
    rng = random.Random(9)
    rows = [(c.created.timestamp(), c.text, c.reader) for c in close]
    for text in (sentence(rng) for _ in range(10)):
        rows += [(close[0].created.timestamp() + 60 * minute, text, f"r{minute}") for minute in (10, 900, 2100)]
    start = min(moment for moment, _, _ in rows)
    many = [comment(n, (moment - start) / 60, *row) for n, (moment, *row) in enumerate(sorted(rows), start=1)]
    found = within_thread(many, slug="t", title="T")
    assert sum(pattern.kind == "copied text" for pattern in found) == 11
    assert not any(pattern.coordinated for pattern in found)


def test_words_that_are_covered_in_a_comment_are_covered_in_its_pattern(tmp_path):
    threads = over_threads([[(500 + n, TEXT, f"x{n}{m}") for n in range(3)] for m in range(2)])
    covered = {"antisemitism.slur_insult_exclusion": 0.95}
    reports = [
        build_report(
            thread, [Score(key=c.key, model="m", probs=covered) for c in thread.comments if c.text == TEXT], []
        )
        for thread in threads
    ]
    assert [pattern.covered for pattern in reports[0].coordination if pattern.excerpt] == [True]
    write_reports(reports, tmp_path, patterns=find_patterns(threads))
    for page in (tmp_path / "index.html", next((tmp_path / "threads").glob("*.html"))):
        (said,) = html.document_fromstring(page.read_text()).xpath("//*[@class='card']//p[@class='said']")
        (cover,) = said.xpath(".//span[@class='cover']/span[@class='in']")
        assert cover.text_content() == TEXT
    assert TEXT not in (tmp_path / "index.md").read_text()


def test_places_are_those_of_the_report():
    planted = [[(500, TEXT, "x")], [(1700, TEXT, "y")]]
    threads = over_threads(planted)
    (pattern,) = find_patterns(threads)
    for thread, (_, number) in zip(threads, pattern.places, strict=True):
        assert thread.comments[number - 1].text == TEXT


@pytest.mark.parametrize("similar", [0.8, 0.9])
def test_copies_as_similar_as_promised_share_a_band(similar):
    rng = random.Random(11)
    found = tried = 0
    while tried < 150:
        words = sentence(rng, 40).split()
        edited = " ".join(word if rng.random() > (1 - similar) / 4 else rng.choice(WORDS) for word in words)
        one, other = shingles(normalised(" ".join(words))), shingles(normalised(edited))
        if similar <= jaccard(one, other) < 1:
            tried += 1
            found += bool((bands(one) == bands(other)).any())
    assert found / tried >= 0.97


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_compared(text):
    plain = normalised(text)
    assert plain == "" or len(plain) >= 40
    if plain:
        hashes = shingles(plain)
        assert jaccard(hashes, hashes) == 1
        assert (bands(hashes) == bands(shingles(normalised(text)))).all()


def test_closeness_is_a_chance():
    arrivals = [float(n * 60) for n in range(200)]
    assert closeness([600.0, 660.0, 720.0], [arrivals] * 3) < 0.01
    assert closeness([0.0, 5000.0, 11000.0], [arrivals] * 3) > 0.5


def test_of_many_posts_two_hundred_at_even_distances_are_compared():
    assert spaced(range(200)) == list(range(200))
    few = spaced(range(1, 1001))
    assert (len(few), few[0], few[1], few[-1]) == (200, 1, 6, 996)
    for posts in (201, 399, 12_345):
        few = spaced(range(posts))
        assert (len(set(few)), sorted(few)) == (200, few)


def test_memory_does_not_grow_with_the_copies_of_a_text():
    """A wave of one text: neither a row of draws a copy, nor the times of the thread a copy."""
    rows = [(n / 60, TEXT, f"reader {n}") for n in range(1_500)]
    (thread,) = over_threads([rows])
    tracemalloc.start()
    (pattern,) = find_patterns([thread])
    within = tracemalloc.get_traced_memory()[1]
    tracemalloc.reset_peak()
    (same,) = [
        p
        for p in within_thread([comment(n, *row) for n, row in enumerate(rows, 1)], slug="t", title="T")
        if p.similarity
    ]
    peak = max(within, tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert len(pattern.places) == len(same.places) == 1_500
    assert peak < 12_000_000
