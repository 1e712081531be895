"""A form of an upper level, and where each of its fields is found among what we hold.

A form is a mapping: firms answer once, and the form is filled from their answers, the register
and their scores. Decides what a mapping may say. Does not fill anything
(``taji.desk.filling``); that named questions and nodes exist, ``taji.catalogue.check`` sees to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from taji.base.text import Text
from taji.catalogue.fault import fault
from taji.catalogue.pack import Confidence, Pack, Spec

__all__ = ["SOURCES", "Figure", "Form", "FormField", "FormPart"]

#: What of a node is put into a field.
Figure = Literal["score", "points", "coverage", "level", "level_best"]

#: The keys of a field that say where its value comes from; each field has exactly one.
SOURCES = ("answer", "register", "score", "not_asked", "evidence")


class FormField(Spec):
    """One cell that the form asks for.

    ``answer`` is an item of the questionnaire; ``register`` columns of the register, the first
    that is there is taken; ``score`` a node of the model, of which ``figure`` is put in.
    ``not_asked`` and ``evidence`` are for what we cannot fill: why we have nothing, and which
    paper or picture the firm itself must bring.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: Text
    answer: str | None = None
    #: The form's own word for each option, where it is not our label.
    options: Mapping[str, str] | None = None
    register_: tuple[str, ...] = Field(default=(), alias="register")
    #: Of a register's column: the register pack whose labels stand for its codes.
    codes: str | None = None
    score: str | None = None
    figure: Figure = "score"
    not_asked: Text | None = None
    evidence: Text | None = None
    unit: Text | None = None
    confidence: Confidence | None = None
    note: Text | None = None

    @property
    def source(self) -> str:
        """Which of ``SOURCES`` the field has."""
        return next(name for name in SOURCES if self._has(name))

    def _has(self, name: str) -> bool:
        return bool(self.register_ if name == "register" else getattr(self, name))

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [name for name in SOURCES if self._has(name)]
        if len(given) != 1:
            listed = " | ".join(SOURCES)
            raise fault(
                "source",
                f"须有且只有一个来源：{listed}",
                f"needs exactly one source: {listed}",
            )
        if self.options is not None and self.answer is None:
            raise fault(
                "options",
                "options 只用于 answer",
                "options belong to an answer and to nothing else",
            )
        if self.codes is not None and not self.register_:
            raise fault(
                "codes",
                "codes 只用于 register",
                "codes belong to a register column and nothing else",
            )
        return self


class FormPart(Spec):
    """A headed part of the form."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: Text
    fields: tuple[FormField, ...] = Field(min_length=1)


class Form(Pack):
    """A form and its mapping."""

    #: Who asks for it.
    authority: Text
    #: The document that prescribes it.
    document: str
    questionnaire: str
    #: The model whose scores it asks for; left out where it asks for none.
    model: str | None = None
    parts: tuple[FormPart, ...] = Field(min_length=1)

    @cached_property
    def fields_(self) -> tuple[FormField, ...]:
        """All fields, in the order of the form."""
        return tuple(field for part in self.parts for field in part.fields)

    def doubtful(self) -> Iterator[FormField]:
        """Yield the fields whose wording or place in the form is not confirmed."""
        for field in self.fields_:
            if (field.confidence or self.confidence) != "confirmed":
                yield field

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [field.id for field in self.fields_]
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            raise fault("twice", f"栏目 id 重复：{'、'.join(twice)}", f"ids stand twice: {twice}")
        if self.model is None and any(field.score for field in self.fields_):
            raise fault(
                "model", "有 score 栏目时须写明 model", "a form with a score field names its model"
            )
        return self
