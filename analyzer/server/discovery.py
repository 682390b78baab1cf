"""The description of the two methods that Google's generic clients build themselves from."""

from typing import Any

_ANSWERS = {"analyze": "AnalyzeCommentResponse", "suggestscore": "SuggestCommentScoreResponse"}
_REQUESTS = {"analyze": "AnalyzeCommentRequest", "suggestscore": "SuggestCommentScoreRequest"}
_TEXTS = (
    "key",
    "fields",
    "alt",
    "quotaUser",
    "access_token",
    "oauth_token",
    "callback",
    "uploadType",
    "upload_protocol",
)


def describe(root: str) -> dict[str, Any]:
    """The discovery document; `root` is the address that the caller used, with a slash at its end."""
    query = {name: {"type": "string", "location": "query"} for name in (*_TEXTS, "$.xgafv")}
    query["prettyPrint"] = {"type": "boolean", "location": "query", "default": "true"}
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": "commentanalyzer:v1alpha1",
        "name": "commentanalyzer",
        "version": "v1alpha1",
        "title": "Comment Analyzer, answered by analyzer",
        "protocol": "rest",
        "rootUrl": root,
        "baseUrl": root,
        "servicePath": "",
        "basePath": "",
        "batchPath": "batch",
        "parameters": query,
        "schemas": {
            name: {"id": name, "type": "object", "properties": {}} for name in (*_REQUESTS.values(), *_ANSWERS.values())
        },
        "resources": {"comments": {"methods": {name: _method(name) for name in _ANSWERS}}},
    }


def _method(name: str) -> dict[str, Any]:
    path = f"v1alpha1/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": _REQUESTS[name]},
        "response": {"$ref": _ANSWERS[name]},
    }
