"""The records and their JSON form: whatever a record holds comes back from it, equal."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import InputError
from analyzer.schema import Action, Checked, Comment, Decision, Key, Reason, Review, Score, Span, Status, Thread

words = st.text(max_size=12)
maybe = st.none() | words
shares = st.floats(0, 1)
labels = st.dictionaries(words, shares, max_size=3)
times = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
plain = st.none() | st.booleans() | st.integers() | words
keys = st.builds(Key, words, words, words)
spans = st.builds(Span, start=st.integers(0, 99), end=st.integers(0, 99), label=words, prob=shares)
reasons = st.builds(Reason, rule=words, label=words, prob=shares, threshold=shares, action=st.sampled_from(Action))
comments = st.builds(
    Comment,
    source=words,
    id=words,
    thread_id=words,
    text=st.text(),
    parent_id=maybe,
    author=maybe,
    created=st.none() | times,
    lang=maybe,
    status=st.sampled_from(Status),
    likes=st.none() | st.integers(),
    thread_title=maybe,
    thread_url=maybe,
    flags=st.lists(words, max_size=2).map(tuple),
    extra=st.dictionaries(words, plain, max_size=2),
)
threads = st.builds(
    Thread,
    source=words,
    id=words,
    comments=st.lists(comments, max_size=3).map(tuple),
    title=maybe,
    url=maybe,
    orphans=st.integers(0),
    claimed=st.none() | st.integers(0),
    context=st.lists(comments, max_size=1).map(tuple),
)
scores = st.builds(
    Score,
    key=keys,
    model=words,
    probs=labels,
    spans=st.lists(spans, max_size=2).map(tuple),
    windows=st.integers(0),
    lang=words,
    checked=st.sampled_from(Checked),
)
decisions = st.builds(
    Decision,
    key=keys,
    action=st.sampled_from(Action),
    reasons=st.lists(reasons, max_size=2).map(tuple),
    policy=words,
)
reviews = st.builds(
    Review,
    key=keys,
    labels=st.dictionaries(words, shares, max_size=2),
    action=st.sampled_from(Action),
    reviewer=words,
    at=times,
    model=words,
    sampled_by=words,
    spans=st.lists(spans, max_size=2).map(tuple),
    note=words,
)


@given(st.one_of(comments, threads, scores, decisions, reviews))
@settings(max_examples=250, deadline=None)
def test_a_record_comes_back_from_its_json(record: Comment | Thread | Score | Decision | Review) -> None:
    written = json.dumps(record.to_json(), allow_nan=False)
    assert type(record).from_json(json.loads(written)) == record


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("status", "hidden", "'hidden' is no status of a comment; write one of visible"), ("created", "soon", "ISO 8601")],
)
def test_a_record_with_a_value_that_is_none_says_which_are(field: str, value: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Comment.from_json({"source": "s", "id": "7", "thread_id": "t", "text": "words", field: value})
