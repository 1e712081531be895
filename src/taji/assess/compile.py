"""Turn a model and its questionnaire into a program that scores firms, one row at a time.

Decides what every node of a model earned, out of how much, how much of it was answered,
and which level that gives. Does not read files nor lay results out for them
(``taji.engine``), nor say why a level is what it is (``taji.assess.why``).

The program is a list of steps of Polars expressions, each reading only the steps before
it and only its own row: order, batches and partitions of rows change nothing. Levels are
decided on whole numbers (``taji.assess.ratio``); a float is made once, at the end.

How each node is told
    ``points``    what was earned, missing answers earning nothing.
    ``coverage``  answered share of the node's weight, pruned parts left out. [fraction]
    ``score``     ``points / coverage``, never over the node's maximum; empty where nothing,
                  or less than the model's least coverage, was answered.
    ``level``     on the worst reading, ``level_best`` on the best.

A pruned node keeps its row: all of these are empty, and its maximum stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import polars as pl

from taji.assess.branch import averaged, combined
from taji.assess.leaf import READ, Answers, Mapped, ModelError, Standing, item_standing
from taji.assess.level import Levels, Reading, level_of_node, level_of_total, levels_of
from taji.assess.ratio import Ratio, Sheet, at_least, divided, quotient
from taji.base.errors import TajiError
from taji.base.text import Text
from taji.catalogue.model import Model, Node
from taji.catalogue.questionnaire import Item, Questionnaire

_WHOLE = Fraction(1)

__all__ = ["AnswerError", "NodeColumns", "Program", "UnscorableError", "compile_model"]


class UnscorableError(TajiError):
    """The model lacks facts without which nobody can be scored."""

    code = "assess.unscorable"
    sentences = {
        "en": "Model {model} cannot score yet: {reason} See `taji models show {model}`.",
        "zh": "模型 {model} 尚不能计分：{reason}可用 `taji models show {model}` 查看。",
    }


class AnswerError(TajiError):
    """A column holds an answer that its question does not have."""

    code = "assess.answer"
    sentences = {
        "en": "Column {column} holds {value!r} in {rows} row(s), which question {column} does not "
        "have (allowed: {allowed}). Correct the cells, or read the file with `taji assess`, "
        "which lists them.",
        "zh": "列 {column} 有 {rows} 行的值为 {value!r}，不在该题允许范围内（{allowed}）。"
        "请更正这些单元格，或用 `taji assess` 读取文件，它会逐一列出。",
    }


@dataclass(frozen=True, slots=True)
class NodeColumns:
    """Names of the columns in which a program tells one node; levels only where it has them."""

    node: str
    points: str
    score: str
    coverage: str
    level: str | None
    level_best: str | None


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled model.

    Attributes
    ----------
    model, questionnaire
        What was compiled.
    columns : mapping
        Columns of answers that are read, and their canonical types.
    nodes : tuple of NodeColumns
        The nodes that results show, in the order of the pack, ``total`` last.
    levels : tuple of str
        Level ids; the level columns of ``wide`` hold places in it.
    """

    model: Model
    questionnaire: Questionnaire
    columns: Mapping[str, type[pl.DataType]]
    nodes: tuple[NodeColumns, ...]
    levels: tuple[str, ...]
    _steps: tuple[tuple[pl.Expr, ...], ...]
    _mapped: tuple[Mapped, ...]
    _results: Mapping[str, tuple[pl.Expr, ...]]

    def only(self, nodes: Collection[str]) -> Program:
        """Return the program that works out these nodes and nothing that they do not need."""
        kept = tuple(node for node in self.nodes if node.node in nodes)
        return self._narrowed({node.node: self._results[node.node] for node in kept}, kept)

    def points_of(self, nodes: Collection[str]) -> Program:
        """Return the program whose ``wide`` has the points of these nodes and nothing else."""
        points = {node.points for node in self.nodes if node.node in nodes}
        results = {
            node: tuple(expr for expr in self._results[node] if expr.meta.output_name() in points)
            for node in nodes
        }
        return self._narrowed(results, ())

    def _narrowed(
        self, results: Mapping[str, tuple[pl.Expr, ...]], nodes: tuple[NodeColumns, ...]
    ) -> Program:
        needed = _roots(expr for exprs in results.values() for expr in exprs)
        steps: list[tuple[pl.Expr, ...]] = []
        for step in reversed(self._steps):
            kept = tuple(expr for expr in step if expr.meta.output_name() in needed)
            needed |= _roots(kept)
            steps.append(kept)
        return replace(
            self,
            columns={name: dtype for name, dtype in self.columns.items() if name in needed},
            nodes=nodes,
            _steps=tuple(reversed(steps)),
            _mapped=tuple(mapped for mapped in self._mapped if mapped.raw in needed),
            _results=results,
        )

    def wide(self, answers: pl.DataFrame) -> pl.DataFrame:
        """Return one row per firm and the columns of all nodes, in the order of ``answers``.

        A column that is absent was answered by nobody.

        Parameters
        ----------
        answers : polars.DataFrame, shape (n_firm, any)
            Canonical answers.

        Raises
        ------
        AnswerError
            If a value is none of its question's answers.
        """
        started = self.sheets(answers)
        for step in self._steps[: READ + 1]:
            started = started.with_columns(step)
        self._check(started)
        lazy = started.lazy()
        for step in self._steps[READ + 1 :]:
            lazy = lazy.with_columns(step)
        wanted = [expr for exprs in self._results.values() for expr in exprs]
        # every step is needed: there is nothing to plan
        plan = pl.QueryOptFlags.none()
        done: pl.DataFrame = lazy.select(wanted).collect(engine="in-memory", optimizations=plan)
        return done

    def sheets(self, answers: pl.DataFrame) -> pl.DataFrame:
        """Return answers with every column that is read, in its canonical type."""
        found = answers.schema
        read = [_canonical(found.get(c), c, dtype) for c, dtype in self.columns.items()]
        return answers.with_columns(read)

    def _check(self, started: pl.DataFrame) -> None:
        for mapped in self._mapped:
            blank = started.get_column(mapped.column)
            if blank.dtype == pl.Float64 and blank.null_count() < len(blank):
                blank = blank.fill_nan(None)
            pruned = 0
            if mapped.pruned is not None:
                pruned = int((started.get_column(mapped.pruned) == 0).sum())
            unread = started.get_column(mapped.raw).null_count() - blank.null_count() - pruned
            if unread:
                raise _answer_error(started, mapped, blank)


