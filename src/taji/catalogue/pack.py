"""What every pack says about itself: who it is, where it comes from, how sure it is."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from taji.base.text import Text

__all__ = ["Confidence", "Pack", "Spec"]

#: How a fact is known. ``memory`` and ``unsettled`` are shown to every reader as "to be
#: checked against the standard"; ``house`` is our own convention, said to be so;
#: ``assumption`` is a planning figure; ``missing`` means that the fact was not found.
Confidence = Literal[
    "confirmed", "one_source", "memory", "unsettled", "house", "assumption", "missing"
]


class Spec(BaseModel):
    """A frozen part of a pack: unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True
    )


class Pack(Spec):
    """The head that every pack carries."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = Field(pattern=r"^\d+\.\d+$")
    title: Text
    source: tuple[str, ...] = Field(min_length=1)
    confidence: Confidence
    note: Text | None = None

    @property
    def key(self) -> str:
        """``id@version``, as manifests and reports cite a pack."""
        return f"{self.id}@{self.version}"
