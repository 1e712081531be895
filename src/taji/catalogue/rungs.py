"""The answers to one thing that a model reads, from the one that earns least to the one that
earns most.

Decides the order of answers in which "at least" and "at most" are meant, and refuses
answers that have none: where two nodes rank them differently, or where more earns less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from taji.catalogue.model import Model, Node
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = ["Answer", "Rungs", "rungs_of"]

#: An answer as canonical sheets hold it: an option, a whole number, a tick, or a number.
Answer = str | int | bool | Fraction


@dataclass(frozen=True, slots=True)
class Rungs:
    """The answers of one column in their order.

    Attributes
    ----------
    column : str
        Canonical column.
    values : tuple
        Every answer, the lowest first; of a continuous number its two ends.
    continuous : bool
        Whether answers lie between the ends.
    """

    column: str
    values: tuple[Answer, ...]
    continuous: bool = False

    def place(self, value: object) -> Fraction | None:
        """Return where an answer stands, comparable with the others of its column; None: nowhere.

        Examples
        --------
        >>> Rungs("q11/x", ("no", "partly", "yes")).place("partly")
        Fraction(1, 1)
        """
        if self.continuous:
            low, high = (Fraction(v) for v in self.values)
            inside = isinstance(value, int | Fraction) and low <= value <= high
            return Fraction(str(value)) if inside else None
        for place, own in enumerate(self.values):
            if own == value:
                return Fraction(place)
        return None


def rungs_of(model: Model, questionnaire: Questionnaire) -> tuple[dict[str, Rungs], frozenset[str]]:
    """Return the rungs of every column that a model reads, and the columns that have none.

    Parameters
    ----------
    model : Model
        For one profile and one set of readings.
    questionnaire : Questionnaire
        What the model reads.
    """
    found: dict[str, Rungs] = {}
    without: set[str] = set()
    for node in model.nodes:
        for item in _items(node, questionnaire):
            for rungs in _of_item(node, item):
                if found.setdefault(rungs.column, rungs) != rungs:
                    without.add(rungs.column)
            if item.kind != "multi" and item.id not in found:
                without.add(item.id)
    return {name: rungs for name, rungs in found.items() if name not in without}, frozenset(without)


def _items(node: Node, questionnaire: Questionnaire) -> Sequence[Item]:
    if node.question is None:
        return ()
    item = questionnaire.items.get(node.question)
    return (item,) if item else questionnaire.items_of(node.question)


def _of_item(node: Node, item: Item) -> Iterator[Rungs]:
    if item.kind == "multi":
        points = node.points or {}
        for option in item.question.options:
            name, worth = f"{item.id}/{option.id}", points.get(option.id, Fraction(0))
            if worth < 0:
                yield Rungs(name, (True, False))
            else:  # an option that excludes the others is never part of more
                yield Rungs(name, (False,) if option.exclusive and not worth else (False, True))
    elif item.kind == "single" and node.points is not None:
        yield Rungs(item.id, _ranked(item, node.points, node.prune))
    elif item.kind == "scale" and _rises(node, item):
        low, high = int(item.question.low or 0), int(item.question.high or 0)
        yield Rungs(item.id, tuple(range(low, high + 1)))
    elif item.kind in ("share", "number", "money") and _rises(node, item):
        high_end = item.question.high or (Fraction(100) if item.kind == "share" else None)
        if high_end is not None:
            yield Rungs(item.id, (item.question.low or Fraction(0), high_end), continuous=True)


def _ranked(item: Item, points: Mapping[str, Fraction], prune: str | None) -> tuple[str, ...]:
    options = [option for option in item.option_ids if option != prune]
    return tuple(sorted(options, key=lambda option: points.get(option, Fraction(0))))


def _rises(node: Node, item: Item) -> bool:
    """Return whether a larger number never earns less."""
    if node.bands is not None:
        ends = [(b.from_ if b.from_ is not None else b.over or Fraction(0)) for b in node.bands]
        earned = [
            b.points for _, b in sorted(zip(ends, node.bands, strict=True), key=lambda e: e[0])
        ]
        return earned == sorted(earned)
    if node.points is not None:
        places = range(int(item.question.low or 0), int(item.question.high or 0) + 1)
        earned = [node.points.get(str(place), Fraction(0)) for place in places]
        return earned == sorted(earned)
    return True