def _roots(exprs: Iterable[pl.Expr]) -> set[str]:
    return {name for expr in exprs for name in expr.meta.root_names()}


def compile_model(model: Model, questionnaire: Questionnaire) -> Program:
    """Compile a model for the answers to a questionnaire.

    Raises
    ------
    UnscorableError
        If the pack says that facts are missing.
    ModelError
        If a node reads a question that is not there, or one that its rule cannot read.
    TooLargeError
        If its numbers have more digits than exact columns hold.
    """
    if model.unscorable is not None:
        raise UnscorableError(model=model.id, reason=model.unscorable)
    sheet, answers = Sheet(), Answers()
    standings: dict[str, Standing] = {}
    for node in model.nodes:
        _settle(node, model, questionnaire, standings, sheet=sheet, answers=answers)
    levels = levels_of(model)
    told = [_told(node, model, standings, levels, sheet) for node in model.shown]
    return Program(
        model=model,
        questionnaire=questionnaire,
        columns=answers.columns,
        nodes=tuple(columns for columns, _ in told),
        levels=levels.ids,
        _steps=tuple(tuple(step) for step in sheet.steps),
        _mapped=tuple(answers.mapped),
        _results={columns.node: tuple(exprs) for columns, exprs in told},
    )


def _settle(
    node: Node,
    model: Model,
    questionnaire: Questionnaire,
    standings: dict[str, Standing],
    *,
    sheet: Sheet,
    answers: Answers,
) -> None:
    """Work out a node, its children first; nodes may stand in any order in the pack."""
    if node.id in standings:
        return
    if node.question is not None:
        items = _items(node, model, questionnaire)
        parts = [
            item_standing(node, item, sheet=sheet, answers=answers, model=model.id)
            for item in items
        ]
        equal = [(node.max, part) for part in parts]
        standings[node.id] = averaged(equal, sheet=sheet, node=node.id)
        return
    children = []
    for name in node.of:
        child = model.by_id.get(name)
        if child is None:
            reason = Text(zh=f"没有节点 {name}", en=f"there is no node {name}")
            raise ModelError(node=node.id, model=model.id, reason=reason)
        _settle(child, model, questionnaire, standings, sheet=sheet, answers=answers)
        children.append((child, standings[name]))
    if not children:
        reason = Text(zh="它不读取任何题目或节点", en="it reads neither a question nor a node")
        raise ModelError(node=node.id, model=model.id, reason=reason)
    standings[node.id] = combined(node, children, coverage_min=model.coverage_min, sheet=sheet)


