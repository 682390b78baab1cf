"""OpenAI's moderations, Coral's external phase, Google's batches and discovery; the released clients against a live server."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from threading import Thread as Worker
from typing import Any

import pytest
import uvicorn
from fakes import WordScorer
from starlette.testclient import TestClient

from analyzer.cli.serve import HERE, listen
from analyzer.policy import load_policy
from analyzer.server import Settings, build_app
from analyzer.server.openai import CATEGORIES
from tests.load import waits

ASK = {"requestedAttributes": {"INSULT": {}}, "languages": ["en"]}


def client(**options: Any) -> TestClient:
    policy = load_policy("default", thresholds=WordScorer.thresholds, model="words@1")
    return TestClient(build_app(WordScorer(), policy, Settings(**options)), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def service() -> TestClient:
    return client()


# OpenAI


def test_each_text_has_a_result_with_all_categories_in_three_maps(service: TestClient) -> None:
    answer = service.post("/v1/moderations", json={"input": ["you idiot", "fine"], "model": "omni-moderation-latest"})
    record = answer.json()
    assert (answer.status_code, record["model"], record["id"][:5]) == (200, "words@1", "modr-")
    assert answer.headers["x-request-id"].startswith("req_")
    bad, good = record["results"]
    for result in (bad, good):
        maps = [result[name] for name in ("categories", "category_scores", "category_applied_input_types")]
        assert [tuple(one) for one in maps] == [CATEGORIES] * 3
        assert result["category_applied_input_types"]["self-harm"] == []
        assert result["category_scores"]["sexual/minors"] == 0.0
    assert (bad["flagged"], bad["categories"]["harassment"], bad["category_scores"]["harassment"]) == (True, True, 0.91)
    assert bad["category_applied_input_types"]["harassment"] == ["text"]
    assert (good["flagged"], any(good["categories"].values())) == (False, False)


def test_what_nobody_could_judge_has_no_applied_type(service: TestClient) -> None:
    (result,) = service.post("/v1/moderations", json={"input": "12345"}).json()["results"]
    assert result["flagged"] is False
    assert not any(result["category_applied_input_types"].values())


def test_rhetoric_alone_is_no_category(service: TestClient) -> None:
    (result,) = service.post("/v1/moderations", json={"input": "whatabout the tunnel"}).json()["results"]
    assert result["flagged"] is False


def test_parts_are_one_text(service: TestClient) -> None:
    parts = [{"type": "text", "text": "you"}, {"type": "text", "text": "idiot"}]
    (result,) = service.post("/v1/moderations", json={"input": parts}).json()["results"]
    assert result["flagged"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"input": []},
        {"input": None},
        {},
        {"input": ["a", {"type": "text", "text": "b"}]},
        {"input": [{"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}]},
        {"input": [{"type": "text"}]},
        {"input": "a", "model": 5},
        {"input": ["a"] * 300},
        [],
    ],
)
def test_bad_inputs_are_refused_in_the_form_of_openai(service: TestClient, body: Any) -> None:
    answer = service.post("/v1/moderations", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["message"]


def test_openai_keys() -> None:
    keyed = client(api_key="secret")
    for headers in ({}, {"authorization": "Bearer guess"}):
        answer = keyed.post("/v1/moderations", json={"input": "a"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    answer = keyed.post("/v1/moderations", json={"input": "a"}, headers={"authorization": "Bearer secret"})
    assert answer.status_code == 200
    busy = client(most=1).post("/v1/moderations", json={"input": ["a", "b"]})
    assert (busy.status_code, busy.headers["retry-after"]) == (429, "1")


# Coral


def coral_body(text: str) -> bytes:
    record = {
        "action": "NEW",
        "comment": {"body": text, "parentID": None},
        "author": {"id": "a", "role": "COMMENTER"},
        "story": {"id": "s", "url": "https://a.example/1"},
        "site": {"id": "x"},
        "tenantID": "t",
        "tenantDomain": "a.example",
    }
    return json.dumps(record).encode()


def signature(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_coral_gets_a_flag_or_no_opinion_and_never_a_status(service: TestClient) -> None:
    flagged = service.post("/coral", content=coral_body("<p>you <b>idiot</b></p>"))
    assert flagged.json() == {"actions": [{"actionType": "FLAG", "reason": "COMMENT_DETECTED_TOXIC"}]}
    for harmless in ("<p>fine</p>", "", "12345", "whatabout the tunnel"):
        answer = service.post("/coral", content=coral_body(harmless))
        assert (answer.status_code, answer.content) == (204, b"")
    assert service.post("/coral", content=b"{}").status_code == 400


def test_coral_signs_with_any_of_its_secrets() -> None:
    signed = client(coral_secrets=("old", "new"), api_key="other")
    body = coral_body("fine")
    good = [signature(body, "new"), f"{signature(body, 'past')},{signature(body, 'old')}"]
    bad = [
        "",
        "sha256=",
        signature(body, "past"),
        signature(body, "new")[:-1],
        signature(body + b" ", "new"),
        "sha256=é",
    ]
    codes = [
        signed.post("/coral", content=body, headers={"x-coral-signature": header.encode()}).status_code
        for header in good + bad
    ]
    assert codes == [204] * len(good) + [401] * len(bad)


# Batches, discovery, health


def test_a_batch_answers_each_call_with_a_status_of_its_own(service: TestClient) -> None:
    def part(id: str, target: str, body: str) -> str:
        call = f"POST {target} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{body}"
        return f"--==b==\r\nContent-Type: application/http\r\nContent-ID: <{id}>\r\n\r\n{call}\r\n"

    good = json.dumps({"comment": {"text": "you idiot"}} | ASK)
    body = part("u + 1", "/v1alpha1/comments:analyze?key=K&alt=json", good)
    body += part("u + 2", "/v1alpha1/comments%3Aanalyze", "{}")
    body += part("u + 3", "/health", "") + part("u + 4", "http://other.example/v1alpha1/comments:analyze", good)
    answer = service.post(
        "/batch", content=(body + "--==b==--").encode(), headers={"content-type": 'multipart/mixed; boundary="==b=="'}
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("multipart/mixed; boundary=")
    statuses = [line.split()[1] for line in answer.text.splitlines() if line.startswith("HTTP/1.1")]
    assert statuses == ["200", "400", "404", "404"]
    assert "Content-ID: <response-u + 1>" in answer.text
    for kind in ("application/json", "multipart/mixed", ""):
        assert service.post("/batch", content=b"x", headers={"content-type": kind}).status_code == 400


def test_the_discovery_document_names_the_address_that_was_used(service: TestClient) -> None:
    for path in ("/$discovery/rest", "/%24discovery/rest"):
        record = service.get(path, params={"version": "v1alpha1"}, headers={"host": "a.example:8080"}).json()
        assert (record["rootUrl"], record["batchPath"]) == ("http://a.example:8080/", "batch")
    forwarded = {"x-forwarded-proto": "https", "x-forwarded-host": "b.example"}
    assert service.get("/$discovery/rest", headers=forwarded).json()["rootUrl"] == "https://b.example/"
    for host in ("a.example/x", "a b", '"'):
        assert service.get("/$discovery/rest", headers={"x-forwarded-host": host}).status_code == 400


def test_health_says_what_answers(service: TestClient) -> None:
    record = service.get("/health").json()
    assert (record["status"], record["model"], record["waiting"]) == ("ok", "words@1", 0)
    assert {"INSULT", "TOXICITY", "X_PROPAGANDA_WHATABOUTISM"} <= set(record["attributes"])


# The clients as they are released


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    policy = load_policy("default", thresholds=WordScorer.thresholds, model="words@1")
    app = build_app(WordScorer(), policy, Settings())
    listening = listen(HERE, 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    worker = Worker(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    worker.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    worker.join(10)
    listening.close()


def test_a_caller_does_not_wait_for_an_acknowledgement(address: str) -> None:
    seconds = waits(address, 1)
    assert seconds[len(seconds) // 4] < 0.03  # 0.04 is what delayed acknowledgements cost


@pytest.mark.filterwarnings("ignore")
def test_googles_python_client_works_unchanged(address: str) -> None:
    from googleapiclient import discovery
    from googleapiclient.errors import HttpError

    url = f"{address}/$discovery/rest?version=v1alpha1"
    with discovery.build("commentanalyzer", "v1alpha1", developerKey="K", discoveryServiceUrl=url) as service:
        _use_google(service, HttpError)


def _use_google(service: Any, error: Any) -> None:
    comments = service.comments()
    answer = comments.analyze(body={"comment": {"text": "you idiot"}} | ASK).execute()
    assert answer["attributeScores"]["INSULT"]["summaryScore"]["value"] == 0.91
    score = {"INSULT": {"summaryScore": {"value": 1}}}
    suggested = comments.suggestscore(body={"comment": {"text": "a"}, "attributeScores": score, "clientToken": "1"})
    assert suggested.execute() == {"clientToken": "1"}
    with pytest.raises(error) as refused:
        comments.analyze(body={"comment": {"text": ""}} | ASK).execute()
    assert (refused.value.status_code, refused.value.reason) == (400, "Comment must be non-empty.")
    assert refused.value.error_details[0]["errorType"] == "COMMENT_EMPTY"
    outcomes: dict[str, Any] = {}
    batch = service.new_batch_http_request(callback=lambda id, answer, failed: outcomes.update({id: answer or failed}))
    for text in ("fine", "", "you idiot"):
        batch.add(comments.analyze(body={"comment": {"text": text}} | ASK))
    batch.execute()
    first, second, third = (outcomes[str(number)] for number in (1, 2, 3))
    assert first["attributeScores"]["INSULT"]["summaryScore"]["value"] == 0.02
    assert isinstance(second, error)
    assert third["attributeScores"]["INSULT"]["summaryScore"]["value"] == 0.91


@pytest.mark.filterwarnings("ignore")
def test_openais_python_client_works_unchanged(address: str) -> None:
    import openai

    with openai.OpenAI(base_url=f"{address}/v1", api_key="x", max_retries=0) as service:
        answer = service.moderations.create(input=["you idiot", "fine"])
        assert [result.flagged for result in answer.results] == [True, False]
        assert answer.results[0].categories.harassment is True
        assert answer.results[0].category_scores.harassment_threatening == 0.02
        assert service.moderations.with_raw_response.create(input="fine").headers["x-request-id"]
        with pytest.raises(openai.BadRequestError, match="input must be"):
            service.moderations.create(input=[])
