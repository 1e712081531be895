"""Words for keys: questions, options, groups, nodes and levels in the reader's language.

Decides what a key of the results is called and how its numbers are written. A key that no
pack knows is shown as it is: hiding a number because its name is missing would be worse.
"""

from __future__ import annotations

from taji.base.text import Language
from taji.catalogue.model import Node
from taji.catalogue.questionnaire import Item, Questionnaire
from taji.report.content import PortraitContent
from taji.report.numbers import Scale

__all__ = ["Labels", "split_node"]

#: Marks that join the parts of a combined group (``industry*size``, ``C34*small``).
_GROUP_MARKS = ("*", "|", "×", "+")


def split_node(question: str) -> tuple[str, str] | None:
    """Return model and node of a ``model:node`` key, or None for a question.

    Examples
    --------
    >>> split_node("sme2024:total"), split_node("has_plan")
    (('sme2024', 'total'), None)
    """
    model, mark, node = question.partition(":")
    return (model, node) if mark else None


class Labels:
    """The words of one portrait in one language."""

    def __init__(self, content: PortraitContent, language: Language) -> None:
        self.language: Language = language
        self._questionnaire: Questionnaire = content.questionnaire
        self._models = {model.id: model for model in content.models}
        self._domains = {domain.by: domain for domain in content.domains}

    def model(self, model: str) -> str:
        """Title of a model."""
        known = self._models.get(model)
        return known.title[self.language] if known else model

    def node(self, model: str, node: str) -> str:
        """Title of a node."""
        known = self._node(model, node)
        return known.title[self.language] if known else node

    def level(self, model: str, level: str) -> str:
        """Title of a level."""
        known = self._models.get(model)
        for one in known.levels if known else ():
            if one.id == level:
                return one.title[self.language]
        return level

    def domain(self, by: str) -> str:
        """Title of a break-down."""
        parts = _split(by)
        if len(parts) > 1:
            return " × ".join(self.domain(part) for part in parts)
        return self._domains[by].title[self.language] if by in self._domains else self.short(by)

    def group(self, by: str, group: str) -> str:
        """Name of a group; of a combined one, the names of its parts."""
        parts_by, parts = _split(by), _split(group)
        if len(parts_by) == len(parts) > 1:
            names = (self._group(*pair) for pair in zip(parts_by, parts, strict=True))
            return " · ".join(names)
        return self._group(by, group)

    def question(self, question: str) -> str:
        """The question in full, or model and node."""
        pair = split_node(question)
        if pair:
            return f"{self.model(pair[0])} · {self.node(*pair)}"
        item = self._item(question)
        return item.label[self.language] if item else question

    def short(self, question: str) -> str:
        """A few words for an axis."""
        item = self._item(question)
        if item is None:
            return self.question(question)
        words = item.question.short or item.question.label
        row = f" · {item.row.label[self.language]}" if item.row else ""
        return words[self.language] + row

    def option(self, question: str, option: str) -> str:
        """Name of an answer; for ``model:total`` the level's title."""
        pair = split_node(question)
        if pair:
            return self.level(pair[0], option)
        item = self._item(question)
        for one in item.question.options if item else ():
            if one.id == option:
                return one.label[self.language]
        if item is not None and item.kind == "code":
            return self._group(question, option)
        return option

    def is_exclusive(self, question: str, option: str) -> bool:
        """Whether an answer excludes all others ("none of these")."""
        item = self._item(question)
        options = item.question.options if item else ()
        return any(one.id == option and one.exclusive for one in options)

    def mark(self, question: str, option: str) -> str:
        """A few words for one answer to one question, where both are needed to understand it."""
        item = self._item(question)
        if item is None or item.kind == "multi":
            return self.option(question, option)
        if option in ("yes", "true", "1"):
            return self.short(question)
        colon = "：" if self.language == "zh" else ": "
        return f"{self.short(question)}{colon}{self.option(question, option)}"

    def scale(self, question: str, statistic: str) -> Scale:
        """How numbers of this question and statistic are written."""
        if statistic in ("proportion", "ratio"):
            return Scale(kind="percent")
        pair = split_node(question)
        if pair:
            node = self._node(*pair)
            return Scale(kind="plain", span=float(node.max) if node else 100.0)
        item = self._item(question)
        if item is None:
            return Scale(kind="plain", span=1.0)
        if item.kind == "money":
            return Scale(kind="money")
        if item.kind == "share" and statistic == "mean":
            return Scale(kind="percent")  # the mean of a share is a fraction
        span = 100.0 if item.question.high is None else float(item.question.high)
        return Scale(kind="plain", span=span, unit=item.question.unit)

    def _node(self, model: str, node: str) -> Node | None:
        known = self._models.get(model)
        return known.by_id.get(node) if known else None

    def _item(self, question: str) -> Item | None:
        return self._questionnaire.items.get(question)

    def _group(self, by: str, group: str) -> str:
        domain = self._domains.get(by)
        if domain and group in domain.groups:
            return domain.groups[group][self.language]
        item = self._item(by)
        for one in item.question.options if item else ():
            if one.id == group:
                return one.label[self.language]
        return group


def _split(key: str) -> list[str]:
    for mark in _GROUP_MARKS:
        if mark in key:
            return [part.strip() for part in key.split(mark)]
    return [key]
