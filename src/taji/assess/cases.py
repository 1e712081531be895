"""Run a model's worked cases: what a person computed by hand against what the engine gives.

Decides whether a case holds. How a case is written is decided by ``taji.catalogue.case``;
which cases there are is told by whoever calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from taji.assess.compile import NodeColumns, Program, compile_model
from taji.base.errors import TajiError
from taji.base.text import Language
from taji.catalogue.case import Case, Expected
from taji.catalogue.model import Model
from taji.catalogue.questionnaire import Item, Questionnaire

__all__ = ["CaseAnswerError", "CaseFailure", "answer_frame", "run"]

_FIGURES = ("points", "score", "coverage")
_LEVELS = ("level", "level_best")


class CaseAnswerError(TajiError):
    """A worked case answers something that is not asked."""

    code = "assess.case_answer"
    sentences = {
        "en": "The case answers {item} with {value}, but questionnaire {questionnaire} has no "
        "such item or option. Correct `answers` of the case.",
        "zh": "算例对 {item} 的答案 {value} 在问卷 {questionnaire} 中不存在相应的题目或选项。"
        "请更正算例的 `answers`。",
    }


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """One figure of a case that does not come out.

    Attributes
    ----------
    case, node, figure : str
        English name of the case, node and column of the result.
    expected, found : str
        What the case says and what the engine gives; "-" where empty.
    """

    case: str
    node: str
    figure: str
    expected: str
    found: str

    def render(self, language: Language) -> str:
        """Return one line for a reader of ``language``."""
        if language == "zh":
            return f"算例“{self.case}”：{self.node} 的 {self.figure} 应为 {self.expected}，实得 {self.found}"
        return f"case {self.case!r}: {self.figure} of {self.node} should be {self.expected}, is {self.found}"


def run(model: Model, questionnaire: Questionnaire, case: Case) -> tuple[CaseFailure, ...]:
    """Return every figure of a case that the engine does not give; none where it holds.

    Parameters
    ----------
    model : Model
        With the profile and readings of the case chosen.
    questionnaire : Questionnaire
        The model's.
    case : Case
        Answers and results worked out by hand.

    Raises
    ------
    CaseAnswerError
        If the case answers what is not asked.
    """
    program = compile_model(model, questionnaire)
    told = program.wide(answer_frame(questionnaire, case.answers))
    columns = {names.node: names for names in program.nodes}
    found: list[CaseFailure] = []
    for node, expected in case.expect.items():
        if node not in columns:
            found.append(CaseFailure(case.name.en, node, "node", "shown", "-"))
            continue
        found += _failures(case, columns[node], expected, told, program)
    return tuple(found)


def answer_frame(questionnaire: Questionnaire, answers: Mapping[str, object]) -> pl.DataFrame:
    """Return one firm's answers, keyed by item, as a canonical frame of one row.

    Raises
    ------
    CaseAnswerError
        If an item or an option is not in the questionnaire.

    Examples
    --------
    >>> from taji.catalogue.load import questionnaire
    >>> answer_frame(questionnaire("sme2024"), {"q1": ("a", "c")}).row(0)
    ('case', True, False, True, False, False)
    """
    columns: dict[str, pl.Series] = {"enterprise": pl.Series(["case"])}
    for name, answer in answers.items():
        item = questionnaire.items.get(name)
        if item is None:
            raise CaseAnswerError(item=name, value=answer, questionnaire=questionnaire.id)
        columns |= _canonical(item, answer, questionnaire)
    return pl.DataFrame(columns)


def _canonical(item: Item, answer: object, questionnaire: Questionnaire) -> dict[str, pl.Series]:
    if item.kind == "multi":
        if answer is None:
            return {c: pl.Series([None], dtype=pl.Boolean) for c in item.columns}
        ticked = {answer} if isinstance(answer, str) else set(answer)  # type: ignore[call-overload]
        _known(item, ticked, questionnaire)
        return {f"{item.id}/{o}": pl.Series([o in ticked]) for o in item.option_ids}
    if item.kind == "single":
        if answer is not None:
            _known(item, {str(answer)}, questionnaire)
        value = None if answer is None else str(answer)
        return {item.id: pl.Series([value], dtype=pl.String)}
    if item.kind in ("code", "text", "date"):
        return {item.id: pl.Series([None if answer is None else str(answer)], dtype=pl.String)}
    kind = pl.Int64 if item.kind == "scale" else pl.Float64
    number = None if answer is None else float(Fraction(str(answer)))
    return {item.id: pl.Series([number], dtype=pl.Float64).cast(kind)}


def _known(item: Item, options: set[str], questionnaire: Questionnaire) -> None:
    unknown = options - set(item.option_ids)
    if unknown:
        value = ", ".join(sorted(unknown))
        raise CaseAnswerError(item=item.id, value=value, questionnaire=questionnaire.id)


def _failures(
    case: Case, names: NodeColumns, expected: Expected, told: pl.DataFrame, program: Program
) -> list[CaseFailure]:
    result: dict[str, float | str | None] = {}
    for figure in _FIGURES:
        result[figure] = told.item(0, getattr(names, figure))
    for figure in _LEVELS:
        column = getattr(names, figure)
        code = None if column is None else told.item(0, column)
        result[figure] = None if code is None else program.levels[code]
    found = []
    for figure, value in result.items():
        wanted = getattr(expected, figure)
        if figure in expected.empty:
            wanted, holds = "-", value is None
        elif wanted is None:
            continue
        else:
            holds = _agrees(wanted, value, case.tolerance)
        if not holds:
            said = str(wanted) if isinstance(wanted, str) else f"{float(wanted):g}"
            got = "-" if value is None else str(value)
            found.append(CaseFailure(case.name.en, names.node, figure, said, got))
    return found


def _agrees(wanted: Fraction | str, value: float | str | None, tolerance: Fraction) -> bool:
    if value is None or isinstance(value, str) or isinstance(wanted, str):
        return wanted == value
    return abs(Fraction(value) - wanted) <= tolerance + Fraction(1, 10**12)
