"""JSON from strangers: read strictly, checked against a shape, written as Google's services write it; errors in their form."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

Shape = Any
"""A type (str, bool, int, float), a list of one shape, or a dict of field → shape; the field "*" takes any name."""

ERROR_TYPE = "type.googleapis.com/google.commentanalyzer.v1alpha1.Error"
_BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
_NAMES = {str: "TYPE_STRING", bool: "TYPE_BOOL", int: "TYPE_INT32", float: "TYPE_FLOAT"}
_SNAKE = re.compile(r"_([a-z])")
_SHOWN = 60


@dataclass
class RefusedError(Exception):
    """A request that gets an error for an answer; `error_type` and `details` are of the Comment Analyzer's own errors."""

    message: str
    code: int = 400
    status: str = "INVALID_ARGUMENT"
    error_type: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The error in the form of Google's services."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.error_type:
            error["details"] = [{"@type": ERROR_TYPE, "errorType": self.error_type, **self.details}]
        elif self.details:
            error["details"] = [dict(self.details)]
        return {"error": error}


def invalid(message: str) -> RefusedError:
    """A request that does not have the right form."""
    return RefusedError(message, details={"@type": _BAD_REQUEST, "fieldViolations": [{"description": message}]})


def parse_json(body: bytes) -> Any:
    """The JSON of a body; RefusedError if it is none."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_constant)
    except UnicodeDecodeError:
        raise invalid("Invalid JSON payload received. The body is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise invalid("Invalid JSON payload received. Unable to parse it.") from None


def conform(value: Any, shape: Shape, path: str = "") -> Any:
    """`value` with the names of `shape` and without unset fields; RefusedError for what does not fit it.

    Names may be written with underscores, and `null` is a field that was not set (JSON form of protocol buffers).
    """
    if isinstance(shape, dict):
        return _conform_fields(value, shape, path)
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise invalid(f"Invalid value at '{path}', a list is needed.")
        return [conform(part, shape[0], f"{path}[{number}]") for number, part in enumerate(value)]
    fits = isinstance(value, (int, float)) if shape is float else isinstance(value, shape)
    if not fits or (isinstance(value, bool) and shape is not bool):
        raise invalid(f"Invalid value at '{path}' ({_NAMES[shape]}).")
    if shape is float and not (abs(value) < 1e300 and math.isfinite(value)):
        raise invalid(f"Invalid value at '{path}' ({_NAMES[shape]}).")
    return value


def _conform_fields(value: Any, shape: Mapping[str, Shape], path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{path}', an object is needed." if path else "The body must be a JSON object.")
    found: dict[str, Any] = {}
    for name, part in value.items():
        known = name if "*" in shape or name in shape else _SNAKE.sub(lambda match: match[1].upper(), name)
        inner = shape.get("*", shape.get(known))
        if inner is None:
            where = f" at '{path}'" if path else ""
            raise invalid(f'Invalid JSON payload received. Unknown name "{name[:_SHOWN]}"{where}: Cannot find field.')
        if part is not None:
            found[known] = conform(part, inner, f"{path}.{known[:_SHOWN]}" if path else known[:_SHOWN])
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


Mask = dict[str, "Mask"]
"""Field → mask of what is wanted below it; an empty mask wants everything."""


def parse_mask(fields: str) -> Mask:
    """`a/b,c(d,e)`, with `/` or `.` between names and `*` for any name; RefusedError if brackets or names are missing."""
    mask, rest = _parse_list(re.findall(r"[^\s/.,()]+|[/.,()]", fields))
    if rest or not mask:
        raise invalid(f"Invalid field selection {fields[:_SHOWN]}")
    return mask


def _parse_list(tokens: list[str], depth: int = 0) -> tuple[Mask, list[str]]:
    mask: Mask = {}
    while True:
        tokens = _parse_path(tokens, mask, depth)
        if tokens[:1] != [","]:
            return mask, tokens
        tokens = tokens[1:]


def _parse_path(tokens: list[str], mask: Mask, depth: int) -> list[str]:
    if depth > 20:
        raise invalid("Invalid field selection: nested too deeply")
    while True:
        if not tokens or tokens[0] in "/.,()":
            raise invalid("Invalid field selection: a name is missing")
        whole = tokens[0] in mask and not mask[tokens[0]]
        below = mask.setdefault(tokens[0], {})
        tokens = tokens[1:]
        if tokens[:1] == ["("]:
            inner, tokens = _parse_list(tokens[1:], depth + 1)
            if tokens[:1] != [")"]:
                raise invalid("Invalid field selection: a bracket is not closed")
            if not whole:
                below |= inner
            return tokens[1:]
        if tokens[:1] not in (["/"], ["."]):
            below.clear()  # the whole field, whatever else was asked of it
            return tokens
        mask, tokens = ({} if whole else below), tokens[1:]


def masked(value: Any, mask: Mask) -> Any:
    """The part of a JSON value that a mask wants."""
    if not mask:
        return value
    if isinstance(value, list):
        return [masked(part, mask) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: masked(part, mask.get(name, mask.get("*", {})))
        for name, part in value.items()
        if {name, "*"} & mask.keys()
    }
