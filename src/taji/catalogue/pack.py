"""What every pack says about itself: who it is, where it comes from, how sure it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from taji.base.text import Text

__all__ = ["CONFIDENCE_LABELS", "UNSURE", "Confidence", "Pack", "Spec"]

#: How a fact is known. ``memory`` and ``unsettled`` are shown to every reader as "to be
#: checked against the standard"; ``house`` is our own convention, said to be so;
#: ``assumption`` is a planning figure; ``missing`` means that the fact was not found.
Confidence = Literal[
    "confirmed", "one_source", "memory", "unsettled", "house", "assumption", "missing"
]


#: Each of them in words, as reports and commands show it.
CONFIDENCE_LABELS: Mapping[Confidence, Text] = {
    "confirmed": Text(zh="已有多处来源证实", en="confirmed by several sources"),
    "one_source": Text(zh="只有一处来源", en="one source only"),
    "memory": Text(
        zh="凭记忆，须对照标准核实", en="from memory, to be checked against the standard"
    ),
    "unsettled": Text(zh="各处来源不一，须对照标准核实", en="sources differ, to be checked"),
    "house": Text(zh="本系统的约定", en="our own convention"),
    "assumption": Text(zh="规划用的假设", en="a planning figure"),
    "missing": Text(zh="未找到", en="not found"),
}

#: The kinds of confidence of which a reader of results must be told.
UNSURE: frozenset[Confidence] = frozenset({"one_source", "memory", "unsettled", "missing"})


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
