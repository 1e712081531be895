"""A fault that a specification finds in itself, worded in both languages."""

from __future__ import annotations

from pydantic_core import PydanticCustomError

__all__ = ["fault"]


def fault(code: str, zh: str, en: str) -> PydanticCustomError:
    """Return the error to raise in a validator; ``taji.catalogue.schema`` gives it its path."""
    context = {"code": f"catalogue.{code}", "zh": zh, "en": en}
    return PydanticCustomError("taji", "{en}", context)
