"""What the answers to one questionnaire say about the answers to another model.

A crosswalk is a list of *bounds*: these source answers say that this target answer is at
least A, or at most B. It says nothing where it has nothing to say, and what it does not say
is loss. Decides how a crosswalk is written. Does not read answers (``taji.assess.crosswalk``)
nor judge whether its bounds make sense (``taji.catalogue.check_crosswalk``).

What comes out of a crosswalk is an estimate and is never called an assessment under the
target's standard: ``NOT_AN_ASSESSMENT`` stands beside every figure of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from taji.base.exact import Exact
from taji.base.text import Text
from taji.catalogue.fault import fault
from taji.catalogue.pack import Pack, Spec

__all__ = [
    "GROUND_LABELS",
    "NOT_AN_ASSESSMENT",
    "AnswerTest",
    "Bound",
    "Crosswalk",
    "Ground",
    "Value",
]

#: The words that stand beside every display of what a crosswalk gives.
NOT_AN_ASSESSMENT = Text(
    zh="估计，不是按该标准的评估", en="an estimate, not an assessment under that standard"
)

#: What a bound rests on: ``facts`` where both texts ask for the same thing, ``judgement``
#: where we hold one to imply the other, ``memory`` where the target's text is not at hand.
Ground = Literal["facts", "judgement", "memory"]

#: Each of them in words.
GROUND_LABELS: Mapping[Ground, Text] = {
    "facts": Text(zh="两边所问相同", en="both ask for the same"),
    "judgement": Text(zh="本系统的判断", en="our judgement"),
    "memory": Text(zh="目标文本凭记忆", en="the target's text is from memory"),
}

#: An answer: the id of an option, or a number; a tick is 0 or 1.
Value = str | int | Exact


class AnswerTest(Spec):
    """What a source answer must be; all that is said must hold. A blank answer meets nothing.

    ``at_least`` and ``at_most`` follow the number, or the order in which the questionnaire
    lists its options; ``one_of`` is for a choice, ``ticked`` and ``not_ticked`` are for ticks.
    """

    at_least: Value | None = None
    at_most: Value | None = None
    one_of: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    not_ticked: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self == AnswerTest.model_construct():
            raise fault("empty", "没有写任何条件", "no condition is given")
        return self


class Bound(Spec):
    """One bound on one target answer."""

    #: A column of the target: an item (``q4/mes``, ``product_design.3``) or one of its ticks.
    answer: str
    at_least: Value | None = None
    at_most: Value | None = None
    #: Source items and what each must be; the bound holds where all of them hold.
    if_: Mapping[str, AnswerTest] = Field(alias="if", min_length=1)
    because: Text
    confidence: Ground

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise fault(
                "empty",
                "at_least 和 at_most 至少要有一个",
                "either at_least or at_most must be given",
            )
        return self


class Crosswalk(Pack):
    """Bounds on the answers to a model, from the answers to a questionnaire."""

    #: The questionnaire that was answered.
    from_: str = Field(alias="from")
    #: The model that is estimated.
    to: str
    mappings: tuple[Bound, ...] = Field(min_length=1)
