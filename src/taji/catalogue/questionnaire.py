"""What is asked: questions, options, kinds of answer, skip rules.

A questionnaire in a pack is short: a question may have ``rows`` and then stands
for one *item* per row. ``Questionnaire.items`` is the long form that everybody
else works with: one item per thing answered, with the names of its columns.

Decides the shape of answers and the names of columns. Does not read answers
(``taji.survey.intake``) nor give points for them (``taji.assess``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal, Self

from pydantic import Field, model_validator

from taji.base.exact import Exact
from taji.base.text import Text
from taji.catalogue.fault import fault
from taji.catalogue.pack import Confidence, Pack, Spec

__all__ = ["Condition", "Finding", "Item", "Kind", "Option", "Question", "Questionnaire", "Section"]

#: The closed list of kinds of answer, and the canonical column each one becomes:
#: ``single``  one option: a string column of option ids
#: ``multi``   ticks: one boolean column per option, ``item/option``; null is not answered
#: ``scale``   a whole number from ``low`` to ``high``: an integer column
#: ``share``   a share of a whole: a float column [per cent, 0-100 unless ``low``/``high`` say else]
#: ``number``  a count or quantity in ``unit``: a float column
#: ``money``   an amount: a float column [yuan]
#: ``code``    a code of a register pack (industry, district, size): a string column
#: ``text``    free text: a string column
#: ``date``    a date: a date column
Kind = Literal["single", "multi", "scale", "share", "number", "money", "code", "text", "date"]


class Option(Spec):
    """One answer that can be chosen."""

    id: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    label: Text
    #: Excludes every other option of its question ("none of these").
    exclusive: bool = False
    #: Other spellings seen in exports, matched like labels.
    aliases: tuple[str, ...] = ()


class Condition(Spec):
    """The question is put only to those who gave one of these answers to another."""

    question: str
    any_of: tuple[str, ...] = Field(min_length=1)


class Row(Spec):
    """One line of a grid of answers."""

    id: str = Field(pattern=r"^[A-Za-z0-9_]+$")
    label: Text


class Question(Spec):
    """One question as a person reads it."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Kind
    label: Text
    #: A few words for axes and headings; the label where there is none.
    short: Text | None = None
    help: Text | None = None
    required: bool = False
    options: tuple[Option, ...] = ()
    rows: tuple[Row, ...] = ()
    separator: Literal["/", "."] = "/"
    low: Exact | None = None
    high: Exact | None = None
    unit: Text | None = None
    #: Unit that a bare amount is in, in yuan: 1, or 10000 where the form says 万元.
    per: int = 1
    register_: str | None = Field(default=None, alias="register")
    asked_if: Condition | None = None
    confidence: Confidence | None = None
    aliases: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _shape(self) -> Self:
        chosen = self.kind in ("single", "multi")
        if chosen != bool(self.options):
            raise fault(
                "options",
                "single 和 multi 必须有 options，其他类型不可有",
                "options belong to, and only to, the kinds single and multi",
            )
        ids = [option.id for option in self.options]
        if len(set(ids)) != len(ids):
            raise fault("twice", "两个选项的 id 相同", "two options have the same id")
        if self.kind == "scale" and (self.low is None or self.high is None):
            raise fault("range", "scale 须有 low 和 high", "a scale needs low and high")
        if self.kind == "number" and self.unit is None:
            raise fault("unit", "number 须有中英文 unit", "a number needs a unit in zh and en")
        if (self.kind == "code") != (self.register_ is not None):
            raise fault(
                "register",
                "code 必须有 register，其他类型不可有",
                "register belongs to, and only to, the kind code",
            )
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise fault("range", "low 须小于 high", "low must lie under high")
        return self


class Section(Spec):
    """A page of the questionnaire."""

    id: str
    title: Text
    questions: tuple[Question, ...] = Field(min_length=1)


class Published(Spec):
    """A figure that was published elsewhere for the same finding."""

    percent: Exact | None = None
    below_percent: Exact | None = None
    source: Text
    date: str


class Finding(Spec):
    """A sentence of the portrait's first page: who does what, to be filled with numbers."""

    question: str
    option: str
    #: Completes "N % of firms …", in both languages.
    statement: Text
    published: Published | None = None


class Item(Spec):
    """One thing that is answered: a question, or one row of it.

    ``id`` is ``question``, ``question/row`` or ``question.row``; ``columns`` are the
    canonical columns, one per option for ``multi``, else one with the item's id.
    """

    id: str
    question: Question
    row: Row | None = None

    @property
    def kind(self) -> Kind:
        """Kind of answer."""
        return self.question.kind

    @property
    def option_ids(self) -> tuple[str, ...]:
        """Ids of the options, in the order of the pack."""
        return tuple(option.id for option in self.question.options)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the canonical columns."""
        if self.kind == "multi":
            return tuple(f"{self.id}/{option}" for option in self.option_ids)
        return (self.id,)

    @property
    def label(self) -> Text:
        """The question, with the row where there is one."""
        if self.row is None:
            return self.question.label
        return Text(
            zh=f"{self.question.label.zh}：{self.row.label.zh}",
            en=f"{self.question.label.en}: {self.row.label.en}",
        )


class Questionnaire(Pack):
    """A questionnaire, whole and checked."""

    sections: tuple[Section, ...] = Field(min_length=1)
    findings: tuple[Finding, ...] = ()
    #: Question ids that break the city down by default (industry, size, district).
    domains: tuple[str, ...] = ()

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions, in the order asked."""
        return tuple(q for section in self.sections for q in section.questions)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """All items by id, in the order asked."""
        items: dict[str, Item] = {}
        for question in self.questions:
            if not question.rows:
                items[question.id] = Item(id=question.id, question=question)
            for row in question.rows:
                item = Item(
                    id=f"{question.id}{question.separator}{row.id}", question=question, row=row
                )
                items[item.id] = item
        return items

    def items_of(self, question_id: str) -> tuple[Item, ...]:
        """The items of one question, in the order of its rows."""
        return tuple(i for i in self.items.values() if i.question.id == question_id)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        ids = [q.id for q in self.questions]
        twice = {i for i in ids if ids.count(i) > 1}
        if twice:
            names = ", ".join(sorted(twice))
            raise fault("twice", f"问题 id 重复：{names}", f"question ids stand twice: {names}")
        by_id = {q.id: q for q in self.questions}
        for question in self.questions:
            rule = question.asked_if
            if rule is not None:
                _known_options(by_id, rule.question, rule.any_of)
                if ids.index(rule.question) >= ids.index(question.id):
                    raise fault(
                        "order",
                        f"{question.id} 的前提问题排在它后面",
                        f"{question.id} is asked on an answer that comes later",
                    )
        for finding in self.findings:
            _known_options(by_id, finding.question, (finding.option,))
        for domain in self.domains:
            if domain not in by_id:
                raise fault(
                    "unknown",
                    f"domains 中的 {domain} 不是问题",
                    f"domains names {domain}, which is not a question",
                )
        return self


def _known_options(by_id: dict[str, Question], question: str, options: tuple[str, ...]) -> None:
    if question not in by_id:
        raise fault(
            "unknown",
            f"{question} 不是本问卷的问题",
            f"{question} is not a question of this questionnaire",
        )
    known = {option.id for option in by_id[question].options}
    unknown = set(options) - known
    if unknown:
        names = ", ".join(sorted(unknown))
        raise fault("unknown", f"{question} 没有选项 {names}", f"{question} has no option {names}")
