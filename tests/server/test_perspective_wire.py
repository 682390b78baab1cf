"""Perspective's wire, call by call: what its reference pages and its clients' habits demand."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes import WordScorer
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from analyzer.policy import load_policy
from analyzer.readers import read_labels
from analyzer.server import Settings, build_app
from analyzer.server.attributes import name_attributes
from analyzer.server.perspective import sentences
from analyzer.taxonomy import load_taxonomy

ANALYZE = "/v1alpha1/comments:analyze"
SUGGEST = "/v1alpha1/comments:suggestscore"


def client(scorer: Any = None, **options: Any) -> TestClient:
    scorer = scorer or WordScorer()
    policy = load_policy("default", thresholds=scorer.thresholds, model=scorer.version)
    return TestClient(build_app(scorer, policy, Settings(**options)), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def service() -> TestClient:
    return client()


def asked(text: str, *names: str, **more: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = {name: {} for name in names or ("INSULT",)}
    return {"comment": {"text": text}, "requestedAttributes": attributes, "languages": ["en"]} | more


def test_an_attribute_has_a_summary_and_one_span_over_the_whole_text(service: TestClient) -> None:
    answer = service.post(ANALYZE, json=asked("😀 you idiot", clientToken="7"))
    assert answer.status_code == 200
    assert answer.json() == {
        "attributeScores": {
            "INSULT": {
                "spanScores": [{"begin": 0, "end": 12, "score": {"value": 0.91, "type": "PROBABILITY"}}],
                "summaryScore": {"value": 0.91, "type": "PROBABILITY"},
            }
        },
        "languages": ["en"],
        "detectedLanguages": ["en"],
        "clientToken": "7",
    }


@pytest.mark.parametrize(
    "text",
    [
        "🇩🇪 fine. You idiot! 😀 Bye.",
        "e\u0301 well. idiot\r\nnext line. Done",
        "no end at all",
        "... !!! a?",
        "a\n\n\nb",
    ],
    ids=["flags", "combining", "unended", "dots", "lines"],
)
def test_spans_of_sentences_count_utf16_units_and_split_no_character(service: TestClient, text: str) -> None:
    body = asked(text, spanAnnotations=True)
    spans = service.post(ANALYZE, json=body).json()["attributeScores"]["INSULT"]["spanScores"]
    raw = text.encode("utf-16-le")
    parts = [raw[2 * span["begin"] : 2 * span["end"]].decode("utf-16-le") for span in spans]
    assert [part for part in parts if part != part.strip()] == []
    assert "".join("".join(parts).split()) in "".join(text.split())
    for part, span in zip(parts, spans, strict=True):
        assert span["score"]["value"] == (0.91 if "idiot" in part else 0.02)


def test_many_sentences_are_taken_together() -> None:
    text = "Oh. " * 1000
    places = sentences(text)
    assert len(places) <= 64
    assert (places[0][0], places[-1][1]) == (0, len(text.rstrip()))


def test_the_parent_is_read_with_the_comment(service: TestClient) -> None:
    def value(**context: Any) -> float:
        answer = service.post(ANALYZE, json=asked("Same to you", context=context))
        return answer.json()["attributeScores"]["INSULT"]["summaryScore"]["value"]

    assert value(entries=[{"text": "first"}, {"text": "you idiot"}]) == 0.455
    assert value(articleAndParentComment={"article": {"text": "x"}, "parentComment": {"text": "idiot"}}) == 0.455
    assert value(articleAndParentComment={"article": {"text": "idiot"}}) == 0.02


@pytest.mark.parametrize(("threshold", "left"), [(0, ["INSULT", "TOXICITY"]), (0.5, ["INSULT"]), (0.95, None)])
def test_an_attribute_below_its_threshold_is_left_out(
    service: TestClient, threshold: float, left: list[str] | None
) -> None:
    body = asked("you idiot")
    body["requestedAttributes"] = {name: {"scoreThreshold": threshold} for name in ("INSULT", "TOXICITY")}
    answer = service.post(ANALYZE, json=body).json()
    assert answer.get("attributeScores") is None if left is None else sorted(answer["attributeScores"]) == left


REFUSED: list[tuple[Any, str, str]] = [
    (asked(" \n"), "COMMENT_EMPTY", "Comment must be non-empty."),
    (asked("é" * 10_241), "COMMENT_TOO_LONG", "Comment text too long."),
    ({"comment": {"text": "a"}}, "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes"),
    (asked("a", "SPAM"), "INVALID_REQUEST", "Unknown requested attribute: SPAM"),
    (asked("a", "toxicity"), "INVALID_REQUEST", "Unknown requested attribute: toxicity"),
    (
        asked("a", requestedAttributes={"INSULT": {"scoreType": "RAW"}}),
        "INVALID_REQUEST",
        "Requested score type RAW is not supported by attribute INSULT",
    ),
    (asked("a", comment={"text": "a", "type": "MARKDOWN"}), "INVALID_REQUEST", "Unknown text type"),
    (
        asked("a", comment={"text": "a", "type": "HTML"}),
        "INVALID_REQUEST",
        "Currently, only 'PLAIN_TEXT' comments are supported",
    ),
    (
        asked("a", context={"entries": [{"text": "b"}], "articleAndParentComment": {}}),
        "INVALID_REQUEST",
        "Context can have either entries or article_and_parent_comment, but both fields were populated.",
    ),
    (asked("12345 !!!"), "LANGUAGE_DETECTION_FAILED", "Unable to detect language"),
    (
        asked("some words", languages=["xx"]),
        "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        "Attribute INSULT does not support request languages: xx",
    ),
]


@pytest.mark.parametrize(("body", "kind", "message"), REFUSED)
def test_what_cannot_be_answered_is_refused_in_the_words_of_the_service(
    service: TestClient, body: Any, kind: str, message: str
) -> None:
    answer = service.post(ANALYZE, json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert error["message"] == message
    assert error["details"][0]["errorType"] == kind
    if kind.startswith("LANGUAGE_NOT"):
        named = {"detectedLanguages": ["xx"], "attribute": "INSULT"}
        assert error["details"][0]["languageNotSupportedByAttributeError"] == named


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"comment": {"text": 5}}',
        b'{"comment": {"text": "a", "x": 1}}',
        b'{"comment": "a"}',
        b'{"comment": {"text": "a"}, "requestedAttributes": {"INSULT": {"scoreThreshold": NaN}}}',
        b'{"comment": {"text": "a"}, "requestedAttributes": {"INSULT": {"scoreThreshold": true}}}',
        b'{"comment": {"text": "a"}, "languages": "en"}',
        b'{"surprise": 1}',
        b"[" * 100_000,
    ],
)
def test_what_has_not_the_right_form_is_refused_in_a_sentence(service: TestClient, body: bytes) -> None:
    answer = service.post(ANALYZE, content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_unset_fields_snake_case_and_pinned_names_are_taken(service: TestClient) -> None:
    body = {
        "comment": {"text": "you idiot", "type": None},
        "requested_attributes": {"INSULT@6": {"score_threshold": 0.1}},
    }
    assert list(service.post(ANALYZE, json=body).json()["attributeScores"]) == ["INSULT@6"]


def test_unsupported_attributes_and_languages_are_dropped_if_asked_for(service: TestClient) -> None:
    some = service.post(ANALYZE, json=asked("idiot", "SPAM", "INSULT", dropUnsupportedAttributes=True)).json()
    assert list(some["attributeScores"]) == ["INSULT"]
    none = service.post(ANALYZE, json=asked("words", languages=["xx"], dropUnsupportedAttributes=True))
    assert none.status_code == 200
    assert "attributeScores" not in none.json()


def test_fields_and_pretty_print(service: TestClient) -> None:
    def get(fields: str, **more: str) -> Any:
        return service.post(ANALYZE, json=asked("you idiot"), params={"fields": fields, "key": "k", **more})

    value = {"attributeScores": {"INSULT": {"summaryScore": {"value": 0.91}}}}
    assert get("attributeScores.INSULT.summaryScore.value").json() == value
    assert get("attributeScores/*/summaryScore(value)", odd="1").json() == value
    assert get("languages,detectedLanguages").json() == {"languages": ["en"], "detectedLanguages": ["en"]}
    assert get("languages", prettyPrint="false").text == '{"languages": ["en"]}'
    assert get("languages").text.startswith("{\n")
    for wrong in ("a(b", "a//b", ",", "a)", "(" * 500):
        assert get(wrong).status_code == 400
    assert get("languages", alt="media").status_code == 400
    assert get("languages", callback="x").status_code == 400


def test_a_key_is_asked_for_where_one_is_set() -> None:
    service = client(api_key="secret")
    body = asked("a word")
    assert service.post(ANALYZE, json=body).status_code == 403
    wrong = service.post(ANALYZE, json=body, params={"key": "guess"})
    assert (wrong.status_code, wrong.json()["error"]["details"][0]["reason"]) == (400, "API_KEY_INVALID")
    for sent in (
        {"params": {"key": "secret"}},
        {"headers": {"x-goog-api-key": "secret"}},
        {"headers": {"authorization": "Bearer secret"}},
    ):
        assert service.post(ANALYZE, json=body, **sent).status_code == 200
    assert service.get("/health").status_code == 200


def test_a_scorer_that_breaks_costs_only_the_guilty_comment() -> None:
    service = client(WordScorer(fail_on="boom"))
    assert service.post(ANALYZE, json=asked("boom")).status_code == 503
    assert service.post(ANALYZE, json=asked("you idiot")).status_code == 200


def test_too_many_waiting_comments_and_too_large_bodies_are_refused() -> None:
    busy = client(most=1).post(ANALYZE, json=asked("One. Two.", spanAnnotations=True))
    assert (busy.status_code, busy.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert busy.headers["retry-after"] == "1"
    assert client().post(ANALYZE, content=b" " * 3_000_000).status_code == 413


def test_suggestions_are_kept_as_rows_to_train_on(tmp_path: Path) -> None:
    kept = tmp_path / "suggested.jsonl"
    service = client(suggestions=kept)
    place = {"url": "https://a.example/1", "Coral_comment_id": "9"}
    body = {
        "comment": {"text": "you fool"},
        "context": {"entries": [{"text": json.dumps(place)}]},
        "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}},
        "clientToken": "comment:9",
        "communityId": "Coral:https://a.example",
        "languages": ["en"],
    }
    answer = service.post(SUGGEST, json=body)
    assert answer.json() == {"requestedLanguages": ["en"], "clientToken": "comment:9"}
    (row,) = read_labels(kept)
    assert (row.text, row.parent, row.id, dict(row.labels)) == ("you fool", None, "comment:9", {"abuse.toxicity": 1})
    assert json.loads(kept.read_text())["coral"] == place
    for wrong in (
        {"attributeScores": {}},
        {"attributeScores": {"TOXICITY": {}}},
        {"attributeScores": {"TOXICITY": {"summaryScore": {}}}},
        {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 2}}}},
        {"attributeScores": {"TOXICITY": {"spanScores": [{"begin": 0, "score": {"value": 1}}]}}},
        {"attributeScores": {"NOBODY": {"summaryScore": {"value": 1}}}},
    ):
        assert service.post(SUGGEST, json=body | wrong).status_code == 400
    assert len(kept.read_text().splitlines()) == 1


def test_nothing_is_kept_where_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    body = {"comment": {"text": "a"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}
    assert client().post(SUGGEST, json=body).status_code == 200
    assert list(tmp_path.iterdir()) == []


def test_every_label_has_an_attribute_and_a_shared_name_means_the_summary() -> None:
    taxonomy = load_taxonomy()
    names = name_attributes([*taxonomy.ids, "site.doxxing"], taxonomy)
    assert set(names.values()) == {*taxonomy.ids, "site.doxxing"}
    assert names["X_ANTISEMITISM"] == "antisemitism.any"
    assert names["THREAT"] == names["THREAT_EXPERIMENTAL"] == "abuse.threat"
    assert names["X_SITE_DOXXING"] == "site.doxxing"
    assert not {"X_ANTISEMITISM_CONTESTED", "SPAM", "FLIRTATION"} & names.keys()


def test_pages_of_allowed_sites_may_call() -> None:
    service = client(origins=("https://a.example",))
    headers = {"origin": "https://a.example"}
    assert service.post(ANALYZE, json=asked("a"), headers=headers).headers["access-control-allow-origin"]
    assert (
        "access-control-allow-origin"
        not in service.post(ANALYZE, json=asked("a"), headers={"origin": "https://b.example"}).headers
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["comment", "text", "context", "entries", "requestedAttributes", "INSULT", "languages", "input"]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(body=JSON, path=st.sampled_from([ANALYZE, SUGGEST, "/v1/moderations", "/coral", "/batch"]))
def test_no_request_breaks_the_service(service: TestClient, body: Any, path: str) -> None:
    assert service.post(path, content=json.dumps(body).encode()).status_code < 500
