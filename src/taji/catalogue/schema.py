"""Hold a read text against its specification, and tell every fault by path in both languages.

Decides how a fault of shape is worded. The specifications decide what the shape is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from taji.base.text import Text
from taji.catalogue.problem import Problem

__all__ = ["key_path", "parsed"]

Specification = TypeVar("Specification", bound=BaseModel)

#: Pydantic's kind of error to our code and sentences; ``{input}`` is the value found.
_KINDS: dict[str, tuple[str, str, str]] = {
    "extra_forbidden": ("unknown_key", "没有这个键", "there is no such key"),
    "missing": ("missing", "缺少此项", "this is missing"),
    "string_type": (
        "text",
        "应为文字，实为 {input}；数字编码请加引号",
        "should be text, is {input}; put a code of digits in quotes",
    ),
    "string_too_short": ("empty", "不能为空", "must not be empty"),
    "too_short": ("empty", "至少要有一项", "needs at least one entry"),
    "literal_error": (
        "not_allowed",
        "{input} 不在允许之列：{expected}",
        "{input} is not {expected}",
    ),
    "string_pattern_mismatch": (
        "pattern",
        "{input} 不符合写法 {pattern}",
        "{input} does not match {pattern}",
    ),
}
_KINDS |= dict.fromkeys(
    ("tuple_type", "list_type"), ("shape", "应为一列，实为 {input}", "should be a list, is {input}")
)
_KINDS |= dict.fromkeys(
    ("model_type", "model_attributes_type", "dict_type", "mapping_type"),
    ("shape", "应为键与值，实为 {input}", "should be keys and values, is {input}"),
)
_KINDS |= dict.fromkeys(
    ("int_type", "int_parsing", "int_from_float"),
    ("shape", "应为整数，实为 {input}", "should be a whole number, is {input}"),
)
_NUMBER = (
    "shape",
    "{input} 不是数；请写成整数、小数或如 10/14 的分数",
    "{input} is no number; write a whole number, a decimal or a quotient such as 10/14",
)
_OTHER = ("shape", "{input} 不合规定：{message}", "{input} does not fit: {message}")


def parsed(
    spec: type[Specification], value: Any, *, file: str, path: str = ""
) -> tuple[Specification | None, tuple[Problem, ...]]:
    """Return the frozen specification, or every fault of its shape.

    Parameters
    ----------
    spec : type
        A specification of this package.
    value : Any
        What the file says at ``path``.
    file, path : str
        Where it stands.
    """
    try:
        return spec.model_validate(value), ()
    except ValidationError as error:
        found = (_problem(detail, value, file, path) for detail in error.errors() if _told(detail))
        return None, tuple(dict.fromkeys(found))


def key_path(value: Any, keys: Sequence[int | str], *, path: str = "") -> str:
    """Return keys as a path in which entries of lists stand by their id where they have one.

    Examples
    --------
    >>> key_path({"nodes": [{"id": "q1", "max": 8}]}, ("nodes", 0, "max"))
    'nodes[q1].max'
    """
    for key in keys:
        if isinstance(value, list) and isinstance(key, int):
            value = value[key] if key < len(value) else None
            name = value.get("id", key) if isinstance(value, dict) else key
            path += f"[{name}]"
        elif isinstance(value, dict) and key not in value and key != keys[-1]:
            continue  # pydantic names the branch of a union here, which no file contains
        else:
            value = value.get(key) if isinstance(value, dict) else None
            path += f".{key}" if path else str(key)
    return path


def _problem(detail: ErrorDetails, value: Any, file: str, path: str) -> Problem:
    where = key_path(value, detail["loc"], path=path)
    context = detail.get("ctx", {})
    if detail["type"] == "taji":
        return Problem(file, where, Text(zh=context["zh"], en=context["en"]), context["code"])
    kind = detail["type"]
    if kind == "missing" and detail["loc"] and detail["loc"][-1] in ("zh", "en"):
        language = {"zh": "中文", "en": "英文"}[str(detail["loc"][-1])]
        text = Text(zh=f"缺少{language}", en=f"the {detail['loc'][-1]} text is missing")
        return Problem(file, where, text, "catalogue.missing")
    number = kind == "value_error" and "number" in detail["msg"]
    code, zh, en = _NUMBER if number else _KINDS.get(kind, _OTHER)
    fields = {
        "input": _short(detail["input"]),
        "message": detail["msg"].removeprefix("Value error, "),
        "expected": context.get("expected", ""),
        "pattern": context.get("pattern", ""),
    }
    reason = Text(zh=zh.format(**fields), en=en.format(**fields))
    return Problem(file, where, reason, f"catalogue.{code}")


def _told(detail: ErrorDetails) -> bool:
    # Where every entry of a list has a fault, pydantic also calls the list too short.
    return detail["type"] != "too_short" or not detail["input"]


def _short(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
