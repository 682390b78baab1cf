"""How long `analyzer serve` lets its callers wait: `python -m tests.load http://127.0.0.1:8080`, while it listens there.

Callers send harmless and hateful comments of the project's label files, one after the other, each over a connection of its own.
"""

import http.client
import json
import sys
import time
from itertools import islice
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

COMMENTS = Path(__file__).parent.parent / "data/labels/hate.en.jsonl"
CALLERS = (1, 10, 50, 100)
_EACH = 6
_LEAST = 120


def waits(address: str, callers: int) -> list[float]:
    """Seconds of every request, shortest first."""
    with COMMENTS.open(encoding="utf-8") as rows:
        texts = [json.loads(row)["text"] for row in islice(rows, max(_LEAST, callers * _EACH))]
    found: list[float] = []
    workers = [Thread(target=_call, args=(address, texts[first::callers], found)) for first in range(callers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == len(texts), "some callers got no answer"
    return sorted(found)


def _call(address: str, texts: list[str], found: list[float]) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    for text in texts:
        body = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
        start = time.perf_counter()
        connection.request("POST", "/v1alpha1/comments:analyze?key=any", json.dumps(body))
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            found.append(time.perf_counter() - start)
    connection.close()


if __name__ == "__main__":
    for callers in CALLERS:
        seconds = waits(sys.argv[1], callers)
        half, most = seconds[len(seconds) // 2], seconds[int(0.99 * len(seconds)) - 1]
        print(
            f"{callers} callers, {len(seconds)} requests: median {1000 * half:.0f} ms, 99 % within {1000 * most:.0f} ms"
        )