def _items(node: Node, model: Model, questionnaire: Questionnaire) -> Sequence[Item]:
    assert node.question is not None
    item = questionnaire.items.get(node.question)
    items = (item,) if item else questionnaire.items_of(node.question)
    if not items:
        reason = Text(
            zh=f"问卷 {questionnaire.id} 没有题目 {node.question}",
            en=f"questionnaire {questionnaire.id} has no question {node.question}",
        )
        raise ModelError(node=node.id, model=model.id, reason=reason)
    return items


def _told(
    node: Node, model: Model, standings: Mapping[str, Standing], levels: Levels, sheet: Sheet
) -> tuple[NodeColumns, list[pl.Expr]]:
    standing = standings[node.id]
    names = {part: f"{node.id}:{part}" for part in ("points", "score", "coverage")}
    exprs = _figures(standing, node, model, sheet)
    ranked = {"level": _worst, "level_best": _best} if _has_level(node, model) else {}
    for part, read in ranked.items():
        names[part] = f"{node.id}:{part}"
        exprs[part] = _level(node, model, standings, read, levels, sheet, names[part])
    live = standing.live
    if live is not None:
        counts = pl.col(live.name) == 1
        exprs = {part: pl.when(counts).then(expr) for part, expr in exprs.items()}
    columns = NodeColumns(
        node.id,
        names["points"],
        names["score"],
        names["coverage"],
        names.get("level"),
        names.get("level_best"),
    )
    return columns, [expr.alias(names[part]) for part, expr in exprs.items()]


def _figures(standing: Standing, node: Node, model: Model, sheet: Sheet) -> dict[str, pl.Expr]:
    if standing.single is not None and model.coverage_min > 0:
        score = quotient(standing.single, node.max, sheet, node.id)
        known = pl.col(standing.single.top.name).is_not_null()
        return {"points": score.fill_null(0.0), "score": score, "coverage": known.cast(pl.Float64)}
    return {
        "points": quotient(standing.worst, node.max, sheet, node.id),
        "score": _score(standing, node, model),
        "coverage": quotient(standing.answered, _WHOLE, sheet, node.id),
    }


def _score(standing: Standing, node: Node, model: Model) -> pl.Expr:
    if standing.score is not None:
        score = standing.score
    else:
        full = divided(standing.worst, standing.answered, node.max, node.id)
        score = full.clip(upper_bound=float(node.max))
    return pl.when(at_least(standing.answered, model.coverage_min, node.id)).then(score)


def _has_level(node: Node, model: Model) -> bool:
    return node.is_level or (node.id == "total" and bool(model.levels))


def _level(
    node: Node,
    model: Model,
    standings: Mapping[str, Standing],
    read: Reading,
    levels: Levels,
    sheet: Sheet,
    name: str,
) -> pl.Expr:
    if node.id == "total" and model.levels:
        expr, after = level_of_total(model, standings, read, levels=levels, sheet=sheet)
        sheet.put(expr.alias(name), after=after)
        return pl.col(name)
    return level_of_node(standings[node.id], node.max, read, node.id)


def _worst(standing: Standing) -> Ratio:
    return standing.worst


def _best(standing: Standing) -> Ratio:
    return standing.best


def _canonical(found: pl.DataType | None, column: str, dtype: type[pl.DataType]) -> pl.Expr:
    if found is None:
        return pl.lit(None, dtype=dtype).alias(column)
    return pl.col(column) if found == dtype else pl.col(column).cast(dtype)


def _answer_error(started: pl.DataFrame, mapped: Mapped, blank: pl.Series) -> AnswerError:
    odd = started.get_column(mapped.raw).is_null() & blank.is_not_null()
    if mapped.pruned is not None:
        odd &= started.get_column(mapped.pruned) == 1
    value = blank.filter(odd)[0]
    return AnswerError(
        column=mapped.column, value=value, rows=int(odd.sum()), allowed=mapped.allowed
    )
